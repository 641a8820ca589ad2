"""The work of a plan: activities with their parts, deliverables, milestones."""

from typing import Annotated, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field, model_validator

from phases.documents.schema import (
    Code,
    Coded,
    KeyRefused,
    Length,
    Line,
    Percent,
    RuleText,
    Text,
    WhenText,
)
from phases.documents.tables import Table
from phases.models import Activity, ActivityItem, Deliverable, Milestone
from phases.plan.common import (
    OWNER,
    PHASE,
    MeasureName,
    RepeatsText,
    WeekdayText,
    measure_has_a_rule,
    problems_of_measures,
    weekday_of_a_week,
)

_What = Annotated[Line, Field(max_length=500)]
_Subject = Annotated[Line, Field(max_length=120)]


class PartPlan(Coded):
    """A part of an activity."""

    counted_as: ClassVar = gettext_lazy("parts of activities")

    text: _What


class ActivityPlan(Coded):
    """Something to do."""

    counted_as: ClassVar = gettext_lazy("activities")

    text: _What
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    repeats: RepeatsText | None = None
    weekday: WeekdayText | None = None
    takes: Length | None = None
    for_each: Annotated[Line, Field(max_length=60)] = ""
    note: Text = ""
    items: list[PartPlan] = []

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        weekday_of_a_week(self.repeats, self.weekday)
        return self


class DeliverablePlan(Coded):
    """What a time has to bring."""

    counted_as: ClassVar = gettext_lazy("deliverables")

    text: _What
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    percent: Percent | None = None
    measure: MeasureName | None = None
    of: _Subject = ""
    holds: RuleText | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        measure_has_a_rule(self.measure, self.of, self.holds)
        if self.percent is not None and self.holds is not None:
            raise KeyRefused("percent", _("Give a share that is finished, or a figure; not both."))
        return self


class MilestonePlan(Coded):
    """A moment that the plan looks forward to."""

    counted_as: ClassVar = gettext_lazy("milestones")

    text: Annotated[Line, Field(max_length=300)]
    owner: Code | None = None
    phase: Code | None = None
    when: WhenText | None = None
    measure: MeasureName | None = None
    of: _Subject = ""
    holds: RuleText | None = None
    celebration: Annotated[Line, Field(max_length=300)] = ""
    note: Text = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        measure_has_a_rule(self.measure, self.of, self.holds)
        return self


_REFS: Final = {"owner": OWNER, "phase": PHASE}

ACTIVITIES: Final = Table(
    Activity, ActivityPlan, refs=_REFS, inner={"items": (Table(ActivityItem, PartPlan), "activity")}
)
DELIVERABLES: Final = Table(
    Deliverable,
    DeliverablePlan,
    columns={"of": "subject"},
    refs=_REFS,
    rule="holds",
    check=problems_of_measures,
)
MILESTONES: Final = Table(
    Milestone,
    MilestonePlan,
    columns={"of": "subject"},
    refs=_REFS,
    rule="holds",
    check=problems_of_measures,
)
