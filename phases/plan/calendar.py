"""The time of a plan: working days and holidays, blackouts, and its weeks with their goals."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field, model_validator

from phases.documents.schema import Coded, Day, KeyRefused, Line, PlanModel, TimeOfDay, WhenText, time_text
from phases.documents.tables import Kept, Placed, Table
from phases.models import Blackout, PlanWeek, Rollout, Weekday, WorkCalendar
from phases.plan.common import WeekdayText, distinct
from phases.registry import PlanProblem
from phases.when import LAST_WEEK, When

_WORKING_DAYS: Final = [day.value for day in list(Weekday)[:5]]


class HolidayPlan(PlanModel):
    """A day on which nobody works."""

    day: Day
    name: Annotated[Line, Field(max_length=120)]


class CalendarPlan(Coded):
    """When people work: days of the week, hours, holidays."""

    counted_as: ClassVar = gettext_lazy("calendars")

    name: Annotated[Line, Field(max_length=200)]
    days: Annotated[list[WeekdayText], Field(min_length=1)] = _WORKING_DAYS
    opens: TimeOfDay | None = None
    closes: TimeOfDay | None = None
    holidays: list[HolidayPlan] = []

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        distinct("days", self.days, _("“%s” stands here twice."))
        distinct(
            "holidays", [one.day.isoformat() for one in self.holidays], _("The day %s stands here twice.")
        )
        if (self.opens is None) != (self.closes is None):
            key = "opens" if self.closes is None else "closes"
            raise KeyRefused(key, _("Give both ends of the working day: opens and closes."))
        if self.opens and self.closes and self.closes <= self.opens:
            raise KeyRefused(
                "closes", _("The working day closes after it opens, %s.") % time_text(self.opens)
            )
        return self


class BlackoutPlan(Coded):
    """A time in which nothing new goes out."""

    counted_as: ClassVar = gettext_lazy("blackouts")

    text: Annotated[Line, Field(max_length=300)]
    when: WhenText
    allows: Annotated[Line, Field(max_length=300)] = ""

    @model_validator(mode="after")
    def _has_a_day(self) -> Self:
        if self.when == When(half=self.when.half, at=self.when.at):
            raise KeyRefused("when", _("A blackout has a day: 2026-12-24 to 2026-12-26."))
        return self


class WeekPlan(Coded):
    """A week of the plan, and what it is for."""

    counted_as: ClassVar = gettext_lazy("weeks")

    week: Annotated[int, Field(ge=1, le=LAST_WEEK)]
    goal: Annotated[Line, Field(max_length=500)]


def _each_week_once(rollout: Rollout, placed: Sequence[Placed]) -> list[PlanProblem]:
    first: dict[int, str] = {}
    return [
        PlanProblem(
            (*one.path, "week"),
            _("Week %(week)d is there already, as “%(code)s”.")
            % {"week": one.plan.week, "code": first[one.plan.week]},
        )
        for one in placed
        if first.setdefault(one.plan.week, one.plan.code) != one.plan.code
    ]


_HOLIDAYS: Final = Kept(
    into_row=lambda days: [{"day": one.day.isoformat(), "name": one.name} for one in days],
    out_of_row=lambda days: [
        HolidayPlan(day=date.fromisoformat(one["day"]), name=one["name"]) for one in days
    ],
)

CALENDARS: Final = Table(
    WorkCalendar,
    CalendarPlan,
    columns={"opens": "opens_at", "closes": "closes_at"},
    kept={"holidays": _HOLIDAYS},
)
BLACKOUTS: Final = Table(Blackout, BlackoutPlan)
WEEKS: Final = Table(PlanWeek, WeekPlan, columns={"week": "number"}, check=_each_week_once)
