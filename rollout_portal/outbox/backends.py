"""Mail as files: what happens to every message while no mail server is named in the environment."""

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

from rollout_portal.lib import clock

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

SUFFIX: Final = ".eml"
_LINE_END: Final = re.compile(rb"\r?\n")


def write_eml(data: bytes, name: str) -> Path:
    """Write one mail as `<time>-<name>.eml` into EMAIL_FILE_PATH, for the owner only; return its path.

    The file appears whole or not at all. The time is UTC, with microseconds, so names sort by time.
    """
    folder = Path(settings.EMAIL_FILE_PATH)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{clock.now():%Y%m%dT%H%M%S.%fZ}-{name}{SUFFIX}"
    staged = path.with_suffix(".part")
    with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    staged.replace(path)
    return path


class EmlFileBackend(BaseEmailBackend):
    """What still goes by Django's own mail (reports of errors, for example) as files, beside the outbox's."""

    def send_messages(self, email_messages: "Sequence[EmailMessage]") -> int:
        """Write each mail as a file; return how many."""
        for message in email_messages:
            data = _LINE_END.sub(b"\r\n", message.message().as_bytes())
            write_eml(data, secrets.token_hex(8))
        return len(email_messages)
