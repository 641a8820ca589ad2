"""Waves open by the calendar, ask everybody in the phase once, and close; never a backlog."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from cohorts import visits
from cohorts.models import Participant
from cohorts.states import ParticipantState
from feedback.hooks import may_survey_mail_leave, survey_mails_in_words
from feedback.links import mint_survey_link
from feedback.models import Occasion, Survey, SurveyRequest
from feedback.services import ensure_occasions, submit_answers, wave_window, waves_due
from feedback.services.waves import SURVEY_LINK, TEMPLATE, TEMPLATE_WITH_MARKS, moment_in
from feedback.states import RequestState, Rhythm
from phases.models import Phase
from phases.services import hold_phase, resume_phase, roll_back_phase
from phases.states import PhaseState, Verb
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from rollout_portal.outbox import links as outbox_links
from rollout_portal.outbox import wordings
from rollout_portal.outbox.decisions import mark_as_sent, send_again
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageState, Policy
from tests.factories import make_phase
from tests.feedback.factories import (
    FOUR,
    STARTED,
    WAVE_3,
    make_beta,
    make_seat,
    make_survey,
    make_tester,
    make_version,
    questions,
)

MYT_9 = timedelta(hours=1)  # 9:00 in Kuala Lumpur is 1:00 UTC


def at(day: int, hour: int = 6, month: int = 11) -> datetime:
    """A moment of November 2026, UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "number", "opens", "closes"),
    [
        (at(9), 1, at(11, 1), at(15, 15) + timedelta(minutes=59)),
        (WAVE_3, 3, at(25, 1), at(29, 15) + timedelta(minutes=59)),
        (at(29, 23), 4, at(2, 1, 12), at(6, 15, 12) + timedelta(minutes=59)),
    ],
)
def test_a_week_has_one_window(
    survey: Survey, moment: datetime, number: int, opens: datetime, closes: datetime
) -> None:
    window = wave_window(survey, moment)
    assert window is not None
    assert (window.number, window.opens_at, window.closes_at) == (number, opens, closes)


def test_a_phase_that_began_late_counts_its_own_weeks(survey: Survey) -> None:
    survey.phase.started_at = at(18)
    survey.phase.save()
    window = wave_window(survey, at(19))
    assert window is not None
    assert (window.number, window.opens_at) == (1, at(18, 1))


def test_a_phase_that_has_not_begun_has_no_window(survey: Survey) -> None:
    survey.phase.started_at = None
    assert wave_window(survey, WAVE_3) is None


def test_a_survey_held_once_has_one_window(phase: Phase, owner: User) -> None:
    once = make_survey(phase, "end", owner=owner, rhythm=Rhythm.ONCE, opens_on_day=20, open_days=10)
    window = wave_window(once, WAVE_3)
    assert window is not None
    assert (window.number, window.opens_at) == (1, at(28, 1))


def test_the_open_wave_is_made_once_and_asks_everybody_in_her_language(survey: Survey, phase: Phase) -> None:
    people = [make_tester(phase, language=language) for language in ("ta", "ms", "zh-hans", "en", "fr")]
    assert waves_due() == at(25, 1)
    assert ensure_occasions() == 6
    assert ensure_occasions() == 0
    assert waves_due() is None
    wave = Occasion.objects.get()
    assert (wave.number, wave.opens_at, wave.version.number) == (3, at(25, 1), 1)
    mails = {message.recipient: message for message in Message.objects.all()}
    assert [mails[person.person.email].language for person in people] == ["ta", "ms", "zh-hans", "en", "ms"]
    tamil = mails[people[0].person.email]
    assert tamil.params["survey"] == "Weekly survey (ta)"
    assert tamil.expires_at == wave.closes_at
    assert {mail.policy for mail in mails.values()} == {Policy.NEVER_TWICE}
    assert tamil.key == f"survey:{wave.uuid}:{people[0].uuid}"


def test_after_an_outage_only_the_open_wave_is_made(survey: Survey, phase: Phase) -> None:
    make_tester(phase)
    clock.set_now(at(4, month=12))
    ensure_occasions()
    assert list(Occasion.objects.values_list("number", flat=True)) == [4]


def test_before_and_after_its_days_no_wave_is_made(survey: Survey, phase: Phase) -> None:
    make_tester(phase)
    for moment in (at(24), at(29, 16), at(30)):
        clock.set_now(moment)
        assert (waves_due(), ensure_occasions()) == (None, 0)
    assert not Occasion.objects.exists()


def test_a_survey_without_a_published_version_asks_nobody(phase: Phase) -> None:
    draft = Survey.objects.create(
        rollout=phase.rollout, phase=phase, code="draft", name="Draft", opens_on_day=1, open_days=7
    )
    make_version(draft)
    make_tester(phase)
    assert (waves_due(), ensure_occasions()) == (None, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"state": ParticipantState.INVITED},
        {"state": ParticipantState.DECLINED},
        {"state": ParticipantState.LEFT},
        {"opted_out_at": STARTED},
        {"email": "", "selection_key": "gone"},
    ],
)
def test_who_does_not_take_part_is_not_asked(survey: Survey, phase: Phase, fields: dict[str, object]) -> None:
    make_tester(phase, **fields)  # type: ignore[arg-type]
    ensure_occasions()
    assert not SurveyRequest.objects.exists()


def test_people_of_other_phases_are_not_asked(survey: Survey, phase: Phase) -> None:
    other = make_phase(phase.rollout, "3")
    tester = make_tester(other)
    ensure_occasions()
    assert not SurveyRequest.objects.exists()
    make_seat(tester, phase)
    assert waves_due() is not None
    ensure_occasions()
    assert SurveyRequest.objects.get().participant == tester


def test_an_address_that_cannot_be_used_keeps_nobody_else_waiting(survey: Survey, phase: Phase) -> None:
    make_tester(phase, email="not an address")
    make_tester(phase)
    ensure_occasions()
    assert [request.message is None for request in SurveyRequest.objects.order_by("pk")] == [True, False]
    assert ensure_occasions() == 0


def test_a_wave_closes_once_and_writes_off_what_is_open(survey: Survey, phase: Phase, owner: User) -> None:
    for _number in range(4):
        make_tester(phase)
    ensure_occasions()
    first, second, _third, fourth = SurveyRequest.objects.order_by("pk")
    for request in (first, second):
        mint_survey_link(request.uuid, request.message)  # type: ignore[arg-type]
    submit_answers(request=first, values={"nps": 9}, language="en")
    Participant.objects.filter(pk=fourth.participant_id).update(state=ParticipantState.LEFT)
    ensure_occasions()
    clock.set_now(at(30))
    assert waves_due() == at(29, 15) + timedelta(minutes=59)
    assert ensure_occasions() == 1
    assert (ensure_occasions(), waves_due()) == (0, None)
    states = SurveyRequest.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [
        RequestState.SUBMITTED,
        RequestState.EXPIRED,
        RequestState.EXPIRED,
        RequestState.LEFT,
    ]
    closed = AuditEvent.objects.get(verb="occasion.closed")
    assert closed.after == {"answered": 1, "unanswered": 2}


def test_a_new_version_is_asked_from_the_next_wave_on(survey: Survey, phase: Phase, owner: User) -> None:
    make_tester(phase)
    ensure_occasions()
    make_version(survey, owner=owner)
    ensure_occasions()
    assert Occasion.objects.get().version.number == 1
    clock.set_now(at(3, month=12))
    ensure_occasions()
    assert Occasion.objects.get(number=4).version.number == 2


def test_nothing_is_made_while_the_phase_is_held(survey: Survey, phase: Phase, owner: User) -> None:
    make_tester(phase)
    hold_phase(phase=phase, by=owner, reason="API errors")
    assert (waves_due(), ensure_occasions()) == (None, 0)
    resume_phase(phase=phase, by=owner, reason="Mended")
    assert ensure_occasions() == 2


def _waiting(survey: Survey, phase: Phase) -> SurveyRequest:
    make_tester(phase)
    ensure_occasions()
    return SurveyRequest.objects.get()


def test_the_question_before_each_mail_follows_the_phase(survey: Survey, phase: Phase, owner: User) -> None:
    request = _waiting(survey, phase)
    message = request.message
    assert message is not None
    assert may_survey_mail_leave(message) is None
    hold_phase(phase=phase, by=owner, reason="API errors")
    held = may_survey_mail_leave(message)
    assert held is not None
    assert (held.reason, held.retry_at is not None) == ("held", True)
    phase.refresh_from_db()
    phase.state, phase.held_at, phase.held_because = PhaseState.COMPLETED, None, ""
    phase.save()
    over = may_survey_mail_leave(message)
    assert over is not None
    assert (over.reason, over.retry_at) == ("phase_over", None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"opted_out_at": STARTED}, "opted_out"),
        ({"state": ParticipantState.LEFT}, "left"),
    ],
)
def test_the_question_before_each_mail_follows_the_person(
    survey: Survey, phase: Phase, change: dict[str, object], reason: str
) -> None:
    request = _waiting(survey, phase)
    Participant.objects.update(**change)
    refusal = may_survey_mail_leave(request.message)  # type: ignore[arg-type]
    assert refusal is not None
    assert (refusal.reason, refusal.retry_at) == (reason, None)


def test_who_lost_the_seat_or_is_too_late_gets_no_mail(survey: Survey, phase: Phase) -> None:
    request = _waiting(survey, phase)
    assert request.message is not None
    request.participant.memberships.update(ended_at=WAVE_3, ended_because="shrunk")
    refusal = may_survey_mail_leave(request.message)
    assert refusal is not None
    assert refusal.reason == "left_phase"
    clock.set_now(at(30))
    refusal = may_survey_mail_leave(request.message)
    assert refusal is not None
    assert refusal.reason == "wave_closed"


def test_a_rollback_withdraws_mails_and_leaves_answers(survey: Survey, phase: Phase, owner: User) -> None:
    make_tester(phase)
    waiting = _waiting_after_an_answer(survey, phase)
    assert list(survey_mails_in_words(phase, Verb.ROLL_BACK)) == [
        "1 survey mail that has not left is withdrawn."
    ]
    assert list(survey_mails_in_words(phase, Verb.HOLD)) == ["1 survey mail that has not left waits."]
    roll_back_phase(phase=phase, by=owner, reason="Errors", typed_name=phase.rollout.name)
    waiting.message.refresh_from_db()  # type: ignore[union-attr]
    assert waiting.message.state == MessageState.CANCELLED  # type: ignore[union-attr]
    answered = SurveyRequest.objects.get(state=RequestState.SUBMITTED)
    assert answered.response.submissions.count() == 1


def _waiting_after_an_answer(survey: Survey, phase: Phase) -> SurveyRequest:
    make_tester(phase)
    ensure_occasions()
    answered, waiting = SurveyRequest.objects.order_by("pk")
    mint_survey_link(answered.uuid, answered.message)  # type: ignore[arg-type]
    submit_answers(request=answered, values={"nps": 9}, language="en")
    return waiting


def _uncertain(survey: Survey, phase: Phase) -> tuple[SurveyRequest, Message]:
    """A request whose mail left for a server that never answered."""
    request = _waiting(survey, phase)
    message = request.message
    assert message is not None
    mint_survey_link(request.uuid, message)
    Message.objects.filter(pk=message.pk).update(state=MessageState.UNCERTAIN, reason="answer_lost")
    return request, message


def test_a_survey_mail_that_is_sent_again_is_asked_about_and_withdrawn_as_the_first_one(
    survey: Survey, phase: Phase, owner: User
) -> None:
    request, old = _uncertain(survey, phase)
    assert list(survey_mails_in_words(phase, Verb.HOLD)) == []
    again = send_again(message=old, by=owner, reason="She has not got it.")
    request.refresh_from_db()
    assert (request.message, request.state) == (again, RequestState.SENT)
    assert may_survey_mail_leave(again) is None
    assert list(survey_mails_in_words(phase, Verb.HOLD)) == ["1 survey mail that has not left waits."]
    hold_phase(phase=phase, by=owner, reason="API errors")
    held = may_survey_mail_leave(again)
    assert held is not None
    assert (held.reason, held.retry_at is not None) == ("held", True)
    roll_back_phase(phase=phase, by=owner, reason="Errors", typed_name=phase.rollout.name)
    again.refresh_from_db()
    assert again.state == MessageState.CANCELLED


def test_a_survey_mail_sent_again_stays_here_once_she_has_answered(
    survey: Survey, phase: Phase, owner: User
) -> None:
    request, old = _uncertain(survey, phase)
    again = send_again(message=old, by=owner, reason="She has not got it.")
    request.refresh_from_db()
    submit_answers(request=request, values={"nps": 9}, language="en")
    refusal = may_survey_mail_leave(again)
    assert refusal is not None
    assert (refusal.reason, refusal.retry_at) == ("answered", None)


def test_a_survey_mail_that_is_marked_as_sent_keeps_its_request(
    survey: Survey, phase: Phase, owner: User
) -> None:
    request, message = _uncertain(survey, phase)
    mark_as_sent(message=message, by=owner, reason="The server's log has it.")
    request.refresh_from_db()
    assert (request.message, request.state) == (message, RequestState.SENT)
    assert list(survey_mails_in_words(phase, Verb.ROLL_BACK)) == []
    roll_back_phase(phase=phase, by=owner, reason="Errors", typed_name=phase.rollout.name)
    message.refresh_from_db()
    assert message.state == MessageState.SENT


def test_a_link_marks_the_request_as_sent(survey: Survey, phase: Phase) -> None:
    request = _waiting(survey, phase)
    address = mint_survey_link(request.uuid, request.message)  # type: ignore[arg-type]
    token = address.rstrip("/").rpartition("/")[2]
    request.refresh_from_db()
    found = visits.find(SURVEY_LINK, token)
    assert found is not None
    assert (request.state, found.uuid, found.participant) == (
        RequestState.SENT,
        request.uuid,
        request.participant,
    )
    assert request.links.get().digest not in address


def test_the_marks_in_a_mail_share_its_one_link(survey: Survey, phase: Phase) -> None:
    request = _waiting(survey, phase)
    message = request.message
    assert message is not None
    assert message.version.template.code == TEMPLATE_WITH_MARKS
    links = [outbox_links.mint(message.params[name], message) for name in ("answer_link", "nps_0", "nps_10")]
    assert links[1:] == [f"{links[0]}?nps=0", f"{links[0]}?nps=10"]
    assert request.links.count() == 1


def test_a_survey_without_the_question_from_0_to_10_has_a_plain_mail(phase: Phase, owner: User) -> None:
    survey = make_survey(phase, owner=owner)
    make_version(survey, owner=owner, asked=[row for row in questions() if row["code"] != "nps"])
    request = _waiting(survey, phase)
    assert request.message is not None
    assert request.message.version.template.code == TEMPLATE
    assert "nps_0" not in request.message.params


def test_the_end_is_said_in_each_language(survey: Survey) -> None:
    end = at(29, 15) + timedelta(minutes=59)
    said = {language: moment_in(end, "Asia/Kuala_Lumpur", language) for language in ("en", "ms", "zh-hans")}
    assert said == {
        "en": "Sunday, Nov. 29, 2026, 23:59 (MYT)",
        "ms": "Ahad, 29 Nov 2026, 23:59 (MYT)",
        "zh-hans": "星期日, 2026年11月29日, 23:59 (MYT)",
    }


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_wave_and_one_mail_each(
    business_clock: Callable[[datetime], None],
    in_threads: Callable[[list[Callable[[], object]]], list[object]],
) -> None:
    business_clock(WAVE_3)
    phase = make_beta()
    make_survey(phase)
    for _number in range(20):
        make_tester(phase)
    results = in_threads([ensure_occasions] * 4)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert sum(result for result in results if isinstance(result, int)) == 21
    assert (Occasion.objects.count(), SurveyRequest.objects.count(), Message.objects.count()) == (1, 20, 20)
    connection.close()


def test_while_the_mail_is_incomplete_nobody_is_asked_and_they_are_counted(
    survey: Survey, phase: Phase, owner: User
) -> None:
    make_tester(phase, language="ta")
    make_tester(phase, language="ms")
    scope = phase.rollout.uuid
    phase.rollout.languages = [*FOUR, "id"]
    phase.rollout.save()
    ensure_occasions()

    found = wordings.find(TEMPLATE_WITH_MARKS, scope)
    other = wordings.find(TEMPLATE, scope)
    assert found is not None
    assert other is not None
    assert (found.missing, found.waiting) == (("id",), 2)
    assert other.waiting == 0
    assert not Message.objects.exists()

    texts = {**found.wording.texts, "id": found.wording.texts["ms"]}
    wordings.rewrite(
        code=TEMPLATE_WITH_MARKS, scope=scope, texts=texts, by=owner, reason="Indonesian", seen=found.seen
    )
    ensure_occasions()
    assert Message.objects.count() == 2
