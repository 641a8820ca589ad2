"""The models of the room, by subject."""

from monitoring.models.metrics import DIGITS, PLACES, Metric, Reading, ReadingQuerySet, Target, unit_choices
from monitoring.models.safety import EscalationContact, OnCallShift, Runbook, RunbookStep, Trigger

__all__ = [
    "DIGITS",
    "PLACES",
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
