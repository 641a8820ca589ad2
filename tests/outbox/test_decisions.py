"""What staff decide: uncertain messages and blocked addresses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from rollout_portal.outbox import decisions, hooks, permission, sending, suppressions
from rollout_portal.outbox.exceptions import NotAllowed, OutboxError, WrongState
from rollout_portal.outbox.models import Message, Suppression
from rollout_portal.outbox.states import Happening, MessageState, SuppressionReason
from tests.factories import make_user
from tests.outbox.factories import SETUP, make_invitation, put_into
from tests.outbox.servers import MailServer

pytestmark = pytest.mark.django_db

Decision = Callable[..., Message]
BOTH = pytest.mark.parametrize("decide", [decisions.mark_as_sent, decisions.send_again])


@pytest.fixture
def owner() -> User:
    """Somebody who may decide everywhere."""
    user = make_user()

    @permission.register_rule
    def only_the_owner(asked: User, act: str, scope: UUID | None) -> bool:
        return asked == user and act == permission.DECIDE

    return user


def uncertain(**fields: Any) -> Message:
    return put_into(make_invitation(**fields), MessageState.UNCERTAIN)


def test_marking_as_sent_takes_it_off_the_list_and_stands_on_the_record(owner: User) -> None:
    message = uncertain(scope=uuid4())

    decisions.mark_as_sent(message=message, by=owner, reason="seen in the server's log")

    message.refresh_from_db()
    assert (message.state, message.sent_at) == (MessageState.SENT, message.handed_at)
    assert not Message.objects.undecided().exists()
    assert message.events.last().what == Happening.MARKED_SENT  # type: ignore[union-attr]
    event = AuditEvent.objects.get(verb="message.marked_sent")
    assert (event.actor, event.reason, event.scope) == (owner, "seen in the server's log", message.scope)


def test_sending_again_makes_a_new_message_with_a_new_key(owner: User, server: MailServer) -> None:
    end = clock.now() + timedelta(days=7)
    message = uncertain(to="aina@example.org", key="invitation:1", expires_at=end)

    again = decisions.send_again(message=message, by=owner, reason="she has not got it")

    message.refresh_from_db()
    assert (again.key, again.again_of, again.attempts) == ("invitation:1#2", message, 0)
    assert again.message_id != message.message_id
    assert again.expires_at == end
    assert message.state == MessageState.UNCERTAIN
    assert not Message.objects.undecided().exists()
    sending.drain()
    assert server.accepted[0]["Message-ID"] == again.message_id
    event = AuditEvent.objects.get(verb="message.sent_again")
    assert event.after == {"new_message": str(again.uuid)}

    third = decisions.send_again(
        message=put_into(again, MessageState.FAILED, sent_at=None), by=owner, reason="once more"
    )
    assert third.key == "invitation:1#3"


def test_rooms_hear_which_message_takes_the_place_of_which(owner: User) -> None:
    heard: list[tuple[Message, Message]] = []
    hooks.sent_again(lambda old, new: heard.append((old, new)))
    message = uncertain()

    again = decisions.send_again(message=message, by=owner, reason="not there")

    assert heard == [(message, again)]


def test_a_message_is_decided_once(owner: User) -> None:
    message = uncertain()
    decisions.send_again(message=message, by=owner, reason="not there")

    with pytest.raises(WrongState, match="sent again already"):
        decisions.send_again(message=message, by=owner, reason="not there")
    with pytest.raises(WrongState, match="sent again already"):
        decisions.mark_as_sent(message=message, by=owner, reason="found it")


@BOTH
@pytest.mark.parametrize("state", list(MessageState))
def test_only_an_uncertain_or_failed_message_is_decided(
    owner: User, decide: Decision, state: MessageState
) -> None:
    message = put_into(make_invitation(), state)
    allowed = {MessageState.UNCERTAIN} | ({MessageState.FAILED} if decide is decisions.send_again else set())

    if state in allowed:
        decide(message=message, by=owner, reason="because")
        return
    with pytest.raises(WrongState, match="now; look again"):
        decide(message=message, by=owner, reason="because")
    assert not AuditEvent.objects.filter(verb__startswith="message.").exists()


@BOTH
def test_nobody_decides_without_the_right(owner: User, decide: Decision) -> None:
    with pytest.raises(NotAllowed):
        decide(message=uncertain(), by=make_user(is_superuser=True), reason="because")


@BOTH
def test_without_a_rule_nobody_may_decide(decide: Decision) -> None:
    with pytest.raises(NotAllowed):
        decide(message=uncertain(), by=make_user(is_superuser=True), reason="because")


@BOTH
def test_who_left_may_not_decide(owner: User, decide: Decision) -> None:
    owner.is_active = False
    with pytest.raises(NotAllowed):
        decide(message=uncertain(), by=owner, reason="because")


@BOTH
def test_a_decision_needs_a_reason(owner: User, decide: Decision) -> None:
    with pytest.raises(OutboxError, match="Say why"):
        decide(message=uncertain(), by=owner, reason="  ")


def test_nothing_is_sent_again_to_a_forgotten_person(owner: User) -> None:
    message = uncertain()
    Message.objects.filter(pk=message.pk).update(erased_at=message.created_at, recipient="")

    with pytest.raises(WrongState, match="erased"):
        decisions.send_again(message=message, by=owner, reason="because")


def block(address: str = "aina@example.org") -> Suppression:
    return suppressions.block(
        address=address,
        reason=SuppressionReason.COMPLAINT,
        by=SETUP,
        words="abuse report by aina@example.org",
    )


def test_a_block_keeps_no_address_and_is_there_once() -> None:
    first, second = block(), block("AINA@example.org")

    assert first == second
    assert "aina" not in str(vars(first))
    assert suppressions.is_blocked("aina@example.org")
    assert not suppressions.is_blocked("kavitha@example.org")
    assert AuditEvent.objects.filter(verb="address.blocked").count() == 1


def test_a_lifted_block_stays_as_history_and_may_come_again() -> None:
    user = make_user()
    first = block()

    suppressions.lift(suppression=first, by=user, reason="mailbox is back")

    assert not suppressions.is_blocked("aina@example.org")
    assert block() != first
    assert Suppression.objects.count() == 2
    with pytest.raises(WrongState):
        suppressions.lift(suppression=first, by=user, reason="again")


def test_rooms_hear_of_a_block_with_the_message_that_led_to_it(server: MailServer) -> None:
    heard: list[tuple[str, Message | None]] = []

    @hooks.suppressed
    def note(suppression: Suppression, message: Message | None) -> None:
        heard.append((suppression.reason, message))

    server.rules.rcpt["gone"] = "550 5.1.1 No such user"
    message = make_invitation("gone@example.org")
    sending.drain()

    assert heard == [("bounce", message)]
    assert Suppression.objects.get().announced_at is not None
