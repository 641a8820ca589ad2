"""The testers' pages: one link, no login, no script; GET changes nothing, and no field crashes them."""

import json
import os
import struct
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cohorts.models import Participant
from cohorts.services import people
from cohorts.states import How, ParticipantState, Purpose
from feedback.links import READABLE_AFTER_CLOSE
from feedback.models import FeedbackItem, Occasion, Response, Survey, SurveyRequest
from feedback.pictures import LARGEST
from feedback.services.answers import answers_of
from feedback.services.waves import SURVEY_LINK, ensure_occasions
from feedback.states import ItemKind, Origin, RequestState
from feedback.views.tester import MOST_REPORTS
from phases.models import Phase
from rollout_portal.lib import clock, links
from rollout_portal.outbox.states import MessageState
from tests.feedback.factories import make_link, make_request, make_tester


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_HEADER = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
_REST = _chunk(b"IDAT", zlib.compress(b"\x00\xff\xff\xff")) + _chunk(b"IEND", b"")
PNG = _HEADER + _REST


class Visitor:
    """Somebody with a phone who opened the link in the mail."""

    def __init__(self, request: SurveyRequest, query: str = "") -> None:
        self.request = request
        self.client = Client()
        opened = self.client.get(f"/t/s/{make_link(request)}/{query}")
        assert opened.status_code == 302
        self.address = opened["Location"]

    @property
    def survey(self) -> str:
        return f"/t/{self.request.uuid}/survey/"

    @property
    def problem(self) -> str:
        return f"/t/{self.request.uuid}/problem/"

    def read(self, address: str = "") -> str:
        answer = self.client.get(address or self.survey, follow=True)
        assert answer.status_code == 200
        return unescape(answer.content.decode())

    def send(self, **fields: Any) -> Any:
        return self.client.post(
            self.survey, {name.replace("_", "-", 1): value for name, value in fields.items()}
        )

    def stands(self) -> RequestState:
        self.request.refresh_from_db()
        return RequestState(self.request.state)


@pytest.fixture
def tester(wave: Occasion, phase: Phase) -> Visitor:
    return Visitor(make_request(wave, make_tester(phase, language="ta")))


def checked(page: str) -> list[str]:
    """The ids of what is chosen on a page."""
    return [
        line.split('id="')[1].split('"')[0]
        for line in page.split("<input ")[1:]
        if " checked" in line.split(">")[0]
    ]


def test_a_link_leads_to_the_questions_without_the_token(tester: Visitor) -> None:
    page = tester.read()
    assert tester.address == tester.survey
    assert '<html lang="ta">' in page
    assert "1. Would you recommend it? (ta)" in page
    assert "0: Not at all (ta)" in page
    assert "<script" not in page
    assert " style=" not in page


def test_the_policy_of_a_testers_page_allows_our_own_style_only(tester: Visitor) -> None:
    answer = tester.client.get(tester.survey)
    policy = answer["Content-Security-Policy"]
    assert "style-src 'self';" in policy + ";"
    assert "unsafe" not in policy
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_changes_nothing(tester: Visitor, method: str) -> None:
    for address in (tester.survey, f"{tester.survey}?nps=9", tester.problem, f"{tester.survey}thanks/"):
        getattr(tester.client, method)(address)
    assert tester.stands() == RequestState.SENT
    assert not Response.objects.exists()
    assert not FeedbackItem.objects.exists()


def test_a_digit_pressed_in_the_mail_is_chosen_and_not_recorded(wave: Occasion) -> None:
    tester = Visitor(make_request(wave), "?nps=9")
    assert tester.address == f"{tester.survey}?nps=9"
    assert checked(tester.read(tester.address)) == ["id_q-nps_9"]
    assert tester.stands() == RequestState.SENT
    for wrong in ("11", "９", "-1", "9'\"><script>", ""):
        assert checked(tester.read(f"{tester.survey}?nps={wrong}")) == []


def test_answers_are_taken_and_the_second_visit_says_so(tester: Visitor) -> None:
    sent = tester.send(q_nps="9", q_satisfaction="4", q_used=["quiz", "videos"], q_better="பெரிய எழுத்து")
    assert (sent.status_code, sent["Location"]) == (302, f"{tester.survey}thanks/")
    assert tester.stands() == RequestState.SUBMITTED
    assert answers_of(tester.request.response.submissions.get()) == {
        "nps": 9,
        "satisfaction": 4,
        "used": ("videos", "quiz"),
        "better": "பெரிய எழுத்து",
    }
    assert tester.request.response.submissions.get().language == "ta"
    again = tester.read(f"{tester.survey}?lang=en")
    assert "You answered on Wednesday, Nov. 25, 2026, 14:00 (MYT)." in again
    assert checked(again) == ["id_q-nps_9", "id_q-satisfaction_1", "id_q-used_1", "id_q-used_2"]
    assert ">பெரிய எழுத்து</textarea>" in again
    assert "Save and go on later" not in again
    tester.send(q_nps="2")
    assert answers_of(tester.request.response.submissions.get(number=2)) == {"nps": 2}


def test_saved_for_later_comes_back_and_counts_as_nothing(tester: Visitor) -> None:
    kept = tester.send(q_nps="7", q_better="half", later="1")
    assert kept["Location"] == f"{tester.survey}?kept=1"
    assert tester.stands() == RequestState.STARTED
    assert not Response.objects.exists()
    other_device = Visitor(tester.request)
    page = other_device.read()
    assert checked(page) == ["id_q-nps_7"]
    assert ">half</textarea>" in page


def test_another_language_keeps_what_was_filled_in(tester: Visitor) -> None:
    switched = tester.send(lang="zh-hans", q_nps="3", q_used=["quiz"], q_better="hello")
    page = switched.content.decode()
    assert '<html lang="zh-Hans">' in page
    assert "Would you recommend it? (zh-hans)" in page
    assert checked(page) == ["id_q-nps_3", "id_q-used_2"]
    assert ">hello</textarea>" in page
    assert tester.stands() == RequestState.SENT
    # The choice stays for the next page.
    assert '<html lang="zh-Hans">' in tester.read()


def test_errors_stand_on_top_with_links_and_answers_are_kept(tester: Visitor) -> None:
    tester.read(f"{tester.survey}?lang=en")
    page = unescape(tester.send(q_satisfaction="5", q_better="kept").content.decode())
    assert '<a href="#id_q-nps_0">Question 1: choose 0–10.</a>' in page
    assert "<title>Error: Weekly survey (en)" in page
    assert checked(page) == ["id_q-satisfaction_0"]
    assert ">kept</textarea>" in page
    assert tester.stands() == RequestState.SENT


def test_after_the_close_a_kind_page_answers(tester: Visitor, wave: Occasion) -> None:
    clock.set_now(wave.closes_at + timedelta(minutes=1))
    for answer in (tester.client.get(f"{tester.survey}?lang=en"), tester.send(q_nps="9")):
        assert answer.status_code == 200
        assert "This survey is closed. Thank you for looking in." in answer.content.decode()
    assert tester.stands() == RequestState.SENT
    assert "We have your report" not in tester.read(f"{tester.problem}?lang=en")


def test_who_wants_no_more_mails_sees_the_survey_and_is_asked_again_when_she_agrees_again(
    tester: Visitor, survey: Survey, wave: Occasion
) -> None:
    participant = Participant.objects.get()
    people.opt_out(participant=participant, how=How.PAGE)
    ensure_occasions()
    assert "left the test" not in tester.read(f"{tester.survey}?lang=en")
    next_wave = clock.now() + timedelta(days=7)
    clock.set_now(next_wave)
    ensure_occasions()
    assert SurveyRequest.objects.count() == 1, "no mail while she wants none"
    people.set_consent(participant=participant, purpose=Purpose.CONTACT, given=True, how=How.PAGE)
    ensure_occasions()
    newest = SurveyRequest.objects.select_related("message").latest("pk")
    assert newest.message is not None
    assert (SurveyRequest.objects.count(), newest.message.state) == (2, MessageState.QUEUED)


def test_who_has_left_is_thanked(tester: Visitor) -> None:
    tester.read(f"{tester.survey}?lang=en")
    Participant.objects.update(state=ParticipantState.LEFT)
    assert "You have left the test" in tester.send(q_nps="9").content.decode()
    assert not Response.objects.exists()


def _nothing(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("path", ["/t/", "/t/s/", "/t/s/a/b/", "/t/cut-off", "/t/00000000/survey/"])
def test_a_link_that_a_mail_program_cut_short_speaks_the_readers_language(
    client: Client, db: None, path: str
) -> None:
    answer = client.get(path, headers={"accept-language": "ta,en;q=0.5"})
    assert answer.status_code == 404
    text = answer.content.decode()
    assert '<html lang="ta">' in text
    assert "Rollout Portal</title>" in text
    assert "Nothing here" not in text


def test_every_link_that_opens_nothing_gets_the_same_answer(
    tester: Visitor, wave: Occasion, business_clock: Callable[[datetime], None]
) -> None:
    token = make_link(tester.request)
    unknown = links.mint(SURVEY_LINK, uuid4())
    never_stored = links.mint(SURVEY_LINK, tester.request.uuid)
    other_purpose = links.mint("cohorts.leave", tester.request.uuid)
    wrong = [token[:-1], token[:-2] + "AA", "x", "x" * 2000, unknown, never_stored, other_purpose]
    answers = [_nothing(Client().get(f"/t/s/{one}/")) for one in wrong]
    foreign = make_request(wave)
    answers.append(_nothing(tester.client.get(f"/t/{foreign.uuid}/survey/")))
    answers.append(_nothing(Client().get(tester.survey)))
    answers.append(_nothing(Client().get(f"/t/{uuid4()}/survey/")))
    business_clock(wave.closes_at + READABLE_AFTER_CLOSE + timedelta(minutes=1))
    answers.append(_nothing(Client().get(f"/t/s/{token}/")))
    assert {status for status, _page in answers} == {404}
    # No link can hold a NUL; the front door turns such an address away before the room is asked.
    assert Client().get("/t/s/%00/").status_code == 404
    assert len({page for _status, page in answers}) == 1


def test_a_forged_post_without_the_link_takes_nothing(tester: Visitor) -> None:
    assert Client().post(tester.survey, {"q-nps": "9"}).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.get(f"/t/s/{make_link(tester.request)}/")
    assert strict.post(tester.survey, {"q-nps": "9"}).status_code == 403
    assert strict.post(tester.problem, {"text": "x"}).status_code == 403
    assert tester.stands() == RequestState.SENT


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["q-nps", "q-satisfaction", "q-used", "q-better", "q-other", "later", "nps", "lang", "send", "x"]
        ),
        st.lists(st.text(max_size=30), max_size=3),
        max_size=6,
    )
)
def test_no_form_is_a_crash(tester: Visitor, fields: dict[str, list[str]]) -> None:
    answer = tester.client.post(tester.survey, fields)
    assert answer.status_code in (200, 302)


@pytest.mark.slow
def test_naughty_strings_are_kept_as_words(tester: Visitor) -> None:
    corpus = os.environ.get("EXTERNAL_CORPUS", "")
    if not corpus:
        pytest.skip("EXTERNAL_CORPUS does not name a folder with strings/blns.json")
    strings = json.loads((Path(corpus) / "strings" / "blns.json").read_text(encoding="utf-8"))
    for string in strings:
        answer = tester.send(q_nps=string, q_better=string)
        assert answer.status_code in (200, 302), string
        assert b"<script" not in answer.content
        told = tester.client.post(tester.problem, {"kind": "bug", "text": string, "place": string})
        assert told.status_code in (200, 302), string
        assert b"<script" not in told.content
    assert tester.send(q_nps="5", q_better=strings[-1]).status_code == 302
    assert Response.objects.count() == 1


# --- Report a problem ----------------------------------------------------------------------------------


def _told(**fields: Any) -> dict[str, Any]:
    return {"kind": "bug", "text": "பொத்தான் பாதி", "place": "Quiz, Redmi 9A", "may_ask_back": "on"} | fields


def test_a_report_is_kept_with_its_words_and_its_sender(tester: Visitor) -> None:
    sent = tester.client.post(tester.problem, _told())
    assert (sent.status_code, sent["Location"]) == (302, f"{tester.problem}thanks/")
    item = FeedbackItem.objects.get()
    assert (item.kind, item.text, item.place, item.language) == (
        ItemKind.BUG,
        "பொத்தான் பாதி",
        "Quiz, Redmi 9A",
        "ta",
    )
    assert (item.reporter, item.phase, item.origin, item.severity) == (
        tester.request.participant,
        tester.request.occasion.phase,
        Origin.FORM,
        "",
    )
    assert item.may_ask_back
    assert "FB-0001" in tester.read(sent["Location"])


def test_the_same_form_sent_twice_is_one_report(tester: Visitor) -> None:
    key = str(uuid4())
    for _time in range(2):
        assert tester.client.post(tester.problem, _told(form_key=key)).status_code == 302
    assert FeedbackItem.objects.count() == 1
    tester.client.post(tester.problem, _told(form_key="no uuid"))
    assert FeedbackItem.objects.count() == 2


def test_a_picture_is_kept_without_what_the_camera_wrote(tester: Visitor) -> None:
    noted = _HEADER + _chunk(b"eXIf", b"3.1390 N 101.6869 E") + _REST
    tester.client.post(
        tester.problem, _told(picture=SimpleUploadedFile("../../etc/passwd.html", noted, "text/html"))
    )
    picture = FeedbackItem.objects.get().picture
    assert picture is not None
    assert (picture.name, picture.content_type, picture.scope) == (
        "picture.png",
        "image/png",
        tester.request.occasion.survey.rollout.uuid,
    )
    with picture.content.open() as kept:
        assert kept.read() == PNG


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "JPEG or PNG"),
        (b"GIF89a", "JPEG or PNG"),
        (PNG[:-20], "damaged"),
        (b"\xff\xd8\xff\xe1\xff\xff", "damaged"),
        (b"\xff\xd8\xff\xe0\x00\x00", "damaged"),
        (b"", "damaged"),
        (PNG + b"x" * LARGEST, "too large"),
    ],
)
def test_what_is_no_picture_is_refused_and_the_words_are_kept(
    tester: Visitor, content: bytes, words: str
) -> None:
    tester.read(f"{tester.problem}?lang=en")
    answer = tester.client.post(tester.problem, _told(picture=SimpleUploadedFile("a.png", content)))
    assert answer.status_code == 200
    page = unescape(answer.content.decode())
    assert words in page.split('role="alert"')[1].split("</section>")[0]
    assert "பொத்தான் பாதி</textarea>" in page
    assert not FeedbackItem.objects.exists()


def test_a_body_that_is_far_too_large_is_not_even_read(tester: Visitor) -> None:
    answer = tester.client.generic(
        "POST", tester.problem, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(10**9)
    )
    assert answer["Location"] == f"{tester.problem}?too_large=1"
    assert "This picture is too large" in tester.read(f"{tester.problem}?too_large=1&lang=en")


def test_a_report_without_words_is_asked_for_them(tester: Visitor) -> None:
    tester.read(f"{tester.problem}?lang=en")
    page = unescape(tester.client.post(tester.problem, {"text": "\x00 \x07"}).content.decode())
    assert '<a href="#id_kind_0">What is it about? – Please choose one.</a>' in page
    assert '<a href="#id_text">What happened? – Please fill this in.</a>' in page
    assert not FeedbackItem.objects.exists()


def test_nobody_floods_the_team(tester: Visitor) -> None:
    for number in range(MOST_REPORTS):
        tester.client.post(tester.problem, _told(text=f"number {number}"))
    tester.read(f"{tester.problem}?lang=en")
    answer = tester.client.post(tester.problem, _told())
    assert "You have told us a lot already" in answer.content.decode()
    assert FeedbackItem.objects.count() == MOST_REPORTS


def test_the_language_of_a_report_is_switched_without_loss(tester: Visitor) -> None:
    page = tester.client.post(tester.problem, _told(lang="ms")).content.decode()
    assert '<html lang="ms">' in page
    assert "பொத்தான் பாதி</textarea>" in page
    assert checked(page) == ["id_kind_1", "id_may_ask_back"]
    assert not FeedbackItem.objects.exists()
