"""Values without quotes: what they are, and which of them YAML readers do not agree on."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MOST_DIGITS: Final = 30
_LONGEST_TRAP: Final = 60


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a value cannot be taken, and what would be right."""

    text: object

    @property
    def message(self) -> str:
        return str(self.text)


NOTHING: Final = Broken(gettext_lazy("This is empty. Give a value, or leave the key out."))

_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_LONG_NUMBER: Final = re.compile(r"[-+0-9_.:]+")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_TRUTH: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false"})


def resolve(text: str) -> str | int | bool | Decimal | date | Broken:
    """Return what a value without quotes is.

    A word is a text; true, false, plain decimal numbers and dates are what they look like. What some
    reader of YAML would take for something else is broken, with the way to write what was meant.
    """
    if not text or text in ("~", "null", "Null", "NULL"):
        return NOTHING
    if text in ("true", "false"):
        return text == "true"
    if text.casefold() in _TRUTH and text in (text.lower(), text.upper(), text.capitalize()):
        return Broken(
            _("“%(text)s” is true or false to some readers. Write true or false, or put it in quotes: %(q)s.")
            % {"text": text, "q": f'"{text}"'}
        )
    if _NUMBER.fullmatch(text):
        return _number(text)
    found = _DATE.fullmatch(text)
    if found:
        return _date(text, *(int(part) for part in found.groups()))
    if len(text) > _LONGEST_TRAP:
        is_number = _LONG_NUMBER.fullmatch(text)
        return (
            Broken(_("A number this long is not read. If it is a text, put it in quotes."))
            if is_number
            else text
        )
    for pattern, explain in _TRAPS:
        if pattern.fullmatch(text):
            return Broken(explain(text))
    return text


def _number(text: str) -> int | Decimal | Broken:
    digits = sum(character.isdigit() for character in text)
    if digits > MOST_DIGITS:
        return Broken(
            _("A number of %(digits)d digits is too long; %(most)d are read.")
            % {
                "digits": digits,
                "most": MOST_DIGITS,
            }
        )
    return Decimal(text) if "." in text else int(text)


def _date(text: str, year: int, month: int, day: int) -> date | Broken:
    quoted = f'"{text}"'
    if not 1 <= month <= 12:
        return Broken(
            _("%(text)s is no date: there is no month %(month)d. If it is no date, put it in quotes: %(q)s.")
            % {"text": text, "month": month, "q": quoted}
        )
    if year < 1 or not 1 <= day <= monthrange(year, month)[1]:
        last = monthrange(max(year, 1), month)[1]
        return Broken(
            _(
                "%(text)s is no date: that month has the days 1 to %(last)d. "
                "If it is no date, put it in quotes: %(q)s."
            )
            % {"text": text, "last": last, "q": quoted}
        )
    meant = date(year, month, day)
    if meant.isoformat() != text:
        return Broken(
            _("Write the date as %(date)s. If it is no date, put it in quotes: %(q)s.")
            % {"date": meant.isoformat(), "q": quoted}
        )
    return meant


def _sexagesimal(text: str) -> str:
    total = Decimal(0)
    for part in text.replace("_", "").lstrip("+-").split(":"):
        total = total * 60 + Decimal(part or 0)
    return _("“%(text)s” is the number %(number)s to some readers. Put it in quotes: %(q)s.") % {
        "text": text,
        "number": format(-total if text.startswith("-") else total, "f"),
        "q": f'"{text}"',
    }


def _leading_zero(text: str) -> str:
    plain = text.lstrip("+-").lstrip("0")
    plain = plain if plain and plain[0] != "." else f"0{plain}"
    sign = "-" if text.startswith("-") else ""
    return _("“%(text)s” is another number to some readers. Write %(plain)s, or put it in quotes: %(q)s.") % {
        "text": text,
        "plain": sign + plain,
        "q": f'"{text}"',
    }


def _odd_number(text: str) -> str:
    return _(
        "“%(text)s” is a number to some readers. Write it with digits and a point only, "
        "or put it in quotes: %(q)s."
    ) % {"text": text, "q": f'"{text}"'}


def _not_finite(text: str) -> str:
    return _("“%(text)s” is not a number that can be compared. If it is a text, put it in quotes: %(q)s.") % {
        "text": text,
        "q": f'"{text}"',
    }


def _moment(text: str) -> str:
    return _("“%(text)s” is a moment to some readers. Put it in quotes: %(q)s.") % {
        "text": text,
        "q": f'"{text}"',
    }


def _special(text: str) -> str:
    return _("“%(text)s” means something else to some readers. Put it in quotes: %(q)s.") % {
        "text": text,
        "q": f'"{text}"',
    }


_TRAPS: Final[tuple[tuple[re.Pattern[str], Callable[[str], str]], ...]] = (
    (re.compile(r"[-+]?[0-9][0-9_]{0,30}(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"), _sexagesimal),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), _not_finite),
    (re.compile(r"[-+]?0[0-9]+(?:\.[0-9]*)?"), _leading_zero),
    (re.compile(r"[-+]?0[xob][0-9A-Fa-f_]+"), _odd_number),
    (re.compile(r"[-+]?[0-9._][0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?(?<=[0-9._])"), _odd_number),
    (re.compile(r"\+(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"), _odd_number),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9:.]+.*"), _moment),
    (re.compile(r"=|<<"), _special),
)
