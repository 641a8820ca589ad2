"""The gallery of parts: at each width, light and dark, accessible, silent and without sideways scrolling."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from rollout_portal.accounts.models import User
from tests.e2e.conftest import WIDTHS

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def reader(settings: Any) -> User:
    settings.ROOT_URLCONF = "tests.console.gallery_urls"
    return User.objects.create_user("aisyah@example.org", name="Aisyah Rahman", time_zone="Asia/Kuala_Lumpur")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_part_is_accessible_and_fits(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    reader: User,
    width: int,
    dark: bool,
) -> None:
    page = open_page("/gallery/", width=width, dark=dark, user=reader)
    shoot(page, f"gallery-{width}-{'dark' if dark else 'light'}")
    fits(page)
    axe(page)


def test_on_paper_there_is_no_frame_and_nothing_is_cut_off(
    open_page: Callable[..., Page],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    reader: User,
) -> None:
    page = open_page("/gallery/", width=688, dark=True, user=reader)
    page.emulate_media(media="print")
    shoot(page, "gallery-paper")
    fits(page)
    for gone in ("nav.sidebar", "header.topbar", ".verbs", ".bands"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".print-head")).to_have_text(
        "MediMate Education Hub · Wed 25 Nov 2026, 14:20:08 MYT · Aisyah Rahman"
    )
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    ink = page.evaluate("getComputedStyle(document.querySelector('.outcome--met')).color")
    page.emulate_media(media="screen")
    assert ink != page.evaluate("getComputedStyle(document.querySelector('.outcome--met')).color")
