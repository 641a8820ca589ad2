"""Small makers for metrics, targets and readings."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from monitoring import services
from monitoring.intake import NewReading
from monitoring.models import Metric, Reading, Target
from phases import tokens
from phases.models import Phase, Rollout
from phases.permissions import RoleName
from phases.states import PhaseState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from tests import factories
from tests.factories import make_member

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def make_rollout(slug: str = "medimate", **fields: Any) -> Rollout:
    return factories.make_rollout(slug=slug, **{"name": "MediMate Education Hub"} | fields)


def make_engineer(rollout: Rollout, name: str = "Daniel Wong") -> User:
    return make_member(rollout, RoleName.RELEASE_ENGINEER, name)


def make_phase(rollout: Rollout, code: str, *, running: bool = False, **fields: Any) -> Phase:
    state = {"state": PhaseState.ACTIVE, "started_at": NOON - timedelta(days=7)} if running else {}
    return Phase.objects.create(
        rollout=rollout, code=code, position=int(code[0]), **{"name": f"Phase {code}", **state, **fields}
    )


def make_metric(rollout: Rollout, code: str = "error-rate", **fields: Any) -> Metric:
    fields = {
        "name": code.replace("-", " ").capitalize(),
        "unit": "%",
        "kind": Metric.Kind.RATE,
        "direction": Metric.Direction.DOWN,
        "noun": "requests",
        "source": "Firebase",
        **fields,
    }
    return Metric.objects.create(rollout=rollout, code=code, **fields)


def make_target(metric: Metric, target: str = "", alert: str = "", **fields: Any) -> Target:
    """Make a target from text: `make_target(metric, "< 500 ms", "> 1 s")`."""
    said: dict[str, Any] = {}
    if target:
        comparator, value, *unit = target.split()
        said |= {"comparator": comparator, "value": Decimal(value), "unit": unit[0] if unit else ""}
    if alert:
        comparator, value, *unit = alert.split()
        said |= {
            "alert_comparator": comparator,
            "alert_value": Decimal(value),
            "alert_unit": unit[0] if unit else "",
        }
    phase = fields.get("phase")
    code = f"{metric.code}-{phase.code if phase else 'all'}"
    return Target.objects.create(rollout=metric.rollout, metric=metric, code=code, **said, **fields)


def make_reading(
    metric: Metric, value: str | Decimal, *, by: User, at: datetime | None = None, **fields: Any
) -> Reading:
    """Put a reading into the table as the service would, recorded at the moment it speaks of."""
    moment = at or NOON
    return Reading.objects.create(
        metric=metric,
        at=moment,
        value=Decimal(value),
        recorded_by=by,
        **{"recorded_at": moment, **fields},
    )


def entry(verb: str) -> AuditEvent:
    """Return the one entry of the record with this verb."""
    return AuditEvent.objects.get(verb=verb)


def after(verb: str) -> dict[str, Any]:
    """Return what the one entry with this verb says about the state after."""
    state = entry(verb).after
    assert isinstance(state, dict)
    return state


def record(rollout: Rollout, by: User, *readings: NewReading) -> services.Recorded:
    return services.record_readings(rollout=rollout, readings=readings, by=by)


def make_secret(
    rollout: Rollout, by: User, scopes: tuple[str, ...] = ("readings.write", "metrics.read")
) -> str:
    """Make a token and return its secret."""
    return tokens.create_token(
        rollout=rollout, name="prod-metrics", scopes=list(scopes), life=timedelta(days=30), by=by
    ).secret
