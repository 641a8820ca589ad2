"""What the sections of a plan file are made of: strict types whose refusals say what would be right.

The reader (`yaml.py`) hands over str, int, Decimal, bool, date, list and dict, nothing else. A room
describes its section with `PlanModel`, `Coded` and the types below; every refusal of them reaches the
reader of the message with line and column.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Final, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core.core_schema import CoreSchema, no_info_after_validator_function

from phases.models.base import validate_code
from phases.models.gates import validate_window
from phases.permissions import RoleName
from phases.when import When, read_when
from rollout_portal.lib.decimals import (
    DIGITS,
    PLACES,
    UNITS,
    Comparator,
    is_kept_exactly,
    too_many_digits,
)
from rollout_portal.lib.digests import decimal_text
from rollout_portal.lib.lengths import LENGTH, SECONDS, length_of

LONGEST_TEXT: Final = 20_000
LARGEST_WHOLE: Final = 2**63 - 1

_Model = TypeVar("_Model", bound="PlanModel")


class PlanModel(BaseModel):
    """A group of keys of a plan file. Unknown keys and wrong types are refused.

    The order of the fields is the order in which an export writes the keys; a key whose value is its
    default is left out.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class KeyRefused(ValueError):
    """Raised in a validator of a whole group: what is wrong stands at one of its keys."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a sentence that names the known word closest to `word`, or all of them."""
    choices = list(known)
    close = get_close_matches(word.casefold(), choices, n=1, cutoff=0.7) or get_close_matches(
        word, choices, n=1, cutoff=0.7
    )
    if close:
        return _("Did you mean “%s”?") % close[0]
    if not choices:
        return _("There is none to choose from.")
    shown = ", ".join(choices[:20]) + (", …" if len(choices) > 20 else "")
    return _("Known are: %s.") % shown


# --- Text ------------------------------------------------------------------------------------------
_BREAKS: Final = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def _clean_text(value: str) -> str:
    found = _CONTROLS.search(value)
    if found:
        raise ValueError(_("The control character U+%04X has no place in a text.") % ord(found[0]))
    if not value.strip():
        raise ValueError(_("This is empty. Give a text, or leave the key out."))
    return value


def _one_line(value: str) -> str:
    if _BREAKS.search(value):
        raise ValueError(_("This must be one line."))
    return value


def _code(value: str) -> str:
    try:
        validate_code(value)
    except ValidationError as error:
        raise ValueError(f"“{value}”: {error.messages[0]}") from error
    return value


def _as(kind: str, **more: Any) -> WithJsonSchema:
    """Say to editors how a value is written, where the type alone does not tell."""
    return WithJsonSchema({"type": kind, **more})


Text = Annotated[str, AfterValidator(_clean_text), Field(max_length=LONGEST_TEXT)]
"""A text of any number of lines. A CharField needs a `Field(max_length=…)` of its own."""

Line = Annotated[Text, AfterValidator(_one_line)]
"""A text of one line: `name: Annotated[Line, Field(max_length=200)]`."""

Code = Annotated[str, AfterValidator(_code), _as("string", pattern=validate_code.regex.pattern)]
"""The code of a planned thing, or a reference to one."""


class Coded(PlanModel):
    """A planned thing. Export, diff and the next import find it again by its code.

    :cvar counted_as: its plural, for "20 goals" in the importer's answer.
    """

    counted_as: ClassVar[Any] = gettext_lazy("things")

    code: Code


@dataclass(frozen=True, slots=True)
class _OneOf:
    """Checks that a text is one of the known values; an editor is told them."""

    values: tuple[str, ...]
    message: str | Promise

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "enum": list(self.values)}

    def _check(self, value: str) -> str:
        if value not in self.values:
            raise ValueError(str(self.message) % value + " " + nearest(value, self.values))
        return value


def one_of(choices: type[models.TextChoices]) -> _OneOf:
    """Return a check that a text is one of `choices`: `kind: Annotated[str, one_of(Kind)]`."""
    return _OneOf(tuple(choices.values), gettext_lazy("“%s” is not known here."))


Role = Annotated[str, _OneOf(tuple(RoleName.values), gettext_lazy("“%s” is not a role."))]
"""The name of one of the seven roles."""


# --- Words with a form of their own ----------------------------------------------------------------
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def _languages(value: list[str]) -> list[str]:
    for code in value:
        if not _LANGUAGE.fullmatch(code):
            raise ValueError(_("“%s” is not a language code. Write them like ms, zh-hans, ta, en.") % code)
        if value.count(code) > 1:
            raise ValueError(_("The language “%s” stands here twice.") % code)
    return value


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError(_("“%s” is not a currency. Write its three letters: MYR.") % value)
    return value


_WEB_ADDRESS = URLValidator(schemes=["http", "https"])


def _web_address(value: str) -> str:
    try:
        _WEB_ADDRESS(value)
    except ValidationError as error:
        raise ValueError(_("“%s” is not an address of the web. They begin with https://") % value) from error
    return value


Languages = Annotated[list[str], AfterValidator(_languages)]
"""Language codes, each once: [ms, zh-hans, ta, en]."""

Currency = Annotated[str, AfterValidator(_currency)]
"""The three letters of a currency: MYR."""

WebAddress = Annotated[Line, AfterValidator(_web_address), Field(max_length=500)]
"""An address of the web."""


# --- Numbers ---------------------------------------------------------------------------------------
def _as_decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(_("A number is expected, without quotes and without a unit: 0.5."))
    return Decimal(value)


def _fits(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError(_("A number is expected, without quotes and without a unit: 0.5."))
    whole, _point, places = decimal_text(value).lstrip("-").partition(".")
    if len(places) > PLACES:
        raise ValueError(_("A number may have at most %d places behind the point.") % PLACES)
    if len(whole) > DIGITS:
        raise ValueError(_("A number may have at most %d digits before the point.") % DIGITS)
    if not is_kept_exactly(value):
        raise ValueError(too_many_digits())
    return value


def _exact_out(value: Decimal) -> Decimal:
    return Decimal(decimal_text(value))


Whole = Annotated[int, Field(ge=0, le=LARGEST_WHOLE)]
"""A whole number from 0 up."""

Exact = Annotated[
    Decimal,
    BeforeValidator(_as_decimal),
    AfterValidator(_fits),
    PlainSerializer(_exact_out),
    _as("number"),
]
"""An exact number: 15 digits, up to 9 of them behind the point. 1.10 is the number 1.1."""


def at_most_places(most: int) -> AfterValidator:
    """Return a check of how many places stand behind the point."""

    def check(value: Decimal) -> Decimal:
        if len(decimal_text(value).partition(".")[2]) > most:
            raise ValueError(_("At most %d places fit behind the point.") % most)
        return value

    return AfterValidator(check)


def _share(value: Decimal) -> Decimal:
    if not 0 < value <= 100:
        raise ValueError(_("A share is above 0 and at most 100 percent."))
    return value


Percent = Annotated[Exact, AfterValidator(_share), at_most_places(3)]
"""A share in percent, above 0 and at most 100, with at most three places behind the point."""


def _unit(value: str) -> str:
    if not value or value not in UNITS:
        raise ValueError(
            _("“%s” is not a unit.") % value + " " + nearest(value, [name for name in UNITS if name])
        )
    return value


Unit = Annotated[str, AfterValidator(_unit)]
"""A unit that the portal can convert; a plain number has none."""


# --- Time ------------------------------------------------------------------------------------------
Day = date
"""A date, written without quotes: 2026-11-02."""

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def _time_of_day(value: Any) -> time:
    if isinstance(value, time):
        return value
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(_('A time of day is written in quotes, from "00:00" to "23:59".'))
    return time(int(found[1]), int(found[2]))


def _length(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    length = length_of(value) if isinstance(value, str) else None
    if length is None:
        raise ValueError(
            _("A length of time is a whole number and s, m, h, d or w for seconds to weeks: 36h, 7d.")
        )
    return length


def length_text(value: timedelta) -> str:
    """Return a length of time as a plan file writes it: in the largest unit without a remainder."""
    seconds = value // timedelta(seconds=1)
    if seconds <= 0 or value % timedelta(seconds=1):
        raise ValueError(_("%s cannot be written as whole seconds.") % value)
    letter = next(letter for letter, size in SECONDS.items() if seconds % size == 0)
    return f"{seconds // SECONDS[letter]}{letter}"


def _window(value: str) -> str:
    try:
        validate_window(value)
    except ValidationError as error:
        raise ValueError(f"“{value}”: {error.messages[0]}") from error
    return value


def time_text(value: time) -> str:
    """Return a time of day as a plan file writes it."""
    if value.second or value.microsecond:
        raise ValueError(_("%s has seconds; a plan file knows hours and minutes.") % value.isoformat())
    return value.strftime("%H:%M")


def _when_out(value: When) -> str | date:
    if value.is_only_a_date and value.starts_on:
        return value.starts_on
    return str(value)


WhenText = Annotated[
    When,
    BeforeValidator(read_when),
    PlainSerializer(_when_out),
    _as(
        "string", examples=["2026-11-14", "weeks 2-5", "week 5 day 4 AM", "days 1-3 at 16:00", "from week 6"]
    ),
]
"""A planned time: 2026-11-14, `weeks 2-5`, `week 5 day 4 AM`, `days 1-3`, `from week 6`."""

TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    PlainSerializer(time_text),
    _as("string", pattern=f"^{_CLOCK.pattern}$"),
]
"""A time of day in the rollout's zone, in quotes: "16:00"."""

Length = Annotated[
    timedelta,
    BeforeValidator(_length),
    PlainSerializer(length_text),
    _as("string", pattern=f"^{LENGTH.pattern}$"),
]
"""A length of time: 90s, 15m, 36h, 7d, 2w."""

Window = Annotated[str, AfterValidator(_window)]
"""Over what time a measure reads: latest, phase, wave, or a length such as 7d."""


# --- Rules -----------------------------------------------------------------------------------------
_WORDS: Final[dict[str, Comparator]] = {
    "under": Comparator.BELOW,
    "at most": Comparator.AT_MOST,
    "above": Comparator.ABOVE,
    "at least": Comparator.AT_LEAST,
    "exactly": Comparator.EQUAL,
}
_NUMBER: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_ONE_END: Final = re.compile(rf"({'|'.join(_WORDS)}) ({_NUMBER})(?: (\S+))?")
_TWO_ENDS: Final = re.compile(rf"between ({_NUMBER}) and ({_NUMBER})(?: (\S+))?")
_SIGNS: Final = {">=": "at least", "<=": "at most", "≥": "at least", "≤": "at most"} | {
    ">": "above",
    "<": "under",
    "=": "exactly",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value is held against, as the words of a plan file: "above 50 points"."""

    comparator: Comparator
    threshold: Decimal
    high: Decimal | None = None
    unit: str = ""

    def __str__(self) -> str:
        if self.high is not None:
            words = f"between {decimal_text(self.threshold)} and {decimal_text(self.high)}"
        else:
            word = next(word for word, comparator in _WORDS.items() if comparator == self.comparator)
            words = f"{word} {decimal_text(self.threshold)}"
        return f"{words} {self.unit}" if self.unit else words


def _rule(value: Any) -> Rule:
    if isinstance(value, Rule):
        return value
    if not isinstance(value, str):
        raise ValueError(_("A rule is expected, such as “above 50 points” or “exactly 0”."))
    found = _ONE_END.fullmatch(value)
    if found:
        return Rule(_WORDS[found[1]], _threshold(found[2]), unit=_optional_unit(found[3]))
    found = _TWO_ENDS.fullmatch(value)
    if not found:
        raise ValueError(_rule_hint(value))
    low, high = _threshold(found[1]), _threshold(found[2])
    if high < low:
        raise ValueError(
            _("“between” names the lower end first: between %(low)s and %(high)s.")
            % {"low": found[2], "high": found[1]}
        )
    return Rule(Comparator.BETWEEN, low, high, _optional_unit(found[3]))


def _threshold(text: str) -> Decimal:
    if len(text) > 40:
        raise ValueError(_("A number may have at most %d digits before the point.") % DIGITS)
    return _fits(Decimal(text))


def _optional_unit(text: str | None) -> str:
    return _unit(text) if text else ""


def _rule_hint(text: str) -> str:
    """Say what is wrong with a rule that cannot be read."""
    for sign, word in _SIGNS.items():
        if text.startswith(sign):
            return _("Write the comparison in words: “%s”.") % f"{word} {text[len(sign) :].strip()}"
    if text.startswith("between"):
        return _("“between” needs two ends: between 3 and 5 min.")
    return (
        _(
            "“%s” is not a rule. Write under, at most, above, at least or exactly with a number, "
            "or between two numbers, and then the unit: above 50 points."
        )
        % (text[:60])
    )


RuleText = Annotated[
    Rule,
    BeforeValidator(_rule),
    PlainSerializer(str),
    _as("string", pattern=f"^(?:{_ONE_END.pattern}|{_TWO_ENDS.pattern})$", examples=["above 50 points"]),
]
"""A comparison with its threshold and unit: `above 50 points`, `between 3 and 5 min`, `exactly 0`."""


def filled(model: type[_Model], **values: Any) -> _Model:
    """Return an instance of `model` from a row's values; an empty text is a key that is left out.

    :raises ValueError: when a value cannot stand in a plan file; pydantic's error is one.
    """
    return model(**{name: value for name, value in values.items() if value != ""})
