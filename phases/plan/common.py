"""What sections of several rooms share: owners, phases, measures, repetition, agendas."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import AfterValidator, Field

from phases.documents.schema import KeyRefused, Line, PlanModel, Rule, length_text, nearest, one_of
from phases.documents.tables import Kept, Placed, Ref
from phases.models import Phase, PlannedRole, Repeats, Rollout, Weekday
from phases.models.gates import JUDGEMENT
from phases.registry import PlanProblem, measures

OWNER: Final = Ref(PlannedRole, gettext_lazy("role of the plan"))
PHASE: Final = Ref(Phase, gettext_lazy("phase"))

OWNERS: Final = Ref(PlannedRole, gettext_lazy("role of the plan"), many=True)

RepeatsText = Annotated[str, one_of(Repeats)]
WeekdayText = Annotated[str, one_of(Weekday)]

_MEASURE: Final = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")


def _measure_name(value: str) -> str:
    if not _MEASURE.fullmatch(value):
        raise ValueError(_("“%s” is not the name of a measure. They are like feedback.nps.") % value)
    if value == JUDGEMENT:
        raise ValueError(
            _("What a person decides has no measure. Name the role: judged_by: release_engineer")
        )
    return value


MeasureName = Annotated[str, AfterValidator(_measure_name), Field(max_length=60)]
"""The name of a measure: feedback.nps."""


def problems_of_measures(rollout: Rollout, placed: Sequence[Placed]) -> list[PlanProblem]:
    """Tell of measures that this portal does not know: what waits for them is never reached."""
    known = measures()
    return [
        PlanProblem(
            (*one.path, "measure"),
            _("Nothing in this portal measures “%s” yet.") % one.plan.measure
            + " "
            + nearest(one.plan.measure, sorted(known)),
            is_warning=True,
        )
        for one in placed
        if one.plan.measure and one.plan.measure not in known
    ]


def measure_has_a_rule(measure: str | None, of: str, holds: Rule | None) -> None:
    """Refuse a measure without a rule, and a subject without a measure."""
    if measure and holds is None:
        raise KeyRefused("measure", _("A measure needs a rule. Add one such as: holds: at least 40"))
    if of and not measure:
        raise KeyRefused("of", _("“%s” belongs to a measure, and there is none here. Take it out.") % "of")


def weekday_of_a_week(repeats: str | None, weekday: str | None) -> None:
    """Refuse a day of the week where nothing comes again weekly."""
    if weekday and repeats not in (Repeats.WEEKLY, Repeats.FORTNIGHTLY):
        raise KeyRefused(
            "weekday", _("A weekday belongs to what comes again weekly or fortnightly: repeats: weekly")
        )


class AgendaPlan(PlanModel):
    """One point of an agenda, and how many minutes it has."""

    text: Annotated[Line, Field(max_length=200)]
    minutes: Annotated[int, Field(ge=1, le=1440)]


AGENDA: Final = Kept(
    into_row=lambda points: [point.model_dump() for point in points],
    out_of_row=lambda points: [AgendaPlan(**point) for point in points],
)


def agenda_fits(rollout: Rollout, placed: Sequence[Placed]) -> list[PlanProblem]:
    """Warn where the points of an agenda take another time than the whole."""
    found = []
    for one in placed:
        minutes = sum(point.minutes for point in one.plan.agenda)
        if one.plan.agenda and one.plan.takes and one.plan.takes != timedelta(minutes=minutes):
            message = _("The points of the agenda take %(minutes)d minutes, the whole takes %(whole)s.")
            values = {"minutes": minutes, "whole": length_text(one.plan.takes)}
            found.append(PlanProblem((*one.path, "agenda"), message % values, is_warning=True))
    return found


def distinct(key: str, values: Sequence[Any], message: str) -> None:
    """Refuse a list in which something stands twice."""
    for value in values:
        if values.count(value) > 1:
            raise KeyRefused(key, message % value)
