"""How much of a document is read, and for how long."""

import time
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from phases.exceptions import Refused

LARGEST_DOCUMENT = 2 * 1024 * 1024  # bytes
LONGEST_LINE = 10_000  # characters; a longer line is kept as text and not looked into
LONGEST_TIME = 5.0  # seconds of work, whatever else the machine does


class DocumentRefused(Refused):
    """A document that is not read; the message says why, and what would be read."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """Ends the reading of a document that takes too long. Counts the work of its own thread."""

    seconds: float = LONGEST_TIME
    started: float = field(default_factory=time.thread_time)

    def check(self) -> None:
        """:raises DocumentRefused: when the time is up."""
        if time.thread_time() - self.started > self.seconds:
            raise DocumentRefused(
                _(
                    "Reading this document takes longer than %(seconds)d seconds, so it was given up. "
                    "A plan of a few thousand lines is read at once: import the plan without its appendices."
                )
                % {"seconds": self.seconds}
            )


def check_size(size: int) -> None:
    """:raises DocumentRefused: when a document is too large."""
    if size > LARGEST_DOCUMENT:
        raise DocumentRefused(
            _("This document has more than %(limit)d MB. Import the plan without its attachments.")
            % {"limit": LARGEST_DOCUMENT // (1024 * 1024)}
        )
