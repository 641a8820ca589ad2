"""Metrics at a gate: strict to the digit, and what is signed on them breaks by a correction alone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from monitoring import services
from monitoring.models import Metric
from phases import gates
from phases.evidence import as_evidence, changes
from phases.models import Criterion, Gate, Rollout
from phases.states import Outcome, Reason
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from tests.factories import make_criterion, make_gate
from tests.monitoring.factories import make_metric, make_phase, make_reading


@pytest.fixture
def gate(rollout: Rollout) -> Gate:
    return make_gate(rollout, make_phase(rollout, "3", running=True), make_phase(rollout, "4"))


def criterion(
    gate: Gate, subject: str, comparator: str, threshold: str, unit: str, **fields: Any
) -> Criterion:
    return make_criterion(
        gate,
        subject,
        measure="monitoring.metric",
        subject=subject,
        comparator=comparator,
        threshold=Decimal(threshold),
        unit=unit,
        **fields,
    )


@pytest.mark.parametrize(
    ("unit", "kind", "comparator", "threshold", "asked", "value", "outcome"),
    [
        ("%", "rate", "<", "0.5", "%", "0.5", Outcome.NOT_MET),
        ("%", "rate", "<", "0.5", "%", "0.49", Outcome.MET),
        ("%", "rate", "<", "0.3", "%", "0.3", Outcome.NOT_MET),
        ("%", "rate", ">", "30", "%", "31", Outcome.MET),
        ("%", "rate", ">", "70", "%", "69.96", Outcome.NOT_MET),
        ("s", "gauge", ">", "5", "min", "300", Outcome.NOT_MET),
        ("s", "gauge", ">", "5", "min", "301", Outcome.MET),
        ("ms", "gauge", "<", "1", "s", "1200", Outcome.NOT_MET),
    ],
)
def test_a_gate_reads_a_metric_exactly_and_in_its_own_unit(
    gate: Gate, engineer: User, unit: str, kind: str, comparator: str, threshold: str, asked: str, value: str,
    outcome: Outcome,
) -> None:  # fmt: skip
    metric = make_metric(gate.rollout, "figure", unit=unit, kind=kind)
    criterion(gate, "figure", comparator, threshold, asked)
    make_reading(metric, value, by=engineer)
    assert gates.evaluate(gate).result_of("figure").outcome == outcome


def test_without_a_reading_the_gate_says_who_could_send_one(gate: Gate) -> None:
    make_metric(gate.rollout)
    criterion(gate, "error-rate", "<", "0.5", "%")
    result = gates.evaluate(gate).result_of("error-rate")
    assert (result.outcome, result.reason) == (Outcome.NO_DATA, Reason.NEVER)
    assert [need.text for need in result.needs] == ["a reading of “Error rate” from Firebase"]


def test_an_old_reading_is_stale_by_the_rule_of_the_gate(gate: Gate, engineer: User) -> None:
    metric = make_metric(gate.rollout)
    criterion(gate, "error-rate", "<", "0.5", "%", max_age=timedelta(hours=2))
    make_reading(metric, "0.1", by=engineer, at=clock.now() - timedelta(hours=2, minutes=1))
    assert gates.evaluate(gate).result_of("error-rate").outcome == Outcome.STALE


def test_a_metric_that_is_not_there_never_opens_a_gate(gate: Gate) -> None:
    criterion(gate, "error-rate", "<", "0.5", "%")
    result = gates.evaluate(gate).result_of("error-rate")
    assert (result.outcome, result.reason) == (Outcome.NO_DATA, Reason.UNKNOWN_MEASURE)


@pytest.mark.parametrize("window", ["latest", "24h"])
def test_new_readings_leave_the_evidence_whole_and_a_correction_breaks_it(
    gate: Gate, engineer: User, window: str
) -> None:
    metric: Metric = make_metric(gate.rollout)
    criterion(gate, "error-rate", "<", "0.5", "%", window=window)
    read = make_reading(metric, "0.31", by=engineer, at=clock.now() - timedelta(minutes=5))
    frozen = as_evidence(gates.evaluate(gate))
    make_reading(metric, "0.35", by=engineer, at=clock.now())
    assert changes(frozen, gates.evaluate(gate)) == []
    services.correct_reading(reading=read, value=Decimal("0.32"), by=engineer, reason="Typo")
    assert [change.kind for change in changes(frozen, gates.evaluate(gate))] == ["source"]
