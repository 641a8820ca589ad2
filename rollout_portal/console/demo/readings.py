"""Four weeks of readings: what the dashboards would have sent, with a fixed seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from monitoring.intake import NewReading
from monitoring.models import Metric
from monitoring.services import record_readings
from phases.models import Rollout
from rollout_portal.accounts.models import User
from rollout_portal.console.demo.calendar import Calendar
from rollout_portal.lib import clock

SEED: Final = 20261102
EVERY: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Course:
    """How a figure went: from its value in week 1 to today's, with some noise, on so many observations."""

    metric: str
    first: float
    last: float
    noise: float
    places: int
    n: int
    source: str
    silent_for: timedelta = timedelta(0)


COURSES: Final = (
    Course("api-response-time", 640, 596, 11, 0, 4_500, "Datadog"),
    Course("content-load-time", 2_900, 2_550, 60, 0, 2_200, "Datadog"),
    Course("engagement", 52, 61, 1.4, 1, 44, "Google Analytics"),
    Course("error-rate", 0.42, 0.31, 0.03, 2, 4_500, "Datadog"),
    Course("resource-utilisation", 61.5, 56.4, 1.1, 1, 144, "Datadog"),
    Course("content-view-rate", 31, 37.4, 1.5, 1, 44, "Google Analytics", timedelta(hours=27)),
)


def play(rollout: Rollout, engineer: User, calendar: Calendar) -> None:
    """Record the readings of every day on the evening of that day, up to now."""
    noise = random.Random(SEED)  # noqa: S311 - a demo, not a secret
    known = set(Metric.objects.filter(rollout=rollout).values_list("code", flat=True))
    start, end = calendar.moment(1, 0, 6), clock.now() - timedelta(minutes=6)
    days: dict[int, list[NewReading]] = {}
    for course in COURSES:
        if course.metric in known:
            for reading in _readings(course, start, end, noise):
                days.setdefault((reading.at - start).days, []).append(reading)
    for day, readings in sorted(days.items()):
        evening = start + timedelta(days=day, hours=18)
        with clock.told(min(evening, clock.now())):
            record_readings(rollout=rollout, readings=sorted(readings, key=lambda r: r.at), by=engineer)


def _readings(course: Course, start: datetime, end: datetime, noise: random.Random) -> Iterator[NewReading]:
    whole, moment = end - start, start
    while moment <= end - course.silent_for:
        done = (moment - start) / whole
        value = course.first + (course.last - course.first) * done + noise.gauss(0, course.noise)
        yield NewReading(
            metric=course.metric,
            at=moment,
            value=round(Decimal(max(value, 0)), course.places),
            n=max(1, round(course.n * (1 + noise.uniform(-0.1, 0.1)))),
            source=course.source,
        )
        moment += EVERY
