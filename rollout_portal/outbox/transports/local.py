"""Ways out that stay on this machine."""

import math
import time
from email import message_from_bytes, policy
from typing import Any

from django.core.mail import EmailMessage, get_connection

from rollout_portal.outbox.backends import write_eml
from rollout_portal.outbox.envelopes import Envelope
from rollout_portal.outbox.transports.base import TOO_LATE, Outcome, Result


class FileTransport:
    """Every message becomes a file in EMAIL_FILE_PATH."""

    def ready(self) -> None:
        """There is nothing to open."""

    def send(self, envelope: Envelope, name: str, until: float = math.inf) -> Outcome:
        """Write the message as a file."""
        if time.monotonic() >= until:
            return TOO_LATE
        try:
            path = write_eml(envelope.data, name)
        except OSError as error:
            return Outcome(Result.NOT_HANDED, words=f"{type(error).__name__}: {error.strerror}", away=True)
        return Outcome(Result.TAKEN, words=path.name)

    def close(self) -> None:
        """There is nothing to close."""


class _Prepared(EmailMessage):
    """A mail that is complete already, in the form that Django's backends take."""

    def __init__(self, envelope: Envelope) -> None:
        self._mime = message_from_bytes(envelope.data, policy=policy.SMTP)
        super().__init__(
            subject=str(self._mime["Subject"]), from_email=envelope.sender, to=[envelope.recipient]
        )

    def message(self, **kwargs: Any) -> Any:
        return self._mime


class DjangoTransport:
    """Another of Django's mail backends, such as the console's, named by the environment."""

    def __init__(self, backend: str, folder: str | None) -> None:
        options: dict[str, Any] = {"file_path": f"/{folder}"} if folder else {}
        self._connection = get_connection(backend, fail_silently=False, **options)

    def ready(self) -> None:
        """The backend opens itself."""

    def send(self, envelope: Envelope, name: str, until: float) -> Outcome:
        """Give the message to the backend."""
        if time.monotonic() >= until:
            return TOO_LATE
        try:
            self._connection.send_messages([_Prepared(envelope)])
        except OSError as error:
            return Outcome(Result.NOT_HANDED, words=type(error).__name__, away=True)
        return Outcome(Result.TAKEN)

    def close(self) -> None:
        """Let the backend close itself."""
        self._connection.close()
