"""A tester's answers: once, changeable until the wave closes, never rewritten."""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import QueryDict

from cohorts.models import Participant
from cohorts.services import people
from cohorts.states import How, ParticipantState
from feedback.answering import LONGEST_ANSWER, Value, as_kept, read_form
from feedback.exceptions import WaveClosed
from feedback.models import Answer, Occasion, Question, Response, Submission
from feedback.services import keep_draft, submit_answers
from feedback.services.answers import answers_of
from feedback.services.waves import ensure_occasions
from feedback.states import RequestState
from phases.exceptions import WrongState
from phases.models import Phase
from rollout_portal.lib import clock
from tests.feedback.factories import WAVE_3, make_beta, make_request, make_survey, make_tester, make_wave

ALL: dict[str, Value] = {
    "nps": 9,
    "satisfaction": 4,
    "used": ("articles", "quiz"),
    "better": "Larger buttons\n谢谢",
}


def test_an_answer_is_kept_as_it_was_given(phase: Phase, wave: Occasion) -> None:
    request = make_request(wave, make_tester(phase, language="ta", stratum="Tamil"))
    response = submit_answers(request=request, values=ALL, language="ms")
    request.refresh_from_db()
    assert answers_of(response.submissions.get()) == ALL
    assert (response.language, response.stratum, response.edited_at) == ("ta", "Tamil", None)
    assert response.submissions.get().language == "ms"
    assert request.state == RequestState.SUBMITTED


def test_sending_the_same_again_changes_nothing(wave: Occasion) -> None:
    request = make_request(wave)
    first = submit_answers(request=request, values=ALL, language="en")
    again = submit_answers(request=request, values=ALL, language="en")
    assert (first, again.edited_at, again.submissions.count()) == (again, None, 1)


def test_a_change_keeps_what_was_said_before(
    wave: Occasion, business_clock: Callable[[datetime], None]
) -> None:
    request = make_request(wave)
    submit_answers(request=request, values=ALL, language="en")
    business_clock(clock.now() + timedelta(hours=1))
    changed = submit_answers(request=request, values={"nps": 3}, language="en")
    said = [answers_of(submission) for submission in changed.submissions.order_by("number")]
    assert said == [ALL, {"nps": 3}]
    assert changed.edited_at is not None
    assert Response.objects.count() == 1


def test_a_draft_is_kept_and_ends_with_the_answer(wave: Occasion) -> None:
    request = make_request(wave)
    keep_draft(request=request, values={"nps": 7, "used": ("quiz",)})
    request.refresh_from_db()
    assert (request.state, as_kept(request.draft)) == (
        RequestState.STARTED,
        {"nps": ["7"], "used": ["quiz"]},
    )
    assert not Response.objects.exists()
    submit_answers(request=request, values=ALL, language="en")
    request.refresh_from_db()
    assert request.draft == {}
    with pytest.raises(WrongState):
        keep_draft(request=request, values={"nps": 1})


def test_after_the_close_nothing_is_taken(wave: Occasion) -> None:
    request = make_request(wave)
    submit_answers(request=request, values={"nps": 9}, language="en")
    clock.set_now(wave.closes_at + timedelta(minutes=1))
    for act in (
        lambda: submit_answers(request=request, values={"nps": 0}, language="en"),
        lambda: keep_draft(request=request, values={"nps": 0}),
    ):
        with pytest.raises(WaveClosed):
            act()
    assert answers_of(Submission.objects.get()) == {"nps": 9}


def test_who_has_left_is_not_asked_for_more(wave: Occasion) -> None:
    request = make_request(wave)
    Participant.objects.update(state=ParticipantState.LEFT)
    with pytest.raises(WaveClosed, match="left the test"):
        submit_answers(request=request, values={"nps": 9}, language="en")


def test_who_wants_no_more_mails_may_still_answer(wave: Occasion) -> None:
    request = make_request(wave)
    people.opt_out(participant=request.participant, how=How.ONE_CLICK)
    ensure_occasions()
    keep_draft(request=request, values={"nps": 8})
    ensure_occasions()
    submit_answers(request=request, values={"nps": 9}, language="en")
    assert answers_of(Submission.objects.get()) == {"nps": 9}


def test_a_request_that_was_never_sent_takes_no_answer(wave: Occasion) -> None:
    with pytest.raises(WrongState):
        submit_answers(
            request=make_request(wave, state=RequestState.QUEUED), values={"nps": 9}, language="en"
        )
    assert not Response.objects.exists()


def test_what_was_sent_is_never_rewritten(wave: Occasion) -> None:
    submit_answers(request=make_request(wave), values=ALL, language="en")
    writes: list[Callable[[], object]] = [
        lambda: Submission.objects.update(number=2),
        lambda: Submission.objects.all()._raw_delete("default"),
        lambda: Answer.objects.filter(number=9).update(number=10),
        lambda: Answer.objects.exclude(choice="").update(choice="videos"),
        lambda: Answer.objects.exclude(text="").update(text="I love it"),
        lambda: Answer.objects.all()._raw_delete("default"),
    ]
    for write in writes:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            write()
    # Erasure may take the words away, and only that.
    assert Answer.objects.exclude(text="").update(text="") == 1


@pytest.mark.django_db(transaction=True)
def test_answers_sent_twice_at_once_are_one(
    business_clock: Callable[[datetime], None],
    in_threads: Callable[[list[Callable[[], object]]], list[object]],
) -> None:
    business_clock(WAVE_3)
    request = make_request(make_wave(make_survey(make_beta())))
    results = in_threads([lambda: submit_answers(request=request, values=ALL, language="en")] * 6)
    assert {type(result) for result in results} == {Response}
    assert (Response.objects.count(), Submission.objects.count(), Answer.objects.count()) == (1, 1, 5)
    connection.close()


# --- Reading a form ------------------------------------------------------------------------------------


@pytest.fixture
def asked(wave: Occasion) -> list[Question]:
    return list(wave.version.questions.order_by("position"))


def sent(text: str) -> QueryDict:
    return QueryDict(text)


def test_a_form_is_read_by_its_own_questions_only(asked: list[Question]) -> None:
    given = read_form(
        asked, sent("q-nps=0&q-used=quiz&q-used=articles&q-other=9&nps=4&state=submitted&q-better=+hi+")
    )
    assert given.values == {"nps": 0, "used": ("articles", "quiz"), "better": "hi"}
    assert given.errors == {}


@pytest.mark.parametrize(
    "value", ["-1", "11", "3.5", "９", "NaN", "1e1", "0x1", "07", "true", "٣", "9 ", "ten", "²", "9" * 5000]
)
def test_a_mark_that_was_not_offered_is_refused_with_what_would_be_right(
    asked: list[Question], value: str
) -> None:
    given = read_form(asked, sent(urlencode({"q-nps": value})))
    assert given.errors == {"nps": "Question 1: choose 0–10."}
    assert given.kept["nps"] == [value]


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("", {"nps": "Question 1: choose 0–10."}),
        ("q-nps=", {"nps": "Question 1: choose 0–10."}),
        ("q-nps=9&q-nps=1", {"nps": "Question 1: give one answer only."}),
        ("q-nps=9&q-satisfaction=6", {"satisfaction": "Question 2: choose one of the answers shown."}),
        ("q-nps=9&q-used=quiz&q-used=quiz", {"used": "Question 3: choose one of the answers shown."}),
        ("q-nps=9&q-used=admin", {"used": "Question 3: choose one of the answers shown."}),
        (
            "q-nps=9&q-better=" + "x" * (LONGEST_ANSWER + 1),
            {"better": "Question 4: write at most 2000 characters; these are 2001."},
        ),
    ],
)
def test_each_error_stands_at_its_question(asked: list[Question], text: str, errors: dict[str, str]) -> None:
    assert read_form(asked, sent(text)).errors == errors


def test_a_draft_needs_nothing_and_takes_nothing_wrong(asked: list[Question]) -> None:
    assert read_form(asked, sent(""), partial=True).errors == {}
    assert read_form(asked, sent("q-nps=11"), partial=True).errors == {"nps": "Question 1: choose 0–10."}
