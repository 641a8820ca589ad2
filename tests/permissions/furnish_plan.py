"""Puts one of everything that is only planned into a rollout: work, risks, money, reviews, working time."""

from datetime import time, timedelta
from typing import Any

from phases.models import (
    Activity,
    ActivityItem,
    Blackout,
    BudgetLine,
    Deliverable,
    Milestone,
    PlanDecision,
    PlanItem,
    PlannedRole,
    PlanWeek,
    Resource,
    Review,
    Risk,
    WorkCalendar,
)
from tests.permissions.sides import NOON, Side


def everything(side: Side) -> None:
    """Put one of everything that is planned into the rollout of `side`."""
    lead = _add(side, PlannedRole, "lead", name=side.words("Lead")[:120], person=side.words("Person")[:120])
    role = _add(
        side, PlannedRole, "ops", name=side.words("Ops")[:120], backup=lead, duties=[side.words("Do")]
    )
    side.things |= {"role_planned": role}
    when = {"starts_on": NOON.date(), "at": time(9)}
    mine: dict[str, Any] = {"owner": role, "phase": side.find("phase")}
    words = side.words("Words")
    _add(side, WorkCalendar, "calendar", name=words, days=["monday"])
    _add(side, Blackout, "blackout", text=words, allows=words, **when)
    _add(side, PlanWeek, "week", number=1, goal=words)
    activity = _add(
        side, Activity, "activity", text=words, note=words, takes=timedelta(hours=1), **mine, **when
    )
    _add(side, ActivityItem, "part", activity=activity, text=words)
    _add(side, Deliverable, "deliverable", text=words, percent=70, **mine, **when)
    _add(side, Milestone, "milestone", text=words, celebration=words, **mine, **when)
    _add(
        side, Risk, "risk", text=words, category=words[:80], likelihood="low", impact="high",
        mitigation=words, contingency=words, **mine,
    )  # fmt: skip
    _add(side, BudgetLine, "money", text=words, amount=5, currency="USD", note=words, **mine)
    _add(side, PlanDecision, "decision", question=words, options=[words], **mine, **when)
    _add(side, Review, "review", text=words, participants=words, **mine, **when)
    _add(side, Resource, "resource", name=words, link="https://example.org/", audience=words, **mine, **when)


def _add(side: Side, model: type[PlanItem], code: str, **fields: Any) -> Any:
    return model._default_manager.create(rollout=side.rollout, code=side.code(code), **fields)
