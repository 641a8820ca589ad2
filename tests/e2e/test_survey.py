"""A tester answers on her phone in Tamil, without a script, from the link in the mail to the thanks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from feedback.models import FeedbackItem, Occasion, SurveyRequest
from feedback.services.answers import answers_of
from feedback.states import RequestState
from phases.documents.importer import import_plan
from phases.models import Phase
from phases.permissions import RoleName
from phases.states import PhaseState, RolloutState
from rollout_portal.audit.services import System
from tests.factories import make_member
from tests.feedback.factories import WAVE_3, make_link, make_request, make_tester, make_wave
from tests.feedback.test_plan import MEDIMATE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def request_(business_clock: Callable[[datetime], None]) -> SurveyRequest:
    """A Tamil speaker who is asked in the third week of MediMate's beta, by the plan's own questions."""
    business_clock(WAVE_3)
    rollout = import_plan(data=MEDIMATE.read_bytes(), source="medimate.yaml", by=System(cause="test")).rollout
    assert rollout is not None
    rollout.anchor, rollout.state, rollout.started_at = WAVE_3.date(), RolloutState.ACTIVE, WAVE_3
    rollout.save()
    phase = Phase.objects.get(rollout=rollout, code="2")
    phase.state, phase.started_at = PhaseState.ACTIVE, datetime.fromisoformat("2026-11-09T01:00:00+00:00")
    phase.save()
    survey = phase.surveys.get()
    survey.versions.update(published_at=WAVE_3, published_by=make_member(rollout, RoleName.PRODUCT_OWNER))
    return make_request(make_wave(survey), make_tester(phase, language="ta"))


@pytest.mark.parametrize("width", [1400, 390, 320])
def test_a_tester_answers_on_a_phone(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    site: str,
    request_: SurveyRequest,
    width: int,
) -> None:
    page = open_page(f"/t/s/{make_link(request_)}/?nps=8", width=width, script=width == 1400)
    expect(page.get_by_role("heading", level=1)).to_have_text("வாராந்திரக் கருத்துக்கணிப்பு")
    assert page.locator("html").get_attribute("lang") == "ta"
    expect(page.get_by_role("radio", name="8", exact=True)).to_be_checked()
    fits(page)
    shoot(page, f"survey-{width}")
    if width == 1400:
        axe(page)
    # Another language and back: what was chosen stays.
    page.get_by_role("radio", name="9", exact=True).check()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Weekly survey")
    expect(page.get_by_role("radio", name="9", exact=True)).to_be_checked()
    page.get_by_role("button", name="தமிழ்").click()
    # Nothing chosen for satisfaction: the error leads to it, and the answers are kept.
    page.get_by_label("காணொளிகள்").check()
    page.get_by_role("button", name="பதில்களை அனுப்பு").last.click()
    error = page.get_by_role("alert").get_by_role("link")
    expect(error).to_contain_text("கேள்வி 2")
    fits(page)
    shoot(page, f"survey-error-{width}")
    if width == 1400:
        axe(page)
    expect(page.get_by_label("காணொளிகள்")).to_be_checked()
    error.click()
    page.get_by_role("radio", name="திருப்தி", exact=True).check()
    page.get_by_role("textbox").fill("பெரிய எழுத்து வேண்டும்")
    page.get_by_role("button", name="பதில்களை அனுப்பு").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("நன்றி!")
    fits(page)
    shoot(page, f"survey-thanks-{width}")
    request_.refresh_from_db()
    assert request_.state == RequestState.SUBMITTED
    assert answers_of(request_.response.submissions.get()) == {
        "nps": 9,
        "satisfaction": 4,
        "used": ("videos",),
        "better": "பெரிய எழுத்து வேண்டும்",
    }


def test_enter_sends_and_never_switches_the_language(
    open_page: Callable[..., Page], request_: SurveyRequest
) -> None:
    page = open_page(f"/t/s/{make_link(request_)}/", width=390, script=False)
    page.get_by_role("radio", name="10", exact=True).check()
    page.get_by_role("radio", name="10", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "ta"


@pytest.mark.parametrize("width", [390, 320])
def test_a_tester_reports_a_problem_with_a_picture(
    open_page: Callable[..., Page],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    request_: SurveyRequest,
    width: int,
    tmp_path: Any,
) -> None:
    page = open_page(f"/t/s/{make_link(request_)}/", width=width, script=False)
    page.get_by_role("link", name="சிக்கலைத் தெரிவிக்க").click()
    fits(page)
    shoot(page, f"problem-{width}")
    page.get_by_role("button", name="English").click()
    picture = tmp_path / "shot.png"
    page.screenshot(path=picture)
    page.get_by_label("Something does not work").check()
    page.get_by_label("What happened?").fill("The quiz button is only half visible.")
    page.get_by_label("A picture of it").set_input_files(picture)
    page.get_by_label("You may write to me about this.").check()
    page.get_by_role("button", name="Send").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
    expect(page.get_by_text("FB-0001")).to_be_visible()
    item = FeedbackItem.objects.get()
    assert (item.reporter, item.may_ask_back, item.picture is not None) == (request_.participant, True, True)


def test_the_testers_pages_are_accessible(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    business_clock: Callable[[datetime], None],
    request_: SurveyRequest,
) -> None:
    page = open_page(f"/t/s/{make_link(request_)}/", width=390)
    root = page.url.rsplit("/survey/", 1)[0]
    page.goto(f"{root}/problem/")
    axe(page)
    page.get_by_role("button", name="அனுப்பு").last.click()
    axe(page)
    fits(page)
    wave = Occasion.objects.get()
    business_clock(wave.closes_at)
    page.goto(f"{root}/survey/")
    axe(page)
    fits(page)


def test_a_wrong_link_is_answered_kindly(
    open_page: Callable[..., Page], axe: Callable[[Page], None], db: None
) -> None:
    page = open_page(width=320)
    page.watch.expect(404)  # type: ignore[attr-defined]
    page.goto(f"{page.watch.origin}/t/s/nothing/")  # type: ignore[attr-defined]
    axe(page)
