"""What a gate reads from answers: scores with n, interval and source, as of a moment; nothing is not zero."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from feedback.models import Occasion, Survey
from feedback.services import submit_answers
from feedback.states import RequestState
from phases import gates
from phases.models import Gate, Phase
from phases.registry import Measured, find_measure
from phases.states import Outcome, Reason
from rollout_portal.lib import clock
from tests.factories import make_criterion, make_gate, make_phase
from tests.feedback.factories import (
    make_answers,
    make_request,
    make_survey,
    make_tester,
    make_wave,
)


def read(
    name: str,
    phase: Phase,
    subject: str = "weekly",
    window: str = "wave",
    as_of: datetime | None = None,
) -> Measured:
    found = find_measure(name)
    assert found is not None
    return found.function(
        rollout=phase.rollout, phase=phase, subject=subject, window=window, as_of=as_of or clock.now()
    )


def broken(name: str, sources: tuple[str, ...]) -> list[str]:
    found = find_measure(name)
    assert found is not None
    assert found.broken is not None
    return found.broken(sources)


def marks(promoters: int, passives: int, detractors: int) -> list[int]:
    return [9] * promoters + [8] * passives + [3] * detractors


@pytest.fixture
def gate(phase: Phase) -> Gate:
    return make_gate(phase.rollout, phase, make_phase(phase.rollout, "3"))


def test_the_scores_of_the_scenario_decide(gate: Gate, phase: Phase, wave: Occasion) -> None:
    nps = make_criterion(
        gate,
        text="NPS above 50",
        measure="feedback.nps",
        subject="weekly",
        window="wave",
        comparator=">",
        threshold=Decimal(50),
        unit="points",
    )
    make_answers(wave, "nps", marks(25, 10, 5))
    first = gates.evaluate(gate).result_of(nps.code)
    assert (first.outcome, first.value, first.needs[0].text) == (
        Outcome.NOT_MET,
        Decimal(50),
        "1 more answer of 9 or 10",
    )
    assert first.value_text == "50 exactly"
    changed = make_wave(wave.survey, 4)
    make_answers(changed, "nps", marks(26, 9, 5))
    clock.set_now(changed.opens_at + timedelta(hours=1))
    second = gates.evaluate(gate).result_of(nps.code)
    assert (second.outcome, second.value) == (Outcome.MET, Decimal("52.5"))


@pytest.mark.parametrize(
    ("satisfied", "outcome", "needs"),
    [(32, Outcome.NOT_MET, ["1 more satisfied answer"]), (33, Outcome.MET, [])],
)
def test_satisfaction_of_the_scenario_decides(
    gate: Gate, wave: Occasion, satisfied: int, outcome: Outcome, needs: list[str]
) -> None:
    row = make_criterion(
        gate,
        measure="feedback.satisfaction",
        subject="weekly.satisfaction",
        window="wave",
        comparator=">",
        threshold=Decimal(80),
        unit="%",
    )
    make_answers(wave, "satisfaction", [4] * satisfied + [3] * (40 - satisfied))
    result = gates.evaluate(gate).result_of(row.code)
    assert (result.outcome, [need.text for need in result.needs]) == (outcome, needs)


def test_a_score_says_on_what_it_rests(phase: Phase, wave: Occasion, now: datetime) -> None:
    make_answers(wave, "nps", marks(15, 6, 3))
    found = read("feedback.nps", phase)
    assert (found.value, found.n, found.unit, found.noun) == (Decimal(50), 24, "points", "answers")
    assert found.source == "Weekly survey, wave 3"
    assert found.scale == (Decimal(-100), Decimal(100))
    assert found.interval is not None
    assert [round(end, 1) for end in found.interval] == [Decimal("17.1"), Decimal("71.8")]
    assert found.as_of is not None
    assert abs(found.as_of - now) < timedelta(minutes=1)


def test_too_few_answers_say_how_many_more(gate: Gate, wave: Occasion) -> None:
    row = make_criterion(
        gate,
        measure="feedback.nps",
        subject="weekly",
        comparator=">",
        threshold=Decimal(50),
        unit="points",
        min_n=30,
    )
    make_answers(wave, "nps", marks(20, 2, 2))
    result = gates.evaluate(gate).result_of(row.code)
    assert (result.outcome, [need.text for need in result.needs]) == (
        Outcome.UNDECIDABLE,
        ["6 more answers"],
    )


def test_without_answers_there_is_no_score(phase: Phase, wave: Occasion) -> None:
    make_request(wave)
    for name in ("feedback.nps", "feedback.satisfaction"):
        found = read(name, phase)
        assert (found.value, found.n, found.reason) == (None, 0, Reason.NEVER)


def test_an_unknown_question_is_no_data(phase: Phase, survey: Survey) -> None:
    for subject in ("monthly", "weekly.better", "weekly.", "", "weekly.nps.nps"):
        found = read("feedback.nps", phase, subject)
        assert (found.value, found.reason) == (None, Reason.UNKNOWN_MEASURE)


def test_a_subject_with_dots_names_the_longest_survey(phase: Phase, survey: Survey) -> None:
    dotted = make_survey(phase, "weekly.late", name="Late survey")
    make_answers(make_wave(dotted), "nps", [10])
    found = read("feedback.nps", phase, "weekly.late.nps")
    assert (found.value, found.source) == (Decimal(100), "Late survey, wave 3")


def test_the_wave_is_the_newest_one_with_an_answer(phase: Phase, survey: Survey) -> None:
    make_answers(make_wave(survey, 2, closes_at=clock.now() + timedelta(days=1)), "nps", [0, 0])
    make_request(make_wave(survey, 3))
    assert read("feedback.nps", phase).source == "Weekly survey, wave 2"


def test_waves_are_pooled_over_the_phase(phase: Phase, survey: Survey) -> None:
    for number, mark in ((1, 10), (2, 10), (3, 0)):
        late = make_wave(survey, number, closes_at=clock.now() + timedelta(days=1))
        make_answers(late, "nps", [mark, mark])
    pooled = read("feedback.nps", phase, window="phase")
    assert (pooled.n, pooled.source) == (6, "Weekly survey, 3 waves")
    assert pooled.value == Decimal(100 * (4 - 2)) / 6


def test_a_reading_of_the_past_stays_what_it_was(
    phase: Phase, wave: Occasion, business_clock: Callable[[datetime], None]
) -> None:
    first = make_answers(wave, "nps", [10])[0]
    earlier = clock.now()
    business_clock(earlier + timedelta(hours=1))
    submit_answers(request=first.request, values={"nps": 0}, language="ta")
    make_answers(wave, "nps", [10, 10])
    then, now = read("feedback.nps", phase, as_of=earlier), read("feedback.nps", phase)
    assert (then.value, then.n) == (Decimal(100), 1)
    assert (now.value, now.n) == (Decimal(100 * (2 - 1)) / 3, 3)


def test_answers_of_another_phase_do_not_count(phase: Phase, wave: Occasion) -> None:
    make_answers(wave, "nps", [10])
    other = make_phase(phase.rollout, "3")
    assert read("feedback.nps", other).value is None


def test_the_mean_has_its_scale(phase: Phase, wave: Occasion) -> None:
    make_answers(wave, "satisfaction", [4, 4, 5, 3])
    make_answers(wave, "nps", [7, 8])
    of_five = read("feedback.mean", phase, "weekly.satisfaction")
    of_ten = read("feedback.mean", phase, "weekly.nps")
    assert (of_five.value, of_five.unit, of_five.scale) == (Decimal(4), "/5", (Decimal(1), Decimal(5)))
    assert (of_ten.value, of_ten.unit) == (Decimal("7.5"), "/10")
    # Two questions have marks: which one is meant must be said.
    assert read("feedback.mean", phase).reason == Reason.UNKNOWN_MEASURE


def test_the_response_rate_counts_who_was_asked(phase: Phase, wave: Occasion) -> None:
    make_answers(wave, "nps", [9, 9, 9])
    make_request(wave)
    make_request(wave, state=RequestState.QUEUED)
    rate = read("feedback.response_rate", phase)
    assert (rate.value, rate.n, rate.hits) == (Decimal(75), 4, 3)


def test_nobody_asked_is_no_rate(phase: Phase, survey: Survey) -> None:
    assert read("feedback.response_rate", phase).reason == Reason.NEVER
    assert read("feedback.response_rate", phase, "monthly").reason == Reason.UNKNOWN_MEASURE


def test_a_changed_answer_breaks_what_rests_on_it(
    phase: Phase, wave: Occasion, business_clock: Callable[[datetime], None]
) -> None:
    first, second = make_answers(wave, "nps", [9, 9])
    cited = read("feedback.nps", phase).sources
    assert len(cited) == 1
    business_clock(clock.now() + timedelta(hours=1))
    make_answers(wave, "nps", [0, 0, 0])
    assert broken("feedback.nps", cited) == []
    submit_answers(request=first.request, values={"nps": 9, "better": "Larger buttons"}, language="en")
    assert broken("feedback.nps", cited) == []
    submit_answers(request=second.request, values={"nps": 10}, language="en")
    assert broken("feedback.nps", cited) == list(cited)
    submit_answers(request=second.request, values={"nps": 9}, language="en")
    assert broken("feedback.nps", cited) == []


def test_an_answer_given_later_to_a_question_left_out_breaks_nothing(
    phase: Phase, wave: Occasion, business_clock: Callable[[datetime], None]
) -> None:
    tester = make_request(wave)
    submit_answers(request=tester, values={"nps": 9}, language="en")
    make_answers(wave, "satisfaction", [5])
    cited = read("feedback.satisfaction", phase).sources
    business_clock(clock.now() + timedelta(hours=1))
    submit_answers(request=tester, values={"nps": 9, "satisfaction": 1}, language="en")
    assert broken("feedback.satisfaction", cited) == []


@pytest.mark.django_db
def test_a_source_that_names_no_wave_is_broken() -> None:
    gone = "feedback.occasion:00000000-0000-0000-0000-000000000000:nps:abc:2026-11-25T06:00:00+00:00"
    assert broken("feedback.nps", (gone, "monitoring.reading:1")) == [gone]


def test_a_reading_costs_the_same_for_one_wave_and_for_four(
    phase: Phase, survey: Survey, django_assert_num_queries: Callable[[int], object]
) -> None:
    for number in range(1, 5):
        late = make_wave(survey, number, closes_at=clock.now() + timedelta(days=9))
        make_answers(late, "nps", [10])
        with django_assert_num_queries(5):  # type: ignore[attr-defined]
            read("feedback.nps", phase, window="phase", as_of=datetime(2027, 1, 1, tzinfo=UTC))


def test_testers_of_the_phase_are_not_needed_for_a_score(phase: Phase, wave: Occasion) -> None:
    tester = make_tester(phase)
    submit_answers(request=make_request(wave, tester), values={"nps": 10}, language="en")
    tester.memberships.update(ended_at=clock.now(), ended_because="left")
    assert read("feedback.nps", phase).value == Decimal(100)
