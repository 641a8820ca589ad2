"""Phase 1, closed and signed: ticked, measured, judged, decided, and phase 2 started."""

from decimal import Decimal
from typing import Final

from phases import gates
from phases.evidence import evidence_digest
from phases.models import Criterion, Gate, Rollout
from phases.permissions import RoleName
from phases.services import (
    Chosen,
    Confirmation,
    Shown,
    judge_criterion,
    record_baseline,
    sign_gate,
    start_phase,
    start_rollout,
    tick_item,
)
from phases.services.gates import current_evidence
from phases.states import Decision
from rollout_portal.accounts.models import User
from rollout_portal.console.demo import testers, voices
from rollout_portal.console.demo.calendar import Calendar
from rollout_portal.lib import clock

# What was measured in week 1: metric, value, unit, observations.
BASELINES: Final = (
    ("api-response-time", "640", "ms", 9_214),
    ("content-load-time", "2900", "ms", 4_377),
    ("engagement", "52", "%", 10),
    ("error-rate", "0.42", "%", 9_214),
    ("resource-utilisation", "61.5", "%", 336),
)


def play(rollout: Rollout, cast: dict[RoleName, User], calendar: Calendar) -> None:
    """Run plan week 1 up to the start of phase 2."""
    owner, engineer = cast[RoleName.PRODUCT_OWNER], cast[RoleName.RELEASE_ENGINEER]
    first = rollout.phases.get(code="1")
    with calendar.at(0, 4, 15):
        start_rollout(rollout=rollout, by=owner, anchor=calendar.anchor)
    with calendar.at(1, 0, 9):
        start_phase(phase=first, by=engineer, reason="The team of ten has its accounts.")
    testers.bring_team(rollout, cast, calendar)
    for number, item in enumerate(rollout.checklistitems.order_by("position")):
        with calendar.at(1, 1 + number // 4, 10 + number % 4, 15):
            by = cast[RoleName(item.owner_role)] if item.owner_role else engineer
            tick_item(item=item, by=by, evidence="Test alert seen in the team's channel")
    for number, (metric, value, unit, n) in enumerate(BASELINES):
        with calendar.at(1, 3, 14, 5 * number):
            record_baseline(
                phase=first,
                by=engineer,
                measure="monitoring.metric",
                subject=metric,
                value=Decimal(value),
                unit=unit,
                n=n,
                note="Mean of Monday to Thursday",
            )
    voices.publish(rollout, owner, calendar)
    judged = Criterion.objects.get(rollout=rollout, code="infrastructure-stable")
    with calendar.at(1, 4, 11, 20):
        judge_criterion(
            criterion=judged,
            by=engineer,
            holds=True,
            rationale="No restart and no alert in five days under the team's own load.",
        )
    with calendar.at(1, 4, 16, 10):
        sign(rollout.gates.get(code="gate-1-2"), owner, "")
    with calendar.at(2, 0, 9):
        start_phase(phase=rollout.phases.get(code="2"), by=engineer, reason="Testers are drawn this morning.")


def sign(gate: Gate, signer: User, reason: str) -> None:
    """Sign a gate as `go`, on what its page would have shown at that moment."""
    report = gates.evaluate(gate)
    evidence = current_evidence(gate, report)
    shown = (
        Shown(as_of=evidence.as_of, digest=evidence.digest)
        if evidence
        else Shown(as_of=report.as_of, digest=evidence_digest(report))
    )
    sign_gate(
        gate=gate,
        by=signer,
        chosen=Chosen(decision=Decision.GO, reason=reason),
        shown=shown,
        confirmation=Confirmation(typed_name=signer.name, confirmed_at=clock.now(), method="password"),
    )
