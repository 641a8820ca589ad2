"""States, leases and constraints: what a message may become, and what the database refuses."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from rollout_portal.lib import clock, wakeups
from rollout_portal.outbox import hooks, ledger, sending, suppressions
from rollout_portal.outbox.models import Channel, DeliveryEvent, Message, Suppression, TemplateText
from rollout_portal.outbox.states import NEEDS_REASON, TRANSITIONS, Happening, MessageState, Policy, Reason
from rollout_portal.outbox.transports import Outcome, Result
from tests.outbox.factories import let_lease_run_out, make_invitation, make_lane, make_notice, put_into

pytestmark = pytest.mark.django_db

S = MessageState
CHANGES: dict[MessageState, dict[str, Any]] = {
    S.SENDING: {"lease_token": uuid4(), "lease_until": clock.now()},
    S.SENT: {"sent_at": clock.now()},
    **{state: {"reason": "test"} for state in NEEDS_REASON},
}


@pytest.mark.parametrize("to", [state for state in S if state != S.CLAIMED])
@pytest.mark.parametrize("source", list(S))
def test_a_message_moves_only_as_the_table_says(source: MessageState, to: MessageState) -> None:
    message = put_into(make_invitation(), source)

    if to in TRANSITIONS[source]:
        ledger._move(message, to, **CHANGES.get(to, {}))
        message.refresh_from_db()
        assert message.state == to
        return
    with pytest.raises(RuntimeError, match="cannot go"):
        ledger._move(message, to, **CHANGES.get(to, {}))
    message.refresh_from_db()
    assert message.state == source


def test_every_state_has_a_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(S)


@pytest.mark.parametrize("state", [state for state in S if state != S.QUEUED])
def test_only_queued_messages_are_claimed(state: MessageState) -> None:
    message = put_into(make_invitation(), state)

    assert ledger.claim(lane=make_lane(message.channel), size=10, position=1) == []


def test_a_lane_claims_a_chunk_in_its_order_of_sending() -> None:
    now = clock.now()
    late = make_invitation(due_at=now - timedelta(minutes=1))
    early = make_invitation(due_at=now - timedelta(minutes=2))
    third = make_invitation()

    claimed = ledger.claim(lane=make_lane(), size=2, position=7)

    assert [(row.pk, row.lane_position) for row in claimed] == [(early.pk, 7), (late.pk, 8)]
    assert len({row.lease_token for row in claimed}) == 1
    third.refresh_from_db()
    assert third.state == S.QUEUED


@pytest.mark.parametrize("stranger", [True, False])
def test_only_the_holder_of_a_live_lease_may_begin(stranger: bool) -> None:
    message = make_invitation()
    [claimed] = ledger.claim(lane=make_lane(), size=1, position=1)
    assert claimed.lease_token is not None
    if not stranger:
        let_lease_run_out(message)

    assert ledger.begin(message.pk, uuid4() if stranger else claimed.lease_token) is None

    message.refresh_from_db()
    assert message.state == S.CLAIMED


def test_a_lease_ends_a_minute_ahead_by_the_clock_of_the_database() -> None:
    make_invitation()
    [claimed] = ledger.claim(lane=make_lane(), size=1, position=1)

    assert claimed.lease_until is not None
    left = claimed.lease_until - clock.now()
    assert timedelta(seconds=55) < left <= timedelta(seconds=61)
    assert ledger.leases_over_since() is None
    assert ledger.return_expired_leases() == 0


def test_what_a_dead_sender_had_claimed_goes_back() -> None:
    message = put_into(make_invitation(), S.CLAIMED)
    let_lease_run_out(message)
    assert ledger.leases_over_since() is not None

    assert ledger.return_expired_leases() == 1

    message.refresh_from_db()
    assert (message.state, message.lease_token, message.attempts) == (S.QUEUED, None, 0)
    assert message.events.last().what == Happening.LEASE_EXPIRED  # type: ignore[union-attr]


def test_an_invitation_that_was_being_sent_is_uncertain_and_never_goes_again_by_itself() -> None:
    message = put_into(make_invitation(), S.SENDING)
    let_lease_run_out(message)

    ledger.return_expired_leases()

    message.refresh_from_db()
    assert (message.state, message.reason) == (S.UNCERTAIN, Reason.WORKER_LOST)
    assert list(Message.objects.undecided()) == [message]
    assert sending.waiting_since() is None


def test_a_notice_that_was_being_sent_goes_again_at_once() -> None:
    message = put_into(make_notice(), S.SENDING, due_at=clock.now() - timedelta(hours=1))
    let_lease_run_out(message)

    ledger.return_expired_leases()

    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts) == (S.QUEUED, Reason.WORKER_LOST, 1)
    assert message.due_at <= clock.now()


def test_a_notice_that_kills_its_sender_every_time_is_given_up() -> None:
    message = put_into(make_notice(), S.SENDING, attempts=8)
    let_lease_run_out(message)

    ledger.return_expired_leases()

    message.refresh_from_db()
    assert (message.state, message.reason) == (S.FAILED, Reason.GIVEN_UP)


def test_an_answer_that_comes_after_the_lease_still_counts() -> None:
    message = put_into(make_invitation(), S.SENDING)
    let_lease_run_out(message)
    ledger.return_expired_leases()

    ledger.record(message, Outcome(Result.TAKEN, 250, "Ok"))

    message.refresh_from_db()
    assert (message.state, message.reason) == (S.SENT, "")


@pytest.mark.parametrize("result", [Result.LOST, Result.REFUSED_FOR_NOW, Result.NOT_HANDED, Result.REFUSED])
def test_a_late_answer_that_is_no_yes_changes_nothing_but_the_record(result: Result) -> None:
    message = put_into(make_invitation(), S.SENDING)
    let_lease_run_out(message)
    ledger.return_expired_leases()

    ledger.record(message, Outcome(result, 451, "later"))

    message.refresh_from_db()
    assert message.state == S.UNCERTAIN
    assert message.events.last().words == "later"  # type: ignore[union-attr]


def test_a_frozen_sender_cannot_touch_a_notice_that_was_taken_over() -> None:
    message = put_into(make_notice(), S.SENDING)
    let_lease_run_out(message)
    ledger.return_expired_leases()
    [taken_over] = ledger.claim(lane=make_lane(), size=1, position=1)

    ledger.record(message, Outcome(Result.REFUSED, 550, "5.1.1 unknown", bounce=True))

    taken_over.refresh_from_db()
    assert taken_over.state == S.CLAIMED
    assert not Suppression.objects.exists()


def test_since_when_messages_wait_stays_while_nobody_claims_and_moves_when_somebody_does() -> None:
    for _number in range(3):
        make_invitation()
    lane = make_lane()
    first = sending.waiting_since()
    assert first is not None
    assert sending.waiting_since() == first

    ledger.claim(lane=lane, size=1, position=1)

    second = sending.waiting_since()
    assert second is not None
    assert second > first


def test_a_block_that_a_room_could_not_note_is_announced_again() -> None:
    told: list[str] = []
    broken = [True]

    @hooks.suppressed
    def note(suppression: Suppression, message: Message | None) -> None:
        if broken[0]:
            raise ValueError("the ledger is locked")
        told.append(suppression.address_digest)

    message = put_into(make_invitation(), S.SENDING)
    ledger.record(message, Outcome(Result.REFUSED, 550, "5.1.1 unknown", bounce=True))
    suppression = Suppression.objects.get()
    message.refresh_from_db()
    assert (message.state, suppression.announced_at, told) == (S.FAILED, None, [])

    broken[0] = False
    assert suppressions.unannounced_since() == suppression.since
    assert wakeups.works()["outbox.announce_blocks"].run() == 1
    assert suppressions.unannounced_since() is None

    suppression.refresh_from_db()
    assert suppression.announced_at is not None
    assert told == [suppression.address_digest]


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "lost"}, "state_known"),
        ({"attempts": 9}, "tries_are_limited"),
        ({"state": S.CLAIMED}, "leased_while_in_hand"),
        ({"lease_until": clock.now()}, "leased_while_in_hand"),
        ({"state": S.SENT}, "sent_has_a_time"),
        ({"sent_at": clock.now()}, "sent_has_a_time"),
        ({"state": S.SKIPPED, "reason": ""}, "end_has_a_reason"),
        ({"recipient": ""}, "has_an_address_until_erased"),
        ({"recipient": "", "erased_at": clock.now()}, "erased_never_waits"),
        (
            {"state": S.UNCERTAIN, "reason": "x", "policy": Policy.AT_LEAST_ONCE},
            "only_never_twice_is_uncertain",
        ),
    ],
)
def test_the_database_refuses_what_cannot_be(changes: dict[str, Any], constraint: str) -> None:
    message = make_invitation()

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(**changes)


def test_a_channel_never_holds_an_address_or_a_secret() -> None:
    with pytest.raises(IntegrityError, match="names_an_entry"), transaction.atomic():
        Channel.objects.create(code="bulk", entry="EMAIL_URL smtp://user:secret@host")


@pytest.mark.parametrize("model", [DeliveryEvent, TemplateText])
def test_what_was_written_is_never_rewritten(model: type[DeliveryEvent | TemplateText]) -> None:
    make_invitation()
    row = model.objects.first()
    assert row is not None

    field = "words" if model is DeliveryEvent else "body"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**{field: "other"})
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {model._meta.db_table}")
