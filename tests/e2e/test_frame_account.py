"""Signing in and the pages around it: on a phone, without script, with a second factor."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from rollout_portal.accounts.models import User
from tests.e2e.conftest import WIDTHS

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PHRASE = "a long enough phrase"


@pytest.fixture
def aisyah(settings: Any) -> User:
    settings.ROOT_URLCONF = "tests.console.gallery_urls"
    return User.objects.create_user("aisyah@example.org", PHRASE, name="Aisyah Rahman")


def test_the_console_leads_to_sign_in_and_back(open_page: Callable[..., Page], aisyah: User) -> None:
    page = open_page("/console/", script=False, width=390)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email").fill("aisyah@example.org")
    page.get_by_label("Password", exact=True).fill(PHRASE)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Start", level=1)).to_be_visible()


def test_the_raw_data_leads_to_the_same_sign_in(open_page: Callable[..., Page], aisyah: User) -> None:
    page = open_page("/console/data/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.url.endswith("?next=%2Fconsole%2Fdata%2F")


def test_a_wrong_password_is_said_in_a_summary_and_the_title(
    open_page: Callable[..., Page], axe: Callable[[Page], None], aisyah: User
) -> None:
    page = open_page("/accounts/login/")
    page.get_by_label("Email").fill("aisyah@example.org")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("One thing to put right")
    expect(page).to_have_title("Error: Sign in · Rollout Portal")
    axe(page)
    page.get_by_label("Password", exact=True).fill(PHRASE)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/")


def test_an_empty_field_is_named_and_linked(open_page: Callable[..., Page], aisyah: User) -> None:
    page = open_page("/accounts/login/", script=False)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").get_by_role("link", name="Email").click()
    expect(page.get_by_label("Email")).to_be_focused()


def test_a_second_factor_is_switched_on_and_asked_for(
    open_page: Callable[..., Page], axe: Callable[[Page], None], aisyah: User
) -> None:
    page = open_page("/accounts/login/")
    _sign_in(page)
    page.goto(page.url.split("/console/")[0] + "/accounts/2fa/")
    page.get_by_role("link", name="Switch on…").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PHRASE)
    page.get_by_role("button", name="Confirm").click()
    axe(page)
    secret = page.locator("p.digest").inner_text()
    page.get_by_label("Authenticator code").fill(_code(secret))
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("Recovery codes").first).to_be_visible()
    axe(page)

    other = open_page("/accounts/login/", width=390, script=False)
    _sign_in(other, wait=False)
    expect(other.get_by_role("heading", name="Second factor")).to_be_visible()
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "path", ["login", "signup", "password/reset", "password/reset/done", "inactive", "password/reset/key/1-x"]
)
def test_pages_before_sign_in_are_accessible_and_fit(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    aisyah: User,
    path: str,
    width: int,
    dark: bool,
) -> None:
    page = open_page(f"/accounts/{path}/", width=width, dark=dark)
    shoot(page, f"account-{path.replace('/', '-')}-{width}-{'dark' if dark else 'light'}")
    fits(page)
    axe(page)


@pytest.mark.parametrize("path", ["password/change", "2fa", "logout", "reauthenticate", "2fa/totp/activate"])
def test_pages_of_the_account_are_accessible_and_fit(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    aisyah: User,
    path: str,
) -> None:
    page = open_page("/accounts/login/", width=320)
    _sign_in(page)
    page.goto(page.url.split("/console/")[0] + f"/accounts/{path}/")
    shoot(page, f"account-{path.replace('/', '-')}-320")
    fits(page)
    axe(page)


def test_a_page_that_is_not_there_and_one_that_breaks_say_so(
    open_page: Callable[..., Page], axe: Callable[[Page], None], aisyah: User, live_server: Any
) -> None:
    page = open_page()
    page.watch.expect(404, 500)  # type: ignore[attr-defined]
    page.goto(f"{live_server.url}/console/nothing-here/at-all/")
    expect(page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    axe(page)
    page.goto(f"{live_server.url}/failing/")
    expect(page.get_by_role("heading", name="Something went wrong on our side")).to_be_visible()
    expect(page.locator("code")).not_to_be_empty()


def _sign_in(page: Page, *, wait: bool = True) -> None:
    page.get_by_label("Email").fill("aisyah@example.org")
    page.get_by_label("Password", exact=True).fill(PHRASE)
    page.get_by_role("button", name="Sign in").click()
    if wait:
        page.wait_for_url("**/console/")


def _code(secret: str) -> str:
    """The six digits that an app would show now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
