"""The models of the room, by subject."""

from phases.models.api import ApiToken, IdempotentRequest
from phases.models.base import PlanItem
from phases.models.checklists import Checklist, ChecklistItem
from phases.models.gates import (
    Baseline,
    Criterion,
    Evidence,
    Gate,
    Judgement,
    SignOff,
    SignOffRequirement,
    Waiver,
)
from phases.models.phases import Objective, Phase, PhaseTransition, PopulationBase, StopHookRun
from phases.models.rollouts import Role, Rollout

__all__ = [
    "ApiToken",
    "Baseline",
    "Checklist",
    "ChecklistItem",
    "Criterion",
    "Evidence",
    "Gate",
    "IdempotentRequest",
    "Judgement",
    "Objective",
    "Phase",
    "PhaseTransition",
    "PlanItem",
    "PopulationBase",
    "Role",
    "Rollout",
    "SignOff",
    "SignOffRequirement",
    "StopHookRun",
    "Waiver",
]
