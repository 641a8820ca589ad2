"""Typed facts about people: from what somebody typed to a value, and from a value to words.

Besides the rollout's own attributes every person has `language`, `source` and `time_zone`.
Values are kept as JSON: text, whole numbers and booleans as they are, decimals and dates as text.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.states import AttributeType
from rollout_portal.lib.digests import decimal_text

if TYPE_CHECKING:
    from cohorts.models import AttributeDefinition, Participant

Value = str | int | bool | None

BUILT_IN: Final = {
    "language": gettext_lazy("Language"),
    "source": gettext_lazy("Came from"),
    "time_zone": gettext_lazy("Time zone"),
}
MAX_TEXT: Final = 500

_TRUE: Final = frozenset({"yes", "y", "true", "1", "x", "ya", "是", "ஆம்", "ஆம"})
_FALSE: Final = frozenset({"no", "n", "false", "0", "-", "tidak", "否", "இல்லை"})
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")


class WrongValue(Exception):
    """A text is no value of this type; the message says what would be one."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def parse(definition: "AttributeDefinition", text: str) -> Value:
    """Return the value that `text` stands for.

    :raises WrongValue: saying what the attribute takes.
    """
    text = text.strip()
    match definition.type:
        case AttributeType.CHOICE:
            return _choice(definition, text)
        case AttributeType.INTEGER:
            return _integer(text)
        case AttributeType.DECIMAL:
            return _decimal(text)
        case AttributeType.DATE:
            return _date(text)
        case AttributeType.BOOLEAN:
            return _boolean(text)
        case _:
            if len(text) > MAX_TEXT:
                raise WrongValue(_("Use at most %(n)s characters.") % {"n": MAX_TEXT})
            return text


def name_for_testers(definition: "AttributeDefinition", language: str) -> str:
    """Return what a fact is called in a tester's language; the label of staff where it has no name there."""
    return str(definition.texts.get(language) or definition.label)


def shown(definition: "AttributeDefinition", value: Value, language: str = "") -> str:
    """Return a value in the reader's words: in a tester's `language`, else in those of staff."""
    if value is None:
        return ""
    if definition.type == AttributeType.BOOLEAN:
        return _("yes") if value else _("no")
    if definition.type == AttributeType.CHOICE:
        named = {
            choice["value"]: choice.get("texts", {}).get(language) or choice.get("label") or choice["value"]
            for choice in definition.choices
        }
        return str(named.get(value, value))
    return str(value)


def facts_of(participant: "Participant") -> dict[str, Value]:
    """Return everything that is known of a person, by code; what is not known is absent."""
    person = participant.person
    built_in = {"language": person.language, "time_zone": person.time_zone, "source": participant.source}
    return {**participant.attributes, **{code: text for code, text in built_in.items() if text}}


TESTS: Final = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "in": gettext_lazy("is one of"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
    "known": gettext_lazy("is known"),
}


def holds(value: Value, test: str, wanted: Any) -> bool:
    """Tell whether a condition holds. Nothing is known of a missing value, so only "is not" holds for it."""
    if value is None:
        return test == "is_not"
    match test:
        case "is":
            return _same(value, wanted)
        case "is_not":
            return not _same(value, wanted)
        case "in":
            return any(_same(value, one) for one in wanted)
        case "known":
            return True
        case "at_least" | "at_most":
            left, right = _comparable(value), _comparable(wanted)
            if left is None or right is None or type(left) is not type(right):
                return False
            return left >= right if test == "at_least" else left <= right  # type: ignore[operator]
    raise ValueError(f"{test!r} is not a test")


def conditions_held(facts: Mapping[str, Value], conditions: Sequence[Mapping[str, Any]]) -> int:
    """Return how many conditions hold from the first one on."""
    for place, condition in enumerate(conditions):
        if not holds(facts.get(condition["attribute"]), condition["test"], condition.get("value")):
            return place
    return len(conditions)


def labels(definitions: Iterable["AttributeDefinition"]) -> dict[str, str]:
    """Return the names of all attributes by code, the built-in ones first."""
    return {code: str(label) for code, label in BUILT_IN.items()} | {
        definition.code: definition.label for definition in definitions
    }


def condition_text(condition: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return a condition in words: "App version is at least 4.2"."""
    wanted = condition.get("value")
    words = ", ".join(str(one) for one in wanted) if isinstance(wanted, list) else str(wanted or "")
    name = names.get(condition["attribute"], condition["attribute"])
    return " ".join(filter(None, [name, str(TESTS[condition["test"]]), words]))


def _same(value: Value, wanted: Any) -> bool:
    return str(value).casefold() == str(wanted).casefold()


def _comparable(value: Any) -> Decimal | dt.date | tuple[int, ...] | None:
    """Return something that can be ordered: a number, a day, or the parts of a version such as 4.10.2."""
    text = str(value)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        pass
    if re.fullmatch(r"\d+(\.\d+){2,5}", text):
        return tuple(int(part) for part in text.split("."))
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _choice(definition: "AttributeDefinition", text: str) -> str:
    for choice in definition.choices:
        if text.casefold() in (str(choice["value"]).casefold(), str(choice.get("label", "")).casefold()):
            return str(choice["value"])
    allowed = ", ".join(str(choice["value"]) for choice in definition.choices)
    raise WrongValue(_("Use one of: %(allowed)s.") % {"allowed": allowed})


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", text):
        raise WrongValue(_("Use a whole number, such as 42."))
    return int(text)


def _decimal(text: str) -> str:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}([.,][0-9]{1,9})?", text):
        raise WrongValue(_("Use a number, such as 4.5."))
    return decimal_text(Decimal(text.replace(",", ".")))


def _date(text: str) -> str:
    european = _DAY_FIRST.fullmatch(text)
    try:
        if european and int(european[1]) > 12:
            day, month, year = (int(part) for part in european.groups())
            return dt.date(year, month, day).isoformat()
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise WrongValue(_("Use a day such as 2026-11-30.")) from None


def _boolean(text: str) -> bool:
    if text.casefold() in _TRUE:
        return True
    if text.casefold() in _FALSE:
        return False
    raise WrongValue(_("Use yes or no."))
