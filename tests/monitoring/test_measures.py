"""What a gate reads of a metric."""

from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring import measures, services
from monitoring.models import Metric, Reading
from phases.models import Phase, Rollout
from phases.registry import Measured, find_measure
from phases.states import Reason
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from tests.monitoring.factories import NOON, make_metric, make_phase, make_reading

HOUR = timedelta(hours=1)


@pytest.fixture
def metric(rollout: Rollout) -> Metric:
    return make_metric(rollout)


def read(
    rollout: Rollout, window: str = "latest", phase: Phase | None = None, ago: timedelta = timedelta()
) -> Measured:
    found = find_measure("monitoring.metric")
    assert found is not None
    return found.function(
        rollout=rollout, phase=phase, subject="error-rate", window=window, as_of=NOON - ago
    )  # fmt: skip


def test_the_latest_value_with_everything_behind_it(rollout: Rollout, engineer: User, metric: Metric) -> None:
    make_reading(metric, "0.4", by=engineer, at=NOON - HOUR)
    newest = make_reading(
        metric, "0.31", by=engineer, at=NOON - timedelta(minutes=2), n=18204, source="Datadog"
    )
    assert read(rollout) == Measured(
        value=Decimal("0.31"),
        n=18204,
        as_of=newest.at,
        sources=(f"monitoring.reading:{newest.uuid}",),
        unit="%",
        noun="requests",
        source="Datadog",
    )


def test_only_what_was_known_at_the_moment_counts(rollout: Rollout, engineer: User, metric: Metric) -> None:
    make_reading(metric, "0.1", by=engineer, at=NOON - 3 * HOUR)
    make_reading(metric, "0.2", by=engineer, at=NOON - 2 * HOUR, recorded_at=NOON)
    assert read(rollout).value == Decimal("0.2")
    assert read(rollout, ago=HOUR).value == Decimal("0.1")
    assert read(rollout, ago=4 * HOUR).reason == Reason.NEVER


def test_a_mean_is_weighted_by_observations(rollout: Rollout, engineer: User, metric: Metric) -> None:
    make_reading(metric, "1", by=engineer, at=NOON - HOUR, n=100)
    make_reading(metric, "0.2", by=engineer, at=NOON, n=300)
    found = read(rollout, "24h")
    assert (found.value, found.n, found.noun, found.as_of) == (Decimal("0.4"), 400, "requests", NOON)
    assert len(found.sources) == 2


def test_a_mean_is_plain_when_one_reading_does_not_say_how_many(
    rollout: Rollout, engineer: User, metric: Metric
) -> None:
    make_reading(metric, "1", by=engineer, at=NOON - HOUR, n=100)
    make_reading(metric, "0.2", by=engineer, at=NOON)
    found = read(rollout, "24h")
    assert (found.value, found.n, found.noun) == (Decimal("0.6"), 2, "readings")


def test_a_window_begins_after_its_first_moment(rollout: Rollout, engineer: User, metric: Metric) -> None:
    make_reading(metric, "1", by=engineer, at=NOON - HOUR)
    make_reading(metric, "0.2", by=engineer, at=NOON)
    assert [read(rollout, window).value for window in ("60m", "3601s", "1h", "1d", "1w")] == [
        Decimal("0.2"),
        Decimal("0.6"),
        Decimal("0.2"),
        Decimal("0.6"),
        Decimal("0.6"),
    ]


def test_a_mean_is_exact_at_the_boundary(rollout: Rollout, engineer: User, metric: Metric) -> None:
    for minute, value in enumerate(["0.499999999", "0.5", "0.500000001"]):
        make_reading(metric, value, by=engineer, at=NOON - timedelta(minutes=minute))
    assert read(rollout, "1h").value == Decimal("0.5")
    make_reading(metric, "0.499999999", by=engineer, at=NOON - timedelta(minutes=9))
    mean = read(rollout, "1h").value
    assert mean is not None
    assert mean < Decimal("0.5")


def test_a_window_without_a_reading_is_too_old_or_never(
    rollout: Rollout, engineer: User, metric: Metric
) -> None:
    assert (read(rollout, "1h").value, read(rollout, "1h").reason) == (None, Reason.NEVER)
    make_reading(metric, "0.3", by=engineer, at=NOON - 2 * HOUR)
    found = read(rollout, "1h")
    assert (found.value, found.reason, found.as_of) == (None, Reason.TOO_OLD, NOON - 2 * HOUR)
    assert [need.text for need in found.needs] == ["a reading of “Error rate” from Firebase"]


def test_a_phase_is_read_from_its_start_to_its_end(rollout: Rollout, engineer: User, metric: Metric) -> None:
    phase = make_phase(rollout, "3", running=True)  # for seven days
    make_reading(metric, "9", by=engineer, at=NOON - timedelta(days=8))
    make_reading(metric, "0.2", by=engineer, at=NOON - timedelta(days=6))
    make_reading(metric, "0.4", by=engineer, at=NOON - timedelta(days=1))
    assert read(rollout, "phase", phase).value == Decimal("0.3")
    phase.ended_at = NOON - timedelta(days=2)
    assert read(rollout, "phase", phase).value == Decimal("0.2")


def test_a_phase_that_has_not_started_is_immature(rollout: Rollout, engineer: User, metric: Metric) -> None:
    make_reading(metric, "0.2", by=engineer)
    assert read(rollout, "phase", make_phase(rollout, "3")).reason == Reason.IMMATURE


def test_a_rate_over_nothing_is_no_evidence(rollout: Rollout, engineer: User, metric: Metric) -> None:
    make_reading(metric, "0", by=engineer, n=0)
    assert (read(rollout).reason, read(rollout, "1h").reason) == (Reason.NEVER, Reason.NEVER)
    make_reading(metric, "0.4", by=engineer, at=NOON - timedelta(minutes=5), n=10)
    assert (read(rollout).value, read(rollout, "1h").value) == (Decimal("0.4"), Decimal("0.4"))


def test_an_unknown_metric_is_an_unknown_measure(rollout: Rollout) -> None:
    assert read(rollout).reason == Reason.UNKNOWN_MEASURE


def test_a_metric_has_no_waves(rollout: Rollout, metric: Metric) -> None:
    with pytest.raises(LookupError):
        read(rollout, "wave")


def test_a_correction_breaks_what_cites_the_reading_and_new_data_does_not(
    rollout: Rollout, engineer: User, metric: Metric
) -> None:
    old = make_reading(metric, "0.31", by=engineer)
    cited = read(rollout).sources
    make_reading(metric, "0.32", by=engineer, at=NOON + HOUR)
    assert measures.broken(cited) == []
    services.correct_reading(reading=old, value=Decimal("0.33"), by=engineer, reason="Typo")
    assert measures.broken(cited) == list(cited)


def test_a_long_window_is_cited_as_one_span_and_breaks_like_its_readings(
    rollout: Rollout, engineer: User, metric: Metric
) -> None:
    for minute in range(measures.MOST_CITED + 1):
        make_reading(metric, "0.31", by=engineer, at=NOON - timedelta(minutes=minute))
    [cited] = read(rollout, "24h").sources
    make_reading(metric, "0.5", by=engineer, at=NOON - timedelta(seconds=30), recorded_at=clock.now())
    late = Reading.objects.get(value="0.5")
    services.correct_reading(reading=late, value=Decimal("0.6"), by=engineer, reason="Late and wrong")
    assert measures.broken([cited]) == []
    outside = make_reading(metric, "0.5", by=engineer, at=NOON - timedelta(days=2))
    services.correct_reading(reading=outside, value=Decimal("0.6"), by=engineer, reason="Typo")
    assert measures.broken([cited]) == []
    inside = Reading.objects.get(at=NOON - timedelta(minutes=50))
    services.correct_reading(reading=inside, value=None, by=engineer, reason="Test system")
    assert measures.broken([cited]) == [cited]
