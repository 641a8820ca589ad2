"""The browser for end-to-end tests: pages at each width, what the console said, what left the machine, axe.

Every page opened here fails its test at the end when the browser's console was not silent, when anything but
our own server was asked for something, or when a request of ours was answered with an error that the test did
not expect (`watch.expect`).
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)

# Playwright's loop runs in this thread, and Django takes it for an asynchronous caller.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

WIDTHS = (1400, 390, 320)
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SHOTS = Path(os.environ.get("SHOTS_DIR", "var/shots"))


@dataclass
class Watch:
    """What a page did besides showing itself."""

    origin: str
    said: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)

    def expect(self, *statuses: int) -> None:
        """Allow answers with these status codes, and the line that the browser writes about each."""
        self.expected.update(statuses)

    def console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        if any(f"status of {status}" in message.text for status in self.expected):
            return
        self.said.append(f"{message.type}: {message.text}")

    def request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if f"{parts.scheme}://{parts.netloc}" != self.origin:
            self.outside.append(request.url)

    def response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.failed.append(f"{response.status} {response.url}")

    def check(self) -> None:
        """Fail with everything that was noticed."""
        assert (self.said, self.outside, self.failed) == ([], [], [])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; skipped with a sentence where there is none."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"No browser at {CHROMIUM}; set CHROMIUM to one.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """The address of a running portal. Static files come straight from their folders."""
    settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.ALLOWED_HOSTS = ["*"]
    return str(live_server.url)


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Open a page: `open_page("/console/", width=390, dark=True, user=someone, script=True)`.

    The returned page has `page.watch`, a `Watch`. All watches are checked when the test ends.
    """
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def opened(
        path: str = "",
        *,
        width: int = 1400,
        height: int = 900,
        dark: bool = False,
        user: Any = None,
        script: bool = True,
        **more: Any,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            reduced_motion="reduce",
            locale="en-GB",
            **more,
        )
        contexts.append(context)
        if user is not None:
            context.add_cookies([session_cookie(user, site)])
        page = context.new_page()
        watch = Watch(site)
        watches.append(watch)
        page.on("console", watch.console)
        page.on("pageerror", lambda error: watch.said.append(f"exception: {error}"))
        page.on("request", watch.request)
        page.on("response", watch.response)
        page.watch = watch  # type: ignore[attr-defined]
        if path:
            page.goto(site + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    for watch in watches:
        watch.check()


def session_cookie(user: Any, site: str) -> Any:
    """The cookie of a fresh session in which `user` is signed in, without walking through the form."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = django_settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"name": django_settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": site}


@pytest.fixture
def sign_in(site: str) -> Callable[..., None]:
    """Sign in through the form, as a person does: `sign_in(page, "aisyah@example.org", "secret")`."""

    def signed(page: Page, email: str, password: str) -> None:
        page.goto(f"{site}/accounts/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/console/**")

    return signed


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Check a page for accessibility; every finding fails, with its element."""
    runner = Axe()

    def checked(page: Page) -> None:
        results = runner.run(page)
        found = [
            f"{one['id']} ({one['impact']}): {node['target']} {node['html'][:160]}"
            for one in results.response["violations"]
            for node in one["nodes"]
        ]
        assert found == []

    return checked


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """Check that nothing has to be scrolled sideways; names what sticks out."""

    def checked(page: Page) -> None:
        wide = page.evaluate(
            """() => {
              const width = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= width) return [];
              return [...document.querySelectorAll("body *")]
                .filter((one) => one.getBoundingClientRect().right > width + 1)
                .slice(0, 5)
                .map((one) => one.tagName + "." + one.getAttribute("class"));
            }"""
        )
        assert wide == []

    return checked


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Keep a picture of the whole page under var/shots (or SHOTS_DIR) for people to look at."""

    def taken(page: Page, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    return taken
