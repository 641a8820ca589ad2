"""A rollout with three weeks of readings, for pages and their pictures."""

import math
from datetime import date, timedelta
from decimal import Decimal

from monitoring import services
from monitoring.intake import NewReading
from monitoring.models import Metric, Reading
from phases.models import Rollout
from phases.states import PhaseState
from rollout_portal.accounts.models import User
from tests.factories import make_phase
from tests.monitoring.factories import NOON, make_metric, make_rollout, make_target

GAP = (NOON - timedelta(days=4), NOON - timedelta(days=2, hours=15))
PHASES = (
    ("1", "Internal testing", 1, 1),
    ("2", "Beta user program", 2, 5),
    ("3", "Limited rollout", 6, 7),
    ("4", "Expanded rollout", 8, 8),
    ("5", "Full rollout", 9, 9),
)


def build() -> Rollout:
    """Phase 1 is done, phase 2 runs; targets come with phase 3."""
    rollout = make_rollout(anchor=date(2026, 11, 2), overview="The Education Hub, step by step.")
    phases = {
        code: make_phase(rollout, code, name=name, start_week=first, end_week=last)
        for code, name, first, last in PHASES
    }
    first, second = phases["1"], phases["2"]
    first.state, first.started_at = PhaseState.COMPLETED, NOON - timedelta(days=18)
    first.ended_at = second.started_at = NOON - timedelta(days=11)
    second.state = PhaseState.ACTIVE
    first.save()
    second.save()
    _metrics(rollout)
    errors = Metric.objects.get(rollout=rollout, code="error-rate")
    for code, rule in (("2", "< 0.5 %"), ("3", "< 0.5 %"), ("4", "< 0.3 %"), ("5", "< 0.2 %")):
        make_target(errors, rule, "> 1 %", phase=phases[code])
    views = Metric.objects.get(rollout=rollout, code="content-view-rate")
    make_target(views, "> 30 %", phase=phases["3"])
    response = Metric.objects.get(rollout=rollout, code="api-response-time")
    make_target(response, "< 500 ms", "> 1 s")
    make_target(Metric.objects.get(rollout=rollout, code="crash-rate"), "< 1 %", "> 2 %")
    return rollout


def _metrics(rollout: Rollout) -> None:
    make_metric(
        rollout,
        "error-rate",
        name="Error rate",
        description="Share of API requests that fail",
        group="Performance",
        cadence=timedelta(hours=3),
        max_age=timedelta(hours=6),
        position=2,
        owner_role="release_engineer",
    )
    make_metric(
        rollout,
        "api-response-time",
        name="API response time",
        unit="ms",
        kind=Metric.Kind.GAUGE,
        group="Performance",
        position=1,
    )
    make_metric(rollout, "crash-rate", name="Crash rate", group="Performance", position=3)
    make_metric(
        rollout,
        "content-view-rate",
        name="Content view rate",
        direction=Metric.Direction.UP,
        noun="people",
        source="Google Analytics",
        group="Engagement",
        position=4,
    )
    make_metric(
        rollout,
        "quiz-completion-rate",
        name="Quiz completion rate",
        direction=Metric.Direction.UP,
        group="Engagement",
        position=5,
    )


def fill(rollout: Rollout, by: User) -> None:
    """Three weeks of readings, one every three hours, with a peak, a gap and a correction."""
    batch: list[NewReading] = []
    for step in range(18 * 8):
        at = NOON - timedelta(days=18) + timedelta(hours=3 * step) + timedelta(hours=3)
        if GAP[0] < at < GAP[1]:
            continue
        wave = Decimal(round(0.4 + 0.06 * math.sin(step / 3) - step * 0.0006, 3)).quantize(Decimal("0.001"))
        peak = Decimal("0.4") if step in (64, 65) else Decimal(0)
        batch.append(NewReading("error-rate", at, wave + peak, n=17_000 + 31 * step))
        batch.append(NewReading("api-response-time", at, Decimal(1180 if step > 140 else 400 + step)))
        batch.append(NewReading("crash-rate", at, Decimal("1.5"), n=900))
        batch.append(NewReading("content-view-rate", at, Decimal(20 + step // 10), n=47))
    services.record_readings(rollout=rollout, readings=batch, by=by)
    wrong = Reading.objects.filter(metric__code="error-rate").order_by("-at")[3]
    services.correct_reading(
        reading=wrong, value=Decimal("0.33"), n=wrong.n, by=by, reason="Counted the health checks too"
    )
