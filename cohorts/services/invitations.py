"""Batches and what becomes of them: prepare, approve, hold, resume, take back; and people's answers."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils import formats, translation
from django.utils.translation import gettext as _

from cohorts.exceptions import InvitationOver
from cohorts.keys import lock_register
from cohorts.models import Batch, ConsentText, Invitation, Membership, Participant, Selection
from cohorts.services import people
from cohorts.states import (
    BATCH_MOVES,
    Answer,
    BatchState,
    How,
    LinkPurpose,
    ParticipantState,
    Purpose,
    SelectionState,
    Step,
)
from phases import permissions
from phases.exceptions import Refused, WrongState
from phases.models import Phase, Rollout
from phases.states import OVER, RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import Actor, record
from rollout_portal.lib import clock
from rollout_portal.outbox import links
from rollout_portal.outbox import services as outbox
from rollout_portal.outbox.exceptions import OutboxError
from rollout_portal.outbox.states import MessageKind

TEMPLATE: Final = "tester_invitation"
_CHUNK: Final = 1_000


@transaction.atomic
def draft_batch(
    *,
    phase: Phase,
    by: User,
    send_at: dt.datetime,
    answer_until: dt.datetime,
    size: int | None = None,
    template: str = TEMPLATE,
) -> Batch:
    """Prepare a batch: the next people of the phase who have a seat and were not asked yet. Sends nothing.

    :param size: how many at most; all without it. Who was drawn first is asked first.
    :param send_at: business moment before which nothing leaves, UTC.
    """
    permissions.require(by, "batch.draft", phase.rollout)
    if answer_until <= send_at:
        raise Refused(_("The last day for an answer must be after the day of sending."))
    lock_register(phase.rollout)
    selection = Selection.objects.filter(phase=phase, state=SelectionState.APPLIED).first()
    if selection is None:
        raise Refused(_("“%s” has no approved selection. Approve one first.") % phase)
    waiting = (
        Participant.objects.in_phase(phase)
        .reachable()
        .filter(state=ParticipantState.SELECTED)
        .exclude(invitations__in=Invitation.objects.open().filter(batch__state=BatchState.DRAFT))
        .order_by("memberships__u", "pk")
    )
    chosen = list(waiting[:size] if size is not None else waiting)
    if not chosen:
        raise Refused(_("Everybody with a seat in “%s” was asked already, or cannot be written to.") % phase)
    batch = Batch.objects.create(
        rollout=phase.rollout,
        phase=phase,
        selection=selection,
        number=(phase.batches.aggregate(newest=Max("number"))["newest"] or 0) + 1,
        template=template,
        send_at=send_at,
        answer_until=answer_until,
        drafted_by=by,
        drafted_at=clock.now(),
    )
    Invitation.objects.bulk_create(Invitation(batch=batch, participant=person) for person in chosen)
    _record(batch, by, "batch.drafted", after={"people": len(chosen), "send_at": send_at})
    return batch


@transaction.atomic
def approve_batch(*, batch: Batch, by: User) -> Batch:
    """Approve a batch: one message for each person goes into the outbox, once and for ever.

    Whether it may leave is asked again for each message at the moment of sending: phase running, not
    held, not rolled back, intake open, the person not opted out or gone.
    """
    locked = _lock(batch)
    permissions.require(by, "batch.approve", locked.rollout)
    _move(locked, BatchState.APPROVED)
    if locked.rollout.state != RolloutState.ACTIVE or locked.phase.state in OVER:
        raise WrongState(_("“%s” does not run; nobody is invited to it.") % locked.phase)
    now = clock.now()
    if locked.answer_until <= now:
        raise Refused(_("The last day for an answer is over. Prepare a new batch."))
    # Who leaves or opts out at this moment waits, or is left out: people are locked before anything else.
    can_be_asked = Participant.objects.filter(state=ParticipantState.SELECTED).reachable()
    list(
        Participant.objects.select_for_update()
        .filter(pk__in=can_be_asked.filter(invitations__batch=locked).values("pk"))
        .order_by("pk")
        .values_list("pk")
    )
    invitations = list(
        locked.invitations.open()
        .filter(participant__in=can_be_asked)
        .select_related("participant__person", "participant__rollout")
        .order_by("pk")
    )
    try:
        messages = outbox.enqueue_many([_draft(locked, invitation) for invitation in invitations])
    except OutboxError as error:
        raise Refused(error.message) from error
    for invitation, message in zip(invitations, messages, strict=True):
        invitation.message = message
    Invitation.objects.bulk_update(invitations, ["message"], batch_size=_CHUNK)
    people.move(Participant.objects.filter(invitations__in=invitations), Step.INVITE, at=now)
    locked.approved_by, locked.approved_at = by, now
    locked.save()
    _record(locked, by, "batch.approved", after={"people": len(invitations)}, at=now)
    return locked


@transaction.atomic
def hold_batch(*, batch: Batch, by: User, reason: str) -> Batch:
    """Hold a batch: what has not left stays. Holding twice is holding once."""
    locked = _lock(batch)
    permissions.require(by, "batch.hold", locked.rollout)
    if not reason.strip():
        raise Refused(_("Say why. The reason stands in the record."))
    if locked.is_held:
        return locked
    if locked.state == BatchState.CANCELLED:
        raise WrongState(_("This batch was taken back; there is nothing to hold."))
    locked.held_at, locked.held_by, locked.held_because = clock.now(), by, reason
    locked.save()
    _record(locked, by, "batch.held", reason=reason, after={"unsent": locked.invitations.unsent().count()})
    return locked


@transaction.atomic
def resume_batch(*, batch: Batch, by: User, reason: str) -> Batch:
    """Let a held batch go on. Each message is asked again before it leaves."""
    locked = _lock(batch)
    permissions.require(by, "batch.resume", locked.rollout)
    if not locked.is_held:
        raise WrongState(_("This batch is not on hold."))
    if not reason.strip():
        raise Refused(_("Say why. The reason stands in the record."))
    locked.held_at, locked.held_by, locked.held_because = None, None, ""
    locked.save()
    outbox.look_again(scope=locked.rollout.uuid)
    _record(locked, by, "batch.resumed", reason=reason)
    return locked


@transaction.atomic
def cancel_batch(*, batch: Batch, by: User, reason: str) -> Batch:
    """Take a batch back: nobody of those who were not written to yet is. They keep their seats."""
    locked = _lock(batch)
    permissions.require(by, "batch.hold", locked.rollout)
    if not reason.strip():
        raise Refused(_("Say why. The reason stands in the record."))
    take_back(locked, by=by, reason=reason, code="batch_cancelled")
    return locked


def take_back(locked: Batch, *, by: Actor, reason: str, code: str) -> int:
    """Cancel the messages of a locked batch that have not left; return how many invitations came back."""
    _move(locked, BatchState.CANCELLED)
    now = clock.now()
    locked.held_at, locked.held_by, locked.held_because = None, None, ""
    locked.save()
    keys = list(locked.invitations.unsent().values_list("message__key", flat=True))
    outbox.cancel(keys=keys, reason=code)
    back = list(
        locked.invitations.open()
        .exclude(pk__in=locked.invitations.open().on_their_way())
        .values_list("pk", flat=True)
    )
    people.move(
        Participant.objects.filter(invitations__in=back, state=ParticipantState.INVITED), Step.RECALL, at=now
    )
    Invitation.objects.filter(pk__in=back).update(closed_at=now)
    _record(locked, by, "batch.cancelled", reason=reason, after={"not_written_to": len(back)}, at=now)
    return len(back)


@transaction.atomic
def answer_invitation(
    *,
    invitation: Invitation,
    answer: Answer,
    consents: Iterable[ConsentText] = (),
    language: str = "",
) -> Invitation:
    """Take a person's answer, given on her own page. The same answer again changes nothing.

    Accepting needs a phase that takes people now. Declining frees the seat and is final: who changes her
    mind writes to the team.

    :param consents: the texts whose boxes she ticked; required ones count as agreed by the button.
    :raises InvitationOver: when no answer can be taken; the message is for her.
    """
    person = people.lock(invitation.participant)
    locked = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("batch__phase", "batch__rollout")
        .get(pk=invitation.pk)
    )
    if locked.answer == answer:
        return locked
    _require_open(locked, person, answer)
    now = clock.now()
    people.move_one(person, Step.ACCEPT if answer == Answer.ACCEPTED else Step.DECLINE, at=now)
    locked.answer, locked.answered_at = answer, now
    locked.save(update_fields=["answer", "answered_at"])
    if answer == Answer.ACCEPTED:
        _write_consents(locked, person, consents, language)
    else:
        people.end_memberships(person, "declined", at=now)
    record(
        actor=people.the_person(person, How.PAGE),
        verb=f"invitation.{answer}",
        obj=locked,
        scope=locked.batch.rollout.uuid,
        after={"person": person.label, "state": person.state},
        at=now,
    )
    return locked


def paused(phase: Phase) -> bool:
    """Tell whether a phase takes nobody in at this moment, though it may later."""
    return not phase.accepts_outreach


def required_texts(rollout: Rollout) -> list[ConsentText]:
    """Return the newest wording of everything that taking part needs."""
    return [text for text in consent_texts(rollout) if text.required]


def consent_texts(rollout: Rollout) -> list[ConsentText]:
    """Return the newest wording for each purpose, in the plan's order."""
    newest: dict[str, ConsentText] = {}
    for text in rollout.consenttexts.order_by("position", "pk"):
        if text.purpose not in newest or text.version >= newest[text.purpose].version:
            newest[text.purpose] = text
    return list(newest.values())


def _require_open(invitation: Invitation, person: Participant, answer: Answer) -> None:
    if invitation.answer or person.state == ParticipantState.DECLINED:
        raise InvitationOver(_("You have answered already. Write to us if you changed your mind."))
    if invitation.closed_at is not None or person.state != ParticipantState.INVITED:
        raise InvitationOver(_("This invitation is closed."))
    if answer == Answer.DECLINED:
        return
    if invitation.batch.answer_until <= clock.now():
        raise InvitationOver(_("The time to answer is over. Write to us if you still want to take part."))
    has_seat = Membership.objects.current().filter(participant=person, phase=invitation.batch.phase).exists()
    if not has_seat or paused(invitation.batch.phase):
        raise InvitationOver(_("The test is paused. Please try again later; your place is kept."))


def _write_consents(
    invitation: Invitation, person: Participant, chosen: Iterable[ConsentText], language: str
) -> None:
    ticked = {text.pk for text in chosen}
    texts = consent_texts(invitation.batch.rollout)
    agreed = [text for text in texts if text.required or text.pk in ticked]
    for text in agreed:
        people.set_consent(
            participant=person,
            purpose=Purpose(text.purpose),
            given=True,
            how=How.PAGE,
            language=language,
            wording=f"{text.code} {text.version}",
        )
    if not any(text.purpose == Purpose.TAKE_PART for text in agreed):
        people.set_consent(
            participant=person,
            purpose=Purpose.TAKE_PART,
            given=True,
            how=How.PAGE,
            language=language,
            wording="button",
        )


def _draft(batch: Batch, invitation: Invitation) -> outbox.Draft:
    participant = invitation.participant
    person = participant.person
    language = person.language or (batch.rollout.languages or ["en"])[0]
    return outbox.Draft(
        # Rollout, batch and person: nobody is asked twice by one batch, whatever happens.
        key=f"{batch.rollout.uuid}:{batch.uuid}:{participant.uuid}",
        template=batch.template,
        kind=MessageKind.INVITATION,
        scope=batch.rollout.uuid,
        to=person.email,
        to_name=person.name,
        language=language,
        time_zone=person.time_zone,
        reference=participant.uuid,
        due_at=batch.send_at,
        expires_at=batch.answer_until,
        params={
            "product": batch.rollout.product or batch.rollout.name,
            "until": last_day(batch.answer_until, participant, language),
            "answer_link": links.to(LinkPurpose.INVITATION.value, invitation.uuid),
            "leave_link": links.to(LinkPurpose.LEAVE.value, participant.uuid),
        },
    )


def last_day(moment: dt.datetime, participant: Participant, language: str) -> str:
    """Return a moment as a day in the person's zone (the rollout's without one) and language."""
    zone = zoneinfo.ZoneInfo(participant.person.time_zone or participant.rollout.time_zone)
    with translation.override(language):
        return formats.date_format(moment.astimezone(zone), "DATE_FORMAT")


def _lock(batch: Batch) -> Batch:
    return Batch.objects.select_for_update(of=("self",)).select_related("rollout", "phase").get(pk=batch.pk)


def _move(batch: Batch, to: BatchState) -> None:
    if to not in BATCH_MOVES[BatchState(batch.state)]:
        raise WrongState(
            _("The batch is “%(state)s”; it cannot become “%(to)s”.")
            % {"state": batch.get_state_display(), "to": str(to.label)}
        )
    batch.state = to


def _record(
    batch: Batch,
    by: Actor,
    verb: str,
    *,
    reason: str = "",
    after: dict[str, Any] | None = None,
    at: dt.datetime | None = None,
) -> None:
    record(
        actor=by,
        verb=verb,
        obj=batch,
        scope=batch.rollout.uuid,
        reason=reason,
        after={"state": batch.state, "held": batch.is_held, **(after or {})},
        at=at,
    )
