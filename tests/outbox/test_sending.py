"""What happens to a message, by what the mail server does."""

import socket
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from pytest_django import Settings

from rollout_portal.lib import clock
from rollout_portal.lib import links as signed_links
from rollout_portal.outbox import ledger, permission, sending, services
from rollout_portal.outbox.ledger import RETRY_PLAN
from rollout_portal.outbox.models import Channel, Message, Suppression
from rollout_portal.outbox.states import Happening, MessageState, Reason
from tests.outbox import servers
from tests.outbox.factories import PURPOSE, make_invitation, make_lane, make_notice
from tests.outbox.servers import MailServer
from tests.processes import free_port

pytestmark = pytest.mark.django_db

H = Happening


def happenings(message: Message) -> list[str]:
    return list(message.events.values_list("what", flat=True))


def test_a_message_goes_out_and_every_step_is_on_its_record(server: MailServer) -> None:
    message = make_invitation("aina@example.org", to_name="Aina binti Ali")

    assert sending.drain() == 1

    message.refresh_from_db()
    assert message.state == MessageState.SENT
    assert message.sent_at is not None
    assert (message.lease_token, message.lease_until, message.attempts) == (None, None, 1)
    assert happenings(message) == [H.QUEUED, H.CLAIMED, H.SENDING, H.SENT]
    [mail] = server.accepted
    assert mail["Message-ID"] == message.message_id
    assert mail["To"] == "Aina binti Ali <aina@example.org>"


def test_many_messages_share_one_connection(server: MailServer) -> None:
    for _number in range(5):
        make_invitation()

    assert sending.drain() == 5

    assert len(server.accepted) == 5
    assert len(server.handler.sessions) == 1


def test_urgent_messages_go_first_and_the_others_by_their_due_time(server: MailServer) -> None:
    now = clock.now()
    make_invitation("second@example.org", due_at=now - timedelta(minutes=1))
    make_invitation("first@example.org", due_at=now - timedelta(minutes=2))
    make_notice("staff@example.org")

    sending.drain()

    assert server.handler.recipients == ["staff@example.org", "first@example.org", "second@example.org"]


def test_a_message_waits_for_its_due_time(server: MailServer) -> None:
    make_invitation(due_at=clock.now() + timedelta(hours=1))

    assert sending.waiting_since() is None
    assert sending.drain() == 0
    assert server.accepted == []


def test_a_link_is_minted_when_the_message_leaves_and_stands_nowhere_in_the_table(
    server: MailServer,
) -> None:
    message = make_invitation()

    sending.drain()

    [mail] = server.accepted
    address = mail["List-Unsubscribe"].strip("<>")
    assert address in _text(mail)
    token = address.rstrip("/").rsplit("/", 1)[1]
    found = signed_links.verify(PURPOSE, token)
    assert found is not None
    stored = Message.objects.filter(pk=message.pk).values().get()
    assert stored["params"]["leave_link"]["link"]["row"] == str(found.row)
    assert token not in str(stored)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_mail_for_staff_has_no_leave_header(server: MailServer) -> None:
    make_notice()

    sending.drain()

    assert server.accepted[0]["List-Unsubscribe"] is None


@pytest.mark.parametrize("answer", ["451 4.3.0 Try later", "450 4.2.0 Greylisted", "452 4.2.2 Full"])
@pytest.mark.parametrize("step", ["rcpt", "data"])
def test_refused_for_now_is_tried_again_by_plan(server: MailServer, answer: str, step: str) -> None:
    message = make_invitation("busy@example.org")
    getattr(server.rules, step)["busy"] = answer
    before = clock.now()

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUEUED, Reason.SERVER_BUSY)
    assert message.error == answer[4:]
    assert message.attempts == 1
    assert before + RETRY_PLAN[0] <= message.due_at <= clock.now() + RETRY_PLAN[0]
    assert happenings(message)[-1] == H.REFUSED_FOR_NOW
    assert message.events.last().code == int(answer[:3])  # type: ignore[union-attr]


def test_the_eighth_refusal_is_the_last(server: MailServer) -> None:
    message = make_invitation("busy@example.org")
    server.rules.rcpt["busy"] = "451 4.3.0 Try later"
    for _try in range(8):
        Message.objects.update(due_at=clock.now())
        sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts) == (MessageState.FAILED, Reason.GIVEN_UP, 8)
    assert sending.waiting_since() is None


def test_an_unknown_address_is_dead_and_blocked(server: MailServer) -> None:
    message = make_invitation("gone@example.org")
    server.rules.rcpt["gone"] = "550 5.1.1 <gone@example.org>: no such user"

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.FAILED, Reason.REFUSED)
    assert message.error == "5.1.1 <<…>>: no such user"
    assert happenings(message)[-2:] == [H.FAILED, H.BOUNCED]
    assert Suppression.objects.in_force().count() == 1


def test_the_next_message_to_a_blocked_address_is_not_sent(server: MailServer) -> None:
    make_invitation("gone@example.org")
    server.rules.rcpt["gone"] = "550 5.1.1 No such user"
    sending.drain()
    message = make_invitation("GONE@Example.ORG")
    server.rules.rcpt.clear()

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.SKIPPED, Reason.SUPPRESSED)
    assert server.accepted == []


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("rcpt", "552 5.2.2 Mailbox full"),
        ("rcpt", "550 5.7.1 Relaying denied"),
        ("data", "554 5.7.1 Looks like spam"),
        ("data", "550 Rejected"),
    ],
)
def test_a_refusal_that_is_not_about_the_address_blocks_nobody(
    server: MailServer, step: str, answer: str
) -> None:
    message = make_invitation("somebody@example.org")
    getattr(server.rules, step)["somebody"] = answer

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.FAILED, Reason.REFUSED)
    assert not Suppression.objects.exists()


def test_after_a_refusal_the_same_connection_takes_the_next_message(server: MailServer) -> None:
    make_invitation("gone@example.org")
    make_invitation("aina@example.org")
    server.rules.rcpt["gone"] = "550 5.1.1 No such user"

    assert sending.drain() == 2

    assert server.handler.recipients == ["aina@example.org"]


def test_closing_down_pauses_the_channel_and_keeps_the_rest_for_later(server: MailServer) -> None:
    first, second = make_invitation("first@example.org"), make_invitation("second@example.org")
    server.rules.rcpt["first"] = "421 4.3.2 Closing down"

    assert sending.drain() == 1

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (MessageState.QUEUED, MessageState.QUEUED)
    assert second.attempts == 0
    channel = Channel.objects.get()
    assert (channel.failures, channel.last_error) == (1, "4.3.2 Closing down")
    assert sending.waiting_since() is None
    assert sending.drain() == 0


def test_a_server_that_cannot_be_reached_costs_no_message_a_try(settings: Settings) -> None:
    settings.MAIL_SERVERS = {"EMAIL_URL": servers.entry(free_port())}
    message = make_invitation()
    for _try in range(10):
        Channel.objects.update(paused_until=None)
        sending.drain()

    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.QUEUED, 0)
    channel = Channel.objects.get()
    assert channel.failures == 10
    assert "refused" in channel.last_error.lower()


def test_the_first_success_opens_the_channel_again(server: MailServer) -> None:
    make_invitation()
    Channel.objects.update(failures=3, last_error="away")

    sending.drain()

    channel = Channel.objects.get()
    assert (channel.failures, channel.paused_until, channel.last_error) == (0, None, "")


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_dropped_after_the_text_leaves_an_invitation_uncertain(
    server: MailServer, kept: bool
) -> None:
    message = make_invitation("aina@example.org")
    (server.rules.drop_keeping if kept else server.rules.drop).add("aina")

    sending.drain()
    Channel.objects.update(paused_until=None)
    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.UNCERTAIN, Reason.ANSWER_LOST)
    assert len(server.accepted) == kept
    assert list(Message.objects.undecided()) == [message]


def test_a_notice_whose_answer_was_lost_goes_again_under_the_same_message_id(server: MailServer) -> None:
    message = make_notice("staff@example.org")
    server.rules.drop_keeping.add("staff")
    sending.drain()
    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUEUED, Reason.ANSWER_LOST)

    server.rules.drop_keeping.clear()
    Message.objects.update(due_at=clock.now())
    Channel.objects.update(paused_until=None)
    sending.drain()

    message.refresh_from_db()
    assert message.state == MessageState.SENT
    assert [mail["Message-ID"] for mail in server.accepted] == [message.message_id] * 2


def test_a_connection_that_ends_before_the_text_certainly_sent_nothing(settings: Settings) -> None:
    def hang_up_at_data(peer: socket.socket) -> None:
        servers.converse(peer, {b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n"})

    with servers.raw_server(hang_up_at_data) as port:
        settings.MAIL_SERVERS = {"EMAIL_URL": servers.entry(port)}
        message = make_invitation()
        sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUEUED, Reason.UNREACHABLE)


@pytest.mark.parametrize("reply", [b"25", b"yes\r\n", b"354 more?\r\n", b""])
def test_an_unclear_answer_after_the_text_is_no_answer(settings: Settings, reply: bytes) -> None:
    def mumble(peer: socket.socket) -> None:
        servers.converse(peer, {b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n"})
        peer.sendall(b"354 go\r\n")
        servers.read_text(peer)
        peer.sendall(reply)

    with servers.raw_server(mumble) as port:
        settings.MAIL_SERVERS = {"EMAIL_URL": servers.entry(port)}
        message = make_invitation()
        sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.UNCERTAIN, Reason.ANSWER_LOST)


def test_a_question_with_a_final_answer_skips_the_message(
    server: MailServer, ask: Callable[[permission.Question], None]
) -> None:
    message = make_invitation()
    ask(lambda message: permission.Refusal("opted_out"))

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason, message.attempts) == (MessageState.SKIPPED, "opted_out", 0)
    assert server.accepted == []


def test_a_question_may_put_a_message_off_and_a_lifted_hold_brings_it_back(
    server: MailServer, ask: Callable[[permission.Question], None]
) -> None:
    held = [True]
    later = clock.now() + timedelta(hours=5)
    ask(lambda message: permission.Refusal("held", later) if held[0] else None)
    message = make_invitation()
    sending.drain()
    message.refresh_from_db()
    assert (message.state, message.reason, message.due_at) == (MessageState.QUEUED, "held", later)

    held[0] = False
    assert services.look_again(scope=None) == 1
    sending.drain()

    message.refresh_from_db()
    assert message.state == MessageState.SENT


def test_a_hold_of_days_writes_one_line(
    server: MailServer, ask: Callable[[permission.Question], None]
) -> None:
    reasons = ["held", "held", "held", "blackout"]
    ask(lambda message: permission.Refusal(reasons.pop(0), clock.now()))
    message = make_invitation()
    for _time in range(4):
        sending.drain(limit=1)

    assert reasons == []
    words = list(message.events.values_list("what", "words"))
    assert words == [(H.QUEUED, ""), (H.DEFERRED, "held"), (H.DEFERRED, "blackout")]


def test_never_wins_over_later_and_the_latest_later_over_the_others(
    server: MailServer, ask: Callable[[permission.Question], None]
) -> None:
    soon, late = clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=9)
    never = make_invitation("never@example.org")
    other = make_invitation("other@example.org")
    ask(lambda message: permission.Refusal("blackout", late))
    ask(lambda message: permission.Refusal("quiet_hours", soon))
    ask(lambda message: permission.Refusal("opted_out") if message.pk == never.pk else None)

    sending.drain()

    never.refresh_from_db()
    other.refresh_from_db()
    assert (never.state, never.reason) == (MessageState.SKIPPED, "opted_out")
    assert (other.state, other.reason, other.due_at) == (MessageState.QUEUED, "blackout", late)


def test_a_question_that_fails_keeps_the_message_back(
    server: MailServer, ask: Callable[[permission.Question], None]
) -> None:
    def broken(message: Message) -> None:
        raise KeyError("phase")

    ask(broken)
    message = make_invitation()

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.QUEUED, Reason.QUESTION_FAILED)
    assert message.due_at > clock.now()
    assert server.accepted == []


def test_a_refused_message_leaves_no_minted_link(
    server: MailServer,
    ask: Callable[[permission.Question], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    minted: list[str] = []
    monkeypatch.setattr(signed_links, "mint", lambda purpose, row: minted.append(purpose))
    ask(lambda message: permission.Refusal("held", clock.now() + timedelta(hours=1)))
    make_invitation()

    sending.drain()

    assert minted == []


def test_a_message_whose_time_is_over_is_skipped(server: MailServer) -> None:
    message = make_invitation(expires_at=clock.now() - timedelta(seconds=1))

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.SKIPPED, Reason.TOO_LATE)


def test_a_text_that_cannot_be_made_fails_its_message_and_no_other(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = make_invitation("broken@example.org")
    whole = make_notice("staff@example.org")

    def fail(purpose: str, row: object) -> str:
        raise RuntimeError("no such row for x@example.org")

    monkeypatch.setattr(signed_links, "mint", fail)

    assert sending.drain() == 2

    broken.refresh_from_db()
    whole.refresh_from_db()
    assert (broken.state, broken.reason) == (MessageState.FAILED, Reason.RENDERING)
    assert broken.error == "RuntimeError: no such row for <…>"
    assert whole.state == MessageState.SENT


def test_a_cancelled_message_is_not_sent_even_if_it_was_claimed(server: MailServer) -> None:
    message = make_invitation()
    [claimed] = ledger.claim(lane=make_lane(), size=1, position=1)
    assert services.cancel(keys=[message.key], reason="plan_changed") == 1
    assert claimed.lease_token is not None

    assert ledger.begin(claimed.pk, claimed.lease_token) is None

    message.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.CANCELLED, "plan_changed")


def test_a_drain_stops_at_its_limit(server: MailServer) -> None:
    for _number in range(3):
        make_invitation()

    assert sending.drain(limit=2) == 2
    assert Message.objects.waiting().count() == 1


def test_an_address_with_foreign_letters_goes_to_a_server_that_takes_it(settings: Settings) -> None:
    with servers.mail_server(enable_SMTPUTF8=True) as running:
        settings.MAIL_SERVERS = {"EMAIL_URL": running.entry}
        message = make_invitation("அன்பு@münchen.example")
        sending.drain()
        assert running.handler.recipients == ["அன்பு@xn--mnchen-3ya.example"]

    message.refresh_from_db()
    assert message.state == MessageState.SENT


def test_an_address_with_foreign_letters_fails_where_the_server_cannot(settings: Settings) -> None:
    with servers.mail_server(enable_SMTPUTF8=False) as running:
        settings.MAIL_SERVERS = {"EMAIL_URL": running.entry}
        message = make_invitation("அன்பு@example.org")
        other = make_invitation("aina@example.org")
        sending.drain()

    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state, message.reason) == (MessageState.FAILED, Reason.NO_SMTPUTF8)
    assert other.state == MessageState.SENT


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return content
