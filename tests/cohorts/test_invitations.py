"""Batches, what may leave and when, and what people answer."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from cohorts.exceptions import InvitationOver
from cohorts.hooks import follow_stop
from cohorts.models import Batch, ConsentEvent, ConsentText, Invitation, Membership, Participant, Selection
from cohorts.services import drawings, invitations, people, selections
from cohorts.states import Answer, BatchState, How, InvitationState, ParticipantState, Purpose
from phases import services as phases
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import Phase, Rollout
from phases.permissions import RoleName
from phases.registry import Stop, consequences_of
from phases.states import PhaseState, Verb
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import System
from rollout_portal.lib import clock
from rollout_portal.outbox import permission, suppressions, wordings
from rollout_portal.outbox.decisions import send_again
from rollout_portal.outbox.models import DeliveryEvent, Message
from rollout_portal.outbox.states import Happening, MessageState, Policy, SuppressionReason
from tests.cohorts.factories import entry, make_phase, make_pool, make_role, make_rollout, make_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout(product="MediMate")


@pytest.fixture
def owner(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.PRODUCT_OWNER)


@pytest.fixture
def engineer(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.RELEASE_ENGINEER)


@pytest.fixture
def phase(rollout: Rollout, owner: User, engineer: User) -> Phase:
    return selected_phase(rollout, owner, engineer)


def selected_phase(rollout: Rollout, owner: User, engineer: User, **sizes: int) -> Phase:
    """A running phase with an approved selection: one person per language unless told otherwise."""
    phase = make_phase(rollout)
    sizes = sizes or {"ms": 1, "zh_hans": 1, "ta": 1, "en": 1}
    make_pool(rollout, **sizes)
    make_rule(phase, {name.replace("_", "-"): size for name, size in sizes.items()})
    selection = drawings.draft_selection(phase=phase, by=engineer, seed="fixed")
    selections.propose_selection(selection=selection, by=engineer)
    selections.approve_selection(selection=selection, by=owner)
    return phase


def drafted(phase: Phase, by: User, **fields: Any) -> Batch:
    now = clock.now()
    values: dict[str, Any] = {"send_at": now, "answer_until": now + timedelta(days=7)}
    return invitations.draft_batch(phase=phase, by=by, **values | fields)


def approved(phase: Phase, by: User, **fields: Any) -> Batch:
    return invitations.approve_batch(batch=drafted(phase, by, **fields), by=by)


def _asked(message: Message) -> str:
    """Return what the outbox is told when it asks about a message: "", or a reason, "later" marked by …"""
    refusal = permission.ask(message)
    if refusal is None:
        return ""
    return refusal.reason + ("…" if refusal.retry_at else "")


def _answers(batch: Batch) -> set[str]:
    return {_asked(invitation.message) for invitation in batch.invitations.all() if invitation.message}


def _sent(invitation: Invitation, **fields: Any) -> Invitation:
    Message.objects.filter(invitation=invitation).update(
        **{"state": MessageState.SENT, "sent_at": clock.now(), **fields}
    )
    return invitation


def _standing(batch: Batch) -> list[str]:
    rows = batch.invitations.with_state(clock.now()).order_by("pk")
    return list(rows.values_list("standing", flat=True))  # type: ignore[misc]  # an annotation


def test_a_batch_asks_those_with_a_seat_in_the_order_of_the_draw(
    rollout: Rollout, owner: User, engineer: User
) -> None:
    phase = selected_phase(rollout, owner, engineer, ta=5)
    first = drafted(phase, engineer, size=2)
    second = drafted(phase, engineer)
    drawn = list(Membership.objects.order_by("u").values_list("participant_id", flat=True))
    assert list(first.invitations.values_list("participant_id", flat=True)) == drawn[:2]
    assert list(second.invitations.values_list("participant_id", flat=True)) == drawn[2:]
    assert (first.number, second.number, str(second)) == (1, 2, "2-2")
    with pytest.raises(Refused, match="asked already"):
        drafted(phase, engineer)
    assert not Message.objects.exists(), "a draft sends nothing"


def test_approving_makes_one_message_for_each_in_her_language(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    messages = Message.objects.order_by("pk")
    assert sorted(message.language for message in messages) == ["en", "ms", "ta", "zh-hans"]
    for invitation in batch.invitations.select_related("message", "participant"):
        assert invitation.message is not None
        assert invitation.message.key == f"{phase.rollout.uuid}:{batch.uuid}:{invitation.participant.uuid}"
        assert invitation.message.policy == Policy.NEVER_TWICE
        assert invitation.message.reference == invitation.participant.uuid
        assert invitation.message.expires_at == batch.answer_until
    assert set(Participant.objects.values_list("state", flat=True)) == {ParticipantState.INVITED}
    assert entry("batch.approved")["people"] == 4
    with pytest.raises(WrongState, match="cannot become"):
        invitations.approve_batch(batch=batch, by=owner)
    assert Message.objects.count() == 4


def test_the_last_day_is_told_in_the_language_and_zone_of_the_person(phase: Phase, owner: User) -> None:
    Participant.objects.get(person__language="en").person.__class__.objects.filter(language="en").update(
        time_zone="Pacific/Auckland"
    )
    now = clock.now().replace(year=2026, month=12, day=1, hour=0)
    approved(phase, owner, send_at=now, answer_until=now.replace(day=13, hour=20))
    days = {message.language: message.params["until"] for message in Message.objects.all()}
    assert days["en"] == "Dec. 14, 2026"
    assert days["zh-hans"] == "2026年12月14日"
    assert "2026" in days["ta"]
    assert days["ta"] != days["ms"]


def test_a_phase_without_an_approved_selection_invites_nobody(rollout: Rollout, owner: User) -> None:
    with pytest.raises(Refused, match="no approved selection"):
        drafted(make_phase(rollout), owner)


@pytest.mark.parametrize(
    "role", [RoleName.SUPPORT, RoleName.ANALYST, RoleName.ADMINISTRATOR, RoleName.PROJECT_SPONSOR]
)
def test_only_owner_and_engineer_approve_a_batch(phase: Phase, owner: User, role: RoleName) -> None:
    batch = drafted(phase, owner)
    with pytest.raises(PermissionRefused):
        invitations.approve_batch(batch=batch, by=make_role(phase.rollout, role))


def test_everything_may_leave_while_the_phase_runs(phase: Phase, owner: User) -> None:
    assert _answers(approved(phase, owner)) == {""}


def test_a_held_phase_lets_nothing_out_until_it_is_resumed(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    phases.hold_phase(phase=phase, by=owner, reason="API errors")
    assert _answers(batch) == {"phase_held…"}
    assert consequences_of(phase, Verb.HOLD) == ["4 unsent invitations are held."]
    phases.resume_phase(phase=phase, by=owner, reason="Fixed")
    assert _answers(batch) == {""}


def test_a_phase_that_does_not_run_yet_lets_nothing_out(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    Phase.objects.filter(pk=phase.pk).update(state=PhaseState.PLANNED, started_at=None)
    assert _answers(batch) == {"phase_not_running…"}


def test_stopped_intake_lets_nothing_out(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    phases.stop_intake(phase=phase, by=owner, reason="Enough")
    assert _answers(batch) == {"intake_stopped…"}


def test_a_held_batch_lets_nothing_out(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    with pytest.raises(Refused, match="Say why"):
        invitations.hold_batch(batch=batch, by=owner, reason=" ")
    invitations.hold_batch(batch=batch, by=owner, reason="Wrong text")
    invitations.hold_batch(batch=batch, by=owner, reason="Again")
    assert _answers(batch) == {"batch_held…"}
    assert AuditEvent.objects.filter(verb="batch.held").count() == 1
    Message.objects.update(due_at=clock.now() + timedelta(hours=1), reason="batch_held")
    invitations.resume_batch(batch=batch, by=owner, reason="Text is right")
    assert _answers(batch) == {""}
    assert not Message.objects.filter(due_at__gt=clock.now()).exists(), "what was put off is due again"


def test_opting_out_a_minute_before_skips_the_message(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    one, two, *_rest = batch.invitations.select_related("participant", "message")
    people.opt_out(participant=one.participant, how=How.ONE_CLICK)
    people.leave(participant=two.participant, how=How.PAGE)
    assert one.message is not None
    assert two.message is not None
    assert (_asked(one.message), _asked(two.message)) == ("opted_out", "left")


def test_rolling_back_takes_back_what_has_not_left(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    went = _sent(batch.invitations.select_related("participant").first() or Invitation())
    assert consequences_of(phase, Verb.ROLL_BACK) == [
        "3 unsent invitations are taken back.",
        "4 people have a seat in it.",
    ]
    phases.roll_back_phase(
        phase=phase, by=System(cause="Trigger: error rate"), reason="Error rate above 0.5 %"
    )
    batch.refresh_from_db()
    assert batch.state == BatchState.CANCELLED
    assert Message.objects.filter(state=MessageState.CANCELLED, reason="rolled_back").count() == 3
    went.refresh_from_db()
    went.participant.refresh_from_db()
    assert (went.closed_at, went.participant.state) == (None, ParticipantState.INVITED)
    assert Participant.objects.filter(state=ParticipantState.SELECTED).count() == 3
    assert Membership.objects.current().count() == 4, "seats stay for the next start"
    with pytest.raises(InvitationOver, match="paused"):
        invitations.answer_invitation(invitation=went, answer=Answer.ACCEPTED)


def test_after_a_rollback_a_new_batch_asks_only_those_who_were_not_asked(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    _sent(batch.invitations.first() or Invitation())
    phases.roll_back_phase(phase=phase, by=owner, reason="Errors", typed_name=phase.rollout.name)
    Phase.objects.filter(pk=phase.pk).update(state=PhaseState.ACTIVE, started_at=clock.now())
    phase.refresh_from_db()
    again = approved(phase, owner)
    assert again.invitations.count() == 3
    assert _answers(again) == {""}


def test_a_rollback_that_comes_late_takes_back_only_what_was_prepared_before_it(
    phase: Phase, owner: User
) -> None:
    before = approved(phase, owner, size=2)
    stop = Stop(phase=phase, verb=Verb.ROLL_BACK, at=clock.now(), by=owner, reason="Errors")
    after = approved(phase, owner)
    follow_stop(stop)
    before.refresh_from_db()
    after.refresh_from_db()
    assert (before.state, after.state) == (BatchState.CANCELLED, BatchState.APPROVED)


def test_shrinking_ends_the_seats_drawn_last(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    drawn = list(Membership.objects.order_by("u").values_list("participant_id", flat=True))
    phases.shrink_phase(phase=phase, by=owner, reason="Too many errors", keep=1)
    assert list(Membership.objects.current().values_list("participant_id", flat=True)) == drawn[:1]
    states = dict(Participant.objects.values_list("pk", "state"))
    assert {states[pk] for pk in drawn[1:]} == {ParticipantState.REGISTERED}
    assert _answers(batch) == {"", "withdrawn"}
    assert AuditEvent.objects.get(verb="phase.seats_ended").after == {"ended": 3, "kept": 1}


def test_an_invitation_that_is_sent_again_stands_by_its_new_message(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    invitation = batch.invitations.select_related("message").first()
    assert invitation is not None
    assert invitation.message is not None
    old = invitation.message
    Message.objects.filter(pk=old.pk).update(state=MessageState.UNCERTAIN, reason="answer_lost")

    again = send_again(message=old, by=owner, reason="She has not got it.")

    invitation.refresh_from_db()
    assert invitation.message == again
    assert InvitationState.QUEUED in _standing(batch)
    phases.hold_phase(phase=phase, by=owner, reason="API errors")
    assert _asked(again) == "phase_held…"


def test_a_batch_can_be_taken_back(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    invitations.cancel_batch(batch=batch, by=owner, reason="Wrong day")
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.CANCELLED}
    assert set(Participant.objects.values_list("state", flat=True)) == {ParticipantState.SELECTED}
    assert approved(phase, owner).invitations.count() == 4


def test_accepting_writes_the_consents_that_were_given(phase: Phase, owner: User) -> None:
    texts = [
        ConsentText.objects.create(
            rollout=phase.rollout,
            code=code,
            purpose=purpose,
            required=required,
            texts={"en": code},
            position=place,
        )
        for place, (code, purpose, required) in enumerate(
            [
                ("take-part", Purpose.TAKE_PART, True),
                ("behaviour", Purpose.BEHAVIOUR, False),
                ("talk", Purpose.INTERVIEW, False),
            ]
        )
    ]
    invitation = approved(phase, owner).invitations.select_related("participant").first()
    assert invitation is not None
    invitations.answer_invitation(
        invitation=_sent(invitation), answer=Answer.ACCEPTED, consents=[texts[1]], language="ta"
    )
    invitation.participant.refresh_from_db()
    assert invitation.participant.state == ParticipantState.ACCEPTED
    given = ConsentEvent.objects.in_force().filter(participant=invitation.participant)
    assert set(given.values_list("purpose", "wording", "language")) == {
        (Purpose.TAKE_PART, "take-part 1", "ta"),
        (Purpose.BEHAVIOUR, "behaviour 1", "ta"),
    }
    written = AuditEvent.objects.get(verb="invitation.accepted")
    assert (written.actor, written.cause) == (None, f"{invitation.participant.label} (page)")


def test_the_same_answer_twice_counts_once_and_another_one_is_refused(phase: Phase, owner: User) -> None:
    invitation = _sent(approved(phase, owner).invitations.first() or Invitation())
    first = invitations.answer_invitation(invitation=invitation, answer=Answer.ACCEPTED)
    again = invitations.answer_invitation(invitation=invitation, answer=Answer.ACCEPTED)
    assert again.answered_at == first.answered_at
    assert AuditEvent.objects.filter(verb="invitation.accepted").count() == 1
    with pytest.raises(InvitationOver, match="answered already"):
        invitations.answer_invitation(invitation=invitation, answer=Answer.DECLINED)


def test_declining_frees_the_seat(phase: Phase, owner: User) -> None:
    invitation = _sent(
        approved(phase, owner).invitations.select_related("participant").first() or Invitation()
    )
    invitations.answer_invitation(invitation=invitation, answer=Answer.DECLINED)
    invitation.participant.refresh_from_db()
    assert invitation.participant.state == ParticipantState.DECLINED
    seat = Membership.objects.get(participant=invitation.participant)
    assert seat.ended_because == "declined"
    with pytest.raises(InvitationOver):
        invitations.answer_invitation(invitation=invitation, answer=Answer.ACCEPTED)


@pytest.mark.parametrize("how", ["late", "held", "left"])
def test_when_nobody_can_join_the_answer_says_why(phase: Phase, owner: User, how: str) -> None:
    batch = approved(phase, owner)
    invitation = _sent(batch.invitations.select_related("participant").first() or Invitation())
    words = {"late": "time to answer", "held": "paused", "left": "closed"}[how]
    if how == "late":
        past = clock.now() - timedelta(minutes=1)
        Batch.objects.update(send_at=past - timedelta(days=1), answer_until=past)
    elif how == "held":
        phases.hold_phase(phase=phase, by=owner, reason="API errors")
    else:
        people.leave(participant=invitation.participant, how=How.PAGE)
    with pytest.raises(InvitationOver, match=words):
        invitations.answer_invitation(invitation=invitation, answer=Answer.ACCEPTED)
    assert not Participant.objects.taking_part().exists()


def test_saying_no_is_always_possible(phase: Phase, owner: User) -> None:
    invitation = _sent(approved(phase, owner).invitations.first() or Invitation())
    phases.hold_phase(phase=phase, by=owner, reason="API errors")
    past = clock.now() - timedelta(minutes=1)
    Batch.objects.update(send_at=past - timedelta(days=1), answer_until=past)
    assert (
        invitations.answer_invitation(invitation=invitation, answer=Answer.DECLINED).answer == Answer.DECLINED
    )


def test_where_an_invitation_stands_is_read_from_its_message(
    rollout: Rollout, owner: User, engineer: User
) -> None:
    phase = selected_phase(rollout, owner, engineer, ta=9)
    batch = drafted(phase, owner)
    assert set(_standing(batch)) == {InvitationState.DRAFT}
    batch = invitations.approve_batch(batch=batch, by=owner)
    rows = list(batch.invitations.order_by("pk"))
    states: list[tuple[MessageState, dict[str, Any]]] = [
        (MessageState.QUEUED, {}),
        (MessageState.SENT, {"sent_at": clock.now()}),
        (MessageState.SENT, {"sent_at": clock.now()}),
        (MessageState.UNCERTAIN, {"reason": "answer_lost"}),
        (MessageState.FAILED, {"reason": "refused"}),
        (MessageState.SKIPPED, {"reason": "opted_out"}),
        (MessageState.SENT, {"sent_at": clock.now()}),
        (MessageState.SENT, {"sent_at": clock.now()}),
        (MessageState.CANCELLED, {"reason": "rolled_back"}),
    ]
    for row, (state, fields) in zip(rows, states, strict=True):
        Message.objects.filter(invitation=row).update(state=state, **fields)
    DeliveryEvent.objects.create(message_id=rows[2].message_id or 0, what=Happening.BOUNCED, at=clock.now())
    invitations.answer_invitation(invitation=rows[6], answer=Answer.ACCEPTED)
    invitations.answer_invitation(invitation=rows[7], answer=Answer.DECLINED)
    I = InvitationState  # noqa: E741, N806 - a short name for a long list
    expected = [
        I.QUEUED,
        I.SENT,
        I.BOUNCED,
        I.UNCERTAIN,
        I.FAILED,
        I.SKIPPED,
        I.ACCEPTED,
        I.DECLINED,
        I.CANCELLED,
    ]
    assert _standing(batch) == expected
    past = clock.now() - timedelta(minutes=1)
    Batch.objects.update(send_at=past - timedelta(days=1), answer_until=past)
    assert _standing(batch)[1] == InvitationState.EXPIRED


def test_reporting_spam_opts_out_and_a_bounce_does_not(phase: Phase, owner: User) -> None:
    batch = approved(phase, owner)
    one, two, *_rest = batch.invitations.select_related("participant__person", "message")
    cause = System(cause="a test")
    suppressions.block(
        address=one.participant.person.email.upper(),
        reason=SuppressionReason.COMPLAINT,
        by=cause,
        message=one.message,
    )
    suppressions.block(address=two.participant.person.email, reason=SuppressionReason.BOUNCE, by=cause)
    one.participant.refresh_from_db()
    two.participant.refresh_from_db()
    assert one.participant.opted_out_at is not None
    assert two.participant.opted_out_at is None
    assert ConsentEvent.objects.get(participant=one.participant).how == How.COMPLAINT


def test_the_ledger_only_grows(phase: Phase, owner: User) -> None:
    person = Participant.objects.order_by("pk")[0]
    for given in (True, True, False, False, True):
        people.set_consent(participant=person, purpose=Purpose.CONTACT, given=given, how=How.PAGE)
    assert list(ConsentEvent.objects.order_by("pk").values_list("change", flat=True)) == [
        "given",
        "withdrawn",
        "given",
    ]
    assert ConsentEvent.objects.in_force().count() == 1
    person.refresh_from_db()
    assert person.opted_out_at is None
    with transaction.atomic(), pytest.raises(Exception, match="append-only"), transaction.atomic():
        ConsentEvent.objects.update(change="withdrawn")


def test_staff_write_down_a_wish_only_with_the_right(phase: Phase, owner: User) -> None:
    person = Participant.objects.order_by("pk")[0]
    with pytest.raises(PermissionRefused):
        people.opt_out(participant=person, how=How.STAFF, by=make_role(phase.rollout, RoleName.ANALYST))
    people.opt_out(participant=person, how=How.STAFF, by=owner)
    assert ConsentEvent.objects.get().by == owner


@pytest.mark.django_db(transaction=True)
def test_eight_approvals_of_a_batch_send_once(
    in_threads: Callable[[list[Callable[[], object]]], list[object]],
) -> None:
    rollout = make_rollout()
    owner, engineer = make_role(rollout), make_role(rollout, RoleName.RELEASE_ENGINEER)
    phase = selected_phase(rollout, owner, engineer, ta=10)
    batch = drafted(phase, owner)
    results = in_threads([partial(invitations.approve_batch, batch=batch, by=owner)] * 8)
    assert sum(isinstance(result, Batch) for result in results) == 1
    assert sum(isinstance(result, WrongState) for result in results) == 7
    assert Message.objects.count() == 10
    assert AuditEvent.objects.filter(verb="batch.approved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_pressing_accept_eight_times_at_once_counts_once(
    in_threads: Callable[[list[Callable[[], object]]], list[object]],
) -> None:
    rollout = make_rollout()
    owner, engineer = make_role(rollout), make_role(rollout, RoleName.RELEASE_ENGINEER)
    phase = selected_phase(rollout, owner, engineer, ta=1)
    invitation = _sent(approved(phase, owner).invitations.first() or Invitation())
    results = in_threads(
        [partial(invitations.answer_invitation, invitation=invitation, answer=Answer.ACCEPTED)] * 6
        + [partial(people.leave, participant=Participant.objects.get(), how=How.PAGE)] * 2
    )
    assert all(isinstance(result, Invitation | Participant | InvitationOver) for result in results)
    assert AuditEvent.objects.filter(verb="invitation.accepted").count() <= 1
    assert AuditEvent.objects.filter(verb="participant.left").count() == 1
    assert not Membership.objects.current().exists()


def test_a_batch_cannot_be_approved_while_the_invitation_is_incomplete(phase: Phase, owner: User) -> None:
    batch = drafted(phase, owner)
    phase.rollout.languages = ["ms", "id"]
    phase.rollout.save()

    found = wordings.find(invitations.TEMPLATE, phase.rollout.uuid)

    assert found is not None
    assert (found.missing, found.waiting) == (("id",), 4)
    with pytest.raises(Refused, match="“Invitation to testers” is incomplete in: id"):
        invitations.approve_batch(batch=batch, by=owner)


@pytest.mark.parametrize("model", [Batch, Selection])
def test_database_keeps_known_states_only(phase: Phase, owner: User, model: type[Model]) -> None:
    approved(phase, owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        model._default_manager.update(state="odd")
