"""Things that must happen once, with real threads and real connections."""

import time
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from pytest_django import Settings

from rollout_portal.outbox import caps, decisions, ledger, permission, sending, services
from rollout_portal.outbox.exceptions import WrongState
from rollout_portal.outbox.models import Message, SendCap
from rollout_portal.outbox.states import CapPeriod, MessageState
from tests.factories import make_user
from tests.outbox.factories import (
    SETUP,
    let_lease_run_out,
    link,
    make_invitation,
    make_template,
    on_postgresql,
    put_into,
)
from tests.outbox.servers import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

Run = Callable[[Sequence[Callable[[], object]]], list[object]]


def invite(number: int) -> None:
    make_template()
    services.enqueue_many(
        [
            services.Draft(
                key=f"invitation:{n}",
                template="invitation",
                to=f"tester{n}@example.org",
                params={"name": "Aina", "answer_link": link(), "leave_link": link()},
                scope=None,
            )
            for n in range(number)
        ]
    )


def test_two_senders_never_send_the_same_message(server: MailServer, in_threads: Run) -> None:
    invite(40)

    handled = in_threads([lambda: sending.drain(seconds=30)] * 4)

    assert [number for number in handled if not isinstance(number, int)] == []
    assert sum(number for number in handled if isinstance(number, int)) == 40
    assert Counter(server.handler.recipients) == {f"tester{n}@example.org": 1 for n in range(40)}
    assert set(Message.objects.values_list("state", "attempts")) == {(MessageState.SENT, 1)}


def test_a_limit_is_never_passed_by_twenty_senders(server: MailServer, in_threads: Run) -> None:
    invite(60)
    caps.set_cap(
        channel=services.channel_called("default"),
        scope=None,
        period=CapPeriod.DAY,
        cap=25,
        by=SETUP,
        reason="the provider's limit",
    )

    outcomes = in_threads([lambda: sending.drain(seconds=30)] * (20 if on_postgresql() else 6))

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert len(server.accepted) == 25
    assert SendCap.objects.get().used == 25
    assert Message.objects.filter(state=MessageState.SENT).count() == 25
    assert Message.objects.filter(state=MessageState.QUEUED, reason="cap").count() == 35


def test_asking_at_once_with_one_key_makes_one_message(in_threads: Run) -> None:
    make_template()

    rows = in_threads([lambda: make_invitation(key="invitation:1").pk] * 8)

    assert len(set(rows)) == 1, rows
    assert Message.objects.get().events.count() == 1


def test_a_dead_sender_is_cleared_up_once(in_threads: Run) -> None:
    for _number in range(10):
        let_lease_run_out(put_into(make_invitation(), MessageState.SENDING))

    moved = in_threads([ledger.return_expired_leases] * 6)

    assert sum(number for number in moved if isinstance(number, int)) == 10
    assert Message.objects.undecided().count() == 10
    assert all(message.events.count() == 2 for message in Message.objects.all())


def test_one_decision_counts(monkeypatch: pytest.MonkeyPatch, in_threads: Run) -> None:
    permission.register_rule(lambda user, act, scope: True)
    people = [make_user() for _number in range(6)]
    message = put_into(make_invitation(), MessageState.UNCERTAIN)

    outcomes = in_threads(
        [lambda by=by: decisions.send_again(message=message, by=by, reason="x") for by in people]  # type: ignore[misc]
    )

    assert sum(isinstance(outcome, Message) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 5
    assert Message.objects.count() == 2


def test_a_withdrawn_message_is_either_sent_or_cancelled_never_both(
    server: MailServer, in_threads: Run
) -> None:
    invite(30)
    keys = [f"invitation:{n}" for n in range(30)]

    in_threads(
        [
            lambda: sending.drain(seconds=30),
            lambda: sending.drain(seconds=30),
            lambda: services.cancel(keys=keys, reason="plan_changed"),
        ]
    )
    sending.drain()

    sent = set(Message.objects.filter(state=MessageState.SENT).values_list("recipient", flat=True))
    assert sent == set(server.handler.recipients)
    assert Message.objects.filter(state=MessageState.CANCELLED).count() == 30 - len(sent)


def test_a_hold_reaches_the_next_message(server: MailServer, in_threads: Run, settings: Settings) -> None:
    """What leaves after a hold was committed is at most the message that each sender has in hand."""
    invite(60)
    held = [False]
    permission.register(lambda message: permission.Refusal("held") if held[0] else None)
    server.rules.delay = 0.01
    gone_at_hold: list[int] = []

    def hold() -> None:
        while len(server.accepted) < 10:
            time.sleep(0.001)
        held[0] = True
        gone_at_hold.append(len(server.accepted))

    in_threads([lambda: sending.drain(seconds=30), lambda: sending.drain(seconds=30), hold])

    assert len(server.accepted) <= gone_at_hold[0] + 2
