"""What a gate read of answers and reports at a moment reads the same for ever, whatever happens later."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from cohorts.services import people
from cohorts.states import How, ParticipantState
from feedback.models import FeedbackItem, Occasion, Response, SurveyRequest
from feedback.services import Judged, judge_item, merge_item, move_item, submit_answers
from feedback.states import Area, ItemKind, ItemVerb, RequestState, Severity
from phases.models import Phase
from phases.registry import find_measure
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from tests.as_of import bodies
from tests.feedback.factories import (
    make_answers,
    make_item,
    make_request,
    make_tester,
    make_version,
    make_wave,
    questions,
)

ASKED = [
    *(
        (f"feedback.{name}", subject, window)
        for name in ("nps", "mean")
        for subject in ("weekly", "weekly.nps")
        for window in ("wave", "phase", "7d")
    ),
    *(("feedback.satisfaction", "weekly", window) for window in ("wave", "phase")),
    *(("feedback.response_rate", "weekly", window) for window in ("wave", "phase")),
    *(
        (f"feedback.{name}", subject, window)
        for name in ("open_defects", "reported_defects")
        for subject in ("", "critical", "critical usability", "high")
        for window in ("", "phase", "7d")
    ),
]

SEVERE = Judged(ItemKind.BUG, Area.USABILITY, Severity.CRITICAL)


def _later(
    phase: Phase, wave: Occasion, owner: User, support: User, items: list[FeedbackItem]
) -> list[Callable[[], object]]:
    """Everything that may happen after a gate was read."""
    survey = wave.survey
    first, second = Response.objects.order_by("pk")[:2]
    unanswered = SurveyRequest.objects.get(response__isnull=True, sent_at__isnull=False)
    two_marks = [
        question | {"code": "again"} if question["code"] == "nps" else question for question in questions()
    ]
    leaver, erased = (row.request.participant for row in Response.objects.order_by("pk")[2:4])
    return [
        lambda: judge_item(item=items[0], by=support, judged=SEVERE),
        lambda: judge_item(
            item=items[1], by=support, judged=Judged(ItemKind.BUG, "", Severity.LOW), reason="No"
        ),
        lambda: merge_item(item=items[2], into=items[1], by=support),
        lambda: move_item(item=items[3], by=support, verb=ItemVerb.RESOLVE, reason="Mended"),
        lambda: move_item(item=items[4], by=support, verb=ItemVerb.DECLINE, reason="As meant"),
        lambda: make_item(phase.rollout, phase=phase),
        lambda: submit_answers(request=first.request, values={"nps": 0}, language="en"),
        lambda: submit_answers(request=second.request, values={"satisfaction": 1, "nps": 9}, language="en"),
        lambda: submit_answers(request=unanswered, values={"nps": 1, "satisfaction": 2}, language="en"),
        lambda: make_answers(wave, "nps", [1, 2]),
        lambda: make_answers(survey.occasions.get(number=2), "nps", [3]),
        lambda: SurveyRequest.objects.filter(sent_at__isnull=True).update(
            state=RequestState.SENT, sent_at=clock.now()
        ),
        lambda: make_version(survey, owner=owner, asked=[*questions(), *two_marks[:1]]),
        lambda: people.leave(participant=leaver, how=How.PAGE),
        lambda: people.erase(participant=erased, reason="She asked"),
    ]


@pytest.mark.parametrize("order", range(3))
def test_figures_of_a_past_moment_stay_whatever_happens_later(
    order: int,
    phase: Phase,
    wave: Occasion,
    owner: User,
    support: User,
    business_clock: Callable[[datetime], None],
) -> None:
    before = make_wave(wave.survey, 2, closes_at=wave.closes_at)
    make_wave(wave.survey, 1, closes_at=wave.closes_at)
    for occasion in (before, wave):
        for mark in (10, 9, 3):
            request = make_request(occasion)
            submit_answers(request=request, values={"nps": mark, "satisfaction": 4}, language="en")
    make_request(wave)
    make_request(wave, state=RequestState.QUEUED)
    items = [make_item(phase.rollout, phase=phase) for _number in range(5)]
    for item in items[1:]:
        judge_item(item=item, by=support, judged=SEVERE)
    as_of = clock.now()
    then = bodies(phase, ASKED, as_of)
    assert then["feedback.open_defects", "critical", ""]["source"] == "Feedback, 1 report not judged yet"
    events = _later(phase, wave, owner, support, items)
    for number, event in enumerate([events, events[::-1], events[7:] + events[:7]][order], 1):
        business_clock(as_of + timedelta(minutes=number))
        event()
        assert bodies(phase, ASKED, as_of) == then
    assert bodies(phase, ASKED, clock.now()) != then


def test_that_nobody_had_taken_part_stays_so(
    phase: Phase, business_clock: Callable[[datetime], None]
) -> None:
    as_of = clock.now()
    tester = make_tester(phase, state=ParticipantState.INVITED, state_at=as_of - timedelta(days=1))
    asked = [("feedback.open_defects", "", "")]
    then = bodies(phase, asked, as_of)
    business_clock(as_of + timedelta(minutes=1))
    people.leave(participant=tester, how=How.PAGE)
    assert bodies(phase, asked, as_of) == then
    assert bodies(phase, asked, clock.now()) == bodies(phase, asked, as_of), "she never took part"


def test_a_response_rate_names_what_it_rests_on(
    phase: Phase, wave: Occasion, business_clock: Callable[[datetime], None]
) -> None:
    responses = make_answers(wave, "nps", [9, 3])
    unanswered = make_request(wave)
    measure = find_measure("feedback.response_rate")
    assert measure is not None
    assert measure.broken is not None
    as_of = clock.now()
    (source,) = measure.function(
        rollout=phase.rollout, phase=phase, subject="weekly", window="wave", as_of=as_of
    ).sources
    business_clock(as_of + timedelta(hours=1))
    make_answers(wave, "nps", [1])
    submit_answers(request=unanswered, values={"nps": 5}, language="en")
    submit_answers(request=responses[0].request, values={"nps": 5}, language="en")
    assert measure.broken([source, "feedback.occasion:else"]) == []
    Response.objects.filter(pk=responses[1].pk).update(submitted_at=clock.now())
    assert measure.broken([source]) == [source]
