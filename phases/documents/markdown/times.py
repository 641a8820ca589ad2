"""Weeks and days of the plan, dates and lengths of time."""

import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from phases.documents.markdown.labels import Label, labels_in
from phases.documents.markdown.numbers import Style, tidy
from phases.documents.markdown.quantities import TIME_UNITS, Quantity, quantities
from phases.documents.markdown.vocabulary import LANGUAGES, either, listed, pattern, searcher

PERIODS = ("day", "week", "month", "sprint")


@dataclass(frozen=True, slots=True)
class Offset:
    """Weeks 2-5 of the plan; days 1-3 of week 5. An open end is None."""

    unit: str
    first: int
    last: int | None
    week: int | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """How long something takes; None where the plan leaves an end open."""

    least: float | None
    most: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class Schedule:
    offset: Offset | None = None
    length: Length | None = None
    dates: tuple[str, str] | None = None
    ongoing: bool = False

    def filled_from(self, other: "Schedule") -> "Schedule":
        return Schedule(
            self.offset or other.offset,
            self.length or other.length,
            self.dates or other.dates,
            self.ongoing or other.ongoing,
        )


def offset_in(text: str) -> Offset | None:
    """Read “Weeks 2-5”, “Week 5, Days 1-3”, “Day 31–60”, “第1-2周”, “hours 0–2”."""
    spans = [entry for entry in labels_in(text) if entry[0].word in PERIODS and entry[0].key.isdigit()]
    found = [
        replace(label, open_end=label.open_end or _goes_on(text, start, end)) for label, start, end in spans
    ]
    if not found:
        hours = re.search(
            r"(?:hours?|T\s?\+)\s*(\d+)\s*(?:(?:-|–|to)\s*(?:T\s?\+)?(\d+))?\s*h?\b", text, re.IGNORECASE
        )
        if hours:
            first = int(hours.group(1))
            return Offset("hour", first, int(hours.group(2)) if hours.group(2) else first)
        return None
    weeks = [label for label in found if label.word == "week"]
    days = [label for label in found if label.word == "day"]
    if weeks and days and not weeks[0].second and not weeks[0].open_end:
        return _offset(days[0], "day", int(weeks[0].key))
    label = found[0]
    if len(found) > 1 and found[1].word == label.word and not label.second and _joined(text, label, found[1]):
        return Offset(label.word, int(label.key), int(found[1].key))
    return _offset(label, label.word)


def _goes_on(text: str, start: int, end: int) -> bool:
    """Whether a period has no end: “ab Woche 7”, “第5周起”, “from week 6 onwards”."""
    before = re.search(rf"{pattern('open_before')}\s*$", text[max(0, start - 24) : start], re.IGNORECASE)
    behind = re.match(rf"\s*{pattern('open_after')}", text[end:], re.IGNORECASE)
    return bool(before or behind)


def _joined(text: str, first: Label, second: Label) -> bool:
    between = text[text.find(first.shown) + len(first.shown) : text.rfind(second.shown)]
    return bool(re.fullmatch(rf"\s*(?:-|–|—|~|→|{pattern('to')})\s*", between, re.IGNORECASE))


def offset_of(label: Label) -> Offset:
    """The place in the plan that the label of a period names: “Week 3”, “M1”."""
    return _offset(label, label.word)


def _offset(label: Label, unit: str, week: int | None = None) -> Offset:
    first = int(label.key)
    if label.open_end and not label.second:
        return Offset(unit, first, None, week)
    last = int(label.second) if label.second.isdigit() else first
    return Offset(unit, first, max(first, last), week)


def length_in(text: str, style: Style, *, field: bool = False) -> Length | None:
    """Read a length of time: “7 days”, “3 days minimum”, “14+ Days”, “1-2 mois”.

    :param field: the text is the value of a field that says how long something takes.
    """
    skip = tuple((a, b) for label, a, b in labels_in(text) if label.word in PERIODS)
    for quantity in quantities(text, style, skip):
        if quantity.unit in TIME_UNITS and (field or _stands_alone(text, quantity)):
            least, most = quantity.value, quantity.value2 if quantity.value2 is not None else quantity.value
            if quantity.op in (">=", ">"):
                return Length(tidy(least), None, quantity.unit)
            if quantity.op in ("<=", "<") and quantity.value2 is None:
                return Length(None, tidy(most), quantity.unit)
            return Length(tidy(least), tidy(most), quantity.unit)
    return None


def _stands_alone(text: str, quantity: Quantity) -> bool:
    rest = text[: quantity.start] + text[quantity.end :]
    return not re.search(r"\w{3,}", rest)


# Dates


@cache
def _months() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in LANGUAGES:
        for concept in ("months", "months_short"):
            for number, word in enumerate(listed(concept, language), start=1):
                found.setdefault(word, number)
    found["sept"] = 9
    return found


@cache
def _date_pattern() -> re.Pattern[str]:
    month = either(_months())
    return re.compile(
        r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
        r"|(?P<cjk>(?:(?P<cy>\d{4})\s*[年년]\s*)?(?P<cm>\d{1,2})\s*[月월]\s*(?P<cd>\d{1,2})\s*[日일]?)"
        r"|(?P<dotted>(?P<dd>\d{1,2})\.\s?(?P<dm>\d{1,2})\.(?:\s?(?P<dy>\d{4}|\d{2})(?!\d))?)"
        r"|(?P<slash>(?P<s1>\d{1,2})/(?P<s2>\d{1,2})/(?P<sy>\d{4}))"
        rf"|(?P<mdy>(?P<m1>{month})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%])(?:,?\s+(?P<y1>\d{{4}}))?)"
        rf"|(?P<dmy>(?P<d2>\d{{1,2}})(?:\.|er|º|ª)?\s+(?:de\s+)?(?P<m2>{month})\.?(?:\s+(?:de\s+)?(?P<y2>\d{{4}}))?)",
        re.IGNORECASE,
    )


@cache
def _short_range() -> re.Pattern[str]:
    """“January 6-12, 2025”, “6–12 janvier 2025”, “06.–12.01.2025”, “1月6日-12日”."""
    month = either(_months())
    dash = rf"\s*(?:-|–|—|~|{pattern('to')})\s*"
    return re.compile(
        rf"(?P<m>{month})\.?\s+(?P<a>\d{{1,2}}){dash}(?P<b>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|\s*%)(?:,?\s+(?P<y>\d{{4}}))?"
        rf"|(?P<a2>\d{{1,2}})\.?{dash}(?P<b2>\d{{1,2}})\.?\s+(?:de\s+)?(?P<m2>{month})\.?(?:\s+(?:de\s+)?(?P<y2>\d{{4}}))?"
        rf"|(?P<a3>\d{{1,2}})\.{dash}(?P<b3>\d{{1,2}})\.\s?(?P<m3>\d{{1,2}})\.(?P<y3>\d{{4}})?"
        rf"|(?:(?P<y4>\d{{4}})\s*[年년]\s*)?(?P<m4>\d{{1,2}})\s*[月월]\s*(?P<a4>\d{{1,2}})\s*[日일]?{dash}(?P<b4>\d{{1,2}})\s*[日일]",
        re.IGNORECASE,
    )


def dates_in(text: str, year: int | None = None) -> tuple[str, str] | None:
    """Read a span of days, as ISO dates; a single date only where it begins a span that goes on.

    :param year: the year of the document, for dates without one.
    """
    short = _short_range().search(text)
    if short:
        group = {name: value for name, value in short.groupdict().items() if value}
        index = next((i for i in ("", "2", "3", "4") if f"a{i}" in group), "")
        month = _month(group[f"m{index}"])
        used = int(group[f"y{index}"]) if f"y{index}" in group else year
        begin, end = _iso(used, month, int(group[f"a{index}"])), _iso(used, month, int(group[f"b{index}"]))
        if begin and end:
            return begin, end
    found = [(match, _parts(match)) for match in _date_pattern().finditer(text)]
    for (first, start), (second, stop) in pairwise(found):
        between = text[first.end() : second.start()]
        if re.fullmatch(rf"[\s(]*(?:-|–|—|~|→|{pattern('to')})[\s)]*", between, re.IGNORECASE):
            last = stop[0] or start[0] or year
            begin_year = start[0] or (last - 1 if last and start[1] > stop[1] and stop[0] else last)
            if not stop[0] and not start[0] and year and start[1] > stop[1]:
                last = year + 1
            begin, end = _iso(begin_year, start[1], start[2]), _iso(last, stop[1], stop[2])
            if begin and end:
                return begin, end
    return None


def date_in(text: str, year: int | None = None) -> str | None:
    """Read the first date of a text, as ISO."""
    match = _date_pattern().search(text)
    if match is None:
        return None
    parts = _parts(match)
    return _iso(parts[0] or year, parts[1], parts[2])


def without_dates(text: str) -> str:
    """Take the dates out of a text."""
    return _date_pattern().sub(" ", _short_range().sub(" ", text))


def _parts(match: re.Match[str]) -> tuple[int | None, int, int]:
    group = match.groupdict()
    if group["iso"]:
        year, month, day = map(int, group["iso"].split("-"))
        return year, month, day
    if group["cjk"]:
        return int(group["cy"]) if group["cy"] else None, int(group["cm"]), int(group["cd"])
    if group["dotted"]:
        short = int(group["dy"]) if group["dy"] else None
        return short + 2000 if short and short < 100 else short, int(group["dm"]), int(group["dd"])
    if group["slash"]:
        first, second = int(group["s1"]), int(group["s2"])
        return (int(group["sy"]), second, first) if first > 12 else (int(group["sy"]), first, second)
    if group["mdy"]:
        return int(group["y1"]) if group["y1"] else None, _month(group["m1"]), int(group["d1"])
    return int(group["y2"]) if group["y2"] else None, _month(group["m2"]), int(group["d2"])


def _month(word: str) -> int:
    return (
        int(word)
        if word.isdigit()
        else _months().get(word.casefold(), _plain_months().get(word.casefold(), 1))
    )


@cache
def _plain_months() -> dict[str, int]:
    strip = str.maketrans("áàâäéèêëíïóôöúûüç", "aaaaeeeeiiooouuuc")
    return {word.translate(strip): number for word, number in _months().items()}


def _iso(year: int | None, month: int, day: int) -> str | None:
    if year is None:
        return None
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return None


def schedule_in(text: str, style: Style, year: int | None = None, *, field: bool = False) -> Schedule:
    """Read all that a heading, cell or field says about time."""
    offset = offset_in(text)
    length = length_in(text, style, field=field)
    if offset is not None and offset.week is not None and offset.last is not None and length is None:
        days = offset.last - offset.first + 1
        length = Length(days, days, "days")
    return Schedule(offset, length, dates_in(text, year), bool(searcher("ongoing").search(text)))
