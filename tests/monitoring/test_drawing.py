"""The drawing of a metric: round axes, lines that break, nothing lost, nothing from outside unescaped."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring import charts
from monitoring.charts import Band, Chart, Limit, Mark
from monitoring.history import MOST_POINTS, History, Point, history
from monitoring.models import Metric, Reading
from phases.models import Rollout
from rollout_portal.accounts.models import User
from tests.monitoring.factories import NOON, make_metric, make_reading

DAY = timedelta(days=1)


def chart(points: list[Point], **fields: object) -> Chart:
    values = {
        "name": "Error rate",
        "unit": "%",
        "zone": ZoneInfo("Asia/Kuala_Lumpur"),
        "start": NOON - 7 * DAY,
        "end": NOON,
        "now": NOON,
        "history": History(tuple(points), None, ()),
        **fields,
    }
    return Chart(**values)  # type: ignore[arg-type]


def numbers(svg: str) -> list[str]:
    """The numbers beside the value axis, from below."""
    return re.findall(r'text-anchor="end">([−\d.,]+)', svg)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1]),
        (0, 0.79, [0, 0.2, 0.4, 0.6, 0.8]),
        (0, 1180, [0, 500, 1000, 1500]),
        (95, 99, [95, 96, 97, 98, 99]),
        (0, 0, [0, 0.25]),
        (5, 5, [4, 6]),
        (-3, 4, [-4, -2, 0, 2, 4]),
    ],
)
def test_axes_have_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert charts.ticks(low, high, 4) == expected


@given(
    st.lists(
        st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False), min_size=0, max_size=30
    )
)
def test_any_values_make_a_drawing_that_holds_them(values: list[Decimal]) -> None:
    points = [Point(NOON - 6 * DAY + place * timedelta(hours=4), value) for place, value in enumerate(values)]
    for draw in (charts.wide, charts.phone):
        root = ElementTree.fromstring(draw(chart(points)))  # noqa: S314 -- our own drawing
        _left, _top, width, height = (float(part) for part in root.attrib["viewBox"].split())
        for circle in root.iter("circle"):
            assert 0 <= float(circle.attrib["cx"]) <= width
            assert 0 <= float(circle.attrib["cy"]) <= height


def test_everything_from_outside_is_escaped() -> None:
    evil = "<script>alert(1)</script>\"'"
    drawn = chart(
        [Point(NOON - DAY, Decimal(1))],
        name=evil,
        bands=(Band(evil, evil, NOON - 7 * DAY, NOON),),
        limits=(Limit(NOON - 7 * DAY, NOON, Decimal(1), evil),),
        marks=(Mark("<", NOON - DAY),),
    )
    for draw in (charts.wide, charts.phone):
        svg = draw(drawn)
        assert "<script" not in svg
        ElementTree.fromstring(svg)  # noqa: S314 -- our own drawing


def test_a_rate_begins_at_zero_and_a_far_level_says_where_it_begins() -> None:
    rate = chart([Point(NOON - DAY, Decimal("0.31")), Point(NOON, Decimal("0.4"))], from_zero=True)
    assert numbers(charts.wide(rate))[0] == "0"
    assert "the axis begins" not in charts.wide(rate)
    level = chart([Point(NOON - DAY, Decimal(97)), Point(NOON, Decimal(99))])
    assert numbers(charts.wide(level))[0] == "97"
    assert "the axis begins at 97" in charts.wide(level)


def test_the_sentence_says_the_drawing() -> None:
    gap = (NOON - 3 * DAY, NOON - 2 * DAY)
    drawn = chart(
        [Point(NOON - 4 * DAY, Decimal("0.79")), Point(NOON, Decimal("0.31"))],
        history=History((Point(NOON - 4 * DAY, Decimal("0.79")), Point(NOON, Decimal("0.31"))), None, (gap,)),
        limits=(Limit(NOON - 7 * DAY, NOON, Decimal("0.5"), "under 0.5 %"),),
    )
    assert drawn.sentence() == (
        "Error rate, 0.31\u202f% now, highest 0.79\u202f% on 16 Nov, target: under 0.5 %, "
        "no data from 17 Nov, 20:00 to 18 Nov, 20:00"
    )


# --- What is drawn -------------------------------------------------------------------------------------


@pytest.fixture
def metric(rollout: Rollout) -> Metric:
    return make_metric(rollout, cadence=timedelta(hours=1), max_age=timedelta(hours=3))


def test_a_pause_longer_than_promised_is_a_gap_and_breaks_the_line(metric: Metric, engineer: User) -> None:
    for hour in (20, 19, 18, 10, 9, 8, 7):
        make_reading(metric, "0.3", by=engineer, at=NOON - timedelta(hours=hour))
    drawn = history(metric, NOON - DAY, NOON, NOON)
    assert drawn.gaps == (
        (NOON - timedelta(hours=18), NOON - timedelta(hours=10)),
        (NOON - timedelta(hours=7), NOON),
    )
    assert [len(run) for run in drawn.runs()] == [3, 4]


def test_without_a_promise_a_pause_is_measured_by_what_is_usual(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout)
    for minute in (100, 90, 80, 70, 20, 10, 0):
        make_reading(metric, "0.3", by=engineer, at=NOON - timedelta(minutes=minute))
    assert history(metric, NOON - DAY, NOON, NOON).gaps == (
        (NOON - timedelta(minutes=70), NOON - timedelta(minutes=20)),
    )


def test_of_too_many_points_the_worst_of_each_hour_is_drawn(metric: Metric, engineer: User) -> None:
    start = datetime(2026, 11, 18, tzinfo=NOON.tzinfo)
    Reading.objects.bulk_create(
        Reading(
            metric=metric,
            at=start + timedelta(minutes=minute),
            value=Decimal("0.79") if minute == 777 else Decimal("0.3"),
            recorded_by=engineer,
            recorded_at=start,
        )
        for minute in range(MOST_POINTS + 61)
    )
    drawn = history(metric, start, NOON, NOON)
    assert (drawn.slot, len(drawn.points)) == (timedelta(hours=1), 27)
    assert [point.at for point in drawn.points if point.value == Decimal("0.79")] == [
        start + timedelta(hours=12)
    ]
