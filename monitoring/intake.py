"""What a reading must be before it is kept: pure checks, shared by the form and the API."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from monitoring.exceptions import ItemProblem
from monitoring.models import Metric
from rollout_portal.lib.decimals import DIGITS, PLACES, UNITS, convert, is_kept_exactly
from rollout_portal.lib.strict_json import NumberText, StrictObject

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
FURTHEST: Final = timedelta(minutes=5)
MOST_OBSERVATIONS: Final = 10**15
LONGEST_SOURCE: Final = 80
FIELDS: Final = frozenset({"metric", "at", "value", "n", "unit", "source"})
REQUIRED: Final = ("metric", "at", "value")

_LONGEST_NUMBER: Final = 64
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class NewReading:
    """One reading to be recorded; `unit` empty means the metric's own."""

    metric: str
    at: datetime
    value: Decimal
    n: int | None = None
    unit: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A reading that may be kept: its metric, and the value in the metric's unit."""

    metric: Metric
    at: datetime
    value: Decimal
    n: int | None
    source: str


class Wrong(Exception):
    """A field is wrong; the message says how."""


def read(raw: Sequence[Any]) -> tuple[list[NewReading | None], list[ItemProblem]]:
    """Turn the items of a JSON batch into readings; an item that is none becomes None and its problems."""
    items: list[NewReading | None] = []
    problems: list[ItemProblem] = []
    for index, item in enumerate(raw):
        wrong = _shape_problems(item)
        fields: dict[str, Any] = {}
        if not wrong:
            for name, parse in _PARSERS.items():
                if name in item:
                    try:
                        fields[name] = parse(item[name])
                    except Wrong as error:
                        wrong.append((name, str(error)))
        problems += [ItemProblem(index, name, message) for name, message in wrong]
        items.append(None if wrong else NewReading(**fields))
    return items, problems


def check(
    items: Sequence[NewReading | None], metrics: Mapping[str, Metric], now: datetime
) -> tuple[list[Checked], list[ItemProblem]]:
    """Hold the readings against their metrics; None items are skipped.

    Within a batch a metric has one reading per moment: which of two would count is not ours to guess.
    """
    kept: list[Checked] = []
    problems: list[ItemProblem] = []
    seen: dict[tuple[str, datetime], int] = {}
    latest = now + FURTHEST
    for index, item in enumerate(items):
        if item is None:
            continue
        metric = metrics.get(item.metric)
        wrong: list[tuple[str, str]] = []
        value = item.value
        if metric is None:
            wrong.append(("metric", _("is not a metric of this rollout")))
        else:
            value, message = _in_unit_of(metric, item)
            if message:
                wrong.append(("unit", message))
            else:
                wrong += [("value", message) for message in value_problems(metric, value)]
        wrong += [("at", message) for message in moment_problems(item.at, latest)]
        wrong += [("n", message) for message in observation_problems(item.n)]
        wrong += [("source", message) for message in _source_problems(item.source)]
        first = seen.setdefault((item.metric, item.at), index)
        if first != index:
            wrong.append(("at", _("is the same moment as in item %(item)d") % {"item": first}))
        if wrong or metric is None:
            problems += [ItemProblem(index, name, message) for name, message in wrong]
        else:
            kept.append(Checked(metric, item.at, value, item.n, item.source))
    return kept, problems


def value_problems(metric: Metric, value: Decimal) -> list[str]:
    """Say what is wrong with a value in the unit of `metric`; an empty list when it may be kept."""
    if not value.is_finite():
        return [_("must be a finite number, not %(value)s") % {"value": value}]
    size = digits_problem(value)
    if size:
        return [size]
    if metric.kind == Metric.Kind.COUNT and value < 0:
        return [_("counts something and cannot be negative")]
    if metric.kind == Metric.Kind.COUNT and value != value.to_integral_value():
        return [_("counts something and must be a whole number")]
    if metric.is_share and not 0 <= value <= 100:
        return [_("is a share and must lie between 0 % and 100 %")]
    return []


def digits_problem(value: Decimal) -> str:
    """Say that a finite number has more digits than are kept exactly; empty when it fits."""
    return "" if is_kept_exactly(value) else _too_many_digits()


def _too_many_digits() -> str:
    return _("has too many digits: at most %(digits)d are kept, %(places)d of them after the point") % {
        "digits": DIGITS,
        "places": PLACES,
    }


def moment_problems(at: datetime, latest: datetime) -> list[str]:
    """Say what is wrong with the time of a reading."""
    if at < EARLIEST:
        return [_("is before the year 2000")]
    if at > latest:
        return [_("lies more than 5 minutes in the future")]
    return []


def observation_problems(n: int | None) -> list[str]:
    """Say what is wrong with the number of observations."""
    if n is None or 0 <= n <= MOST_OBSERVATIONS:
        return []
    return [_("must be a whole number from 0 to %(most)s") % {"most": f"{MOST_OBSERVATIONS:,}"}]


def decimal_of(text: str) -> Decimal:
    """Return the number that `text` writes in plain digits.

    :raises Wrong: for anything else, NaN and infinity too.
    """
    if len(text) > _LONGEST_NUMBER:
        raise Wrong(_too_many_digits())
    if not _NUMBER.fullmatch(text):
        if text.lstrip("+-").lower() in ("nan", "inf", "infinity"):
            raise Wrong(_("must be a finite number, not %(value)s") % {"value": text})
        raise Wrong(_("is not a number like 0.31: “%(value)s”") % {"value": text})
    value = Decimal(text)
    problem = digits_problem(value)
    if problem:
        raise Wrong(problem)
    return value or Decimal(0)  # there is no minus zero here


def _in_unit_of(metric: Metric, item: NewReading) -> tuple[Decimal, str]:
    """Return the value in the metric's unit, or why its unit does not fit."""
    if not item.unit or item.unit == metric.unit:
        return item.value, ""
    known = UNITS.get(item.unit)
    if known is None:
        return item.value, _("is not known; known are %(units)s") % {
            "units": ", ".join(name for name in UNITS if name)
        }
    if known.dimension != UNITS[metric.unit].dimension:
        return item.value, _("cannot be turned into %(own)s, in which %(metric)s is kept") % {
            "metric": metric.code,
            "own": metric.unit or _("plain numbers"),
        }
    return convert(item.value, item.unit, metric.unit), ""


def _source_problems(source: str) -> list[str]:
    if len(source) > LONGEST_SOURCE:
        return [_("has more than %(most)d letters") % {"most": LONGEST_SOURCE}]
    if not source.isprintable():
        return [_("contains a character that cannot be shown")]
    return []


def _shape_problems(item: Any) -> list[tuple[str, str]]:
    if not isinstance(item, StrictObject):
        return [("", _("must be an object with metric, at and value"))]
    wrong = [(name, _("is given twice")) for name in item.repeated]
    wrong += [(name[:60], _("is not a field of a reading")) for name in item if name not in FIELDS]
    wrong += [(name, _("is missing")) for name in REQUIRED if name not in item]
    return wrong


def _text(value: Any) -> str:
    if not isinstance(value, str) or isinstance(value, NumberText):
        raise Wrong(_("must be text"))
    return value


def _value(value: Any) -> Decimal:
    if not isinstance(value, str):
        raise Wrong(_("must be a number"))
    return decimal_of(value)


def _moment(value: Any) -> datetime:
    text = _text(value)
    if not _MOMENT.fullmatch(text):
        raise Wrong(_("must be a time with an offset, like 2026-11-25T14:18:00+08:00"))
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong(_("is not a time that exists")) from None


def _observations(value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, NumberText) or not value.isascii() or not value.isdigit() or len(value) > 20:
        raise Wrong(_("must be a whole number from 0 to %(most)s") % {"most": f"{MOST_OBSERVATIONS:,}"})
    return int(value)


_PARSERS: Final = {
    "metric": _text,
    "at": _moment,
    "value": _value,
    "n": _observations,
    "unit": _text,
    "source": _text,
}
