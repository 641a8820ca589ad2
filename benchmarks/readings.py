"""How fast a batch of 10,000 readings is recorded: `python -m benchmarks.readings`.

Prints, for the database of TEST_DATABASE_URL (SQLite without it), the median seconds of

- a plain `executemany` of the same rows into the same table: what the database itself takes;
- the ORM's `bulk_create` of the same rows;
- our insert (`lib.bulk`): COPY on PostgreSQL, one prepared statement on SQLite;
- the service: checks, locks, insert and the entry in the record;
- the API: all of that from the bytes of a request to the bytes of the answer;

each as a ratio to the first, measured in turn in the same run, so that a busy machine disturbs all alike.
"""

import json
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.test import Client
from django.test.runner import DiscoverRunner

from monitoring import services
from monitoring.intake import NewReading
from monitoring.models import Metric, Reading
from phases.permissions import RoleName
from rollout_portal.lib import bulk
from tests.factories import make_member, make_rollout
from tests.monitoring.factories import make_secret

ROUNDS = 7
SIZE = 10_000
METRICS = 10
START = datetime(2026, 1, 1, tzinfo=UTC)
_COLUMNS = (
    "uuid", "metric_id", "at", "revision", "value", "n", "source", "note", "token_id", "recorded_by_id",
    "recorded_at",
)  # fmt: skip


class Bench:
    """One rollout with ten metrics; every batch is of other moments."""

    def __init__(self) -> None:
        self.rollout = make_rollout(slug="bench")
        self.engineer = make_member(self.rollout, RoleName.RELEASE_ENGINEER)
        self.metrics = [
            Metric.objects.create(rollout=self.rollout, code=f"metric-{number}", name="Metric", unit="ms")
            for number in range(METRICS)
        ]
        self.secret = make_secret(self.rollout, self.engineer)
        self.moment = START

    def next_moments(self) -> list[datetime]:
        first = self.moment
        self.moment += timedelta(seconds=SIZE)
        return [first + timedelta(seconds=second) for second in range(SIZE)]

    def rows(self) -> list[tuple[object, ...]]:
        return [
            (uuid.uuid4(), self.metrics[place % METRICS].pk, at, 0, Decimal(place) / 100, 100, "", "", None,
             self.engineer.pk, at)
            for place, at in enumerate(self.next_moments())
        ]  # fmt: skip

    def executemany(self) -> float:
        names = ", ".join(_COLUMNS)
        marks = ", ".join(["%s"] * len(_COLUMNS))
        statement = f"INSERT INTO monitoring_reading ({names}) VALUES ({marks})"  # noqa: S608
        fields = {field.column: field for field in Reading._meta.concrete_fields}
        rows = [
            [
                fields[name].get_db_prep_value(value, connection)
                for name, value in zip(_COLUMNS, row, strict=True)
            ]
            for row in self.rows()
        ]

        def insert() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(statement, rows)

        return seconds(insert)

    def bulk_create(self) -> float:
        rows = [Reading(**dict(zip(_COLUMNS, row, strict=True))) for row in self.rows()]
        return seconds(lambda: Reading.objects.bulk_create(rows, batch_size=1000))

    def ours(self) -> float:
        rows = self.rows()

        def insert() -> None:
            with transaction.atomic():
                bulk.insert_rows(Reading, _COLUMNS, rows)

        return seconds(insert)

    def service(self) -> float:
        batch = [
            NewReading(f"metric-{place % METRICS}", at, Decimal(place) / 100, n=100)
            for place, at in enumerate(self.next_moments())
        ]
        return seconds(
            lambda: services.record_readings(rollout=self.rollout, readings=batch, by=self.engineer)
        )

    def api(self) -> float:
        body = json.dumps(
            {
                "readings": [
                    {
                        "metric": f"metric-{place % METRICS}",
                        "at": at.isoformat(),
                        "value": place / 100,
                        "n": 100,
                    }
                    for place, at in enumerate(self.next_moments())
                ]
            }
        )

        def send() -> None:
            answer = Client().post(
                "/api/v1/rollouts/bench/readings",
                body,
                content_type="application/json",
                headers={"Authorization": f"Bearer {self.secret}"},
            )
            assert answer.status_code == 201, answer.content

        return seconds(send)


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    runner = DiscoverRunner(verbosity=0, interactive=False)
    runner.setup_test_environment()
    databases = runner.setup_databases()
    try:
        bench = Bench()
        ways: dict[str, Callable[[], float]] = {
            "executemany": bench.executemany,
            "bulk_create": bench.bulk_create,
            "lib.bulk": bench.ours,
            "service": bench.service,
            "API": bench.api,
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _round in range(ROUNDS):
            for name, way in ways.items():
                taken[name].append(way())
        base = statistics.median(taken["executemany"])
        out = sys.stdout.write
        out(f"{SIZE:,} readings into {connection.vendor}, median of {ROUNDS} rounds\n")
        for name, times in taken.items():
            middle = statistics.median(times)
            speed = f"{middle:7.3f} s {SIZE / middle:10,.0f} readings/s"
            out(f"{name:12} {speed} {middle / base:6.2f} x executemany\n")
    finally:
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main()
