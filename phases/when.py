"""When something is planned: on dates, or in plan weeks and days that become dates by the anchor.

A plan writes it in words: `2026-11-14`, `2026-11-14 to 2026-11-15`, `weeks 2-5`, `week 5 day 4 AM`,
`days 1-3`, `from week 6`, `week 1 day 1 at 10:00`. Days without a week are days of the phase, where the
planned thing names one, and else of the plan; day 1 is the first. Hours are the rollout's zone's.
"""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

LAST_WEEK: Final = 999
LAST_DAY: Final = 9_999

_DATE: Final = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_NUMBER: Final = r"([1-9][0-9]{0,3})"
_TAIL: Final = re.compile(r"(?:(?P<place>.*?)(?:^|\s))??(?:(?P<half>AM|PM)|at (?P<at>[0-9]{2}:[0-9]{2}))")
_CLOCK: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DATES: Final = re.compile(rf"(from )?{_DATE}(?: to {_DATE})?")
_WEEKS: Final = re.compile(rf"(?:weeks {_NUMBER}-{_NUMBER}|(from )?week {_NUMBER})")
_DAYS_OF_WEEK: Final = re.compile(rf"week {_NUMBER} days {_NUMBER}-{_NUMBER}")
_DAY_OF_WEEK: Final = re.compile(
    rf"(from )?week {_NUMBER} day {_NUMBER}(?: to week {_NUMBER} day {_NUMBER})?"
)
_DAYS: Final = re.compile(rf"(?:days {_NUMBER}-{_NUMBER}|(from )?day {_NUMBER})")


@dataclass(frozen=True, slots=True)
class When:
    """A planned time: dates, or weeks with or without days, or days; then an hour or half of the day.

    :ivar week: the plan week; without one, `day` counts from the first day of the phase or the plan.
    :ivar ends_on: the last day of a range; so are `end_week` and `end_day`.
    :ivar open_ended: it goes on without an end.
    :ivar half: "AM" or "PM".
    """

    starts_on: date | None = None
    ends_on: date | None = None
    week: int | None = None
    end_week: int | None = None
    day: int | None = None
    end_day: int | None = None
    open_ended: bool = False
    half: str = ""
    at: time | None = None

    def __str__(self) -> str:
        return " ".join(part for part in (self._place(), self._hour()) if part)

    @property
    def is_only_a_date(self) -> bool:
        """Whether one date says all of it."""
        return self.starts_on is not None and self == When(starts_on=self.starts_on)

    def first_day(self, anchor: date | None, phase_start: date | None) -> date | None:
        """Return the first day, or None while nothing fixes it. `phase_start` is the origin of plain days."""
        if self.starts_on:
            return self.starts_on
        return _date(anchor, phase_start, self.week, self.day)

    def last_day(self, anchor: date | None, phase_start: date | None) -> date | None:
        """Return the last day; None when there is no end or nothing fixes it."""
        if self.open_ended:
            return None
        if self.starts_on:
            return self.ends_on or self.starts_on
        last = self.end_day or (None if self.end_week else self.day) or (7 if self.week else None)
        return _date(anchor, phase_start, self.end_week or self.week, last)

    def _place(self) -> str:
        start = "from " if self.open_ended else ""
        if self.starts_on:
            end = f" to {self.ends_on.isoformat()}" if self.ends_on else ""
            return f"{start}{self.starts_on.isoformat()}{end}"
        if self.week:
            return start + self._weeks()
        if self.end_day:
            return f"days {self.day}-{self.end_day}"
        return f"{start}day {self.day}" if self.day else ""

    def _weeks(self) -> str:
        if self.end_week and self.day:
            return f"week {self.week} day {self.day} to week {self.end_week} day {self.end_day}"
        if self.end_week:
            return f"weeks {self.week}-{self.end_week}"
        if self.end_day:
            return f"week {self.week} days {self.day}-{self.end_day}"
        return f"week {self.week} day {self.day}" if self.day else f"week {self.week}"

    def _hour(self) -> str:
        return f"at {self.at.strftime('%H:%M')}" if self.at else self.half


def _date(anchor: date | None, phase_start: date | None, week: int | None, day: int | None) -> date | None:
    origin = anchor if week else phase_start
    if origin is None or not (week or day):
        return None
    try:
        return origin + timedelta(weeks=(week or 1) - 1, days=(day or 1) - 1)
    except OverflowError:
        return None


def read_when(value: Any) -> When:
    """Read what a plan file says.

    :raises ValueError: with what is wrong, and what would be right.
    """
    if isinstance(value, When):
        return value
    if isinstance(value, date):
        return When(starts_on=value)
    if not isinstance(value, str) or len(value) > 80 or value != value.strip():
        raise ValueError(_hint())
    text, half, at = _hour_of(value)
    if not text:
        if half or at:
            return When(half=half, at=at)
        raise ValueError(_hint())
    place = _dates(text) or _weeks(text) or _days_of_weeks(text) or _days(text)
    if place is None:
        raise ValueError(_hint())
    return When(**place, half=half, at=at)


def _hour_of(text: str) -> tuple[str, str, time | None]:
    found = _TAIL.fullmatch(text)
    if found is None:
        return text, "", None
    if found["at"] is None:
        return found["place"] or "", found["half"], None
    if not _CLOCK.fullmatch(found["at"]):
        raise ValueError(_("“%s” is no time of day. They go from 00:00 to 23:59.") % found["at"])
    return found["place"] or "", "", time.fromisoformat(found["at"])


def _dates(text: str) -> dict[str, Any] | None:
    found = _DATES.fullmatch(text)
    if found is None or (found[1] and found[3]):
        return None
    first = _day_of(found[2])
    last = _day_of(found[3]) if found[3] else None
    if last is not None and last < first:
        raise ValueError(_("The last day is before the first, %s. Swap them.") % first.isoformat())
    return {
        "starts_on": first,
        "ends_on": last if last != first else None,
        "open_ended": bool(found[1]),
    }


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("There is no day %s.") % text) from None


def _weeks(text: str) -> dict[str, Any] | None:
    found = _WEEKS.fullmatch(text)
    if found is None:
        return None
    if found[4]:
        return {"week": _week(found[4]), "open_ended": bool(found[3])}
    return {"week": _week(found[1]), "end_week": _after(_week(found[1]), _week(found[2]))}


def _days_of_weeks(text: str) -> dict[str, Any] | None:
    span = _DAYS_OF_WEEK.fullmatch(text)
    if span:
        first, last = _weekday(span[2]), _weekday(span[3])
        return {"week": _week(span[1]), "day": first, "end_day": _after(first, last)}
    found = _DAY_OF_WEEK.fullmatch(text)
    if found is None or (found[1] and found[4]):
        return None
    place: dict[str, Any] = {
        "week": _week(found[2]),
        "day": _weekday(found[3]),
        "open_ended": bool(found[1]),
    }
    if found[4]:
        last_week, last_day = _week(found[4]), _weekday(found[5])
        if last_week == place["week"]:
            place["end_day"] = _after(place["day"], last_day)
        else:
            place |= {"end_week": _after(place["week"], last_week), "end_day": last_day}
    return place


def _days(text: str) -> dict[str, Any] | None:
    found = _DAYS.fullmatch(text)
    if found is None:
        return None
    if found[4]:
        return {"day": int(found[4]), "open_ended": bool(found[3])}
    return {"day": int(found[1]), "end_day": _after(int(found[1]), int(found[2]))}


def _week(text: str) -> int:
    if int(text) > LAST_WEEK:
        raise ValueError(_("A plan has at most %d weeks.") % LAST_WEEK)
    return int(text)


def _weekday(text: str) -> int:
    if int(text) > 7:
        raise ValueError(_("A week has the days 1 to 7; day 1 is the weekday of the anchor."))
    return int(text)


def _after(first: int, last: int) -> int | None:
    """Return the end of a range; none when it is its beginning."""
    if last < first:
        raise ValueError(_("The first comes first: %(last)d-%(first)d.") % {"last": last, "first": first})
    return last if last > first else None


def _hint() -> str:
    return _(
        "A time is a date, weeks or days of the plan: 2026-11-14, 2026-11-14 to 2026-11-15, weeks 2-5, "
        "week 5 day 4, days 1-3, from week 6; then AM, PM or an hour: week 5 day 4 at 16:00."
    )
