"""Readings over time, for drawings: few enough points to draw, and none of the peaks lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any, Final

from django.db import models
from django.db.models import Avg, F, Func, Max, Min
from django.db.models.sql.compiler import SQLCompiler

from monitoring.models import Metric, Reading
from phases.models import Rollout

# More points than these are not told apart on a screen.
MOST_POINTS: Final = 1500
SPARK_DAYS: Final = 14
_SLOTS: Final = {13: timedelta(hours=1), 10: timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a moment, as it is drawn."""

    at: datetime
    value: Decimal


@dataclass(frozen=True, slots=True)
class History:
    """What was read over a time.

    :ivar points: oldest first.
    :ivar slot: when it was too much to draw, each point is the worst value of a time this long.
    :ivar gaps: times in which a reading was due and none came.
    """

    points: tuple[Point, ...]
    slot: timedelta | None
    gaps: tuple[tuple[datetime, datetime], ...]

    def runs(self) -> list[list[Point]]:
        """Return the points in runs without a gap: what one line may join."""
        starts = [start for start, _end in self.gaps]
        runs: list[list[Point]] = []
        for point in self.points:
            if not runs or runs[-1][-1].at in starts:
                runs.append([])
            runs[-1].append(point)
        return runs


class _Slot(Func):
    """The hour or the day of a moment in UTC, as the first letters of its text: quick on both databases."""

    output_field = models.CharField()

    def __init__(self, field: str, length: int) -> None:
        super().__init__(F(field))
        self.extra["length"] = length

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return super().as_sql(
            compiler, connection, template="substr(%(expressions)s, 1, %(length)d)", **context
        )

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return super().as_sql(
            compiler,
            connection,
            template="left(to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24'), %(length)d)",
            **context,
        )


def history(metric: Metric, start: datetime, end: datetime, as_of: datetime) -> History:
    """Return what was read of `metric` from `start` to `end`, as known at `as_of`."""
    rows = Reading.objects.filter(metric=metric, at__gte=start, at__lte=end).evidence(as_of)
    found = list(rows.order_by("at").values_list("at", "value")[: MOST_POINTS + 1])
    points = tuple(Point(at, value) for at, value in found if value is not None)
    slot = None
    for length, size in _SLOTS.items():
        if len(points) <= MOST_POINTS:
            break
        points, slot = tuple(_slots(rows, [metric], length).get(metric.pk, [])), size
    return History(points, slot, _gaps(metric, points, slot, min(end, as_of)))


def sparks(rollout: Rollout, metrics: Iterable[Metric], as_of: datetime) -> dict[int, list[Decimal | None]]:
    """Return for every metric its worst value on each of the last 14 days, None where nothing was read.

    One query, however many metrics there are.
    """
    first = (as_of - timedelta(days=SPARK_DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Reading.objects.filter(metric__rollout=rollout, at__gte=first).evidence(as_of)
    found = _slots(rows, metrics, 10)
    days = [first + timedelta(days=day) for day in range(SPARK_DAYS)]
    by_day = {metric: {point.at: point.value for point in points} for metric, points in found.items()}
    return {metric: [values.get(day) for day in days] for metric, values in by_day.items()}


def _slots(rows: models.QuerySet[Reading], metrics: Iterable[Metric], length: int) -> dict[int, list[Point]]:
    """Return the worst value of every slot, by metric; the mean where neither way is better."""
    directions = {metric.pk: metric.direction for metric in metrics}
    grouped = (
        rows.order_by()
        .annotate(slot=_Slot("at", length))
        .values("metric_id", "slot")
        .annotate(low=Min("value"), high=Max("value"), mean=Avg("value"))
        .order_by("metric_id", "slot")
    )
    found: dict[int, list[Point]] = {}
    for row in grouped:
        worst = {
            Metric.Direction.UP: row["low"],
            Metric.Direction.DOWN: row["high"],
            Metric.Direction.NONE: row["mean"],
        }
        value = worst[Metric.Direction(directions[row["metric_id"]])]
        at = datetime.fromisoformat(row["slot"] if length == 10 else f"{row['slot']}:00").replace(tzinfo=UTC)
        found.setdefault(row["metric_id"], []).append(Point(at, Decimal(value)))
    return found


def _gaps(
    metric: Metric, points: Sequence[Point], slot: timedelta | None, end: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """Return the times in which readings were due and none came, the one that lasts until now included."""
    limit = _longest_pause(metric, points, slot)
    if limit is None:
        return ()
    found = [(one.at, other.at) for one, other in pairwise(points) if other.at - one.at > limit]
    if end - points[-1].at > limit:
        found.append((points[-1].at, end))
    return tuple(found)


def _longest_pause(metric: Metric, points: Sequence[Point], slot: timedelta | None) -> timedelta | None:
    """Return how long nothing may be read before it is a gap; None where nothing says."""
    if len(points) < 3:
        return None
    promised = [metric.max_age] if metric.max_age else [3 * metric.cadence] if metric.cadence else []
    usual = timedelta(seconds=median((other.at - one.at).total_seconds() for one, other in pairwise(points)))
    # Of slots, two that follow each other are one slot apart.
    floor = [2 * slot] if slot else []
    return max([*promised, *floor]) if promised else max([4 * usual, *floor])
