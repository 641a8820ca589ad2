"""Surveys and the inbox in the console: each width, light and dark, accessible, no sideways scrolling."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from feedback.models import FeedbackItem
from feedback.services import Judged, judge_item, translate_item
from feedback.states import Area, ItemKind, Severity
from phases.models import Phase
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from tests.e2e.conftest import WIDTHS
from tests.factories import make_criterion, make_gate, make_member, make_phase
from tests.feedback.factories import (
    WAVE_3,
    make_answer,
    make_beta,
    make_item,
    make_survey,
    make_tester,
    make_wave,
)

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SAID = (
    ("ta", "வினாடி வினாவில் “அடுத்து” பொத்தான் பாதி மட்டுமே தெரிகிறது.", "The “Next” button is only half visible."),
    ("ms", "Video berhenti selepas 10 saat", "Video stops after 10 seconds"),
    ("zh-hans", "测验分数没有保存", "Quiz score was not saved"),
    ("ms", "Boleh tambah peringatan ubat?", "Could you add medicine reminders?"),
)


@pytest.fixture
def phase(business_clock: Callable[[datetime], None]) -> Phase:
    business_clock(WAVE_3)
    phase = make_beta(slug="medimate-education-hub")
    gate = make_gate(phase.rollout, phase, make_phase(phase.rollout, "3", name="Limited rollout"))
    make_criterion(
        gate,
        text="NPS above 50",
        measure="feedback.nps",
        subject="weekly",
        comparator=">",
        threshold=Decimal(50),
        unit="points",
    )
    make_criterion(
        gate,
        text="No critical usability issue is open",
        measure="feedback.open_defects",
        subject="critical usability",
        comparator="=",
        threshold=Decimal(0),
    )
    return phase


@pytest.fixture
def kavitha(phase: Phase) -> User:
    return make_member(phase.rollout, RoleName.SUPPORT, "Kavitha Nair", time_zone="Asia/Kuala_Lumpur")


@pytest.fixture
def reports(phase: Phase, kavitha: User) -> list[FeedbackItem]:
    first = make_item(phase.rollout, phase=phase, text="Quiz button is cut off in Tamil")
    judge_item(item=first, by=kavitha, judged=Judged(ItemKind.BUG, Area.USABILITY, Severity.CRITICAL))
    found = []
    for language, text, english in SAID:
        item = make_item(
            phase.rollout,
            phase=phase,
            language=language,
            text=text,
            place="Quiz, question 3 · app 5.1.1 · Redmi 9A",
            reporter=make_tester(phase, language=language),
            may_ask_back=True,
        )
        translate_item(item=item, by=kavitha, translation=english)
        found.append(item)
    return found


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_inbox_is_accessible_and_fits(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    phase: Phase,
    kavitha: User,
    reports: list[FeedbackItem],
    width: int,
    dark: bool,
) -> None:
    root = f"/console/{phase.rollout.slug}/feedback/"
    look = "dark" if dark else "light"
    page = open_page(f"{root}?queue=open", width=width, dark=dark, user=kavitha)
    fits(page)
    axe(page)
    shoot(page, f"inbox-{width}-{look}")
    page.goto(f"{page.watch.origin}{root}{reports[0].number}/")  # type: ignore[attr-defined]
    page.get_by_label("Area").select_option("usability")
    page.get_by_label("Severity").select_option("critical")
    page.get_by_role("button", name="What does this do at the gate?").click()
    expect(page.get_by_text("This touches the gate.")).to_be_visible()
    fits(page)
    axe(page)
    shoot(page, f"item-{width}-{look}")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_support_judges_and_answers(
    open_page: Callable[..., Page],
    phase: Phase,
    kavitha: User,
    reports: list[FeedbackItem],
    script: bool,
) -> None:
    page = open_page(f"/console/{phase.rollout.slug}/feedback/", width=390, user=kavitha, script=script)
    page.get_by_role("link", name="The “Next” button").click()
    page.get_by_label("Severity").select_option("critical")
    page.get_by_label("Area").select_option("usability")
    page.get_by_role("button", name="What does this do at the gate?").click()
    expect(page.get_by_text("2 instead of 1. The outcome stays: not met.")).to_be_visible()
    assert FeedbackItem.objects.get(pk=reports[0].pk).severity == ""
    page.get_by_label("Answer to the tester").fill("நன்றி!")
    page.get_by_role("button", name="Save and answer").click()
    expect(page.get_by_text("is saved, and the answer is on its way")).to_be_visible()
    assert FeedbackItem.objects.get(pk=reports[0].pk).severity == "critical"


@pytest.mark.parametrize("width", WIDTHS)
def test_surveys_are_accessible_and_fit(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    phase: Phase,
    width: int,
) -> None:
    owner = make_member(phase.rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")
    survey = make_survey(phase, owner=owner)
    for number, promoters in ((1, 6), (2, 7), (3, 9)):
        wave = make_wave(survey, number, closes_at=clock.now() + timedelta(days=4))
        for place in range(12):
            make_answer(
                wave,
                {
                    "nps": 9 if place < promoters else 5,
                    "satisfaction": 4 if place % 4 else 2,
                    "used": ("quiz", "videos") if place % 2 else ("articles",),
                    "better": "பெரிய எழுத்து வேண்டும்" if place == 1 else "Larger letters, please",
                },
                "ta" if place == 1 else "en",
            )
    root = f"/console/{phase.rollout.slug}/surveys/"
    page = open_page(root, width=width, user=owner)
    origin = page.watch.origin  # type: ignore[attr-defined]
    for path, name in (
        ("", "surveys"),
        ("weekly/?lang=ta", "survey-builder"),
        ("weekly/results/", "results"),
        ("weekly/preview/?lang=ta", "survey-preview"),
    ):
        page.goto(f"{origin}{root}{path}")
        fits(page)
        axe(page)
        shoot(page, f"{name}-{width}")
    page.goto(f"{origin}{root}weekly/")
    page.get_by_role("button", name="Change: begin a new version").click()
    page.get_by_role("link", name="Change nps").click()
    fits(page)
    axe(page)
    page.goto(f"{origin}{root}weekly/publish/")
    fits(page)
    axe(page)
    shoot(page, f"survey-publish-{width}")
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("version 2 is published.")).to_be_visible()


def test_single_keys_move_open_and_fill_in_and_send_nothing(
    reports: list[FeedbackItem], phase: Phase, kavitha: User, open_page: Callable[..., Page]
) -> None:
    inbox = f"/console/{phase.rollout.slug}/feedback/"
    page = open_page(f"{inbox}?queue=open", user=kavitha)
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    links = page.locator(".inbox__item")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("dialog.palette input")).to_be_focused()
    page.keyboard.type("j?")
    expect(page.locator("dialog.palette input")).to_have_value("j?")
    page.keyboard.press("Escape")  # The first one empties the field.
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_text("next, previous report")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("next, previous report")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = links.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{second}")

    severity = page.get_by_label("Severity")
    page.keyboard.press("1")
    expect(severity).to_have_value("critical")
    page.keyboard.press("4")
    expect(severity).to_have_value("low")
    expect(severity).to_be_focused()
    page.locator("#t-item").click()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Assign to me")).to_be_focused()
    page.keyboard.press("r")
    answer = page.get_by_label("Answer to the tester")
    expect(answer).to_be_focused()
    page.keyboard.type("jk?1ma/")
    expect(answer).to_have_value("jk?1ma/")
    page.locator("#t-item").click()
    page.keyboard.press("m")
    page.wait_for_url("**/merge/")
    assert posted == []
    assert not FeedbackItem.objects.filter(severity="low", assignee=kavitha).exists()


def test_switched_off_single_keys_do_nothing(
    reports: list[FeedbackItem], phase: Phase, kavitha: User, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"/console/{phase.rollout.slug}/feedback/?queue=open", user=kavitha, script=False)
    page.locator("[data-keys] > summary").click()
    page.get_by_role("button", name="Switch single keys off").click()
    expect(page.get_by_text("Single keys are off.")).to_be_visible()
    kept = page.context.cookies()
    page = open_page(user=kavitha)
    page.context.add_cookies(kept)  # type: ignore[arg-type]
    page.goto(f"{page.watch.origin}/console/{phase.rollout.slug}/feedback/?queue=open")  # type: ignore[attr-defined]
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.locator(".inbox__item:focus")).to_have_count(0)
    expect(page.get_by_text("next, previous report")).to_be_hidden()
