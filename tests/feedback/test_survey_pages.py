"""Surveys in the console: list, builder, publishing, preview, results."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from feedback.models import FeedbackItem, Occasion, Question, Survey, SurveyVersion
from feedback.pages.results import read_results
from feedback.scoring import SMALLEST_GROUP
from feedback.services import begin_draft, publish_version, submit_answers
from feedback.states import Origin
from phases.models import Phase
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from tests.factories import make_criterion, make_gate, make_member, make_phase
from tests.feedback.factories import (
    make_answer,
    make_answers,
    make_request,
    make_survey,
    make_tester,
    make_version,
    make_wave,
    questions,
)


@pytest.fixture
def browser(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def page(client: Client, survey: Survey, path: str = "") -> str:
    answer = client.get(f"/console/{survey.rollout.slug}/surveys/{survey.code}/{path}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_list_says_how_the_newest_wave_stands(browser: Client, wave: Occasion) -> None:
    make_answers(wave, "nps", [9, 9])
    make_request(wave)
    text = unescape(browser.get(f"/console/{wave.survey.rollout.slug}/surveys/").content.decode())
    assert "2 of 3 have answered Weekly survey, wave 3." in text
    assert "weekly, day 3 at 09:00, open for 5 days" in text


def test_the_list_costs_the_same_for_one_and_for_three(
    browser: Client, phase: Phase, owner: User, django_assert_num_queries: Callable[[int], object]
) -> None:
    counts = set()
    for number in range(3):
        make_wave(make_survey(phase, f"survey-{number}", owner=owner))
        with django_assert_num_queries(exact=False, num=40) as captured:  # type: ignore[call-arg,attr-defined]
            browser.get(f"/console/{phase.rollout.slug}/surveys/")
        counts.add(len(captured))
    assert len(counts) == 1


def test_a_draft_shows_what_is_missing_and_cannot_be_published(
    browser: Client, phase: Phase, owner: User
) -> None:
    survey = Survey.objects.create(
        rollout=phase.rollout, phase=phase, code="new", name="New", opens_on_day=1, open_days=7
    )
    asked = questions()
    asked[0]["low"] = {"en": "Not at all"}
    make_version(survey, asked=asked)
    text = page(browser, survey, "?lang=ta")
    assert "It cannot be published yet." in text
    assert "3 texts are missing." in text
    assert "lowest mark: missing" in text
    refused = browser.post(f"/console/{phase.rollout.slug}/surveys/new/publish/")
    assert "3 texts are missing in Chinese, Malay, Tamil" in unescape(refused.content.decode())
    assert not survey.versions.get().is_published


def test_publishing_is_an_act_of_the_product_owner(
    browser: Client, phase: Phase, owner: User, client: Client
) -> None:
    survey = Survey.objects.create(
        rollout=phase.rollout, phase=phase, code="new", name="New", opens_on_day=1, open_days=7
    )
    make_version(survey)
    address = f"/console/{phase.rollout.slug}/surveys/new/publish/"
    assert "Nobody is written to by publishing." in unescape(browser.get(address).content.decode())
    other = Client()
    other.force_login(make_member(phase.rollout, RoleName.RELEASE_ENGINEER))
    assert other.post(address).status_code == 403
    assert not survey.versions.get().is_published
    assert browser.post(address).status_code == 302
    version = survey.versions.get()
    assert (version.is_published, version.published_by) == (True, owner)
    # A second press finds nothing to do.
    assert browser.post(address).status_code == 302


def test_a_change_begins_a_new_version_and_words_can_be_edited(browser: Client, survey: Survey) -> None:
    address = f"/console/{survey.rollout.slug}/surveys/weekly/"
    assert browser.post(address).status_code == 302
    assert browser.post(address).status_code == 302
    draft = survey.versions.get(number=2)
    edit = f"{address}questions/nps/"
    form = unescape(browser.get(edit).content.decode())
    assert "Would you recommend it? (ta)" in form
    changed = {
        f"{place}.{language}": f"{place} {language}"
        for place in ("texts", "low", "high")
        for language in draft.languages
    }
    assert browser.post(edit, changed | {"low.ta": ""}).status_code == 302
    question = draft.questions.get(code="nps")
    assert question.texts == {language: f"texts {language}" for language in draft.languages}
    assert question.low == {language: f"low {language}" for language in draft.languages if language != "ta"}
    assert Question.objects.get(version__number=1, code="nps").texts["en"] == "Would you recommend it? (en)"
    options = {f"texts.{language}": "x" for language in draft.languages}
    options |= {f"options.{mark}.en": f"mark {mark}" for mark in range(1, 6)}
    assert browser.post(f"{address}questions/satisfaction/", options).status_code == 302
    assert draft.questions.get(code="satisfaction").option_codes == ["1", "2", "3", "4", "5"]
    # A published version has no form.
    publish_version_of(survey, draft)
    assert browser.get(edit).status_code == 404


def publish_version_of(survey: Survey, draft: SurveyVersion) -> None:
    for question in draft.questions.all():
        Question.objects.filter(pk=question.pk).update(
            **{name: value for name, value in questions()[question.position].items() if name != "position"}
        )
    publish_version(version=draft, by=make_member(survey.rollout, RoleName.PRODUCT_OWNER))


def test_the_preview_is_the_testers_page_with_its_buttons_off(browser: Client, survey: Survey) -> None:
    answer = browser.get(f"/console/{survey.rollout.slug}/surveys/weekly/preview/?lang=ta")
    text = answer.content.decode()
    assert '<html lang="ta">' in text
    assert "Would you recommend it? (ta)" in text
    assert "<button" not in text
    assert "unsafe-inline" not in answer["Content-Security-Policy"]


def test_results_show_the_score_with_its_interval_and_its_words(browser: Client, wave: Occasion) -> None:
    gate = make_gate(wave.survey.rollout, wave.phase, make_phase(wave.survey.rollout, "3"))
    make_criterion(
        gate, measure="feedback.nps", subject="weekly", comparator=">", threshold=50, unit="points"
    )
    for mark in (9, 9, 9, 8, 3):
        make_answer(wave, {"nps": mark, "satisfaction": 5})
    make_answer(wave, {"nps": 10, "better": "<script>alert(1)</script> பெரிய"}, "ta")
    make_answer(wave, {"nps": 10, "satisfaction": 4, "used": ("quiz", "videos")})
    text = page(browser, wave.survey, "results/")
    assert "NPS 57.14 from 7 answers in wave 3." in text
    assert "NPS 57.14: 5 promoters, 1 passives, 1 detractors" in text
    assert "threshold 50" in text
    assert "100 % satisfied: 6 of 6" in text
    raw = browser.get(f"/console/{wave.survey.rollout.slug}/surveys/weekly/results/").content.decode()
    assert "&lt;script&gt;alert(1)" in raw
    assert "<script>alert" not in raw


def test_words_become_a_report_that_names_nobody(browser: Client, wave: Occasion) -> None:
    for _number in range(5):
        make_answer(wave, {"nps": 9, "better": "பெரிய எழுத்து"}, "ta")
    address = f"/console/{wave.survey.rollout.slug}/surveys/weekly/results/"
    submission = browser.get(address).content.decode().split('name="submission" value="')[1].split('"')[0]
    for _time in range(2):
        done = browser.post(address, {"submission": submission, "question": "better"})
        assert done["Location"] == f"/console/{wave.survey.rollout.slug}/feedback/1/"
    item = FeedbackItem.objects.get()
    assert (item.text, item.language, item.origin, item.reporter, item.phase) == (
        "பெரிய எழுத்து",
        "ta",
        Origin.SURVEY,
        None,
        wave.phase,
    )
    for wrong in ({}, {"submission": submission}, {"submission": "x", "question": "better"}):
        assert browser.post(address, wrong).status_code == 404
    analyst = Client()
    analyst.force_login(make_member(wave.survey.rollout, RoleName.ANALYST))
    assert "Make feedback item" not in analyst.get(address).content.decode()
    assert analyst.post(address, {"submission": submission, "question": "better"}).status_code == 403


def test_small_groups_are_shown_by_no_number(browser: Client, wave: Occasion) -> None:
    for language, answers in (("ms", 9), ("ta", 6), ("en", SMALLEST_GROUP - 1)):
        for _number in range(answers):
            request = make_request(wave, make_tester(wave.phase, language=language))
            submit_answers(
                request=request, values={"nps": 9, "better": f"words of {language}"}, language=language
            )
    text = page(browser, wave.survey, "results/")
    # English is too small; alone it could be found by taking the others from the whole, so Tamil goes too.
    assert text.count("too few to show") == 2
    assert "language=ms" in text
    for hidden in ("en", "ta", "fr", "'"):
        assert "19 answers in wave 3" in page(browser, wave.survey, f"results/?language={hidden}")
    assert "9 answers in wave 3" in page(browser, wave.survey, "results/?language=ms")
    assert "words of ta" not in page(browser, wave.survey, "results/?language=ms")
    told = {
        (word.text, word.language)
        for result in read_results(wave.survey, clock.now(), wave=3, language="").questions
        for word in result.words
    }
    assert told == {("words of ms", "ms"), ("words of ta", ""), ("words of en", "")}
    assert 'lang="ta"' not in text


def test_marks_that_few_gave_are_not_shown(browser: Client, wave: Occasion) -> None:
    for place in range(SMALLEST_GROUP):
        make_answer(wave, {"nps": 9, "used": ("quiz",)} if place else {"used": ("quiz",)})
    text = page(browser, wave.survey, "results/")
    assert "Fewer than 5 answered this; their marks are not shown." in text
    assert "No score: too few gave a mark from 5 answers in wave 3." in text
    assert "NPS 100" not in text
    table = browser.get(f"/console/{wave.survey.rollout.slug}/surveys/weekly/results.csv").content.decode()
    assert '"used","quiz (en)","5","5"' in table
    assert '"nps"' not in table


def test_a_wave_with_few_answers_shows_none_of_them(browser: Client, wave: Occasion) -> None:
    for _number in range(SMALLEST_GROUP - 1):
        make_answer(wave, {"nps": 9, "better": "only me"})
    text = page(browser, wave.survey, "results/")
    assert "4 answers in wave 3: fewer than 5 are not shown." in text
    assert "only me" not in text
    table = browser.get(f"/console/{wave.survey.rollout.slug}/surveys/weekly/results.csv")
    assert len(table.content.decode().strip().splitlines()) == 1


def test_the_table_holds_counts_and_no_formula(browser: Client, phase: Phase, owner: User) -> None:
    asked = questions()
    asked[2]["options"][0]["texts"]["en"] = "=HYPERLINK(1)"
    survey = make_survey(phase, owner=owner)
    draft = begin_draft(survey=survey, by=owner)
    draft.questions.filter(code="used").update(options=asked[2]["options"])
    publish_version(version=draft, by=owner)
    wave = make_wave(survey)
    for _number in range(5):
        make_answer(wave, {"nps": 9, "used": ("articles",)})
    table = browser.get(f"/console/{phase.rollout.slug}/surveys/weekly/results.csv").content.decode()
    assert '"weekly","3","","used","\'=HYPERLINK(1)","5","5"' in table
    assert '"weekly","3","","nps","9","5","5"' in table


def test_waves_are_chosen_by_number(browser: Client, survey: Survey) -> None:
    for number in (2, 3):
        late = make_wave(survey, number, closes_at=clock.now() + timedelta(days=1))
        make_answers(late, "nps", [10 if number == 2 else 0] * 5)
    assert "NPS 100 from 5 answers in wave 2." in page(browser, survey, "results/?wave=2")
    assert "NPS −100 from 5 answers in wave 3." in page(browser, survey, "results/")
    address = f"/console/{survey.rollout.slug}/surveys/weekly/results/"
    for wrong in ("9", "x", "-1", "9" * 30):
        assert browser.get(f"{address}?wave={wrong}").status_code in (200, 404)


def test_results_cost_the_same_for_few_and_many_answers(
    browser: Client, survey: Survey, django_assert_num_queries: Callable[[int], object]
) -> None:
    counts = set()
    for number in (1, 2, 3):
        late = make_wave(survey, number, closes_at=clock.now() + timedelta(days=1))
        make_answers(late, "nps", [9] * (4 + number * 2))
        with django_assert_num_queries(exact=False, num=60) as captured:  # type: ignore[call-arg,attr-defined]
            page(browser, survey, f"results/?wave={number}")
        counts.add(len(captured))
    assert len(counts) == 1


@pytest.mark.parametrize("path", ["", "results/", "preview/", "results.csv", "publish/", "questions/nps/"])
def test_who_has_no_role_finds_nothing(client: Client, survey: Survey, path: str) -> None:
    address = f"/console/{survey.rollout.slug}/surveys/weekly/{path}"
    assert client.get(address).status_code == 302
    client.force_login(make_member(make_phase(survey.rollout, "9").rollout, RoleName.ADMINISTRATOR))
    assert client.get(address).status_code == 403
    stranger = Client()
    stranger.force_login(User.objects.create_user("stranger@example.org"))
    assert stranger.get(address).status_code == 404


@pytest.mark.parametrize("path", ["", "results/", "preview/", "results.csv", "publish/", "questions/nps/"])
def test_a_survey_that_is_not_there_is_not_found(browser: Client, survey: Survey, path: str) -> None:
    assert browser.get(f"/console/{survey.rollout.slug}/surveys/monthly/{path}").status_code == 404
