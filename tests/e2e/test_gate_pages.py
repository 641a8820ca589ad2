"""Every page of gates, phases and checklists: at each width, light and dark, accessible, silent, no wider."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import WIDTHS
from tests.phases.factories import Beta, Dial, registered_dial

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PAGES = {
    "gates": "gates/",
    "gate": "gates/gate-2-3/",
    "decide": "gates/gate-2-3/decide/",
    "ask": "gates/gate-2-3/ask/",
    "judge": "criteria/stable/judge/",
    "waive": "criteria/nps/waive/",
    "end-waiver": "criteria/content/end-waiver/",
    "criterion": "criteria/nps/",
    "baseline": "phases/2/baseline/",
    "checklists": "checklists/",
    "checklist": "checklists/go-live/",
    "phase": "phases/2/",
    "complete": "phases/2/complete/",
    "start": "phases/3/start/",
    "timeline": "timeline/",
    "stop": "stop/?verb=hold",
    "roll-back": "stop/?verb=roll_back",
    "resume": "resume/",
}


@pytest.fixture
def dial() -> Iterator[Dial]:
    with registered_dial() as instrument:
        yield instrument


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_accessible_and_fit(
    open_page: Callable[..., Page],
    axe: Callable[[Page], None],
    fits: Callable[[Page], None],
    shoot: Callable[[Page, str], None],
    site: str,
    dial: Dial,
    width: int,
    dark: bool,
) -> None:
    beta = Beta()
    beta.every_outcome(dial)
    beta.furnish()
    page = open_page(width=width, dark=dark, user=beta.owner)
    for name, path in PAGES.items():
        page.goto(site + beta.url(path))
        shoot(page, f"{name}-{width}-{'dark' if dark else 'light'}")
        fits(page)
        axe(page)
