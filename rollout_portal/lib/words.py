"""How the portal says times, durations and numbers: pure functions, one way for screens, mails and print.

Times are aware datetimes; every text names its zone. Numbers are exact: nothing here rounds unless the
caller asks for a number of places (the rule for thresholds, which decides the places, is in `decimals`).
"""

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

NARROW_SPACE = "\u202f"
MINUS = "\u2212"

# Zones for which the time zone database knows only an offset ("+08"), with the abbreviation people use.
_ABBREVIATIONS = {
    "Asia/Kuala_Lumpur": "MYT",
    "Asia/Kuching": "MYT",
    "Asia/Singapore": "SGT",
    "Asia/Bangkok": "ICT",
    "Asia/Ho_Chi_Minh": "ICT",
    "Asia/Saigon": "ICT",
    "Asia/Brunei": "BNT",
    "Asia/Dubai": "GST",
    "Asia/Dhaka": "BDT",
    "Asia/Kathmandu": "NPT",
    "Asia/Colombo": "SLST",
    "Asia/Yangon": "MMT",
    "Asia/Riyadh": "AST",
    "Asia/Tashkent": "UZT",
    "America/Sao_Paulo": "BRT",
    "America/Argentina/Buenos_Aires": "ART",
    "America/Bogota": "COT",
    "America/Lima": "PET",
    "Europe/Istanbul": "TRT",
}


@dataclass(frozen=True)
class Moment:
    """A point in time as it is shown: text on the page, exact time on hover, `iso` for machines."""

    iso: str
    text: str
    title: str


@dataclass(frozen=True)
class Clock:
    """How much time is left: `kind` is late, soon, ok or paused; `text` says it in words."""

    kind: str
    text: str


def zone_label(zone: str, at: dt.datetime) -> str:
    """The name of a zone at an instant: "MYT", "CET", or "UTC+5:45" where nobody has a name for it."""
    if zone in _ABBREVIATIONS:
        return _ABBREVIATIONS[zone]
    local = at.astimezone(zoneinfo.ZoneInfo(zone))
    name = local.tzname() or ""
    if name.isalpha():
        return name
    seconds = int((local.utcoffset() or dt.timedelta()).total_seconds())
    sign = "+" if seconds >= 0 else MINUS
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def local_text(
    at: dt.datetime, zone: str, *, year: bool, weekday: bool = True, time: bool = True, seconds: bool = False
) -> str:
    """Date and time in a zone without its name: "Fri 4 Dec 2026, 16:00"."""
    pattern = ("D " if weekday else "") + "j M" + (" Y" if year else "")
    if time:
        pattern += ", H:i:s" if seconds else ", H:i"
    return dateformat.format(at.astimezone(zoneinfo.ZoneInfo(zone)), pattern)


def moment(
    at: dt.datetime,
    zone: str,
    *,
    now: dt.datetime,
    reader_zone: str = "",
    seconds: bool = False,
    paper: bool = False,
) -> Moment:
    """Say a point in time in the rollout's zone.

    The year stands only where it is not this year, or on paper. Within 24 hours the relative time is added
    (not on paper). Where the reader's zone has another offset then, the reader's time follows in brackets.
    """
    here = at.astimezone(zoneinfo.ZoneInfo(zone))
    year = paper or here.year != now.astimezone(zoneinfo.ZoneInfo(zone)).year
    label = zone_label(zone, at)
    text = f"{local_text(at, zone, year=year, seconds=seconds)} {label}"
    if not paper and abs(at - now) < dt.timedelta(hours=24):
        text += f" ({relative(at, now=now)})"
    if reader_zone and at.astimezone(zoneinfo.ZoneInfo(reader_zone)).utcoffset() != here.utcoffset():
        theirs = at.astimezone(zoneinfo.ZoneInfo(reader_zone))
        pattern = "H:i" if theirs.date() == here.date() else "D j M, H:i"
        text += " " + _("(your time %(time)s %(zone)s)") % {
            "time": dateformat.format(theirs, pattern),
            "zone": zone_label(reader_zone, at),
        }
    title = f"{local_text(at, zone, year=True, seconds=True)} {label}"
    return Moment(iso=here.isoformat(timespec="seconds"), text=text, title=title)


def day(value: dt.date, *, now: dt.date | None = None) -> str:
    """A calendar day: "Fri 4 Dec 2026"; without the year if `now` is given and in the same one."""
    return dateformat.format(value, "D j M" if now and now.year == value.year else "D j M Y")


def days(first: dt.date, last: dt.date) -> str:
    """A span of days, as short as it can be: "2 to 29 Nov", "30 Nov to 13 Dec"."""
    start = dateformat.format(first, "j" if (first.year, first.month) == (last.year, last.month) else "j M")
    return _("%(first)s to %(last)s") % {"first": start, "last": dateformat.format(last, "j M")}


def duration(span: dt.timedelta) -> str:
    """A length of time in at most two units, cut, never rounded up: "2 h 4 min", "9 days", "35 s"."""
    seconds = int(abs(span).total_seconds())
    if seconds < 60:
        return f"{seconds}{NARROW_SPACE}s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes}{NARROW_SPACE}min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        text = f"{hours}{NARROW_SPACE}h"
        return f"{text} {minutes}{NARROW_SPACE}min" if minutes and hours < 24 else text
    days = hours // 24
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": days}


def relative(at: dt.datetime, *, now: dt.datetime) -> str:
    """How far away a point in time is: "6 min ago", "in 45 min", "now" within ten seconds."""
    span = at - now
    if abs(span) < dt.timedelta(seconds=10):
        return _("now")
    if span < dt.timedelta():
        return _("%(time)s ago") % {"time": duration(span)}
    return _("in %(time)s") % {"time": duration(span)}


def short(at: dt.datetime, zone: str, *, now: dt.datetime) -> str:
    """A time in a list of events: "13:41" today, "Tue 17:30" within six days, else "2 Nov"."""
    place = zoneinfo.ZoneInfo(zone)
    here, today = at.astimezone(place), now.astimezone(place).date()
    days = abs((here.date() - today).days)
    pattern = "H:i" if days == 0 else "D H:i" if days < 7 else "j M" if here.year == today.year else "j M Y"
    return dateformat.format(here, pattern)


def clock(
    due: dt.datetime,
    *,
    now: dt.datetime,
    whole: dt.timedelta | None = None,
    paused: str = "",
    zone: str = "UTC",
) -> Clock:
    """Say how much time is left until `due`.

    `whole` is the whole allowance: under a quarter of it the clock is "soon". `paused` is why it stands.
    Further than 24 hours away the day is named instead of the hours.
    """
    if paused:
        return Clock("paused", _("paused: %(why)s") % {"why": paused})
    left = due - now
    if left < dt.timedelta():
        return Clock("late", _("%(time)s late") % {"time": duration(left)})
    kind = "soon" if whole and left * 4 < whole else "ok"
    if left >= dt.timedelta(hours=24):
        return Clock(kind, dateformat.format(due.astimezone(zoneinfo.ZoneInfo(zone)), "j M"))
    return Clock(kind, _("%(time)s left") % {"time": duration(left)})


def number(value: Decimal | int | float, places: int | None = None) -> str:
    """A number with thousands and a real minus; exact unless `places` is given ("12,400", "−0.04").

    A float is taken at its shortest text, so that 0.1 stays 0.1.
    """
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    if places is not None:
        exact = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return f"{exact:,f}".replace("-", MINUS)


def with_unit(value: Decimal | int | float, unit: str, places: int | None = None) -> str:
    """A number and its unit after a narrow space: "612 ms", "69.96 %"."""
    text = number(value, places)
    return f"{text}{NARROW_SPACE}{unit}" if unit else text


def signed(value: Decimal | int | float, places: int | None = None) -> str:
    """A number that always shows its sign: "+3.1", "−0.2", "0"."""
    text = number(value, places)
    return f"+{text}" if Decimal(str(value)) > 0 else text


def about(count: int, cap: int | None = None) -> str:
    """A count that may be capped: "12,400", or "≈ 12,400" when it reached the cap."""
    text = number(count)
    return f"≈{NARROW_SPACE}{text}" if cap is not None and count >= cap else text


def grouped(digest: str, size: int = 8) -> str:
    """A fingerprint in groups of eight, as it is printed and read aloud."""
    return " ".join(digest[start : start + size] for start in range(0, len(digest), size))


def capital(text: str) -> str:
    """A text that begins with a capital, the rest as it is: names inside stay what they are."""
    return text[:1].upper() + text[1:]


# What observations are called, one and many; a measure names the many.
_MORE = {
    "answers": ngettext_lazy("%(n)s more answer", "%(n)s more answers", "n"),
    "readings": ngettext_lazy("%(n)s more reading", "%(n)s more readings", "n"),
    "requests": ngettext_lazy("%(n)s more request", "%(n)s more requests", "n"),
    "testers": ngettext_lazy("%(n)s more tester", "%(n)s more testers", "n"),
    "people": ngettext_lazy("%(n)s more person", "%(n)s more people", "n"),
    "baselines": ngettext_lazy("%(n)s more baseline", "%(n)s more baselines", "n"),
}


def more(count: int, noun: str) -> str:
    """How many observations are missing: "1 more answer", "6 more testers"."""
    known = _MORE.get(noun, ngettext_lazy("%(n)s more observation", "%(n)s more observations", "n"))
    return str(known % {"n": count})
