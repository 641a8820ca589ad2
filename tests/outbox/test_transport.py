"""The SMTP connection against servers that are slow, silent or half dead."""

import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from rollout_portal.outbox.envelopes import Envelope
from rollout_portal.outbox.leases import LEASE, MESSAGE_DEADLINE, SOCKET_TIMEOUT
from rollout_portal.outbox.transports import Outcome, Result, Unreachable
from rollout_portal.outbox.transports.smtp import Server, SmtpTransport, Step, classify
from tests.outbox import servers

ENVELOPE = Envelope(
    sender="portal@example.org",
    recipient="aina@example.org",
    data=b"Subject: dots\r\n\r\n.one\r\n..two\r\nthree\r\n",
    utf8=False,
)
POLITE = {b"MAIL": b"250 ok\r\n", b"RCPT": b"250 ok\r\n"}


def transport(port: int, **server: object) -> SmtpTransport:
    return SmtpTransport(Server(host="127.0.0.1", port=port, **server), timeout=0.5)  # type: ignore[arg-type]


def send(way: SmtpTransport, seconds: float = 1.0) -> Outcome:
    return way.send(ENVELOPE, "x", time.monotonic() + seconds)


def test_a_lease_outlives_the_message_and_the_message_the_socket() -> None:
    assert LEASE.total_seconds() > MESSAGE_DEADLINE > SOCKET_TIMEOUT


def test_lines_that_begin_with_a_dot_arrive_as_written() -> None:
    with servers.mail_server() as running:
        way = transport(running.port)
        way.ready()
        assert send(way).result is Result.TAKEN
        way.close()
    assert running.accepted[0].get_content() == ".one\r\n..two\r\nthree\r\n"


def test_a_server_that_says_nothing_is_left_after_the_socket_timeout() -> None:
    with servers.raw_server(lambda peer: time.sleep(1.5)) as port:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            transport(port).ready()
        assert time.monotonic() - began < 1.2


def test_a_greeting_that_drips_in_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollout_portal.outbox.transports.smtp._OPENING_DEADLINE", 1.0)
    with servers.raw_server(lambda peer: servers.drip(peer, b"220 " + b"x" * 40 + b"\r\n", 0.1)) as port:
        began = time.monotonic()
        with pytest.raises(Unreachable, match="too slow"):
            transport(port).ready()
        assert 0.9 < time.monotonic() - began < 2.5


def test_an_answer_that_drips_in_before_the_text_is_cut_off_and_nothing_was_sent() -> None:
    def script(peer: socket.socket) -> None:
        servers.converse(peer, {})
        servers.drip(peer, b"250 " + b"x" * 40 + b"\r\n", 0.1)

    with servers.raw_server(script) as port:
        way = transport(port)
        way.ready()
        began = time.monotonic()
        outcome = send(way)
        assert 0.9 < time.monotonic() - began < 2.0
    assert (outcome.result, outcome.words) == (Result.NOT_HANDED, "the server was too slow")


def test_an_answer_that_drips_in_after_the_text_leaves_it_uncertain() -> None:
    def script(peer: socket.socket) -> None:
        servers.converse(peer, POLITE)
        peer.sendall(b"354 go\r\n")
        servers.read_text(peer)
        servers.drip(peer, b"250 " + b"x" * 40 + b"\r\n", 0.1)

    with servers.raw_server(script) as port:
        way = transport(port)
        way.ready()
        began = time.monotonic()
        outcome = send(way)
        assert 0.9 < time.monotonic() - began < 2.0
    assert outcome.result is Result.LOST
    assert outcome.away


def test_silence_after_the_text_leaves_it_uncertain_after_the_socket_timeout() -> None:
    def script(peer: socket.socket) -> None:
        servers.converse(peer, POLITE)
        peer.sendall(b"354 go\r\n")
        servers.read_text(peer)
        time.sleep(1.0)

    with servers.raw_server(script) as port:
        way = transport(port)
        way.ready()
        began = time.monotonic()
        outcome = send(way, 5.0)
        assert time.monotonic() - began < 1.0
    assert outcome.result is Result.LOST


def test_a_sender_that_was_held_up_past_its_deadline_hands_nothing_over() -> None:
    with servers.mail_server() as running:
        way = transport(running.port)
        way.ready()
        outcome = send(way, -1.0)
        way.close()
    assert (outcome.result, running.accepted) == (Result.NOT_HANDED, [])


def test_a_connection_that_died_while_idle_is_replaced_before_a_message_is_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rollout_portal.outbox.transports.smtp._IDLE", 0.0)
    with servers.mail_server() as running:
        way = transport(running.port)
        way.ready()
        assert way._client is not None
        assert way._client.sock is not None
        way._client.sock.shutdown(socket.SHUT_RDWR)
        way.ready()
        assert send(way).result is Result.TAKEN
        way.close()


def test_a_greeting_other_than_220_is_no_connection() -> None:
    with (
        servers.raw_server(lambda peer: peer.sendall(b"554 no service for you\r\n")) as port,
        pytest.raises(Unreachable, match="554 no service"),
    ):
        transport(port).ready()


def test_a_refused_login_touches_no_message_and_shows_no_password() -> None:
    with servers.mail_server(auth_required=False) as running:
        way = transport(running.port, user="portal", password="secret-password")
        with pytest.raises(Unreachable) as refused:
            way.ready()
    assert "secret-password" not in str(refused.value)


def test_mail_goes_through_tls_and_the_certificate_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with servers.mail_server(tls_context=context, require_starttls=True) as running:
        with pytest.raises(Unreachable, match="certificate"):
            transport(running.port, starttls=True).ready()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        way = transport(running.port, starttls=True)
        way.ready()
        assert send(way).result is Result.TAKEN
        way.close()
    assert len(running.accepted) == 1


@pytest.mark.parametrize(
    ("step", "code", "words", "result", "bounce", "away"),
    [
        (Step.END, 250, "Ok", Result.TAKEN, False, False),
        (Step.END, 421, "bye", Result.REFUSED_FOR_NOW, False, True),
        (Step.END, 451, "later", Result.REFUSED_FOR_NOW, False, False),
        (Step.END, 554, "5.6.0 no", Result.REFUSED, False, False),
        (Step.END, 550, "5.1.1 unknown", Result.REFUSED, True, False),
        (Step.RECIPIENT, 550, "unknown", Result.REFUSED, True, False),
        (Step.RECIPIENT, 551, "moved", Result.REFUSED, True, False),
        (Step.RECIPIENT, 553, "no such", Result.REFUSED, True, False),
        (Step.RECIPIENT, 550, "5.2.1 disabled", Result.REFUSED, True, False),
        (Step.RECIPIENT, 550, "5.1.10 null MX", Result.REFUSED, True, False),
        (Step.RECIPIENT, 550, "5.7.1 policy", Result.REFUSED, False, False),
        (Step.RECIPIENT, 552, "full", Result.REFUSED, False, False),
        (Step.RECIPIENT, 450, "4.1.1 perhaps unknown", Result.REFUSED_FOR_NOW, False, False),
        (Step.RECIPIENT, 530, "log in", Result.REFUSED_FOR_NOW, False, True),
        (Step.SENDER, 550, "who are you", Result.REFUSED_FOR_NOW, False, True),
        (Step.SENDER, 451, "later", Result.REFUSED_FOR_NOW, False, False),
        (Step.TEXT, 503, "bad sequence", Result.REFUSED_FOR_NOW, False, True),
        (Step.TEXT, -1, "gibberish", Result.REFUSED_FOR_NOW, False, True),
        (Step.RECIPIENT, 354, "go on", Result.REFUSED_FOR_NOW, False, True),
    ],
)
def test_every_answer_has_one_meaning(
    step: Step, code: int, words: str, result: Result, bounce: bool, away: bool
) -> None:
    outcome = classify(step, code, words)
    assert (outcome.result, outcome.bounce, outcome.away) == (result, bounce, away)
