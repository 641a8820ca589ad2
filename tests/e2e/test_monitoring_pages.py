"""Metrics, readings and tokens in a browser: at each width, light and dark, accessible and silent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from monitoring.models import Reading
from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from tests.e2e.conftest import WIDTHS
from tests.factories import make_member
from tests.monitoring import scenery
from tests.monitoring.factories import NOON, make_secret

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

BASE = "/console/medimate"


@pytest.fixture
def scene(business_clock: Callable[[datetime], None]) -> tuple[Rollout, User]:
    business_clock(NOON)
    rollout = scenery.build()
    engineer = make_member(rollout, RoleName.RELEASE_ENGINEER, "Daniel Wong", time_zone="Asia/Kuala_Lumpur")
    scenery.fill(rollout, engineer)
    make_secret(rollout, engineer)
    return rollout, engineer


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_accessible_and_fits(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    scene: tuple[Rollout, User],
    width: int,
    dark: bool,
) -> None:
    wrong = Reading.objects.filter(metric__code="error-rate", corrects=None).order_by("-at")[0]
    pages = {
        "metrics": "metrics/",
        "metric": "metrics/error-rate/",
        "metric-7d": "metrics/api-response-time/?range=7d",
        "metric-silent": "metrics/quiz-completion-rate/",
        "reading-add": "metrics/api-response-time/add/",
        "reading-correct": f"readings/{wrong.uuid}/correct/",
        "metric-change": "metrics/error-rate/change/",
        "target": "metrics/error-rate/target/3/",
        "tokens": "tokens/",
    }
    page = open_page("", width=width, dark=dark, user=scene[1])
    origin = page.watch.origin  # type: ignore[attr-defined]
    for name, address in pages.items():
        page.goto(f"{origin}{BASE}/{address}")
        if name == "metric":
            page.get_by_text("Readings as a table").click()
        shoot(page, f"{name}-{width}-{'dark' if dark else 'light'}")
        fits(page)
        axe(page)


def test_a_reading_is_added_and_corrected_by_hand(
    open_page: Callable[..., Page], scene: tuple[Rollout, User], site: Any
) -> None:
    page = open_page(f"{BASE}/metrics/quiz-completion-rate/", user=scene[1])
    page.get_by_role("link", name="Add a reading…").click()
    page.watch.expect(422)  # type: ignore[attr-defined]
    page.get_by_label("Value").fill("131")
    page.get_by_role("button", name="Record the reading").click()
    page.get_by_role("alert").get_by_text("must lie between 0 % and 100 %").wait_for()
    page.get_by_label("Value").fill("31")
    page.get_by_role("button", name="Record the reading").click()
    page.get_by_text("The reading is recorded.").wait_for()
    page.get_by_text("Readings as a table").click()
    page.get_by_role("link", name="Correct…").click()
    page.get_by_label("It should be").fill("31.5")
    page.get_by_label("Why was it wrong?").fill("Read from the wrong line")
    page.get_by_role("button", name="Record the correction").click()
    page.get_by_role("heading", name="31.5").wait_for()


def test_a_token_is_made_and_shown_once(
    open_page: Callable[..., Page], axe: Callable[[Page], None], scene: tuple[Rollout, User]
) -> None:
    page = open_page(f"{BASE}/tokens/", user=scene[1])
    page.get_by_label("Which program uses it?").fill("Datadog, production")
    page.get_by_label("send readings").check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator("pre").inner_text()
    assert secret.startswith("rop_")
    axe(page)
    page.goto(page.url)
    assert secret not in page.content()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_documentation_of_the_api_is_a_plain_page(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    width: int,
) -> None:
    page = open_page("/api/v1/docs", width=width)
    page.get_by_role("heading", name="Send readings").wait_for()
    shoot(page, f"api-docs-{width}")
    fits(page)
    axe(page)
