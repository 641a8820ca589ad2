"""Reading a gate: six outcomes, each with its reason, and nothing missing that ever passes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from phases import registry
from phases.evidence import evidence_digest
from phases.gates import Overlay, evaluate
from phases.models import Baseline, ChecklistItem, Criterion, Gate, Waiver
from phases.permissions import RoleName
from phases.registry import Measured, Need
from phases.services import judge_criterion
from phases.states import COUNTS, Outcome, PhaseState, Reason
from rollout_portal.lib import clock
from tests.factories import (
    make_checklist,
    make_criterion,
    make_gate,
    make_group,
    make_member,
    make_phase,
    make_rollout,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 25, 6, 20, tzinfo=UTC)


@dataclass
class Dial:
    """A measure whose figures a test sets by subject."""

    figures: dict[str, Measured | Exception] = field(default_factory=dict)

    def __call__(self, *, subject: str, **_asked: Any) -> Measured:
        figure = self.figures.get(subject, Measured(value=None, reason=Reason.NEVER))
        if isinstance(figure, Exception):
            raise figure
        return figure


@pytest.fixture
def dial() -> Iterator[Dial]:
    instrument = Dial()
    registry.measure("tests.dial", label="A dial")(instrument)
    yield instrument
    registry._measures.pop("tests.dial")


@pytest.fixture
def gate() -> Gate:
    rollout = make_rollout()
    running = make_phase(rollout, "2", state=PhaseState.ACTIVE)
    return make_gate(rollout, running, make_phase(rollout, "3"))


def dialled(gate: Gate, code: str = "nps", **fields: Any) -> Criterion:
    values = {"measure": "tests.dial", "subject": code, "comparator": ">", "threshold": Decimal(50)}
    return make_criterion(gate, code, **values | fields)


def outcome(gate: Gate, code: str = "nps", **asked: Any) -> tuple[Outcome, Reason]:
    result = evaluate(gate, asked.pop("as_of", NOW), **asked).result_of(code)
    return result.outcome, result.reason


# --- One criterion ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "comparator", "threshold", "expected"),
    [
        ("50.0", ">", "50", Outcome.NOT_MET),
        ("52.5", ">", "50", Outcome.MET),
        ("80", ">", "80", Outcome.NOT_MET),
        ("82.5", ">", "80", Outcome.MET),
        ("0.5", "<", "0.5", Outcome.NOT_MET),
        ("0.49", "<", "0.5", Outcome.MET),
        ("69.96", ">", "70", Outcome.NOT_MET),
        ("4.0", ">=", "4", Outcome.MET),
    ],
)
def test_value_is_compared_exactly(
    gate: Gate, dial: Dial, value: str, comparator: str, threshold: str, expected: Outcome
) -> None:
    dialled(gate, comparator=comparator, threshold=Decimal(threshold))
    dial.figures["nps"] = Measured(value=Decimal(value), as_of=NOW)
    assert outcome(gate)[0] == expected


def test_no_reading_is_no_data_and_never_zero(gate: Gate, dial: Dial) -> None:
    dialled(gate, comparator="<", threshold=Decimal(5))
    assert outcome(gate) == (Outcome.NO_DATA, Reason.NEVER)


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        ObjectDoesNotExist(),
        OperationalError("canceling statement due to statement timeout"),
        RuntimeError(),
        AssertionError(),
    ],
)
def test_a_measure_that_fails_is_no_data_for_its_criterion_alone(
    gate: Gate, dial: Dial, error: Exception
) -> None:
    dialled(gate)
    dialled(gate, "satisfied")
    dial.figures["nps"] = error
    dial.figures["satisfied"] = Measured(value=Decimal(60), as_of=NOW)
    assert outcome(gate) == (Outcome.NO_DATA, Reason.ERROR)
    assert outcome(gate, "satisfied") == (Outcome.MET, Reason.NONE)


def test_a_query_that_fails_in_a_measure_leaves_the_transaction_usable(gate: Gate, dial: Dial) -> None:
    dialled(gate)
    dialled(gate, "satisfied")
    dial.figures["nps"] = Measured(value=Decimal(40), as_of=NOW)
    dial.figures["satisfied"] = Measured(value=Decimal(60), as_of=NOW)

    def ask_for_nonsense(*_asked: Any) -> tuple[Need, ...]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        return ()

    registry._measures["tests.dial"] = replace(registry._measures["tests.dial"], missing=ask_for_nonsense)
    assert outcome(gate) == (Outcome.NO_DATA, Reason.ERROR)
    assert outcome(gate, "satisfied") == (Outcome.MET, Reason.NONE)
    assert Criterion.objects.filter(gate=gate).count() == 2


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_a_figure_that_is_no_number_is_no_data(gate: Gate, dial: Dial, value: str) -> None:
    dialled(gate, comparator="<", threshold=Decimal(5))
    dial.figures["nps"] = Measured(value=Decimal(value), as_of=NOW)
    assert outcome(gate) == (Outcome.NO_DATA, Reason.ERROR)


def test_an_unknown_measure_is_no_data(gate: Gate) -> None:
    dialled(gate, measure="nobody.knows")
    assert outcome(gate) == (Outcome.NO_DATA, Reason.UNKNOWN_MEASURE)


@pytest.mark.parametrize(("hours", "expected"), [(24, Outcome.MET), (25, Outcome.STALE)])
def test_an_old_reading_is_stale(gate: Gate, dial: Dial, hours: int, expected: Outcome) -> None:
    dialled(gate, max_age=timedelta(hours=24))
    dial.figures["nps"] = Measured(value=Decimal(60), as_of=NOW - timedelta(hours=hours))
    assert outcome(gate)[0] == expected


@pytest.mark.parametrize(("n", "expected"), [(29, Outcome.UNDECIDABLE), (30, Outcome.MET)])
def test_too_few_answers_cannot_be_decided(gate: Gate, dial: Dial, n: int, expected: Outcome) -> None:
    dialled(gate, min_n=30)
    dial.figures["nps"] = Measured(value=Decimal(60), n=n, as_of=NOW, noun="answers")
    result = evaluate(gate, NOW).result_of("nps")
    assert result.outcome == expected
    assert [need.text for need in result.needs] == (["1 more answer"] if n < 30 else [])


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(45, 75, Outcome.UNDECIDABLE), (51, 75, Outcome.MET), (20, 49, Outcome.NOT_MET)],
)
def test_a_criterion_may_be_decided_by_its_interval(
    gate: Gate, dial: Dial, low: int, high: int, expected: Outcome
) -> None:
    dialled(gate, decide_by=Criterion.DecideBy.INTERVAL)
    value = Decimal(low + high) / 2
    dial.figures["nps"] = Measured(value=value, interval=(Decimal(low), Decimal(high)), as_of=NOW)
    assert outcome(gate)[0] == expected


@pytest.mark.parametrize(
    ("comparator", "threshold", "low", "high", "expected"),
    [
        ("between", (3, 5), "3.2", "4.8", Outcome.MET),
        ("between", (3, 5), "2", "6", Outcome.UNDECIDABLE),
        ("between", (3, 5), "4", "6", Outcome.UNDECIDABLE),
        ("between", (3, 5), "5.1", "6", Outcome.NOT_MET),
        ("between", (3, 5), "1", "2.9", Outcome.NOT_MET),
        ("=", (4, None), "3", "5", Outcome.UNDECIDABLE),
        ("=", (4, None), "4", "4", Outcome.MET),
        ("=", (4, None), "4.1", "5", Outcome.NOT_MET),
        ("<", (5, None), "3", "5", Outcome.UNDECIDABLE),
        ("<=", (5, None), "3", "5", Outcome.MET),
    ],
)
@pytest.mark.parametrize("side", Criterion.Side.values)
def test_only_a_whole_interval_decides(
    gate: Gate,
    dial: Dial,
    comparator: str,
    threshold: tuple[int, int | None],
    low: str,
    high: str,
    expected: Outcome,
    side: str,
) -> None:
    first, last = (None if end is None else Decimal(end) for end in threshold)
    dialled(
        gate,
        decide_by=Criterion.DecideBy.INTERVAL,
        comparator=comparator,
        threshold=first,
        threshold_high=last,
        side=side,
    )
    dial.figures["nps"] = Measured(value=Decimal(4), interval=(Decimal(low), Decimal(high)), as_of=NOW)
    turned = {Outcome.MET: Outcome.NOT_MET, Outcome.NOT_MET: Outcome.MET}
    wanted = expected if side == Criterion.Side.GO else turned.get(expected, expected)
    assert outcome(gate)[0] == wanted


def test_a_figure_without_an_interval_is_not_decided_by_its_value_instead(gate: Gate, dial: Dial) -> None:
    dialled(gate, decide_by=Criterion.DecideBy.INTERVAL)
    dial.figures["nps"] = Measured(value=Decimal(60), as_of=NOW)
    result = evaluate(gate, NOW).result_of("nps")
    assert (result.outcome, result.reason) == (Outcome.UNDECIDABLE, Reason.INTERVAL)
    assert "no interval" in result.needs[0].text


def test_an_interval_may_be_read_in_another_unit_or_the_rule_may_have_none(gate: Gate, dial: Dial) -> None:
    dialled(gate, decide_by=Criterion.DecideBy.INTERVAL)
    points = (Decimal(51), Decimal(75))
    dial.figures["nps"] = Measured(value=Decimal(60), unit="points", interval=points, as_of=NOW)
    assert outcome(gate) == (Outcome.MET, Reason.NONE)
    dialled(gate, "slow", decide_by=Criterion.DecideBy.INTERVAL, comparator="<", threshold=1, unit="s")
    span = (Decimal(800), Decimal(999))
    dial.figures["slow"] = Measured(value=Decimal(900), unit="ms", interval=span, as_of=NOW)
    assert outcome(gate, "slow") == (Outcome.MET, Reason.NONE)


def test_units_are_converted_before_comparing(gate: Gate, dial: Dial) -> None:
    dialled(gate, comparator="<", threshold=Decimal(1), unit="s")
    dial.figures["nps"] = Measured(value=Decimal(1200), unit="ms", as_of=NOW)
    result = evaluate(gate, NOW).result_of("nps")
    assert (result.outcome, result.value) == (Outcome.NOT_MET, Decimal("1.2"))


def test_units_that_do_not_match_are_an_error_not_a_pass(gate: Gate, dial: Dial) -> None:
    dialled(gate, comparator="<", threshold=Decimal(1), unit="MB")
    dial.figures["nps"] = Measured(value=Decimal("0.5"), unit="ms", as_of=NOW)
    assert outcome(gate) == (Outcome.NO_DATA, Reason.ERROR)


# --- Against a baseline -------------------------------------------------------------------------------


def freeze(gate: Gate, value: str) -> None:
    user = make_member(gate.rollout, RoleName.ANALYST)
    assert gate.from_phase is not None
    Baseline.objects.create(
        phase=gate.from_phase,
        measure="tests.dial",
        subject="nps",
        value=Decimal(value),
        frozen_at=NOW - timedelta(days=1),
        frozen_by=user,
    )


@pytest.mark.parametrize(("value", "expected"), [("54999", Outcome.NOT_MET), ("55000", Outcome.MET)])
def test_a_change_is_held_against_the_frozen_baseline(
    gate: Gate, dial: Dial, value: str, expected: Outcome
) -> None:
    dialled(gate, versus_baseline=True, comparator=">=", threshold=Decimal(10))
    freeze(gate, "50000")
    dial.figures["nps"] = Measured(value=Decimal(value), as_of=NOW)
    assert outcome(gate)[0] == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("56000", "60000", Outcome.MET),
        ("54000", "60000", Outcome.UNDECIDABLE),
        ("40000", "54999", Outcome.NOT_MET),
    ],
)
def test_an_interval_is_held_against_the_baseline_like_its_value(
    gate: Gate, dial: Dial, low: str, high: str, expected: Outcome
) -> None:
    """As raw figures all three lie far above "at least 10 %"."""
    dialled(gate, versus_baseline=True, comparator=">=", threshold=Decimal(10), decide_by="interval")
    freeze(gate, "50000")
    interval = (Decimal(low), Decimal(high))
    dial.figures["nps"] = Measured(value=sum(interval, Decimal(0)) / 2, interval=interval, as_of=NOW)
    assert outcome(gate)[0] == expected


@pytest.mark.parametrize(("value", "expected"), [("-20", Outcome.NOT_MET), ("-5", Outcome.MET)])
def test_up_is_up_from_a_baseline_below_zero(gate: Gate, dial: Dial, value: str, expected: Outcome) -> None:
    dialled(gate, versus_baseline=True, comparator=">=", threshold=Decimal(10))
    freeze(gate, "-10")
    dial.figures["nps"] = Measured(value=Decimal(value), as_of=NOW)
    assert outcome(gate)[0] == expected


@pytest.mark.parametrize(("baseline", "reason"), [("0", Reason.ZERO_BASELINE), (None, Reason.NO_BASELINE)])
def test_without_a_usable_baseline_there_is_no_data(
    gate: Gate, dial: Dial, baseline: str | None, reason: Reason
) -> None:
    dialled(gate, versus_baseline=True, comparator=">=", threshold=Decimal(0))
    if baseline is not None:
        freeze(gate, baseline)
    dial.figures["nps"] = Measured(value=Decimal(10), as_of=NOW)
    assert outcome(gate) == (Outcome.NO_DATA, reason)


# --- Groups, no-go, waivers ---------------------------------------------------------------------------


def test_a_group_is_met_when_every_member_counts(gate: Gate, dial: Dial) -> None:
    group = make_group(gate, "performance")
    for code in ("api", "load"):
        dialled(gate, code, parent=group)
        dial.figures[code] = Measured(value=Decimal(60), as_of=NOW)
    assert outcome(gate, "performance") == (Outcome.MET, Reason.NONE)


def test_a_group_is_as_bad_as_its_worst_member_and_says_what_is_wrong(gate: Gate, dial: Dial) -> None:
    group = make_group(gate, "performance")
    for code in ("api", "load", "errors"):
        dialled(gate, code, parent=group, max_age=timedelta(hours=1))
    dial.figures["api"] = Measured(value=Decimal(60), as_of=NOW)
    dial.figures["load"] = Measured(value=Decimal(60), as_of=NOW - timedelta(hours=2))
    result = evaluate(gate, NOW).result_of("performance")
    assert result.outcome == Outcome.STALE
    assert result.outcome_text == "1 stale, 1 no data"
    assert (result.measured.hits, result.measured.n) == (1, 3)  # type: ignore[union-attr]


def test_a_group_without_members_is_not_met(gate: Gate) -> None:
    make_group(gate, "performance")
    assert evaluate(gate, NOW).ready is False


def test_a_member_of_a_group_in_another_gate_is_said_and_does_not_count(gate: Gate, dial: Dial) -> None:
    other = make_gate(gate.rollout, gate.from_phase)
    row = dialled(gate, parent=make_group(other, "elsewhere"))
    dialled(gate, "satisfied")
    dial.figures["satisfied"] = dial.figures["nps"] = Measured(value=Decimal(60), as_of=NOW)
    report = evaluate(gate, NOW)
    assert (report.ready, report.result_of("nps").outcome) == (False, Outcome.NO_DATA)
    with pytest.raises(ValidationError, match="another gate"):
        row.full_clean()


def test_members_that_go_round_in_a_circle_are_said_too(gate: Gate) -> None:
    one, two = make_group(gate, "one"), make_group(gate, "two")
    one.parent, two.parent = two, one
    one.save()
    two.save()
    assert [result.outcome for result in evaluate(gate, NOW).results] == [Outcome.NO_DATA] * 2


@pytest.mark.parametrize(
    ("count", "expected"), [(0, Outcome.MET), (1, Outcome.NOT_MET), (None, Outcome.NO_DATA)]
)
def test_what_stops_the_gate_must_be_known_not_to_be_the_case(
    gate: Gate, dial: Dial, count: int | None, expected: Outcome
) -> None:
    dialled(gate, side=Criterion.Side.NO_GO, comparator=">", threshold=Decimal(0))
    if count is not None:
        dial.figures["nps"] = Measured(value=Decimal(count), as_of=NOW)
    report = evaluate(gate, NOW)
    assert report.stoppers[0].outcome == expected
    assert report.ready is (expected == Outcome.MET)


def test_a_waiver_counts_until_it_ends(gate: Gate, dial: Dial) -> None:
    row = dialled(gate)
    sponsor = make_member(gate.rollout, RoleName.PROJECT_SPONSOR)
    Waiver.objects.create(
        criterion=row,
        reason="The CDN comes in phase 4.",
        role=RoleName.PROJECT_SPONSOR,
        given_by=sponsor,
        given_at=NOW,
        until=NOW + timedelta(days=7),
    )
    assert outcome(gate)[0] == Outcome.WAIVED
    assert outcome(gate, as_of=NOW - timedelta(seconds=1))[0] == Outcome.NO_DATA
    assert outcome(gate, as_of=NOW + timedelta(days=7))[0] == Outcome.NO_DATA


def test_a_met_criterion_is_met_although_it_was_waived(gate: Gate, dial: Dial) -> None:
    row = dialled(gate)
    sponsor = make_member(gate.rollout, RoleName.PROJECT_SPONSOR)
    Waiver.objects.create(
        criterion=row,
        reason="Why not",
        role="project_sponsor",
        given_by=sponsor,
        given_at=NOW,
        until=NOW + timedelta(1),
    )
    dial.figures["nps"] = Measured(value=Decimal(60), as_of=NOW)
    assert outcome(gate)[0] == Outcome.MET


def test_an_advisory_criterion_never_keeps_the_gate_shut(gate: Gate, dial: Dial) -> None:
    dialled(gate, "track", blocking=False)
    dialled(gate)
    dial.figures["nps"] = Measured(value=Decimal(60), as_of=NOW)
    report = evaluate(gate, NOW)
    assert (report.ready, report.counting, len(report.deciding)) == (True, 1, 1)


# --- The whole gate -----------------------------------------------------------------------------------


def test_an_empty_gate_is_never_ready(gate: Gate) -> None:
    assert evaluate(gate, NOW).ready is False


def test_an_advisory_criterion_alone_does_not_open_a_gate(gate: Gate, dial: Dial) -> None:
    dialled(gate, blocking=False)
    dial.figures["nps"] = Measured(value=Decimal(60), as_of=NOW)
    assert evaluate(gate, NOW).ready is False


def test_worst_comes_first(gate: Gate, dial: Dial) -> None:
    for code, value in {"a": "60", "b": "40", "c": None}.items():
        dialled(gate, code)
        if value:
            dial.figures[code] = Measured(value=Decimal(value), as_of=NOW)
    assert [row.criterion.code for row in evaluate(gate, NOW).worst_first] == ["b", "c", "a"]


def test_an_overlay_asks_what_if(gate: Gate, dial: Dial) -> None:
    dialled(gate, comparator="=", threshold=Decimal(0))
    dial.figures["nps"] = Measured(value=Decimal(0), as_of=NOW)
    worse = Overlay(values={"nps": Measured(value=Decimal(1), as_of=NOW)})
    assert outcome(gate)[0] == Outcome.MET
    assert outcome(gate, overlay=worse)[0] == Outcome.NOT_MET


def test_evaluating_writes_nothing_and_asks_the_same_for_three_criteria_as_for_one(
    gate: Gate, dial: Dial, django_assert_num_queries: Any
) -> None:
    dialled(gate, "a")
    with django_assert_num_queries(6):  # two of them are the savepoint of a transaction such as the test's
        evaluate(gate, NOW)
    dialled(gate, "b")
    dialled(gate, "c")
    with django_assert_num_queries(6):
        evaluate(gate, NOW)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["<", "<=", ">", ">=", "="]),
            st.one_of(
                st.none(),
                st.sampled_from([Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity")]),
                st.decimals(-100, 100, places=2),
            ),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_a_gate_is_ready_only_when_every_figure_is_there_finite_and_right(
    rows: list[tuple[str, Decimal | None, bool]],
) -> None:
    """The oracle is written without the evaluator: all there, all finite, all keeping their rule."""
    rollout = make_rollout()
    gate = make_gate(rollout, make_phase(rollout), make_phase(rollout))
    figures = {}
    compare = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "=": "__eq__"}
    expected = bool(rows)
    for place, (comparator, value, fresh) in enumerate(rows):
        code = f"c{place}"
        make_criterion(
            gate,
            code,
            measure="tests.unregistered",
            comparator=comparator,
            threshold=Decimal(5),
            max_age=timedelta(hours=1),
        )
        figures[code] = Measured(value=value, as_of=NOW if fresh else NOW - timedelta(hours=2))
        right = value is not None and value.is_finite() and getattr(value, compare[comparator])(Decimal(5))
        expected = expected and right and fresh
    report = evaluate(gate, NOW, Overlay(values=figures))
    assert report.ready is expected
    assert all((result.outcome in COUNTS) is result.counts for result in report.results)


# --- This room's measures -----------------------------------------------------------------------------


def test_a_checklist_counts_what_is_required_and_resolved(gate: Gate) -> None:
    checklist = make_checklist(gate.rollout, "alerts", items=3)
    ChecklistItem.objects.filter(code="alerts-3").update(required=False)
    make_criterion(
        gate,
        "alerts",
        measure="phases.checklist",
        subject="alerts",
        comparator=">=",
        threshold=Decimal(100),
        unit="%",
    )
    report = evaluate(gate, NOW).result_of("alerts")
    assert (report.outcome, report.needs[0].text) == (Outcome.NOT_MET, "2 items of “List alerts”")
    user = make_member(gate.rollout, RoleName.PRODUCT_OWNER)
    checklist.items.update(state="done", resolved_by=user, resolved_at=NOW)
    assert outcome(gate, "alerts")[0] == Outcome.MET
    assert outcome(gate, "alerts", as_of=NOW - timedelta(seconds=1))[0] == Outcome.NOT_MET


def test_a_checklist_without_a_required_item_is_no_data(gate: Gate) -> None:
    make_checklist(gate.rollout, "alerts", items=0)
    make_criterion(
        gate, "alerts", measure="phases.checklist", subject="alerts", comparator=">=", threshold=Decimal(100)
    )
    assert outcome(gate, "alerts")[0] == Outcome.NO_DATA


def test_baselines_are_counted_by_figure_not_by_row(gate: Gate) -> None:
    make_criterion(gate, "baseline", measure="phases.baselines", comparator=">=", threshold=Decimal(2))
    freeze(gate, "1")
    freeze(gate, "2")
    assert outcome(gate, "baseline")[0] == Outcome.NOT_MET


def test_nothing_judged_is_no_data_and_names_who_can(gate: Gate) -> None:
    make_criterion(gate, "stable", judge_role=RoleName.RELEASE_ENGINEER)
    result = evaluate(gate, NOW).result_of("stable")
    assert (result.outcome, result.needs[0].text) == (Outcome.NO_DATA, "a judgement by release engineer")


@pytest.mark.parametrize(
    "rule",
    [
        {"comparator": ">="},
        {"threshold": Decimal(0)},
        {"versus_baseline": True},
        {"comparator": "between", "threshold_high": Decimal(2)},
    ],
)
def test_database_keeps_no_other_rule_for_what_is_judged(gate: Gate, rule: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_criterion(gate, "stable", **rule)


def test_a_judgement_is_that_of_its_own_criterion(gate: Gate) -> None:
    make_criterion(gate, "calm", subject="stable")
    judged = make_criterion(gate, "stable")
    engineer = make_member(gate.rollout, RoleName.RELEASE_ENGINEER)
    judge_criterion(criterion=judged, by=engineer, holds=True, rationale="Two quiet weeks.")
    report = evaluate(gate)
    assert [report.result_of(code).outcome for code in ("stable", "calm")] == [Outcome.MET, Outcome.NO_DATA]


# --- Evidence -----------------------------------------------------------------------------------------


def test_evidence_has_one_fingerprint_and_changes_with_any_rule(gate: Gate, dial: Dial) -> None:
    row = dialled(gate)
    dial.figures["nps"] = Measured(value=Decimal(60), as_of=NOW)
    first = evidence_digest(evaluate(gate, NOW))
    assert first == evidence_digest(evaluate(gate, NOW))
    row.threshold = Decimal(40)
    row.save()
    assert evidence_digest(evaluate(gate, NOW)) != first


def test_now_is_the_business_moment(gate: Gate, business_clock: Any) -> None:
    business_clock(datetime(2031, 6, 1, tzinfo=UTC))
    assert evaluate(gate).as_of.year == clock.now().year == 2031
