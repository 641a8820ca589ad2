"""What happens to people: moves, consent, leaving, erasure, and looking at a name."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cohorts.keys import key_after_erasure
from cohorts.models import ConsentEvent, Invitation, Membership, Participant, Person, Standing
from cohorts.models.people import ParticipantQuerySet
from cohorts.states import IN, MOVES, ConsentChange, How, ParticipantState, Purpose, Step
from phases import permissions
from phases.exceptions import Refused, WrongState
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import Actor, System, record
from rollout_portal.jobs import files
from rollout_portal.jobs.models import StoredFile
from rollout_portal.lib import clock
from rollout_portal.outbox import services as outbox


def move(people: ParticipantQuerySet, step: Step, *, at: datetime) -> int:
    """Take a step with all of `people` who can take it; return how many did.

    The one way in which the state of a person changes. The condition is part of the statement, so that
    two moves at once never both count. How somebody took part until then is kept: figures as of an
    earlier moment rest on it.
    """
    rule = MOVES[step]
    can = people.filter(state__in=rule.sources)
    with transaction.atomic():
        if rule.sources & IN:
            kept = can.filter(state__in=IN).select_for_update(of=("self",)).order_by("pk")
            Standing.objects.bulk_create(
                (
                    Standing(participant_id=pk, state=state, since=since, until=at)
                    for pk, state, since in kept.values_list("pk", "state", "state_at")
                ),
                batch_size=1_000,
            )
        return can.update(state=rule.to, state_at=at)


def lock(participant: Participant) -> Participant:
    """Lock one person's row until the transaction ends, and read it."""
    return (
        Participant.objects.select_for_update(of=("self",))
        .select_related("rollout", "person")
        .get(pk=participant.pk)
    )


def move_one(locked: Participant, step: Step, *, at: datetime) -> None:
    """Take a step with one locked person.

    :raises WrongState: when the person is not where the step starts.
    """
    if not move(Participant.objects.filter(pk=locked.pk), step, at=at):
        raise WrongState(
            _("%(person)s is “%(state)s”; “%(step)s” is not possible.")
            % {"person": locked, "state": locked.get_state_display(), "step": str(step.label)}
        )
    locked.state, locked.state_at = MOVES[step].to, at


def the_person(participant: Participant, how: How) -> System:
    """Return the actor for what a tester did by herself. The record speaks no tester's language."""
    return System(cause=f"{participant.label} ({how.value})")


@transaction.atomic
def set_consent(
    *,
    participant: Participant,
    purpose: Purpose,
    given: bool,
    how: How,
    language: str = "",
    wording: str = "",
    by: User | None = None,
) -> ConsentEvent | None:
    """Add a line to the ledger; nothing when it would say what the newest line says.

    Withdrawing the consent to be written to takes effect at once: a message that has not left stays.

    :param by: who of the staff writes it down; None when the person acts.
    """
    locked = lock(participant)
    if by is not None:
        permissions.require(by, "participant.edit", locked.rollout)
    change = ConsentChange.GIVEN if given else ConsentChange.WITHDRAWN
    newest = ConsentEvent.objects.filter(participant=locked, purpose=purpose).order_by("-at", "-pk").first()
    if newest is not None and newest.change == change:
        return None
    now = clock.now()
    event = ConsentEvent.objects.create(
        participant=locked,
        purpose=purpose,
        change=change,
        wording=wording[:200],
        language=language,
        how=how,
        # A line never stands before the one that it follows, whatever day an import stated.
        at=max(now, newest.at) if newest else now,
        by=by,
    )
    if purpose == Purpose.CONTACT:
        locked.opted_out_at = None if given else now
        locked.save(update_fields=["opted_out_at"])
    record(
        actor=by or the_person(locked, How(how)),
        verb=f"consent.{change}",
        obj=locked,
        scope=locked.rollout.uuid,
        after={"purpose": purpose, "how": how, "wording": event.wording},
        at=now,
    )
    return event


def opt_out(*, participant: Participant, how: How, language: str = "", by: User | None = None) -> None:
    """Write nothing more to a person about this rollout. She stays in the test if she is in."""
    set_consent(
        participant=participant, purpose=Purpose.CONTACT, given=False, how=how, language=language, by=by
    )


@transaction.atomic
def leave(
    *, participant: Participant, how: How, reason: str = "", language: str = "", by: User | None = None
) -> Participant:
    """Leave the rollout: seats are free, invitations are closed, nothing more is sent. Twice is once.

    :param reason: the person's own words. They stay with her row, where erasure reaches them.
    """
    locked = lock(participant)
    if by is not None:
        permissions.require(by, "participant.edit", locked.rollout)
    if locked.state == ParticipantState.LEFT:
        return locked
    now, before = clock.now(), locked.state
    move_one(locked, Step.LEAVE, at=now)
    seats = end_memberships(locked, "left", at=now)
    _close_invitations(locked, at=now)
    locked.left_because = reason[:1000]
    locked.save(update_fields=["left_because"])
    set_consent(participant=locked, purpose=Purpose.CONTACT, given=False, how=how, language=language, by=by)
    record(
        actor=by or the_person(locked, How(how)),
        verb="participant.left",
        obj=locked,
        scope=locked.rollout.uuid,
        before={"state": before},
        after={"state": locked.state, "seats_freed": seats, "gave_a_reason": bool(reason.strip())},
        at=now,
    )
    return locked


@transaction.atomic
def correct(*, participant: Participant, name: str, language: str) -> Participant:
    """Let a person put her own name and language right."""
    locked = lock(participant)
    allowed = locked.rollout.languages or ["en"]
    if language and language not in allowed:
        raise Refused(_("Choose one of the languages."))
    person = locked.person
    changed = [
        field for field, said in (("name", name), ("language", language)) if getattr(person, field) != said
    ]
    if changed:
        person.name, person.language = " ".join(name.split())[:150], language
        person.save(update_fields=["name", "language"])
        record(
            actor=the_person(locked, How.PAGE),
            verb="person.corrected",
            obj=locked,
            scope=locked.rollout.uuid,
            after={"fields": changed},
        )
    return locked


@transaction.atomic
def reveal(*, participant: Participant, by: User) -> Person:
    """Return the name and address behind a number; that somebody looked is on the record."""
    permissions.require(by, "person.reveal", participant.rollout)
    record(actor=by, verb="person.revealed", obj=participant, scope=participant.rollout.uuid)
    return participant.person


@transaction.atomic
def erase(*, participant: Participant, reason: str, by: User | None = None) -> None:
    """Forget a person in every rollout: name, address, attributes, ids, lists, and what is about to be sent.

    The number, the seats with their strata, the consents and the answers stay: without a name. What
    remains of address and id is a digest, so that no old list brings the person back.

    :param by: who of the staff does it; None when the person asked on her own page.
    """
    first = lock(participant)
    if by is not None:
        permissions.require(by, "person.erase", first.rollout)
    if not reason.strip():
        raise Refused(_("Say why. The reason stands in the record."))
    person = Person.objects.select_for_update().get(pk=first.person_id)
    if person.erased_at is not None:
        return
    now = clock.now()
    parts = Participant.objects.filter(person=person).select_related("rollout").order_by("rollout_id")
    for part in [lock(row) for row in parts]:
        actor: Actor = by or the_person(part, How.PAGE)
        before = part.state
        move_one(part, Step.ERASE, at=now)
        end_memberships(part, "erased", at=now)
        _close_invitations(part, at=now)
        part.selection_key = key_after_erasure(part.selection_key)
        part.external_id, part.attributes, part.left_because = "", {}, ""
        part.opted_out_at = part.opted_out_at or now
        part.save(
            update_fields=["selection_key", "external_id", "attributes", "left_because", "opted_out_at"]
        )
        part.links.filter(revoked_at__isnull=True).update(revoked_at=now)
        outbox.erase(reference=part.uuid, by=actor, reason=reason)
        record(
            actor=actor,
            verb="participant.erased",
            obj=part,
            scope=part.rollout.uuid,
            reason=reason,
            before={"state": before},
            after={"state": part.state},
            at=now,
        )
    # A list may hold her, whether or not its lines were taken.
    lists = Q(imports__rollout__participants__person=person) | Q(
        imports_with_bad_lines__rollout__participants__person=person
    )
    files.expire(StoredFile.objects.filter(lists))
    person.email, person.name, person.language, person.time_zone = "", "", "", ""
    person.erased_at = now
    person.save()


def end_memberships(participant: Participant, because: str, *, at: datetime) -> int:
    """End every seat of a locked person; return how many there were."""
    return (
        Membership.objects.current()
        .filter(participant=participant)
        .update(ended_at=at, ended_because=because)
    )


def _close_invitations(participant: Participant, *, at: datetime) -> None:
    Invitation.objects.filter(participant=participant, closed_at__isnull=True).update(closed_at=at)


def consents_of(participant: Participant) -> Mapping[str, ConsentEvent]:
    """Return the newest line of the ledger for each purpose."""
    return {event.purpose: event for event in participant.consents.order_by("at", "pk")}
