"""The colour of a metric: exact, in the right unit, for the phase that runs, and in few queries."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.lights import Colour, lights
from monitoring.models import Metric
from phases.models import Rollout
from phases.states import Outcome, PhaseState
from rollout_portal.accounts.models import User
from tests.monitoring.factories import (
    NOON,
    make_metric,
    make_phase,
    make_reading,
    make_target,
)


@pytest.mark.parametrize(
    ("unit", "target", "alert", "value", "colour"),
    [
        ("%", "< 0.5 %", "> 1 %", "0.49", Colour.GREEN),
        ("%", "< 0.5 %", "> 1 %", "0.5", Colour.AMBER),
        ("%", "< 0.5 %", "> 1 %", "1", Colour.AMBER),
        ("%", "< 0.5 %", "> 1 %", "1.000000001", Colour.RED),
        ("%", "< 1 %", "> 2 %", "0.8", Colour.GREEN),
        ("%", "< 1 %", "> 2 %", "1.5", Colour.AMBER),
        ("%", "< 1 %", "> 2 %", "2.0", Colour.AMBER),
        ("%", "< 1 %", "> 2 %", "2.1", Colour.RED),
        ("ms", "< 500 ms", "> 1 s", "1200", Colour.RED),
        ("ms", "< 500 ms", "> 1 s", "1000", Colour.AMBER),
        ("s", "< 500 ms", "> 1 s", "0.499", Colour.GREEN),
        ("s", "< 500 ms", "", "0.5", Colour.AMBER),
        ("min", "> 5 min", "", "5", Colour.AMBER),
        ("s", "> 5 min", "", "301", Colour.GREEN),
        ("%", "> 70 %", "", "69.96", Colour.AMBER),
        ("ms", "", "> 1 s", "999", Colour.GREEN),
        ("ms", "", "> 1 s", "1001", Colour.RED),
        ("ms", "", "", "1001", Colour.WHITE),
    ],
)
def test_a_value_has_the_colour_of_its_target(
    rollout: Rollout, engineer: User, unit: str, target: str, alert: str, value: str, colour: Colour
) -> None:
    metric = make_metric(rollout, unit=unit, kind=Metric.Kind.GAUGE)
    if target or alert:
        make_target(metric, target, alert)
    make_reading(metric, value, by=engineer)

    [light] = lights(rollout, NOON)

    assert (light.colour, light.value) == (colour, Decimal(value))


def test_without_a_reading_there_is_no_data(rollout: Rollout) -> None:
    make_target(make_metric(rollout), "< 0.5 %")
    [light] = lights(rollout, NOON)
    assert (light.colour, light.outcome, light.value) == (Colour.GREY, Outcome.NO_DATA, None)


def test_a_reading_that_is_too_old_is_stale_and_never_green(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout, max_age=timedelta(minutes=15))
    make_target(metric, "< 0.5 %")
    make_reading(metric, "0.3", by=engineer)
    assert lights(rollout, NOON + timedelta(minutes=15))[0].colour == Colour.GREEN
    assert lights(rollout, NOON + timedelta(minutes=15, seconds=1))[0].colour == Colour.STALE


def test_a_rate_over_nothing_is_no_data(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout)
    make_target(metric, "< 0.5 %")
    make_reading(metric, "0", by=engineer, n=0)
    assert lights(rollout, NOON)[0].colour == Colour.GREY


def test_each_phase_has_a_target_of_its_own(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout)
    fourth, fifth = make_phase(rollout, "4", running=True), make_phase(rollout, "5")
    make_target(metric, "< 0.3 %", phase=fourth)
    make_target(metric, "< 0.2 %", phase=fifth)
    make_reading(metric, "0.25", by=engineer)

    [light] = lights(rollout, NOON)
    assert (light.colour, light.rule, light.phase) == (Colour.GREEN, "under 0.3\u202f%", fourth)
    assert [(found.phase, found.target.value) for found in light.later] == [(fifth, Decimal("0.2"))]

    fourth.state, fifth.state = PhaseState.COMPLETED, PhaseState.ACTIVE
    fifth.started_at = NOON
    fourth.save()
    fifth.save()
    [light] = lights(rollout, NOON)
    assert (light.colour, light.phase) == (Colour.AMBER, fifth)


def test_of_two_running_phases_the_worse_one_shows(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout)
    for code, limit in (("3", "< 0.5 %"), ("4", "< 0.3 %")):
        make_target(metric, limit, phase=make_phase(rollout, code, running=True))
    make_reading(metric, "0.4", by=engineer)
    [light] = lights(rollout, NOON)
    assert (light.colour, light.phase.code if light.phase else "") == (Colour.AMBER, "4")


def test_a_part_of_a_phase_takes_the_target_of_the_whole(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout)
    whole = make_phase(rollout, "3")
    make_phase(rollout, "3A", parent=whole, running=True)
    make_target(metric, "< 9 %")
    make_target(metric, "< 0.5 %", phase=whole)
    make_reading(metric, "0.5", by=engineer)
    [light] = lights(rollout, NOON)
    assert (light.colour, light.rule) == (Colour.AMBER, "under 0.5\u202f%")


def test_a_phase_without_a_target_asks_nothing_but_names_what_comes(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout)
    make_phase(rollout, "2", running=True)
    third = make_phase(rollout, "3")
    make_target(metric, "< 0.5 %", phase=third)
    make_reading(metric, "0.6", by=engineer)
    [light] = lights(rollout, NOON)
    assert (light.colour, light.outcome, light.rule) == (Colour.WHITE, None, "")
    assert [found.phase for found in light.later] == [third]


def test_numbers_are_shown_on_their_own_side_of_the_target(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout)
    make_target(metric, "> 70 %")
    make_reading(metric, "69.9996", by=engineer)
    [light] = lights(rollout, NOON)
    assert (light.value_text, light.distance) == ("69.9996", "by 0.0004\u202fpoints")


@pytest.mark.parametrize("count", [1, 5])
def test_any_number_of_metrics_takes_four_queries(rollout: Rollout, engineer: User, count: int) -> None:
    phase = make_phase(rollout, "3", running=True)
    for number in range(count):
        metric = make_metric(rollout, f"metric-{number}")
        make_target(metric, "< 1 %", phase=phase)
        for minute in range(3):
            make_reading(metric, "0.5", by=engineer, at=NOON - timedelta(minutes=minute))
    with CaptureQueriesContext(connection) as queries:
        found = [
            (light.word, light.rule, light.value_text, light.distance) for light in lights(rollout, NOON)
        ]
    assert found == [("Met", "under 1\u202f%", "0.5", "by 0.5\u202fpoints")] * count
    assert len(queries) == 4
