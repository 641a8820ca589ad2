"""Populations and phases in a plan file: who is counted, when each stage runs and whom it reaches."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from phases.documents.rows import Wanted, remove_others, runs, unknown, upsert
from phases.documents.schema import (
    Code,
    Coded,
    Day,
    KeyRefused,
    Length,
    Line,
    Percent,
    Text,
    Whole,
    filled,
)
from phases.models import Phase, PopulationBase, Rollout
from phases.plan.goals import GoalPlan, dump_goals, load_goals, prune_goals
from phases.registry import PlanProblem
from phases.states import OVER, PhaseState
from rollout_portal.accounts.models import User


class PopulationPlan(Coded):
    """A named population that shares are taken of."""

    counted_as: ClassVar = gettext_lazy("populations")

    name: Annotated[Line, Field(max_length=200)]
    definition: Text = ""
    size: Whole
    about: bool = False
    counted_on: Day | None = None


@dataclass(frozen=True, slots=True)
class Weeks:
    """Plan weeks, both included, counted from 1."""

    first: int
    last: int

    @property
    def written(self) -> int | str:
        """The weeks as a plan file writes them: 1, or 2-5."""
        return self.first if self.first == self.last else f"{self.first}-{self.last}"


_WEEKS: Final = re.compile(r"([1-9][0-9]{0,3})-([1-9][0-9]{0,3})")


def _weeks(value: Any) -> Weeks:
    if isinstance(value, Weeks):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 9999:
        return Weeks(value, value)
    found = _WEEKS.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(_("Plan weeks are one week or two with a hyphen, counted from 1: 2-5."))
    weeks = Weeks(int(found[1]), int(found[2]))
    if weeks.last < weeks.first:
        raise ValueError(
            _("The first week comes first: %(last)d-%(first)d.") % {"last": weeks.last, "first": weeks.first}
        )
    return weeks


WeeksText = Annotated[
    Weeks,
    BeforeValidator(_weeks),
    PlainSerializer(lambda weeks: weeks.written),
    WithJsonSchema({"type": ["integer", "string"], "examples": [1, "2-5"]}),
]


@dataclass(frozen=True, slots=True)
class Days:
    """From which day of the first week to which day of the last week, 1 to 7."""

    first: int
    last: int

    @property
    def written(self) -> int | str:
        """The days as a plan file writes them: 1, or 4-7."""
        return self.first if self.first == self.last else f"{self.first}-{self.last}"


_DAYS: Final = re.compile(r"([1-7])-([1-7])")


def _days(value: Any) -> Days:
    if isinstance(value, Days):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 7:
        return Days(value, value)
    found = _DAYS.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(_("Days of a plan week are one or two with a hyphen, from 1 to 7: 4-7."))
    return Days(int(found[1]), int(found[2]))


DaysText = Annotated[
    Days,
    BeforeValidator(_days),
    PlainSerializer(lambda days: days.written),
    WithJsonSchema({"type": ["integer", "string"], "examples": [1, "4-7"]}),
]


class PhasePlan(Coded):
    """A stage: when (plan weeks or dates), and whom it reaches (a number, a range or a share)."""

    counted_as: ClassVar = gettext_lazy("phases")

    name: Annotated[Line, Field(max_length=200)]
    part_of: Code | None = None
    description: Text = ""
    weeks: WeeksText | None = None
    starts: Day | None = None
    ends: Day | None = None
    days: DaysText | None = None
    open_ended: bool = False
    rollback_within: Length | None = None
    audience: Annotated[Line, Field(max_length=300)] = ""
    people: Whole | None = None
    people_at_least: Whole | None = None
    people_at_most: Whole | None = None
    percent: Percent | None = None
    of: Code | None = None
    about: bool = False
    cumulative: bool = True
    goals: list[GoalPlan] = []

    @model_validator(mode="after")
    def _time_has_order(self) -> Self:
        if self.starts and self.ends and self.ends < self.starts:
            raise KeyRefused(
                "ends", _("The last day is before the first, %s. Swap them.") % self.starts.isoformat()
            )
        if self.open_ended and self.ends:
            raise KeyRefused("ends", _("A phase without an end has no last day. Take one of the two out."))
        if self.days and not self.weeks:
            raise KeyRefused("days", _("Days belong to plan weeks. Add them: weeks: 5"))
        if (
            self.days
            and self.weeks
            and self.weeks.last == self.weeks.first
            and self.days.last < self.days.first
        ):
            raise KeyRefused("days", _("The last day of the week comes before the first."))
        if self.open_ended and self.days and self.days.last != self.days.first:
            raise KeyRefused(
                "days", _("A phase without an end names its first day only: %d.") % self.days.first
            )
        if self.open_ended and self.weeks and self.weeks.last != self.weeks.first:
            raise KeyRefused(
                "weeks", _("A phase without an end names its first week only: %d.") % self.weeks.first
            )
        return self

    @model_validator(mode="after")
    def _audience_is_one_statement(self) -> Self:
        low, high = self.people_at_least, self.people_at_most
        if self.people is not None and (low is not None or high is not None):
            raise KeyRefused("people", _("Give a number, or a least and a most; not both."))
        if low is not None and high is not None and low >= high:
            raise KeyRefused("people_at_most", _("The most is more than the least, %d.") % low)
        if self.percent is not None and self.of is None:
            raise KeyRefused(
                "percent", _("A share is taken of a population. Name its code: of: active-users")
            )
        return self


# --- Populations -----------------------------------------------------------------------------------
def load_populations(rollout: Rollout, plans: list[PopulationPlan], by: User | None) -> list[PlanProblem]:
    """Write the populations."""
    wanted = [
        Wanted(
            plan.code,
            {
                "name": plan.name,
                "definition": plan.definition,
                "size": plan.size,
                "approximate": plan.about,
                "counted_on": plan.counted_on,
            },
            (position,),
        )
        for position, plan in enumerate(plans)
    ]
    return upsert(PopulationBase, rollout, wanted)[1]


def dump_populations(rollout: Rollout) -> list[PopulationPlan] | None:
    """Return the populations of a rollout."""
    rows = PopulationBase.objects.filter(rollout=rollout).order_by("position", "pk")
    return [
        filled(
            PopulationPlan,
            code=row.code,
            name=row.name,
            definition=row.definition,
            size=row.size,
            about=row.approximate,
            counted_on=row.counted_on,
        )
        for row in rows
    ] or None


def prune_populations(rollout: Rollout, plans: list[PopulationPlan]) -> list[PlanProblem]:
    """Remove the populations that the file no longer has."""
    return remove_others(PopulationBase.objects.filter(rollout=rollout), {plan.code for plan in plans})


# --- Phases ----------------------------------------------------------------------------------------
def load_phases(rollout: Rollout, plans: list[PhasePlan], by: User | None) -> list[PlanProblem]:
    """Write the phases with their goals; a reference to nothing and a circle of parts are problems."""
    bases = {base.code: base for base in PopulationBase.objects.filter(rollout=rollout)}
    problems = [
        unknown(plan.of, bases, (position, "of"), _("population"))
        for position, plan in enumerate(plans)
        if plan.of is not None and plan.of not in bases
    ]
    lost = _problems_of_parts(plans)
    wanted = [Wanted(plan.code, _values(plan, bases), (position,)) for position, plan in enumerate(plans)]
    phases, refused = upsert(Phase, rollout, wanted, settled=started, keeps_place=True)
    if not lost:
        lost += _set_parts(phases, plans)
    goals = [
        (goal, phases.get(plan.code), (position, "goals", place))
        for position, plan in enumerate(plans)
        for place, goal in enumerate(plan.goals)
    ]
    return [*problems, *lost, *refused, *load_goals(rollout, goals)]


def _values(plan: PhasePlan, bases: dict[str, PopulationBase]) -> dict[str, Any]:
    base = bases.get(plan.of) if plan.of else None
    last_week = None if plan.open_ended or plan.weeks is None else plan.weeks.last
    return {
        "name": plan.name,
        "description": plan.description,
        "starts_on": plan.starts,
        "ends_on": plan.ends,
        "start_week": plan.weeks.first if plan.weeks else None,
        "end_week": last_week,
        "start_day": plan.days.first if plan.days else None,
        "end_day": plan.days.last if plan.days and not plan.open_ended else None,
        "open_ended": plan.open_ended,
        "rollback_within": plan.rollback_within,
        "audience": plan.audience,
        "size_min": plan.people if plan.people is not None else plan.people_at_least,
        "size_max": plan.people if plan.people is not None else plan.people_at_most,
        # A share of a population that is not there is a problem already; the row stays writable.
        "percent": plan.percent if base else None,
        "base": base,
        "approximate": plan.about,
        "cumulative": plan.cumulative,
    }


def _problems_of_parts(plans: Sequence[PhasePlan]) -> list[PlanProblem]:
    whole = {plan.code: plan.part_of for plan in plans}
    problems = []
    for position, plan in enumerate(plans):
        if plan.part_of is None:
            continue
        if plan.part_of not in whole:
            problems.append(unknown(plan.part_of, whole, (position, "part_of"), _("phase")))
            continue
        chain = [plan.code]
        above: str | None = plan.part_of
        while above is not None and above not in chain:
            chain.append(above)
            above = whole.get(above)
        if above == plan.code:
            circle = " → ".join(f"“{code}”" for code in [*chain, above])
            message = _("A phase cannot be a part of itself: %s. Take “part_of” out of one of them.") % circle
            problems.append(PlanProblem((position, "part_of"), message))
    return problems


def started(phase: Phase) -> str:
    """Say why a phase is history: it has started, or is over. "" while it lies ahead."""
    if phase.started_at is None and phase.state not in OVER:
        return ""
    return _("“%s” has started or is over: how it was planned, and after what, is on record.") % phase.name


def _set_parts(phases: dict[str, Phase], plans: Sequence[PhasePlan]) -> list[PlanProblem]:
    """Link parts to their whole, once all are there: a part may stand before it in the file."""
    problems = []
    for position, plan in enumerate(plans):
        phase = phases.get(plan.code)
        parent = phases.get(plan.part_of) if plan.part_of else None
        if phase is not None and phase.parent_id != (parent.pk if parent else None):
            if runs(phase.rollout) and started(phase):
                problems.append(PlanProblem((position, "part_of"), started(phase)))
                continue
            phase.parent = parent
            phase.save(update_fields=["parent"])
    return problems


def dump_phases(rollout: Rollout) -> list[PhasePlan] | None:
    """Return the phases of a rollout with their goals."""
    rows = Phase.objects.filter(rollout=rollout).select_related("parent", "base").order_by("position", "pk")
    goals = dump_goals(rollout.objectives.exclude(phase=None))
    return [_dumped(row, goals.get(row.pk, [])) for row in rows] or None


def _dumped(row: Phase, goals: list[GoalPlan]) -> PhasePlan:
    is_exact = row.size_min is not None and row.size_min == row.size_max
    if row.end_week is not None and row.start_week is None:
        raise ValueError(
            _("Phase “%(code)s” ends in week %(week)d and starts in none. Give it a first week.")
            % {"code": row.code, "week": row.end_week}
        )
    last_week = row.start_week if row.open_ended or row.end_week is None else row.end_week
    return filled(
        PhasePlan,
        code=row.code,
        name=row.name,
        part_of=row.parent.code if row.parent else None,
        description=row.description,
        weeks=Weeks(row.start_week, last_week) if row.start_week and last_week else None,
        starts=row.starts_on,
        ends=None if row.open_ended else row.ends_on,
        days=Days(row.start_day, row.end_day or row.start_day) if row.start_day else None,
        open_ended=row.open_ended,
        rollback_within=row.rollback_within,
        audience=row.audience,
        people=row.size_min if is_exact else None,
        people_at_least=None if is_exact else row.size_min,
        people_at_most=None if is_exact else row.size_max,
        percent=row.percent,
        of=row.base.code if row.base else None,
        about=row.approximate,
        cumulative=row.cumulative,
        goals=goals,
    )


def prune_phases(rollout: Rollout, plans: list[PhasePlan]) -> list[PlanProblem]:
    """Remove the phases and goals that the file no longer has; a phase that ever moved stays."""
    goals = prune_goals(
        rollout.objectives.exclude(phase=None), {goal.code for plan in plans for goal in plan.goals}
    )
    phases = remove_others(
        Phase.objects.filter(rollout=rollout),
        {plan.code for plan in plans},
        has_history=lambda phase: phase.state != PhaseState.PLANNED,
    )
    return [*goals, *phases]
