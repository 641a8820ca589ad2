"""A mail server by SMTP: one connection, one message at a time, and certainty about who has the text.

smtplib speaks the protocol; this file decides what its answers mean. Until the final dot is written the
server cannot have taken the message; after it, only a complete answer tells.
"""

import contextlib
import enum
import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rollout_portal.outbox.addresses import own_domain, redact
from rollout_portal.outbox.envelopes import Envelope
from rollout_portal.outbox.leases import SOCKET_TIMEOUT
from rollout_portal.outbox.transports.base import TOO_LATE, Outcome, Result, Unreachable

_OPENING_DEADLINE: Final = 20.0
# A connection that was idle so long is asked with NOOP before a message is claimed for it.
_IDLE: Final = 3.0

_ENHANCED: Final = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})\b")
# RFC 3463: no such mailbox, no such host, moved away, has a null MX; mailbox disabled.
_NO_SUCH_ADDRESS: Final = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)}
_NO_SUCH_MAILBOX: Final = {550, 551, 553}
# Refusals that any message would get: login, protocol, closing down.
_SERVER_TROUBLE: Final = {421, 454, 500, 501, 502, 503, 504, 521, 530, 534, 535, 538}


class Step(enum.Enum):
    """What the server was asked when it answered."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    TEXT = "text"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the mail server is and how to log in."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


class SmtpTransport:
    """One connection to a mail server, used for one message after the other."""

    def __init__(self, server: Server, *, timeout: float = SOCKET_TIMEOUT) -> None:
        """
        :param timeout: seconds that one read or write may take.
        """
        self._server = server
        self._timeout = timeout
        self._client: smtplib.SMTP | None = None
        self._used_at = 0.0

    def ready(self) -> None:
        """Open the connection, or make sure that it still lives."""
        if self._client is not None and time.monotonic() - self._used_at > _IDLE:
            self._check_alive(self._client)
        if self._client is None:
            self._open()
        self._used_at = time.monotonic()

    def send(self, envelope: Envelope, name: str, until: float) -> Outcome:
        """Hand over one message; `name` is not needed here, its Message-ID is in the text.

        The whole conversation ends at `until`, whatever the server does and however slowly.
        """
        client = self._client
        if client is None:
            return Outcome(Result.NOT_HANDED, words="not connected", away=True)
        left = until - time.monotonic()
        if left <= 0:
            return TOO_LATE
        with self._watched(client, left) as cut:
            outcome = _hand_over(client, envelope, cut, until)
        self._used_at = time.monotonic()
        if outcome.result is not Result.TAKEN:
            self._recover(client, outcome)
        return outcome

    def close(self) -> None:
        """Say goodbye if the server still listens, and end the connection."""
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(OSError, smtplib.SMTPException), self._watched(client, self._timeout):
            client.quit()
        client.close()

    def _open(self) -> None:
        server, cut = self._server, threading.Event()
        client: smtplib.SMTP
        if server.tls:
            client = smtplib.SMTP_SSL(
                timeout=self._timeout, local_hostname=own_domain(), context=ssl.create_default_context()
            )
        else:
            client = smtplib.SMTP(timeout=self._timeout, local_hostname=own_domain())
        # smtplib checks the certificate against the name that it believes to have connected to.
        client._host = server.host  # type: ignore[attr-defined]
        try:
            with self._watched(client, max(_OPENING_DEADLINE, self._timeout)) as cut:
                code, words = client.connect(server.host, server.port)
                if code != 220:
                    raise Unreachable(f"{code} {_text(words)}")
                client.ehlo_or_helo_if_needed()
                if server.starttls:
                    client.starttls(context=ssl.create_default_context())
                    client.ehlo_or_helo_if_needed()
                if server.user:
                    client.login(server.user, server.password)
        except Unreachable:
            client.close()
            raise
        except (OSError, smtplib.SMTPException, ValueError) as error:
            client.close()
            said = "it was too slow to greet us" if cut.is_set() else redact(str(error))
            raise Unreachable(f"{type(error).__name__}: {said}") from error
        if client.sock is not None and server.host[:1] != "/":
            # The final dot follows the text in a packet of its own and must not wait for the one before.
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client

    def _check_alive(self, client: smtplib.SMTP) -> None:
        try:
            with self._watched(client, self._timeout):
                code, _words = client.noop()
        except (OSError, smtplib.SMTPException):
            code = -1
        if code != 250:
            self._drop(client)

    def _recover(self, client: smtplib.SMTP, outcome: Outcome) -> None:
        """Make the connection fit for the next message, or let it go."""
        if outcome.away or outcome.result in (Result.LOST, Result.NOT_HANDED):
            self._drop(client)
            return
        try:
            with self._watched(client, self._timeout):
                code, _words = client.rset()
        except (OSError, smtplib.SMTPException):
            code = -1
        if code != 250:
            self._drop(client)

    def _drop(self, client: smtplib.SMTP) -> None:
        client.close()
        self._client = None

    @contextlib.contextmanager
    def _watched(self, client: smtplib.SMTP, seconds: float) -> Iterator[threading.Event]:
        """Cut the connection when the block takes longer than `seconds`, even if bytes keep dripping in."""
        cut = threading.Event()

        def cut_off() -> None:
            cut.set()
            if client.sock is not None:
                with contextlib.suppress(OSError):
                    # The plain socket's own shutdown: TLS would try to say goodbye first.
                    socket.socket.shutdown(client.sock, socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut_off)
        timer.daemon = True
        timer.start()
        try:
            yield cut
        finally:
            timer.cancel()


def _hand_over(client: smtplib.SMTP, envelope: Envelope, cut: threading.Event, until: float) -> Outcome:
    text_is_out = False
    try:
        refused = _ask(client, envelope)
        if refused is not None:
            return refused
        client.send(_stuffed(envelope.data))
        if cut.is_set() or time.monotonic() >= until:
            return Outcome(Result.NOT_HANDED, words="the server was too slow", away=True)
        text_is_out = True
        client.send(b".\r\n")
        code, words = client.getreply()
    except smtplib.SMTPNotSupportedError as error:
        return Outcome(Result.UNSUITABLE, words=str(error))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        words_ = "the server was too slow" if cut.is_set() else redact(f"{type(error).__name__}: {error}")
        return Outcome(Result.LOST if text_is_out else Result.NOT_HANDED, words=words_, away=True)
    finally:
        client.command_encoding = "ascii"
    if cut.is_set() or not (200 <= code <= 299 or 400 <= code <= 599):
        return Outcome(Result.LOST, words=f"an incomplete answer: {_text(words)}", away=True)
    return classify(Step.END, code, _text(words))


def _ask(client: smtplib.SMTP, envelope: Envelope) -> Outcome | None:
    """Name sender and recipient and ask for the text; return the refusal, if any."""
    options = ("SMTPUTF8", "BODY=8BITMIME") if envelope.utf8 else ()
    if envelope.utf8 and not client.has_extn("smtputf8"):
        return Outcome(Result.UNSUITABLE, words="the server does not offer SMTPUTF8")
    code, words = client.mail(envelope.sender, options)
    if code != 250:
        return classify(Step.SENDER, code, _text(words))
    code, words = client.rcpt(envelope.recipient)
    if code not in (250, 251):
        return classify(Step.RECIPIENT, code, _text(words))
    code, words = client.docmd("DATA")
    if code != 354:
        return classify(Step.TEXT, code, _text(words))
    return None


def classify(step: Step, code: int, words: str) -> Outcome:
    """Return what an answer means for the message.

    4xx: later. 5xx: never, with the server's words. What any message would have been told (login,
    protocol, shutting down, or a refusal of our own address) is the server's trouble, and no message dies
    of it.
    """
    if step is Step.END and 200 <= code <= 299:
        return Outcome(Result.TAKEN, code, words)
    trouble = code in _SERVER_TROUBLE or not 400 <= code <= 599
    if trouble or (step is Step.SENDER and code >= 500):
        return Outcome(Result.REFUSED_FOR_NOW, code if code > 0 else None, words, away=True)
    if code < 500:
        return Outcome(Result.REFUSED_FOR_NOW, code, words)
    return Outcome(Result.REFUSED, code, words, bounce=_is_bounce(step, code, words))


def _is_bounce(step: Step, code: int, words: str) -> bool:
    found = _ENHANCED.search(words)
    if found:
        return (int(found[1]), int(found[2])) in _NO_SUCH_ADDRESS
    return step is Step.RECIPIENT and code in _NO_SUCH_MAILBOX


def _stuffed(data: bytes) -> bytes:
    """Return the text with CRLF line ends, leading dots doubled, and ending in a line end."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    return b"".join((b"." + line if line[:1] == b"." else line) + b"\r\n" for line in lines)


def _text(words: bytes) -> str:
    return redact(" ".join(words.decode("utf-8", "replace").split()))
