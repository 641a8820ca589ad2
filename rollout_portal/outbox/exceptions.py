"""Refusals in words that the person who asked, or the room that called, can act on."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one part of a text.

    :ivar part: "subject" or "body".
    """

    language: str
    part: str
    words: str


class OutboxError(Exception):
    """Nothing was changed; the message is for the person who asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TemplateError(OutboxError):
    """A text cannot be used as a template."""


class UnknownPlaceholder(TemplateError):
    """A text uses something in braces that is not on the template's list."""

    def __init__(self, found: str, allowed: Iterable[str], where: str = "") -> None:
        names = ", ".join("{" + name + "}" for name in sorted(allowed)) or _("none")
        place = f" ({where})" if where else ""
        super().__init__(
            _("Unknown placeholder %(found)s%(place)s; allowed: %(names)s.")
            % {"found": found[:80], "place": place, "names": names}
        )


class TemplateIncomplete(OutboxError):
    """A language of the template has no complete text, so nothing is sent by it."""

    def __init__(self, template: str, languages: Iterable[str]) -> None:
        self.languages = list(languages)
        super().__init__(
            _("The template “%(template)s” is incomplete in: %(languages)s. Complete it, then send.")
            % {"template": template, "languages": ", ".join(self.languages)}
        )


class TextsRefused(TemplateError):
    """Texts that a person wrote cannot be used; each fault names its place."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__(" ".join(fault.words for fault in self.faults))


class UnknownTemplate(OutboxError):
    """There is no template of this code, neither in the rollout nor in the installation."""


class MessageRefused(OutboxError):
    """What a room asked to send cannot become a message: a parameter or the address is wrong."""


class WrongState(OutboxError):
    """The message is not in a state in which this can be done."""


class NotAllowed(OutboxError):
    """The person may not decide this."""


class CapTooLow(OutboxError):
    """More than the asked limit went out in the running period already."""

    def __init__(self, message: str, period: str) -> None:
        super().__init__(message)
        self.period = period
