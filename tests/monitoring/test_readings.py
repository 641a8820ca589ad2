"""Recording and correcting readings: exact, all or nothing, on the record, never rewritten."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from monitoring import services
from monitoring.exceptions import ItemProblem, ReadingsConflict, ReadingsRefused
from monitoring.intake import NewReading
from monitoring.models import Metric, Reading
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import Rollout
from phases.permissions import RoleName
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.factories import make_member
from tests.monitoring.factories import after, entry, make_metric, make_rollout, record

TOO_LONG = "has too many digits: at most 15 are kept, 9 of them after the point"
NOT_A_COUNT = "must be a whole number from 0 to 1,000,000,000,000,000"
NOT_WHOLE = "counts something and must be a whole number"
NOT_A_SHARE = "is a share and must lie between 0 % and 100 %"


def reading(value: str = "0.31", metric: str = "error-rate", **fields: Any) -> NewReading:
    return NewReading(**{"metric": metric, "at": clock.now(), "value": Decimal(value), **fields})


def refused(rollout: Rollout, by: User, *readings: NewReading) -> list[ItemProblem]:
    with pytest.raises(ReadingsRefused) as raised:
        record(rollout, by, *readings)
    return raised.value.problems


def test_a_batch_is_kept_to_the_digit(rollout: Rollout, engineer: User) -> None:
    make_metric(rollout, "cost", unit="USD", kind=Metric.Kind.GAUGE)
    values = ["123456.123456789", "999999999999999", "0.000000001", "-0.1", "0"]
    start = clock.now()
    done = record(
        rollout,
        engineer,
        *(
            reading(value, "cost", at=start - timedelta(minutes=place), n=place)
            for place, value in enumerate(values)
        ),
    )
    kept: list[object] = list(
        Reading.objects.order_by("-at").values_list("value", "n", "recorded_by", "token")
    )
    assert (done.new, done.known) == (5, 0)
    assert kept == [(Decimal(value), place, engineer.pk, None) for place, value in enumerate(values)]
    assert list(Reading.objects.order_by("-at").values_list("uuid", flat=True)) == list(done.uuids)


def test_a_value_in_another_unit_is_converted(rollout: Rollout, engineer: User) -> None:
    make_metric(rollout, "response", unit="ms", kind=Metric.Kind.GAUGE)
    record(rollout, engineer, reading("1.2", "response", unit="s"))
    assert Reading.objects.get().value == 1200


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"value": Decimal("NaN")}, "value", "must be a finite number, not NaN"),
        ({"value": Decimal("sNaN")}, "value", "must be a finite number, not sNaN"),
        ({"value": Decimal("-Infinity")}, "value", "must be a finite number, not -Infinity"),
        ({"value": Decimal("100.01")}, "value", NOT_A_SHARE),
        ({"value": Decimal("-0.01")}, "value", NOT_A_SHARE),
        ({"value": Decimal("0.1234567891")}, "value", TOO_LONG),
        ({"value": Decimal("0.5") + Decimal("1e-27")}, "value", TOO_LONG),
        ({"value": Decimal("1E+15")}, "value", TOO_LONG),
        ({"value": Decimal("1234567.123456789")}, "value", TOO_LONG),
        ({"metric": "logins", "value": Decimal(-1)}, "value", "counts something and cannot be negative"),
        ({"metric": "logins", "value": Decimal("1.5")}, "value", NOT_WHOLE),
        ({"metric": "unheard-of"}, "metric", "is not a metric of this rollout"),
        ({"metric": "Error-Rate"}, "metric", "is not a metric of this rollout"),
        ({"unit": "ms"}, "unit", "cannot be turned into %, in which error-rate is kept"),
        ({"unit": "furlongs"}, "unit", None),
        ({"at": datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)}, "at", "is before the year 2000"),
        ({"n": -1}, "n", NOT_A_COUNT),
        ({"n": 10**15 + 1}, "n", NOT_A_COUNT),
        ({"source": "x" * 81}, "source", "has more than 80 letters"),
        ({"source": "a\x00b"}, "source", "contains a character that cannot be shown"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_nothing_is_kept(
    rollout: Rollout, engineer: User, fields: dict[str, Any], field: str, message: str | None
) -> None:
    make_metric(rollout)
    make_metric(rollout, "logins", unit="count", kind=Metric.Kind.COUNT)
    good = reading(at=clock.now() - timedelta(hours=1))
    [problem] = refused(rollout, engineer, good, NewReading(**{
        "metric": "error-rate", "at": clock.now(), "value": Decimal("0.3"), **fields,
    }))  # fmt: skip
    assert (problem.item, problem.field) == (1, field)
    assert message is None or problem.message == message
    assert not Reading.objects.exists()
    assert not AuditEvent.objects.exists()


def test_five_minutes_of_wrong_clocks_are_forgiven_and_not_more(
    rollout: Rollout, engineer: User, business_clock: Callable[[datetime], None]
) -> None:
    make_metric(rollout)
    record(rollout, engineer, reading(at=clock.now() + timedelta(minutes=4, seconds=58)))
    [problem] = refused(rollout, engineer, reading(at=clock.now() + timedelta(minutes=5, seconds=5)))
    assert problem.message == "lies more than 5 minutes in the future"


def test_every_wrong_item_is_named(rollout: Rollout, engineer: User) -> None:
    make_metric(rollout)
    now = clock.now()
    problems = refused(
        rollout,
        engineer,
        reading("101", at=now),
        reading(at=now - timedelta(1)),
        reading(metric="x", at=now, n=-1),
    )
    assert [(problem.item, problem.field) for problem in problems] == [(0, "value"), (2, "metric"), (2, "n")]


def test_one_moment_twice_in_a_batch_is_refused(rollout: Rollout, engineer: User) -> None:
    make_metric(rollout)
    now = clock.now()
    [problem] = refused(rollout, engineer, reading(at=now), reading(at=now))
    assert (problem.item, problem.field, problem.message) == (1, "at", "is the same moment as in item 0")


def test_a_batch_that_comes_again_adds_nothing(rollout: Rollout, engineer: User) -> None:
    make_metric(rollout)
    batch = [reading(at=clock.now() - timedelta(minutes=minute), n=10) for minute in range(3)]
    record(rollout, engineer, *batch)
    again = record(rollout, engineer, *batch, reading("0.4"))
    assert (again.new, again.known, Reading.objects.count()) == (1, 3, 4)
    assert AuditEvent.objects.count() == 2


def test_another_value_for_a_known_moment_is_a_conflict(rollout: Rollout, engineer: User) -> None:
    make_metric(rollout)
    now = clock.now()
    record(rollout, engineer, reading(at=now))
    with pytest.raises(ReadingsConflict) as raised:
        record(rollout, engineer, reading(at=now - timedelta(1)), reading("0.32", at=now))
    assert [(problem.item, problem.field) for problem in raised.value.problems] == [(1, "value")]
    assert Reading.objects.count() == 1


def test_a_batch_is_one_entry_in_the_record(rollout: Rollout, engineer: User) -> None:
    make_metric(rollout)
    make_metric(rollout, "logins", unit="count", kind=Metric.Kind.COUNT)
    now = clock.now()
    record(rollout, engineer, reading(at=now), reading(at=now - timedelta(1)), reading("7", "logins"))
    assert (entry("readings.recorded").actor, AuditEvent.objects.count()) == (engineer, 1)
    assert {**after("readings.recorded"), "digest": None} == {
        "readings": 3,
        "metrics": {"error-rate": 2, "logins": 1},
        "digest": None,
    }
    assert len(after("readings.recorded")["digest"]) == 64
    assert audit.verify().whole


def test_who_may_add_a_reading(rollout: Rollout) -> None:
    make_metric(rollout)
    for role, may in [
        (RoleName.RELEASE_ENGINEER, True),
        (RoleName.ANALYST, True),
        (RoleName.VIEWER, False),
        (RoleName.ADMINISTRATOR, False),
    ]:
        user = make_member(rollout, role)
        if may:
            record(rollout, user, reading())
        else:
            with pytest.raises(PermissionRefused, match="Adding a reading needs the role"):
                record(rollout, user, reading())


def test_a_metric_of_another_rollout_is_unknown(rollout: Rollout, engineer: User) -> None:
    make_metric(make_rollout("other"))
    assert [problem.field for problem in refused(rollout, engineer, reading())] == ["metric"]


def test_a_closed_rollout_takes_no_readings(rollout: Rollout, engineer: User) -> None:
    metric = make_metric(rollout)
    record(rollout, engineer, reading())
    rollout.state, rollout.ended_at = RolloutState.CLOSED, clock.now()
    rollout.save()
    with pytest.raises(WrongState):
        record(rollout, engineer, reading())
    with pytest.raises(WrongState):
        services.correct_reading(
            reading=metric.readings.get(), value=Decimal(1), by=engineer, reason="Wrong unit"
        )


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_batch_has_one_to_ten_thousand_readings(rollout: Rollout, engineer: User, count: int) -> None:
    with pytest.raises(Refused, match="1 to 10,000"):
        record(rollout, engineer, *[reading()] * count)


def test_a_large_batch_takes_few_queries(rollout: Rollout, engineer: User) -> None:
    make_metric(rollout)
    make_metric(rollout, "logins", unit="count", kind=Metric.Kind.COUNT)
    now = clock.now()
    batch = [
        reading("5", metric, at=now - timedelta(seconds=second))
        for second in range(1000)
        for metric in ("error-rate", "logins")
    ]
    with CaptureQueriesContext(connection) as queries:
        record(rollout, engineer, *batch)
    assert Reading.objects.count() == 2000
    assert len(queries) <= 15


# --- Corrections ---------------------------------------------------------------------------------------


@pytest.fixture
def wrong(rollout: Rollout, engineer: User) -> Reading:
    make_metric(rollout)
    record(rollout, engineer, reading("31", n=100))
    return Reading.objects.get()


def test_a_correction_is_a_new_reading_that_names_the_old(wrong: Reading, engineer: User) -> None:
    new = services.correct_reading(
        reading=wrong, value=Decimal("0.31"), n=100, by=engineer, reason="Percent, not permille"
    )
    wrong.refresh_from_db()
    assert (wrong.value, new.value, new.corrects, new.at, new.revision) == (
        Decimal(31),
        Decimal("0.31"),
        wrong,
        wrong.at,
        1,
    )
    assert list(Reading.objects.in_force(clock.now())) == [new]
    assert entry("reading.corrected").reason == "Percent, not permille"
    assert after("reading.corrected")["value"] == "0.31"


def test_as_of_before_the_correction_the_old_value_stands(wrong: Reading, engineer: User) -> None:
    before = clock.now()
    services.correct_reading(reading=wrong, value=Decimal("0.31"), by=engineer, reason="Typo")
    assert list(Reading.objects.in_force(before)) == [wrong]


def test_a_reading_can_be_taken_back(wrong: Reading, engineer: User) -> None:
    services.correct_reading(reading=wrong, value=None, by=engineer, reason="It was the test system")
    assert not Reading.objects.in_force(clock.now()).exists()
    assert AuditEvent.objects.filter(verb="reading.taken_back").count() == 1


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        (Decimal("0.3"), " ", "Say why the reading was wrong"),
        (Decimal(101), "Typo", "is a share"),
        (Decimal("NaN"), "Typo", "must be a finite number"),
        (Decimal(31), "Typo", "This is what the reading says already"),
    ],
)
def test_a_correction_needs_a_reason_and_a_value_that_fits(
    wrong: Reading, engineer: User, value: Decimal, reason: str, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        services.correct_reading(reading=wrong, value=value, n=100, by=engineer, reason=reason)
    assert Reading.objects.count() == 1


def test_a_corrected_reading_is_corrected_by_its_newest(wrong: Reading, engineer: User) -> None:
    newer = services.correct_reading(reading=wrong, value=Decimal(3), by=engineer, reason="Typo")
    with pytest.raises(WrongState):
        services.correct_reading(reading=wrong, value=Decimal(4), by=engineer, reason="Typo")
    newest = services.correct_reading(reading=newer, value=Decimal(5), by=engineer, reason="Again")
    assert (newest.revision, newest.corrects) == (2, newer)


def test_who_only_adds_readings_cannot_correct_them(wrong: Reading, rollout: Rollout) -> None:
    support = make_member(rollout, RoleName.SUPPORT)
    with pytest.raises(PermissionRefused):
        services.correct_reading(reading=wrong, value=Decimal(1), by=support, reason="Typo")


@pytest.mark.parametrize(
    "statement", ["UPDATE monitoring_reading SET value = 1", "DELETE FROM monitoring_reading"]
)
def test_the_database_itself_refuses_to_rewrite_a_reading(wrong: Reading, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_of_many_corrections_at_the_same_time_one_counts(
    wrong: Reading, engineer: User, in_threads: Callable[[list[Callable[[], object]]], list[object]]
) -> None:
    def correct(value: int) -> Callable[[], object]:
        return lambda: services.correct_reading(
            reading=wrong, value=Decimal(value), by=engineer, reason="Typo"
        )

    answers = in_threads([correct(value) for value in range(1, 7)])
    assert sorted(type(answer).__name__ for answer in answers) == ["Reading"] + ["WrongState"] * 5
    assert Reading.objects.count() == 2
    assert AuditEvent.objects.filter(verb="reading.corrected").count() == 1
