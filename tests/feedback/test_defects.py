"""Defects as a gate counts them: by words, open or reported, as of a moment, never before the start."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from cohorts.models import Participant
from cohorts.services import people
from cohorts.states import How, ParticipantState
from feedback.defects import read_subject
from feedback.models import FeedbackItem
from feedback.services import Judged, judge_item, merge_item, move_item
from feedback.states import Area, ItemKind, ItemVerb, Severity
from phases import gates
from phases.models import Phase
from phases.registry import Measured, find_measure
from phases.states import Outcome, PhaseState, Reason
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from tests.factories import make_criterion, make_gate, make_phase
from tests.feedback.factories import make_item, make_tester

CRITICAL_USABILITY = Judged(ItemKind.BUG, Area.USABILITY, Severity.CRITICAL)


def read(
    phase: Phase | None,
    subject: str,
    *,
    rollout_of: Phase,
    name: str = "feedback.open_defects",
    window: str = "latest",
    as_of: datetime | None = None,
) -> Measured:
    found = find_measure(name)
    assert found is not None
    return found.function(
        rollout=rollout_of.rollout, phase=phase, subject=subject, window=window, as_of=as_of or clock.now()
    )


def values(phase: Phase, *subjects: str, **more: str) -> list[int | None]:
    found = [read(phase, subject, rollout_of=phase, **more).value for subject in subjects]  # type: ignore[arg-type]
    return [None if value is None else int(value) for value in found]


def make_defect(
    phase: Phase,
    by: User,
    severity: Severity = Severity.CRITICAL,
    kind: ItemKind = ItemKind.BUG,
    area: Area = Area.FUNCTION,
) -> FeedbackItem:
    item = make_item(phase.rollout, phase=phase)
    return judge_item(item=item, by=by, judged=Judged(kind, area, severity))


def test_words_choose_severity_kind_and_area(phase: Phase, support: User) -> None:
    make_defect(phase, support)
    make_defect(phase, support, area=Area.USABILITY)
    make_defect(phase, support, kind=ItemKind.USABILITY)
    make_defect(phase, support, kind=ItemKind.BLOCKER, severity=Severity.HIGH)
    make_defect(phase, support, kind=ItemKind.IDEA)
    make_defect(phase, support, kind=ItemKind.COMPLAINT, severity=Severity.LOW)
    assert values(phase, "critical", "critical usability", "critical high", "blocker", "complaint", "") == [
        3,
        2,
        4,
        1,
        1,
        4,
    ]
    assert values(phase, "critical idea", "usability low", "critical security") == [1, 0, 0]


@pytest.mark.parametrize("subject", ["severe", "critical bugs", "CRITICAL", "critical;"])
def test_an_unknown_word_is_no_data(phase: Phase, subject: str) -> None:
    assert read_subject(subject) is None
    assert read(phase, subject, rollout_of=phase).reason == Reason.UNKNOWN_MEASURE


def test_before_the_phase_has_started_nothing_is_counted(phase: Phase, support: User) -> None:
    planned = make_phase(phase.rollout, "3")
    gate = make_gate(phase.rollout, planned, make_phase(phase.rollout, "4"))
    row = make_criterion(
        gate, measure="feedback.open_defects", subject="critical", comparator="=", threshold=Decimal(0)
    )
    assert gates.evaluate(gate).result_of(row.code).outcome == Outcome.NO_DATA
    planned.state, planned.started_at = PhaseState.ACTIVE, clock.now()
    planned.save()
    assert gates.evaluate(gate).result_of(row.code).outcome == Outcome.MET
    earlier = read(planned, "critical", rollout_of=phase, as_of=clock.now() - timedelta(hours=1))
    assert (earlier.value, earlier.reason) == (None, Reason.NEVER)


def test_while_nobody_takes_part_nothing_is_counted(phase: Phase, support: User) -> None:
    assert values(phase, "critical") == [0], "a team that tests by itself has no seats"
    tester = make_tester(phase, state=ParticipantState.INVITED)
    found = read(phase, "critical", rollout_of=phase)
    assert (found.value, found.reason, found.source) == (
        None,
        Reason.NEVER,
        "Nobody takes part in “2 Beta programme” yet",
    )
    Participant.objects.update(state=ParticipantState.ACCEPTED)
    assert values(phase, "critical") == [0]
    people.leave(participant=tester, how=How.PAGE)
    assert values(phase, "critical") == [0]


def test_an_open_critical_usability_issue_blocks_until_it_is_resolved(phase: Phase, support: User) -> None:
    gate = make_gate(phase.rollout, phase, make_phase(phase.rollout, "3"))
    row = make_criterion(
        gate,
        measure="feedback.open_defects",
        subject="critical usability",
        comparator="=",
        threshold=Decimal(0),
    )
    item = make_defect(phase, support, area=Area.USABILITY)
    blocked = gates.evaluate(gate).result_of(row.code)
    assert (blocked.outcome, [need.text for need in blocked.needs]) == (
        Outcome.NOT_MET,
        ["close FB-0001"],
    )
    move_item(item=item, by=support, verb=ItemVerb.RESOLVE, reason="Mended in 5.1.2")
    assert gates.evaluate(gate).result_of(row.code).outcome == Outcome.MET


def test_many_open_items_are_named_up_to_five(phase: Phase, support: User) -> None:
    for _number in range(7):
        make_defect(phase, support)
    needs = [need.text for need in read(phase, "critical", rollout_of=phase).needs]
    assert needs == [f"close FB-000{number}" for number in range(1, 6)] + ["close 2 more items"]


def test_what_nobody_judged_yet_is_said(phase: Phase, support: User) -> None:
    make_item(phase.rollout)
    make_item(phase.rollout, kind=ItemKind.IDEA)
    found = read(phase, "critical", rollout_of=phase)
    assert (found.value, found.source) == (Decimal(0), "Feedback, 1 report not judged yet")


def test_reported_defects_count_fixed_ones_and_each_defect_once(phase: Phase, support: User) -> None:
    first, second, third = (make_defect(phase, support) for _number in range(3))
    move_item(item=first, by=support, verb=ItemVerb.RESOLVE, reason="Mended")
    merge_item(item=third, into=second, by=support)
    assert values(phase, "critical", name="feedback.reported_defects") == [2]
    assert values(phase, "critical") == [1]
    move_item(item=second, by=support, verb=ItemVerb.DECLINE, reason="Works as meant")
    assert values(phase, "critical", name="feedback.reported_defects") == [1]


def test_windows_narrow_what_was_reported(
    phase: Phase, support: User, business_clock: Callable[[datetime], None]
) -> None:
    old = clock.now()
    make_defect(phase, support)
    item = make_item(phase.rollout)
    judge_item(item=item, by=support, judged=Judged(ItemKind.BUG, "", Severity.CRITICAL))
    business_clock(old + timedelta(days=8))
    next_phase = make_phase(phase.rollout, "3", state=PhaseState.ACTIVE, started_at=clock.now())
    make_defect(next_phase, support)
    reported = "feedback.reported_defects"
    assert values(next_phase, "critical", name=reported) == [3]
    assert values(next_phase, "critical", name=reported, window="7d") == [1]
    assert values(next_phase, "critical", name=reported, window="phase") == [1]
    assert values(phase, "critical", name=reported, window="phase") == [2]


def test_a_reading_of_the_past_stays_what_it_was(
    phase: Phase, support: User, business_clock: Callable[[datetime], None]
) -> None:
    item = make_defect(phase, support, area=Area.USABILITY)
    then = clock.now()
    business_clock(then + timedelta(hours=1))
    judge_item(
        item=item,
        by=support,
        judged=Judged(ItemKind.BUG, Area.USABILITY, Severity.LOW),
        reason="One old phone",
    )
    make_defect(phase, support)
    assert read(phase, "critical usability", rollout_of=phase, as_of=then).value == Decimal(1)
    assert values(phase, "critical usability", "critical") == [0, 1]


def test_judging_anew_breaks_what_was_signed_and_fixing_does_not(phase: Phase, support: User) -> None:
    kept, lowered, declined = (make_defect(phase, support) for _number in range(3))
    found = read(phase, "critical", rollout_of=phase)
    registered = find_measure("feedback.open_defects")
    assert registered is not None
    assert registered.broken is not None
    move_item(item=kept, by=support, verb=ItemVerb.RESOLVE, reason="Mended")
    make_defect(phase, support)
    assert registered.broken(found.sources) == []
    judge_item(
        item=lowered,
        by=support,
        judged=Judged(ItemKind.BUG, Area.FUNCTION, Severity.HIGH),
        reason="Rare",
    )
    move_item(item=declined, by=support, verb=ItemVerb.DECLINE, reason="As meant")
    assert registered.broken(found.sources) == list(found.sources[1:])


def test_counting_costs_the_same_for_one_and_for_many(
    phase: Phase, support: User, django_assert_num_queries: Callable[[int], object]
) -> None:
    for _number in range(3):
        make_defect(phase, support)
        with django_assert_num_queries(2):  # type: ignore[attr-defined]
            read(phase, "critical", rollout_of=phase)
