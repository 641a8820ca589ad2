"""A newcomer's walk through the demo: every role, every link, every width, as `make run` starts it."""

import re
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from rollout_portal.console.demo.cast import PARTS, Part
from tests.e2e import crawl, stack

pytestmark = pytest.mark.e2e

# Every role sees these in the browser; every other page is looked at with the eyes of who finds it first.
FRONT = re.compile(r"console/(<slug:slug>/([a-z]+/)?)?|console/rollouts/")
# The administration's pages differ by table, not by template: of these one each is looked at.
DATA = re.compile(r"console/data/.*?(add|history|change|delete)?/?")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[stack.DemoPortal]:
    """The demo, loaded once for all walks."""
    with stack.demo(tmp_path_factory.mktemp("portal")) as running:
        yield running


@pytest.fixture
def site(portal: stack.DemoPortal) -> str:
    """The pages opened here are those of the running demo, not of a server inside the test."""
    return portal.url


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """The kinds of pages that a browser has seen at every width."""
    return set()


def kind(shape: str) -> str:
    """Return the kind of a page: its route, or for the administration's tables what is done to one."""
    route = shape.partition("?")[0]
    found = DATA.fullmatch(route)
    return f"console/data/… {found[1] or 'list'}" if found and route != "console/data/" else route


@pytest.fixture
def look(
    axe: Callable[[Page], None], fits: Callable[[Page], None]
) -> Callable[[Page, str], list[tuple[str, str, str]]]:
    """Check one page at three widths; return what was found as (page, width, finding)."""

    def looked(page: Page, address: str) -> list[tuple[str, str, str]]:
        found = []
        for width in (1400, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            checks = (fits,) if width == 390 else (fits, axe)
            for check in checks:
                try:
                    check(page)
                except AssertionError as error:
                    found.append((address, str(width), str(error).split("\n")[0][:600]))
        return found

    return looked


@pytest.mark.parametrize("part", PARTS, ids=[part.role.value for part in PARTS])
def test_every_link_of_every_page_answers(
    part: Part,
    portal: stack.DemoPortal,
    looked_at: set[str],
    open_page: Callable[..., Page],
    sign_in: Callable[..., None],
    look: Callable[[Page, str], list[tuple[str, str, str]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = open_page()
    sign_in(page, part.email, portal.password)
    pages = list(crawl.walk(page.context.request, portal.url, "/console/"))
    wrong = [one for one in pages if one.status not in {200, 302} or (one.is_page and one.headings != 1)]
    leads_out = {one.address: links for one in pages if (links := crawl.outside(one, portal.url))}

    findings, opened = [], 0
    for one in (one for one in pages if one.is_page):
        new = kind(one.shape) not in looked_at
        if not new and not FRONT.fullmatch(one.shape):
            continue
        opened += 1
        page.set_viewport_size({"width": 1400, "height": 900})
        page.goto(portal.url + one.address)
        if new:
            looked_at.add(kind(one.shape))
            findings += look(page, one.address)

    with capsys.disabled():
        sys.stdout.write(f"\n{part.role.value:18} {len(pages):4} answers, {opened:3} in the browser ")
    assert (wrong, leads_out, findings) == ([], {}, [])
    assert len(pages) > 30
    assert page.watch.outside == []  # type: ignore[attr-defined]


def test_the_front_address_leads_to_the_login_and_dark_pages_hold_their_contrast(
    portal: stack.DemoPortal,
    open_page: Callable[..., Page],
    sign_in: Callable[..., None],
    axe: Callable[[Page], None],
) -> None:
    page = open_page("/", dark=True)
    page.wait_for_url("**/accounts/login/**")
    axe(page)
    sign_in(page, PARTS[0].email, portal.password)
    for place in ("", "medimate/", "medimate/gates/gate-2-3/", "medimate/gates/gate-2-3/decide/"):
        page.goto(f"{portal.url}/console/{place}")
        axe(page)


def test_what_testers_get_by_mail_opens_on_a_phone(
    portal: stack.DemoPortal,
    looked_at: set[str],
    open_page: Callable[..., Page],
    look: Callable[[Page, str], list[tuple[str, str, str]]],
) -> None:
    """One link of each kind, and the pages behind it, in the language of the person who got it."""
    findings: list[tuple[str, str, str]] = []
    kinds: dict[str, str] = {}
    for link in portal.links_in_mails():
        kinds.setdefault(crawl.shape(link.removeprefix(portal.url)), link)
    assert {"t/i/<str:token>/", "t/s/<str:token>/"} <= set(kinds)
    for link in kinds.values():
        page = open_page(width=390)
        page.goto(link)
        assert link not in page.url, "an address with the token stays nowhere"
        place = page.url.removeprefix(portal.url)
        pages = list(crawl.walk(page.context.request, portal.url, place))
        wrong = [one for one in pages if one.status not in {200, 302} or (one.is_page and one.headings != 1)]
        assert wrong == []
        for one in pages:
            if one.is_page and one.shape not in looked_at:
                looked_at.add(one.shape)
                page.goto(portal.url + one.address)
                findings += look(page, one.address)
    assert findings == []
