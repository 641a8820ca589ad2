"""Goals, as they stand under the rollout and under each phase of a plan file."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from phases.documents.rows import Path, Wanted, remove_others, upsert
from phases.documents.schema import Coded, Line
from phases.models import Objective, Phase, Rollout
from phases.registry import PlanProblem
from phases.states import ObjectiveOutcome


class GoalPlan(Coded):
    """What the rollout or one of its phases is to achieve."""

    counted_as: ClassVar = gettext_lazy("goals")

    text: Annotated[Line, Field(max_length=500)]


def load_goals(rollout: Rollout, goals: Sequence[tuple[GoalPlan, Phase | None, Path]]) -> list[PlanProblem]:
    """Write the goals; each comes with its phase and its place in the section."""
    _rows, problems = upsert(
        Objective,
        rollout,
        [Wanted(goal.code, {"text": goal.text, "phase": phase}, path) for goal, phase, path in goals],
        settled=_settled,
    )
    return problems


def dump_goals(goals: QuerySet[Objective]) -> dict[int | None, list[GoalPlan]]:
    """Return these goals by the id of their phase; None has those of the whole rollout."""
    found: dict[int | None, list[GoalPlan]] = {}
    for goal in goals.order_by("position", "pk"):
        found.setdefault(goal.phase_id, []).append(GoalPlan(code=goal.code, text=goal.text))
    return found


def _settled(goal: Objective) -> str:
    if goal.outcome == ObjectiveOutcome.OPEN and not goal.note:
        return ""
    return _("“%s” has an outcome, which is about these words.") % goal


def prune_goals(goals: QuerySet[Objective], keep: set[str]) -> list[PlanProblem]:
    """Remove those of `goals` that the file no longer has; one with an outcome stays."""
    return remove_others(
        goals, keep, has_history=lambda goal: goal.outcome != ObjectiveOutcome.OPEN or bool(goal.note)
    )
