"""The models of the room, by subject."""

from phases.models.api import ApiToken, IdempotentRequest
from phases.models.base import PlanItem
from phases.models.checklists import Checklist, ChecklistItem
from phases.models.findings import SettledFinding
from phases.models.gates import (
    Baseline,
    Criterion,
    Evidence,
    Gate,
    Judgement,
    ReadingFailure,
    SignOff,
    SignOffRequirement,
    Waiver,
)
from phases.models.phases import Objective, Phase, PhaseTransition, PopulationBase, StopHookRun
from phases.models.rollouts import Role, Rollout
from phases.models.stewardship import (
    Blackout,
    BudgetLine,
    PlanDecision,
    Resource,
    Review,
    Risk,
    WorkCalendar,
)
from phases.models.timing import Figured, Repeated, Repeats, Timed, Weekday
from phases.models.work import (
    Activity,
    ActivityItem,
    Deliverable,
    Milestone,
    Owned,
    PlannedRole,
    PlanWeek,
)

__all__ = [
    "Activity",
    "ActivityItem",
    "ApiToken",
    "Baseline",
    "Blackout",
    "BudgetLine",
    "Checklist",
    "ChecklistItem",
    "Criterion",
    "Deliverable",
    "Evidence",
    "Figured",
    "Gate",
    "IdempotentRequest",
    "Judgement",
    "Milestone",
    "Objective",
    "Owned",
    "Phase",
    "PhaseTransition",
    "PlanDecision",
    "PlanItem",
    "PlanWeek",
    "PlannedRole",
    "PopulationBase",
    "ReadingFailure",
    "Repeated",
    "Repeats",
    "Resource",
    "Review",
    "Risk",
    "Role",
    "Rollout",
    "SettledFinding",
    "SignOff",
    "SignOffRequirement",
    "StopHookRun",
    "Timed",
    "Waiver",
    "Weekday",
    "WorkCalendar",
]
