"""Decide about a draw: send it for approval, approve it, give it back, let people in; and say why."""

from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts import attributes
from cohorts.keys import lock_register
from cohorts.models import Membership, Participant, Place, Selection
from cohorts.models.people import ParticipantQuerySet
from cohorts.services import people
from cohorts.states import SELECTION_MOVES, Method, ParticipantState, SelectionState, Shortfall, Step
from phases import permissions
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import Phase
from phases.states import OVER
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import record
from rollout_portal.lib import clock
from rollout_portal.lib.digests import fingerprint

_BATCH: Final = 1_000


@transaction.atomic
def propose_selection(*, selection: Selection, by: User, shortfall: str = Shortfall.NONE) -> Selection:
    """Send a draft for approval. With open seats, say first what shall happen with them."""
    locked = lock_selection(selection)
    permissions.require(by, "selection.draft", locked.rollout)
    require_state(locked, SelectionState.DRAFT)
    if not locked.taken:
        raise Refused(_("Nobody is selected. Change the rule or import people, and draw again."))
    if locked.short and not locked.shortfall and shortfall != Shortfall.GO_ON:
        raise Refused(_("Say what shall happen with the open seats."))
    if Selection.objects.filter(phase=locked.phase, state=SelectionState.PROPOSED).exists():
        raise WrongState(_("Another version waits for approval. Decide about it first."))
    if locked.short and not locked.shortfall:
        locked.shortfall = Shortfall.GO_ON
    move_selection(locked, SelectionState.PROPOSED)
    locked.proposed_by, locked.proposed_at = by, clock.now()
    locked.save()
    record_selection(locked, by, "selection.sent_for_approval", after={"shortfall": locked.shortfall})
    return locked


@transaction.atomic
def approve_selection(*, selection: Selection, by: User) -> Selection:
    """Approve a selection: everybody in it gets a seat in the phase. Nobody is written to by it.

    Who left or opted out since the draw gets none. The version that applied before is replaced; its
    seats stay, because growing only adds.
    """
    # The register first, as when a selection is drawn: two acts at once wait for each other in one order.
    lock_register(selection.rollout)
    locked = lock_selection(selection)
    permissions.require(by, "selection.approve", locked.rollout)
    require_state(locked, SelectionState.PROPOSED)
    if by.pk in (locked.drafted_by_id, locked.proposed_by_id):
        raise PermissionRefused(_("You drew it or sent it for approval. A second person approves."))
    if locked.phase.state in OVER:
        raise WrongState(_("“%s” is over; nobody gets a seat in it.") % locked.phase)
    now = clock.now()
    Selection.objects.filter(phase=locked.phase, state=SelectionState.APPLIED).update(
        state=SelectionState.SUPERSEDED
    )
    places = list(locked.places.filter(taken=True).order_by("pk"))
    seated = set(
        Membership.objects.current().filter(phase=locked.phase).values_list("participant_id", flat=True)
    )
    still = set(
        Participant.objects.filter(places__selection=locked, places__kept=False)
        .drawable()
        .values_list("pk", flat=True)
    )
    new = [
        place
        for place in places
        if place.participant_id not in seated and (place.kept or place.participant_id in still)
    ]
    Membership.objects.bulk_create(
        (
            Membership(
                selection=locked,
                participant_id=place.participant_id,
                phase=locked.phase,
                stratum=place.stratum,
                u=place.u,
                rank=place.rank,
                reason=_reason(locked, place),
                joined_at=now,
            )
            for place in new
        ),
        batch_size=_BATCH,
    )
    people.move(
        Participant.objects.filter(memberships__selection=locked, memberships__joined_at=now),
        Step.SELECT,
        at=now,
    )
    move_selection(locked, SelectionState.APPLIED)
    locked.approved_by, locked.approved_at = by, now
    locked.save()
    members = Membership.objects.filter(selection=locked).order_by("participant__number")
    record_selection(
        locked,
        by,
        "selection.approved",
        after={
            "seats": len(new),
            "had_a_seat": sum(place.participant_id in seated for place in places),
            "gone_since_the_draw": len(places) - len(new) - sum(p.participant_id in seated for p in places),
            "people": fingerprint(list(members.values_list("participant__uuid", flat=True))),
        },
    )
    return locked


@transaction.atomic
def return_selection(*, selection: Selection, by: User, reason: str) -> Selection:
    """Give a selection back to those who drew it, with a reason."""
    locked = lock_selection(selection)
    permissions.require(by, "selection.approve", locked.rollout)
    require_state(locked, SelectionState.PROPOSED)
    if not reason.strip():
        raise Refused(_("Say what should change."))
    move_selection(locked, SelectionState.DRAFT)
    locked.proposed_by, locked.proposed_at = None, None
    locked.save()
    record_selection(locked, by, "selection.returned", reason=reason)
    return locked


@transaction.atomic
def discard_selection(*, selection: Selection, by: User, reason: str = "") -> Selection:
    """Throw a draft away; its row and its proof stay as history."""
    locked = lock_selection(selection)
    permissions.require(by, "selection.draft", locked.rollout)
    move_selection(locked, SelectionState.DISCARDED)
    locked.save()
    record_selection(locked, by, "selection.discarded", reason=reason)
    return locked


@transaction.atomic
def admit(*, selection: Selection, by: User, reason: str) -> int:
    """Let the people of an approved selection in without an invitation; return how many.

    For those who know already: the team of the first phase, a client who signed. Who was invited answers
    for herself. A version that was replaced since gave its seats for good, so its people can be let in too.

    :raises WrongState: while the phase takes nobody new: not started, held, intake stopped, or over.
    """
    locked = lock_selection(selection)
    permissions.require(by, "batch.approve", locked.rollout)
    if locked.approved_at is None:
        require_state(locked, SelectionState.APPLIED)
    if not reason.strip():
        raise Refused(_("Say why they need no invitation."))
    if not locked.phase.accepts_outreach:
        raise WrongState(why_shut(locked.phase))
    admitted = people.move(waiting_in(locked), Step.ADMIT, at=clock.now())
    if admitted:
        record_selection(locked, by, "selection.admitted", reason=reason, after={"people": admitted})
    return admitted


def waiting_in(selection: Selection) -> ParticipantQuerySet:
    """Return who has a seat by this selection, was not invited and is not in yet."""
    return Participant.objects.filter(
        memberships__selection=selection, memberships__ended_at__isnull=True, state=ParticipantState.SELECTED
    )


def why_shut(phase: Phase) -> str:
    """Say why a phase lets nobody in now; empty when it does."""
    if phase.accepts_outreach:
        return ""
    if not phase.is_running:
        return _("“%s” does not run; people are let in while it does.") % phase
    if phase.is_held:
        return _("“%s” is on hold: nobody new is let in.") % phase
    return _("The intake of “%s” is stopped: nobody new is let in.") % phase


def why(selection: Selection, participant: Participant) -> str:
    """Say why a person was selected, or why not."""
    place = Place.objects.filter(selection=selection, participant=participant).first()
    label = selection.rule.get("labels", {})
    strata = {stratum["value"]: stratum for stratum in selection.report["strata"]}
    if place is None:
        facts = attributes.facts_of(participant)
        conditions = selection.rule.get("conditions", [])
        held = attributes.conditions_held(facts, conditions)
        if held < len(conditions):
            names = attributes.labels(selection.rollout.attributedefinitions.all())
            return _("Could not be drawn: it does not hold that %s.") % attributes.condition_text(
                conditions[held], names
            )
        return _("Was not in the draw, or stands far behind the last seat. The proof file has every place.")
    words = {
        "stratum": label.get(place.stratum, place.stratum),
        "rank": place.rank,
        "seats": strata[place.stratum]["seats"],
    }
    if place.kept:
        return _("Had a seat already and keeps it (%(stratum)s).") % words
    if place.taken:
        return _("%(stratum)s, place %(rank)s in the draw; %(seats)s seats.") % words
    return _("Not selected. %(stratum)s, can be drawn, place %(rank)s; %(seats)s seats.") % words


def verdict(selection: Selection) -> list[str]:
    """Return the result in sentences: how many seats are filled, and which stratum is short."""
    sentences = [
        ngettext(
            "%(taken)s of %(seats)s seat is filled.",
            "%(taken)s of %(seats)s seats are filled.",
            selection.requested,
        )
        % {"taken": selection.taken, "seats": selection.requested}
    ]
    for stratum in selection.report["strata"]:
        if stratum["short"]:
            sentences.append(
                _("%(stratum)s is short by %(n)s.") % {"stratum": stratum["label"], "n": stratum["short"]}
            )
    return sentences


def _reason(selection: Selection, place: Place) -> str:
    if place.kept:
        return _("had a seat in an earlier phase")
    if selection.method == Method.NAMED:
        return selection.reason[:200]
    return _("place %(rank)s of %(stratum)s in draw %(n)s") % {
        "rank": place.rank,
        "stratum": place.stratum,
        "n": selection.number,
    }


def lock_selection(selection: Selection) -> Selection:
    return (
        Selection.objects.select_for_update(of=("self",))
        .select_related("rollout", "phase__rollout", "phase__base")
        .get(pk=selection.pk)
    )


def move_selection(selection: Selection, to: SelectionState) -> None:
    if to not in SELECTION_MOVES[SelectionState(selection.state)]:
        raise WrongState(
            _("This version is “%(state)s”; it cannot become “%(to)s”.")
            % {"state": selection.get_state_display(), "to": str(to.label)}
        )
    selection.state = to


def require_state(selection: Selection, state: SelectionState) -> None:
    if selection.state != state:
        raise WrongState(
            _("This version is “%(state)s”, not “%(wanted)s”. Look at the newest version.")
            % {"state": selection.get_state_display(), "wanted": str(state.label)}
        )


def record_selection(
    selection: Selection, by: User, verb: str, *, reason: str = "", after: dict[str, Any] | None = None
) -> None:
    record(
        actor=by,
        verb=verb,
        obj=selection,
        scope=selection.rollout.uuid,
        reason=reason,
        after={"state": selection.state, **(after or {})},
    )
