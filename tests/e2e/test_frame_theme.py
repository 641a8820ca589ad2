"""The theme's own pages under the strict policy: they work, and the browser's console stays silent."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from phases.models import Rollout
from rollout_portal.accounts.models import User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def admin(settings: Any) -> User:
    settings.ROOT_URLCONF = "tests.console.gallery_urls"
    return User.objects.create_superuser("root@example.org", "a long enough phrase", name="Root Admin")


@pytest.fixture
def rollout(admin: User) -> Rollout:
    return Rollout.objects.create(slug="medimate", name="MediMate Education Hub", anchor=date(2026, 11, 2))


def test_a_list_filters_searches_and_picks(
    open_page: Callable[..., Page], fits: Callable[[Page], None], admin: User, rollout: Rollout
) -> None:
    page = open_page("/console/data/phases/rollout/", user=admin)
    expect(page.get_by_role("link", name="MediMate Education Hub")).to_be_visible()
    page.locator("a, button", has_text="Filters").first.click()
    expect(page.get_by_text("By state")).to_be_visible()
    page.goto(page.url + "?q=nothing")
    expect(page.get_by_role("link", name="MediMate Education Hub")).to_have_count(0)
    fits(page)


def test_a_change_form_changes_tabs_adds_a_row_and_saves(
    open_page: Callable[..., Page], admin: User, rollout: Rollout
) -> None:
    page = open_page(f"/console/data/phases/rollout/{rollout.pk}/change/", user=admin)
    page.get_by_text("Place", exact=True).click()
    expect(page.get_by_label("Time zone")).to_be_visible()
    page.get_by_label("Time zone").fill("Asia/Kuala_Lumpur")
    page.get_by_text("Add another Goal").click()
    expect(page.locator("#id_objectives-0-code")).to_be_visible()
    page.locator("#id_objectives-0-code").fill("o1")
    page.locator("#id_objectives-0-text").fill("People stay")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/console/data/phases/rollout/")
    rollout.refresh_from_db()
    assert (rollout.time_zone, rollout.objectives.get().text) == ("Asia/Kuala_Lumpur", "People stay")


def test_the_theme_is_chosen_and_kept(open_page: Callable[..., Page], admin: User) -> None:
    page = open_page("/console/", user=admin)
    dark = re.compile(r"\bdark\b")
    expect(page.locator("html")).not_to_have_class(dark)
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_class(dark)
    page.reload()
    expect(page.locator("html")).to_have_class(dark)
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).not_to_have_class(dark)


def test_the_palette_opens_by_key_finds_walks_and_remembers(
    open_page: Callable[..., Page], admin: User
) -> None:
    page = open_page("/console/data/", user=admin)
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search or do")
    expect(box).to_be_focused()
    box.fill("a")
    expect(page.get_by_role("option", name="Start")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_count(1)
    box.fill("start")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/")
    page.keyboard.press("Control+k")
    expect(page.get_by_text("Last opened")).to_be_visible()
    expect(page.get_by_role("option", name="Start")).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()


def test_the_palette_says_when_nothing_is_found(open_page: Callable[..., Page], admin: User) -> None:
    page = open_page("/console/", user=admin)
    page.get_by_role("button", name="Search or do").click()
    page.get_by_role("combobox", name="Search or do").fill("<zzz>")
    expect(page.get_by_text("Nothing found for “<zzz>”.")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(page.url)


def test_on_a_phone_the_menu_opens_and_closes(
    open_page: Callable[..., Page], axe: Callable[[Page], None], admin: User
) -> None:
    page = open_page("/console/", user=admin, width=390, height=800)
    menu = page.get_by_role("navigation", name="Console")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(menu.get_by_role("link", name="Start")).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_without_script_the_frame_still_works(open_page: Callable[..., Page], admin: User) -> None:
    page = open_page("/console/", user=admin, width=390, script=False)
    expect(page.get_by_role("heading", name="Start", level=1)).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("navigation", name="Console").get_by_role("link", name="Start")).to_be_visible()
    page.goto(page.url.split("#")[0])
    page.locator("summary[aria-label='Your account']").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_keyboard_reaches_the_content_first(open_page: Callable[..., Page], admin: User) -> None:
    page = open_page("/console/", user=admin)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main#content")).to_be_focused()


@pytest.mark.parametrize("path", ["/console/", "/console/data/", "/console/data/phases/rollout/", "change"])
def test_pages_of_the_theme_are_accessible(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    admin: User,
    rollout: Rollout,
    path: str,
) -> None:
    place = f"/console/data/phases/rollout/{rollout.pk}/change/" if path == "change" else path
    page = open_page(place, user=admin)
    shoot(page, "theme" + path.replace("/", "-").rstrip("-"))
    axe(page)
