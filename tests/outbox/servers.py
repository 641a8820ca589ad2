"""Mail servers that behave and misbehave, on a port of their own; each notes what it accepted."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.processes import free_port


@dataclass
class Rules:
    """What the server answers: by the part of the address before the @, or to everybody.

    `drop` ends the connection after the text came, with the text kept or not.
    """

    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    drop_keeping: set[str] = field(default_factory=set)
    drop: set[str] = field(default_factory=set)
    delay: float = 0.0


class Handler:
    """Notes every message that it accepts."""

    def __init__(self) -> None:
        self.rules = Rules()
        self.accepted: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.sessions: set[int] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd finds it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.rules.rcpt.get(address.split("@")[0])
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        local = envelope.rcpt_tos[0].split("@")[0]
        self.sessions.add(id(session))
        if self.rules.delay:
            await asyncio.sleep(self.rules.delay)
        if local in self.rules.data:
            return self.rules.data[local]
        if local not in self.rules.drop:
            content = envelope.content
            assert isinstance(content, bytes)
            mail = message_from_bytes(content, policy=policy.SMTPUTF8)
            assert isinstance(mail, EmailMessage)
            self.accepted.append(mail)
            self.recipients.append(envelope.rcpt_tos[0])
        if local in self.rules.drop or local in self.rules.drop_keeping:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 2.0.0 Ok: queued"


@dataclass
class MailServer:
    """A running server with what it accepted."""

    port: int
    handler: Handler

    @property
    def rules(self) -> Rules:
        return self.handler.rules

    @property
    def accepted(self) -> list[EmailMessage]:
        return self.handler.accepted

    @property
    def entry(self) -> dict[str, Any]:
        """The server as settings.MAIL_SERVERS names it."""
        return entry(self.port)


def entry(port: int) -> dict[str, Any]:
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": None,
        "EMAIL_HOST_PASSWORD": None,
    }


@contextlib.contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    """A server that behaves, until its rules say otherwise."""
    handler = Handler()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield MailServer(controller.port, handler)
    finally:
        controller.stop()


Script = Callable[[socket.socket], None]


@contextlib.contextmanager
def raw_server(script: Script) -> Iterator[int]:
    """A server of which a test writes every byte; yields its port. One connection at a time."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                peer, _address = listener.accept()
            except TimeoutError:
                continue
            peer.settimeout(5)
            with peer, contextlib.suppress(OSError):
                script(peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        listener.close()


def converse(peer: socket.socket, answers: dict[bytes, bytes]) -> bytes:
    """Greet and answer each command by its first word until one has no answer; return that line."""
    peer.sendall(b"220 raw\r\n")
    file = peer.makefile("rb")
    while True:
        line: bytes = file.readline()
        command = line.split(b" ")[0].strip().upper()
        if command == b"EHLO":
            peer.sendall(b"250 raw\r\n")
        elif command in answers:
            peer.sendall(answers[command])
        else:
            return line


def read_text(peer: socket.socket) -> bytes:
    """Read until the final dot."""
    text = b""
    while not text.endswith(b"\r\n.\r\n"):
        more = peer.recv(65536)
        if not more:
            break
        text += more
    return text


def drip(peer: socket.socket, reply: bytes, every: float) -> None:
    """Send a reply one byte at a time."""
    for byte in reply:
        peer.sendall(bytes([byte]))
        time.sleep(every)
