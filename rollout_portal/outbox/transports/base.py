"""What a way out promises."""

import enum
from dataclasses import dataclass
from typing import Final, Protocol

from rollout_portal.outbox.envelopes import Envelope


class Result(enum.Enum):
    """How the handing over of one message ended."""

    TAKEN = "taken"
    REFUSED_FOR_NOW = "refused for now"
    REFUSED = "refused"
    LOST = "lost"
    """The text was handed over and no clear answer came: nobody knows."""
    NOT_HANDED = "not handed"
    """The connection failed before the text was handed over: the server certainly does not have it."""
    UNSUITABLE = "unsuitable"
    """The server cannot take an address of this form."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result with the server's own words.

    :ivar bounce: the refusal says that the address does not exist or takes no mail.
    :ivar away: the trouble is the server's, not the message's: other messages need not try now.
    """

    result: Result
    code: int | None = None
    words: str = ""
    bounce: bool = False
    away: bool = False


TOO_LATE: Final = Outcome(Result.NOT_HANDED, words="the sender was held up for too long")
"""Nothing was handed over, because the lease is about to end."""


class Unreachable(Exception):
    """No message can be handed over now; none was touched."""


class Transport(Protocol):
    """A way out for one message after the other; used by one thread."""

    def ready(self) -> None:
        """Open the connection, or make sure that it still lives.

        :raises Unreachable: with the reason in words.
        """

    def send(self, envelope: Envelope, name: str, until: float) -> Outcome:
        """Hand over one message; never raises for what the server does.

        :param name: the message's uuid without hyphens, for ways out that need a name.
        :param until: the moment, on the monotonic clock, after which it must not be handed over any more:
            the lease ends soon after it, and somebody else may decide about the message then.
        """

    def close(self) -> None:
        """End the connection; never raises."""
