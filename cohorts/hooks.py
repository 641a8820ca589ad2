"""What this room answers when others ask: links, the permission question, blocked addresses, stops."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import ngettext

from cohorts import texts
from cohorts.models import Batch, Invitation, Membership, Participant, PersonalLink
from cohorts.services import invitations, people
from cohorts.states import GONE, LINK_GRACE, Answer, BatchState, How, LinkPurpose, ParticipantState, Step
from phases.models import Phase
from phases.registry import Stop, consequences, stop_hook
from phases.states import RUNNING, PhaseState, Verb
from rollout_portal.audit.services import Actor, System, record
from rollout_portal.lib import clock
from rollout_portal.lib import links as signed_links
from rollout_portal.outbox import hooks, links, permission, templates, wordings
from rollout_portal.outbox.models import Message, Suppression
from rollout_portal.outbox.states import KINDS, MessageKind, SuppressionReason

# How long a message that may not leave now rests before it is asked about again.
ASK_AGAIN: Final = timedelta(minutes=1)
# A link to leave works long after the last message; mail programs keep messages for years.
LEAVE_LINK_VALID: Final = timedelta(days=3 * 365)

templates.define(invitations.TEMPLATE, texts.INVITATION)


@links.register(LinkPurpose.INVITATION.value)
def mint_invitation_link(row: UUID, message: Message) -> str:
    """Return a fresh link to a person's invitation; older ones stay live."""
    invitation = Invitation.objects.select_related("batch").get(uuid=row)
    token = signed_links.mint(LinkPurpose.INVITATION.value, row)
    PersonalLink.objects.create(
        purpose=LinkPurpose.INVITATION,
        participant_id=invitation.participant_id,
        invitation=invitation,
        digest=signed_links.token_digest(token),
        created_at=clock.now(),
        expires_at=invitation.batch.answer_until + LINK_GRACE,
    )
    return f"{settings.BASE_URL}{reverse('testers:open_invitation', args=[token])}"


@links.register(LinkPurpose.LEAVE.value)
def mint_leave_link(row: UUID, message: Message) -> str:
    """Return a fresh link by which a participant leaves, or a mail program opts her out."""
    now = clock.now()
    token = signed_links.mint(LinkPurpose.LEAVE.value, row)
    PersonalLink.objects.create(
        purpose=LinkPurpose.LEAVE,
        participant=Participant.objects.get(uuid=row),
        digest=signed_links.token_digest(token),
        created_at=now,
        expires_at=now + LEAVE_LINK_VALID,
    )
    return f"{settings.BASE_URL}{reverse('testers:open_leave', args=[token])}"


@permission.register
def may_go_out(message: Message) -> permission.Refusal | None:
    """Say whether a message to a participant may leave now: about the person, then about the phase."""
    if message.reference is None:
        return None
    participant = Participant.objects.filter(uuid=message.reference).first()
    if participant is None:
        return None
    if participant.state in GONE:
        return permission.Refusal("erased" if participant.state == ParticipantState.ERASED else "left")
    if participant.opted_out_at is not None and KINDS[MessageKind(message.kind)].leave:
        return permission.Refusal("opted_out")
    invitation = (
        Invitation.objects.filter(message=message).select_related("batch__phase").first()
        if message.kind == MessageKind.INVITATION
        else None
    )
    return _about_invitation(invitation) if invitation is not None else None


def _about_invitation(invitation: Invitation) -> permission.Refusal | None:
    batch, phase = invitation.batch, invitation.batch.phase
    if invitation.closed_at is not None or batch.state != BatchState.APPROVED:
        return permission.Refusal("withdrawn")
    if invitation.answer != Answer.NONE:
        return permission.Refusal("answered")
    if phase.state == PhaseState.ROLLED_BACK:
        return permission.Refusal("rolled_back")
    if not Membership.objects.current().filter(participant=invitation.participant_id, phase=phase).exists():
        return permission.Refusal("no_seat")
    later = clock.now() + ASK_AGAIN
    if phase.state not in RUNNING:
        return permission.Refusal("phase_not_running", later)
    if phase.is_held:
        return permission.Refusal("phase_held", later)
    if batch.is_held:
        return permission.Refusal("batch_held", later)
    if not phase.accepts_outreach:
        return permission.Refusal("intake_stopped", later)
    return None


@wordings.counts_waiting(invitations.TEMPLATE)
def people_in_drafts(scope: UUID) -> int:
    """Count the people in batches that cannot be approved while the invitation is incomplete."""
    return Invitation.objects.open().filter(batch__rollout__uuid=scope, batch__state=BatchState.DRAFT).count()


@hooks.suppressed
def note_complaint(suppression: Suppression, message: Message | None) -> None:
    """Opt out, in every rollout, whoever reported a message as spam. A bounce says nothing about a wish."""
    if suppression.reason != SuppressionReason.COMPLAINT:
        return
    for participant in Participant.objects.filter(person__email_digest=suppression.address_digest):
        people.opt_out(participant=participant, how=How.COMPLAINT)


@hooks.sent_again
def follow_new_message(old: Message, new: Message) -> None:
    """An invitation that staff send again stands by its new message: asked, shown and taken back by it."""
    Invitation.objects.filter(message=old).update(message=new)


def follow_stop(stop: Stop) -> None:
    """Roll back: take back every invitation that has not left. Shrink: end the seats drawn last.

    It may come late, so it touches no batch that was drafted after the stop, and no seat given after it.
    Hold and stop of intake need nothing here: each message is asked about when it is about to leave.
    """
    actor: Actor = stop.by or System(cause=stop.reason[:200])
    if stop.verb == Verb.ROLL_BACK:
        open_batches = Batch.objects.select_for_update().filter(
            phase=stop.phase,
            state__in=[BatchState.DRAFT, BatchState.APPROVED],
            drafted_at__lte=stop.at,
        )
        for batch in open_batches.order_by("pk"):
            batch.rollout = stop.phase.rollout
            invitations.take_back(batch, by=actor, reason=stop.reason, code="rolled_back")
    elif stop.verb == Verb.SHRINK and "keep" in stop.options:
        _shrink(stop, int(stop.options["keep"]), actor)


def _shrink(stop: Stop, keep: int, actor: Actor) -> None:
    """End the seats of all but the `keep` people who were drawn first."""
    seats = Membership.objects.current().filter(phase=stop.phase, joined_at__lte=stop.at).order_by("u", "pk")
    ending = list(seats.values_list("pk", "participant_id")[keep:])
    if not ending:
        return
    pks, persons = [pk for pk, _person in ending], [person for _pk, person in ending]
    # People first, as everywhere: an answer that is being given waits, and finds its seat gone.
    list(Participant.objects.select_for_update().filter(pk__in=persons).order_by("pk").values_list("pk"))
    Membership.objects.filter(pk__in=pks).update(
        ended_at=stop.at, ended_because=f"shrunk: {stop.reason}"[:200]
    )
    Invitation.objects.open().filter(participant__in=persons, batch__phase=stop.phase).update(
        closed_at=stop.at
    )
    elsewhere = Membership.objects.current().filter(participant__in=persons).values("participant_id")
    people.move(
        Participant.objects.filter(pk__in=persons).exclude(pk__in=elsewhere), Step.RELEASE, at=stop.at
    )
    record(
        actor=actor,
        verb="phase.seats_ended",
        obj=stop.phase,
        scope=stop.phase.rollout.uuid,
        reason=stop.reason,
        after={"ended": len(pks), "kept": keep},
        at=stop.at,
    )


stop_hook("cohorts.follow_stop", follow_stop)


@consequences
def what_happens_to_people(phase: Phase, verb: Verb) -> list[str]:
    """Say in numbers what a verb does to people and invitations."""
    unsent = Invitation.objects.unsent().filter(batch__phase=phase).count()
    sentences = []
    if verb in (Verb.HOLD, Verb.STOP_INTAKE) and unsent:
        sentences.append(
            ngettext("%(n)s unsent invitation is held.", "%(n)s unsent invitations are held.", unsent)
            % {"n": f"{unsent:,}"}
        )
    if verb == Verb.ROLL_BACK and unsent:
        sentences.append(
            ngettext(
                "%(n)s unsent invitation is taken back.", "%(n)s unsent invitations are taken back.", unsent
            )
            % {"n": f"{unsent:,}"}
        )
    if verb in (Verb.ROLL_BACK, Verb.SHRINK):
        seats = Membership.objects.current().filter(phase=phase).count()
        if seats:
            sentences.append(
                ngettext("%(n)s person has a seat in it.", "%(n)s people have a seat in it.", seats)
                % {"n": f"{seats:,}"}
            )
    return sentences
