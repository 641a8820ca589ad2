"""What an act on a criterion will do, said before the button."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases.gates import GateReport, Overlay, evaluate
from phases.models import Criterion, Gate, SignOff
from phases.registry import Measured


def effect_of_judging(criterion: Criterion, now: datetime) -> list[str]:
    """Say how the gate would stand with either answer, without recording one."""
    yes, no = (_with_answer(criterion, now, answer) for answer in (Decimal(1), Decimal(0)))
    return [
        _("If it holds: %s.") % _counts(yes),
        _("If it does not hold: %s.") % _counts(no),
        _("The newest judgement counts. The earlier ones stay on the record."),
        *standing_signatures(criterion.gate),
    ]


def effect_of_waiving(criterion: Criterion) -> list[str]:
    """Say what a waiver does, and whom it binds."""
    return [
        _("“%s” counts from now until the end of the day you name, by your name.") % criterion,
        _("The waiver stands in the evidence that is signed, with your reason."),
        _("You cannot be the only one to sign this gate."),
        *standing_signatures(criterion.gate),
    ]


def effect_of_ending_a_waiver(criterion: Criterion) -> list[str]:
    """Say what the end of a waiver does."""
    return [
        _("“%s” counts again only by its own figure, from this moment.") % criterion,
        *standing_signatures(criterion.gate),
    ]


def effect_of_changing(criterion: Criterion) -> list[str]:
    """Say what a changed rule does."""
    return [
        _("The gate is read by the new rule at once."),
        _("Whoever changes a rule of a running rollout cannot be the only one to sign its gate."),
        *standing_signatures(criterion.gate),
    ]


def effect_of_a_baseline(gates: list[Gate]) -> list[str]:
    """Say what a frozen figure does."""
    return [
        _("Later readings are held against this figure."),
        _("It cannot be changed. A new one replaces it, and this one stays on the record."),
        _("Whoever records it cannot be the only one to sign a gate that is held against it."),
        *[sentence for gate in gates for sentence in standing_signatures(gate)],
    ]


def standing_signatures(gate: Gate) -> list[str]:
    """Say how many signatures become stale when something they rest on changes; empty without one."""
    signed = SignOff.objects.filter(evidence__gate=gate, evidence__closed_at__isnull=True).count()
    if not signed:
        return []
    text = ngettext(
        "%(n)s signature on “%(gate)s” becomes stale and is asked for again.",
        "%(n)s signatures on “%(gate)s” become stale and are asked for again.",
        signed,
    )
    return [text % {"n": signed, "gate": gate}]


def _with_answer(criterion: Criterion, now: datetime, answer: Decimal) -> GateReport:
    judged = Measured(value=answer, as_of=now)
    return evaluate(criterion.gate, now, Overlay({criterion.code: judged}))


def _counts(report: GateReport) -> str:
    done = report.counting
    text = ngettext("%(done)s of %(all)s criteria counts", "%(done)s of %(all)s criteria count", done)
    return text % {"done": done, "all": len(report.deciding)}
