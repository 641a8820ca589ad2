"""The header of a plan file: what the rollout is, when and where its days are meant, and its goals."""

import re
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import AfterValidator, Field

from phases.documents.schema import Day, Line, PlanModel, Text, filled
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


_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def _languages(value: list[str]) -> list[str]:
    for code in value:
        if not _LANGUAGE.fullmatch(code):
            raise ValueError(_("“%s” is not a language code. Write them like ms, zh-hans, ta, en.") % code)
        if value.count(code) > 1:
            raise ValueError(_("The language “%s” stands here twice.") % code)
    return value


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError(_("“%s” is not a currency. Write its three letters: MYR.") % value)
    return value


class RolloutPlan(PlanModel):
    """The header. `anchor` is the first day of plan week 1; weeks become dates by it."""

    slug: Annotated[str, AfterValidator(_slug), Field(max_length=60)]
    name: Annotated[Line, Field(max_length=200)]
    product: Annotated[Line, Field(max_length=200)] = ""
    plan_version: Annotated[Line, Field(max_length=40)] = ""
    overview: Text = ""
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    languages: Annotated[list[str], AfterValidator(_languages)] = []
    currency: Annotated[str, AfterValidator(_currency)] = ""
    anchor: Day | None = None
    goals: list[GoalPlan] = []


def load(rollout: Rollout, plan: RolloutPlan, by: User | None) -> list[PlanProblem]:
    """Write the header into the rollout; its slug is what it was found by."""
    values: dict[str, Any] = {
        "name": plan.name,
        "product": plan.product,
        "version": plan.plan_version,
        "overview": plan.overview,
        "time_zone": plan.time_zone,
        "languages": plan.languages,
        "currency": plan.currency,
        "anchor": plan.anchor,
    }
    for name, value in values.items():
        setattr(rollout, name, value)
    rollout.save(update_fields=list(values))
    return load_goals(
        rollout, [(goal, None, ("goals", position)) for position, goal in enumerate(plan.goals)]
    )


def dump(rollout: Rollout) -> RolloutPlan:
    """Return the header of a rollout."""
    values: dict[str, Any] = {
        "slug": rollout.slug,
        "name": rollout.name,
        "product": rollout.product,
        "plan_version": rollout.version,
        "overview": rollout.overview,
        "time_zone": rollout.time_zone,
        "languages": rollout.languages,
        "currency": rollout.currency,
        "anchor": rollout.anchor,
        "goals": dump_goals(rollout.objectives.filter(phase=None)).get(None, []),
    }
    return filled(RolloutPlan, **values)


def prune(rollout: Rollout, plan: RolloutPlan) -> list[PlanProblem]:
    """Remove the goals of the whole rollout that the file no longer has."""
    return prune_goals(rollout.objectives.filter(phase=None), {goal.code for goal in plan.goals})
