"""Refusals of this room, in words for the tester or the member of staff who asked."""

from phases.exceptions import Refused


class WaveClosed(Refused):
    """The survey takes no answer from this person any more; the message is a kind one."""
