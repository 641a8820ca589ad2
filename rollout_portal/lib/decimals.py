"""Comparators, units, and numbers on a screen that never round towards a threshold.

Everything is `Decimal`: `>` is not `≥`, and 69.96 % is not "more than 70 %".
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _


class Comparator(models.TextChoices):
    """How a value is held against its threshold."""

    BELOW = "<", pgettext_lazy("comparator", "below")
    AT_MOST = "<=", pgettext_lazy("comparator", "at most")
    ABOVE = ">", pgettext_lazy("comparator", "above")
    AT_LEAST = ">=", pgettext_lazy("comparator", "at least")
    EQUAL = "=", pgettext_lazy("comparator", "exactly")
    BETWEEN = "between", pgettext_lazy("comparator", "between")


_HOLDS: Final[dict[str, Callable[[Decimal, Decimal, Decimal | None], bool]]] = {
    Comparator.BELOW: lambda value, threshold, _high: value < threshold,
    Comparator.AT_MOST: lambda value, threshold, _high: value <= threshold,
    Comparator.ABOVE: lambda value, threshold, _high: value > threshold,
    Comparator.AT_LEAST: lambda value, threshold, _high: value >= threshold,
    Comparator.EQUAL: lambda value, threshold, _high: value == threshold,
    Comparator.BETWEEN: lambda value, threshold, high: high is not None and threshold <= value <= high,
}


def holds(value: Decimal, comparator: str, threshold: Decimal, high: Decimal | None = None) -> bool:
    """Tell whether `value` keeps the rule; exact. `high` is the upper end of BETWEEN, both ends included.

    :raises ValueError: when a number is not finite, or the comparator is unknown.
    """
    if not value.is_finite() or not threshold.is_finite():
        raise ValueError("A value that is not a finite number keeps no rule")
    if comparator not in _HOLDS:
        raise ValueError(f"Unknown comparator {comparator!r}")
    return _HOLDS[comparator](value, threshold, high)


def interval_holds(
    interval: tuple[Decimal, Decimal], comparator: str, threshold: Decimal, high: Decimal | None = None
) -> bool | None:
    """Tell whether every value of `interval` (lower end first) keeps the rule: False when none does.

    None when some do and others do not, so that the interval decides nothing.
    """
    low, top = interval
    ends = {holds(end, comparator, threshold, high) for end in interval}
    if len(ends) > 1:
        return None
    if True in ends:
        return True
    # Both ends lie outside; a rule with two ends may still hold between them.
    last = high if comparator == Comparator.BETWEEN and high is not None else threshold
    two_ended = comparator in (Comparator.BETWEEN, Comparator.EQUAL)
    return None if two_ended and low < threshold and last < top else False


# SQLite keeps decimals as floating numbers, which hold 15 significant digits exactly.
DIGITS: Final = 15
PLACES: Final = 9


def is_kept_exactly(value: Decimal) -> bool:
    """Tell whether every database keeps a finite number to its last digit."""
    _sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # only finite numbers come here
    # Zeros at the end say nothing. Decimal.normalize() would round, and so hide what is too long.
    significant = len(bytes(digits).rstrip(b"\0"))
    exponent += len(digits) - significant
    return not significant or (max(significant, significant + exponent) <= DIGITS and -exponent <= PLACES)


def too_many_digits() -> str:
    """Say what a number is refused for that is not kept exactly."""
    return gettext("A number has at most %(digits)d digits, %(places)d of them after the point.") % {
        "digits": DIGITS,
        "places": PLACES,
    }


def validate_exact(value: Decimal) -> None:
    """Refuse a number that a database would cut, in a form or a model.

    :raises ValidationError: when it is not finite, or has too many digits.
    """
    if not value.is_finite() or not is_kept_exactly(value):
        raise ValidationError(too_many_digits())


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: what it measures, how many base units it is, and how it is written."""

    dimension: str
    factor: Decimal
    sign: str


UNITS: Final[dict[str, Unit]] = {
    "": Unit("number", Decimal(1), ""),
    "count": Unit("number", Decimal(1), ""),
    "%": Unit("share", Decimal(1), "%"),
    "points": Unit("points", Decimal(1), ""),
    "ms": Unit("time", Decimal(1), "ms"),
    "s": Unit("time", Decimal(1000), "s"),
    "min": Unit("time", Decimal(60_000), "min"),
    "h": Unit("time", Decimal(3_600_000), "h"),
    "d": Unit("time", Decimal(86_400_000), "d"),
    "kB": Unit("size", Decimal(1), "kB"),
    "MB": Unit("size", Decimal(1000), "MB"),
    "GB": Unit("size", Decimal(1_000_000), "GB"),
    "x": Unit("ratio", Decimal(1), "×"),
    "/5": Unit("mark of 5", Decimal(1), "of 5"),
    "/10": Unit("mark of 10", Decimal(1), "of 10"),
    "USD": Unit("USD", Decimal(1), "USD"),
}


def convert(value: Decimal, unit: str, to: str) -> Decimal:
    """Return `value` given in `unit` in the unit `to`.

    Exact to 28 digits: what cannot be written exactly, such as 100 ms in minutes, still falls on its own
    side of every limit that can be stored.

    :raises ValueError: when a unit is unknown or the two measure different things.
    """
    if unit == to:
        return value
    for name in (unit, to):
        if name not in UNITS:
            raise ValueError(f"Unknown unit {name!r}")
    if UNITS[unit].dimension != UNITS[to].dimension:
        raise ValueError(f"{unit or 'a number'} cannot be turned into {to or 'a number'}")
    return value * UNITS[unit].factor / UNITS[to].factor


def shown(value: Decimal, threshold: Decimal | None = None, *, places: int = 2) -> str:
    """Return `value` as text that falls on the same side of `threshold` as the value itself.

    A value with few places is shown as it is. Others are rounded to `places`, or to as many as the
    threshold has, and then to as many more as are needed: 69.996 against 70 is "69.996", not "70.00".
    The minus is a real minus.
    """
    plain = value.normalize()
    wanted = max(places, _places(threshold) if threshold is not None else 0)
    if _places(plain) <= wanted:
        text = format(plain, "f")
    else:
        rounded = _rounded(value, wanted)
        while threshold is not None and _side(rounded, threshold) != _side(value, threshold):
            wanted += 1
            rounded = _rounded(value, wanted)
        text = format(rounded, "f")
    whole, dot, rest = text.partition(".")
    sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{dot}{rest}"


def with_unit(text: str, unit: str) -> str:
    """Put the unit behind a shown number, after a narrow space that does not break."""
    sign = UNITS[unit].sign if unit in UNITS else unit
    return f"{text}\N{NARROW NO-BREAK SPACE}{sign}" if sign else text


def is_close(value: Decimal, threshold: Decimal) -> bool:
    """Tell whether the value lies within 1 % of the threshold (and is not equal to it)."""
    return value != threshold and abs(value - threshold) <= abs(threshold) / 100


RULE_WORDS: Final = {
    Comparator.BELOW: _("under %(threshold)s"),
    Comparator.AT_MOST: _("at most %(threshold)s"),
    Comparator.ABOVE: _("above %(threshold)s"),
    Comparator.AT_LEAST: _("at least %(threshold)s"),
    Comparator.EQUAL: _("exactly %(threshold)s"),
    Comparator.BETWEEN: _("between %(threshold)s and %(high)s"),
}


def rule_text(comparator: str, threshold: Decimal, high: Decimal | None, unit: str) -> str:
    """Return a rule in words, such as "under 0.5 %" or "between 3 and 5"."""
    return str(RULE_WORDS[Comparator(comparator)]) % {
        "threshold": with_unit(shown(threshold, places=6), unit),
        "high": with_unit(shown(high, places=6), unit) if high is not None else "",
    }


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)


def _side(value: Decimal, threshold: Decimal) -> int:
    return (value > threshold) - (value < threshold)
