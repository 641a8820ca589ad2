"""The header of a plan file: what the rollout is, when and where its days are meant, and its goals."""

from typing import Annotated, Any, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import AfterValidator, Field, model_validator

from phases.documents.rows import runs
from phases.documents.schema import Currency, Day, KeyRefused, Languages, Line, PlanModel, Text, filled
from phases.models import Rollout
from phases.models.rollouts import RESERVED_SLUGS, validate_slug
from phases.plan.goals import GoalPlan, dump_goals, load_goals, prune_goals
from phases.registry import PlanProblem
from rollout_portal.accounts.models import User, validate_time_zone


def _slug(value: str) -> str:
    try:
        validate_slug(value)
    except ValidationError as error:
        raise ValueError(error.messages[0]) from error
    if value in RESERVED_SLUGS:
        raise ValueError(_("“%s” is a word of the portal itself. Choose another one.") % value)
    return value


def _zone(value: str) -> str:
    try:
        validate_time_zone(value)
    except ValidationError as error:
        raise ValueError(error.messages[0]) from error
    return value


class RolloutPlan(PlanModel):
    """The header. `anchor` is the first day of plan week 1; weeks become dates by it."""

    slug: Annotated[str, AfterValidator(_slug), Field(max_length=60)]
    name: Annotated[Line, Field(max_length=200)]
    product: Annotated[Line, Field(max_length=200)] = ""
    plan_version: Annotated[Line, Field(max_length=40)] = ""
    plan_status: Annotated[Line, Field(max_length=60)] = ""
    plan_updated: Day | None = None
    overview: Text = ""
    conclusion: Text = ""
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    languages: Languages = []
    currency: Currency = ""
    anchor: Day | None = None
    done_by: Day | None = None
    goals: list[GoalPlan] = []

    @model_validator(mode="after")
    def _is_done_after_it_began(self) -> Self:
        if self.anchor and self.done_by and self.done_by < self.anchor:
            raise KeyRefused("done_by", _("The plan begins on %s, which is later.") % self.anchor.isoformat())
        return self


def load(rollout: Rollout, plan: RolloutPlan, by: User | None) -> list[PlanProblem]:
    """Write the header into the rollout; its slug is what it was found by."""
    values: dict[str, Any] = {
        "name": plan.name,
        "product": plan.product,
        "version": plan.plan_version,
        "plan_status": plan.plan_status,
        "plan_updated_on": plan.plan_updated,
        "overview": plan.overview,
        "conclusion": plan.conclusion,
        "time_zone": plan.time_zone,
        "languages": plan.languages,
        "currency": plan.currency,
        "anchor": plan.anchor,
        "target_on": plan.done_by,
    }
    problems = _moves_what_has_started(rollout, plan)
    if not problems:
        for name, value in values.items():
            setattr(rollout, name, value)
        rollout.save(update_fields=list(values))
    goals = [(goal, None, ("goals", position)) for position, goal in enumerate(plan.goals)]
    return [*problems, *load_goals(rollout, goals)]


def _moves_what_has_started(rollout: Rollout, plan: RolloutPlan) -> list[PlanProblem]:
    """Refuse another anchor or zone once a phase has started: its planned days would be others."""
    begun = rollout.phases.filter(started_at__isnull=False).order_by("position", "pk").first()
    if begun is None or not runs(rollout):
        return []
    found = []
    if plan.anchor != rollout.anchor:
        message = _("“%(phase)s” has started, and its planned days follow the anchor. Keep it: %(key)s")
        key = f"anchor: {rollout.anchor.isoformat()}" if rollout.anchor else _("no anchor")
        found.append(PlanProblem(("anchor",), message % {"phase": begun.name, "key": key}))
    if plan.time_zone != rollout.time_zone:
        message = _("“%(phase)s” has started, and its hours are in this zone. Keep it: time_zone: %(zone)s")
        found.append(PlanProblem(("time_zone",), message % {"phase": begun.name, "zone": rollout.time_zone}))
    return found


def dump(rollout: Rollout) -> RolloutPlan:
    """Return the header of a rollout."""
    values: dict[str, Any] = {
        "slug": rollout.slug,
        "name": rollout.name,
        "product": rollout.product,
        "plan_version": rollout.version,
        "plan_status": rollout.plan_status,
        "plan_updated": rollout.plan_updated_on,
        "overview": rollout.overview,
        "conclusion": rollout.conclusion,
        "time_zone": rollout.time_zone,
        "languages": rollout.languages,
        "currency": rollout.currency,
        "anchor": rollout.anchor,
        "done_by": rollout.target_on,
        "goals": dump_goals(rollout.objectives.filter(phase=None)).get(None, []),
    }
    return filled(RolloutPlan, **values)


def prune(rollout: Rollout, plan: RolloutPlan) -> list[PlanProblem]:
    """Remove the goals of the whole rollout that the file no longer has."""
    return prune_goals(rollout.objectives.filter(phase=None), {goal.code for goal in plan.goals})
