"""The models of the room, by subject."""

from monitoring.models.metrics import Metric, Reading, ReadingQuerySet, Target, unit_choices
from monitoring.models.safety import EscalationContact, OnCallShift, Runbook, RunbookStep, Trigger

__all__ = [
    "EscalationContact",
    "Metric",
    "OnCallShift",
    "Reading",
    "ReadingQuerySet",
    "Runbook",
    "RunbookStep",
    "Target",
    "Trigger",
    "unit_choices",
]
