"""Refusals in words that the person who asked can act on."""

from collections.abc import Sequence

from django.utils.translation import gettext as _


class Refused(Exception):
    """An act was refused; nothing was changed. The message is for the person who asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class PermissionRefused(Refused):
    """The person may not do this here; the message says who can."""


class WrongState(Refused):
    """The object is not in a state in which this can be done."""


class GateNotReady(Refused):
    """A criterion does not count, or a signature is missing or stale."""

    def __init__(self, message: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reasons = list(reasons)


class EvidenceChanged(Refused):
    """What the signer saw is not what holds now."""

    def __init__(self, changes: Sequence[object] = ()) -> None:
        super().__init__(_("The evidence changed while you looked. Nothing was signed; look again."))
        self.changes = list(changes)


class NotConfirmed(Refused):
    """The signer's identity, typed name or second look is missing."""
