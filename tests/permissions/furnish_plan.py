"""Puts one of everything that is only planned into a rollout: work, risks, money, reviews, working time."""

from datetime import time, timedelta
from typing import Any

from comms.models import Announcement, Meeting, TrainingSession
from flags.models import Experiment, Flag, FlagRule, Variant
from monitoring.models import EscalationContact, OnCallShift, Runbook, RunbookStep, Trigger
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
    rooms(side, mine, when, words)


def rooms(side: Side, mine: dict[str, Any], when: dict[str, Any], words: str) -> None:
    """Put one of everything that the rooms above plan into the rollout of `side`."""
    gathering: dict[str, Any] = {
        "text": words, "audience": words, "agenda": [{"text": words, "minutes": 5}], "note": words,
    }  # fmt: skip
    _add(
        side, Announcement, "say", text=words, about=words, audience=words, channels=["email"], **mine, **when
    )
    _add(side, Meeting, "meet", **gathering, **mine, **when)
    _add(side, TrainingSession, "train", **gathering, **mine, **when)
    owner, phase = mine["owner"], mine["phase"]
    flag = _add(side, Flag, "flag", name=words, group=words[:80], about=words, owner=owner)
    _add(side, FlagRule, "flag-rule", flag=flag, phase=phase, segment=words[:120], mode="limited", note=words)
    experiment = _add(
        side, Experiment, "try", name=words, hypothesis=words, segment=words[:120], decided_by=words, **mine
    )
    _add(side, Variant, "variant", experiment=experiment, name=words)
    book = _add(side, Runbook, "book", name=words, about=words, decided_by=[owner.code], **mine)
    _add(side, RunbookStep, "step", runbook=book, text=words, command=words, verify=words, owner=owner)
    _add(
        side, Trigger, "trip", text=words, action="switch_off", switches_off=[flag.code], runbook=book, **mine
    )
    _add(side, EscalationContact, "next", level=1, topic=words, reach=words, owner=owner)
    _add(side, OnCallShift, "shift", primary=owner, days=["monday"], note=words, phase=phase, **when)


def _add(side: Side, model: type[PlanItem], code: str, **fields: Any) -> Any:
    return model._default_manager.create(rollout=side.rollout, code=side.code(code), **fields)
