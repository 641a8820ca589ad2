"""Deciding in a real browser: confirm, look, sign; and stopping by two taps on a phone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from phases.models import Gate, SignOff
from phases.states import GateState, PhaseState
from tests.e2e.conftest import WIDTHS
from tests.factories import PASSWORD
from tests.phases.factories import Beta, Dial, registered_dial

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, str, str], None]


@pytest.fixture
def dial() -> Iterator[Dial]:
    with registered_dial() as instrument:
        yield instrument


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_deciding_and_its_record_are_accessible_and_fit(
    open_page: Callable[..., Page],
    sign_in: SignIn,
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
    look = f"{width}-{'dark' if dark else 'light'}"
    page = open_page(width=width, dark=dark)
    sign_in(page, beta.owner.email, PASSWORD)
    page.goto(site + beta.url("gates/gate-2-3/decide/"))
    expect(page.get_by_role("radio", name="Go Needs all 5")).to_be_disabled()
    expect(page.get_by_role("button", name="Choose a decision first")).to_be_visible()
    for choice in ("Not yet", "No-go"):
        page.get_by_role("radio", name=choice).check()
        expect(page.get_by_role("button", name=f"Record “{choice}”")).to_be_visible()
        page.evaluate("scrollTo(0, 0)")
        shoot(page, f"decide-{choice.lower().replace(' ', '-')}-{look}")
        fits(page)
        axe(page)
    page.get_by_role("radio", name="Not yet").check()
    page.get_by_role("button", name="Record “Not yet”").click()
    shoot(page, f"decide-error-{look}")
    fits(page)
    axe(page)
    page.get_by_label("Why").fill("Wave 3 is still open.")
    page.get_by_label("Look again on").fill("2031-12-04")
    page.get_by_label("Type your name to sign").fill("Aisyah Rahman")
    page.get_by_role("button", name="Record “Not yet”").click()
    expect(page.get_by_role("status")).to_contain_text("“Not yet” is recorded with your name.")
    shoot(page, f"record-{look}")
    fits(page)
    axe(page)
    assert SignOff.objects.get().reason == "Wave 3 is still open."


def test_two_people_sign_the_same_evidence_and_the_engineer_starts(
    open_page: Callable[..., Page], sign_in: SignIn, shoot: Callable[[Page, str], None], site: str
) -> None:
    beta = Beta()
    beta.ready()
    for person in (beta.owner, beta.sponsor):
        page = open_page()
        sign_in(page, person.email, PASSWORD)
        page.goto(site + beta.url("gates/gate-2-3/"))
        page.get_by_role("link", name="Decide…").click()
        page.get_by_label("Go", exact=False).first.check()
        expect(page.get_by_text("Your signature is bound to the fingerprint").first).to_be_visible()
        page.get_by_label("Type your name to sign").fill(person.name)
        page.evaluate("scrollTo(0, 0)")
        shoot(page, f"decide-ready-{person.name.split()[0].lower()}-1400-light")
        page.get_by_role("button", name="Sign “Go”").click()
        expect(page.get_by_role("heading", name="Record of “Phase 2 to phase 3”")).to_be_visible()
    shoot(page, "record-valid-1400-light")
    assert page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    assert SignOff.objects.values("digest").distinct().count() == 1
    assert Gate.objects.get(pk=beta.gate.pk).state == GateState.GO
    page = open_page(beta.url("gates/gate-2-3/"), user=beta.engineer)
    page.get_by_role("link", name="Start “Limited rollout”…").click()
    shoot(page, "start-ready-1400-light")
    page.get_by_role("button", name="Start “3 Limited rollout”").click()
    expect(page.get_by_role("status")).to_contain_text("“3 Limited rollout” has started.")
    beta.next.refresh_from_db()
    assert beta.next.state == PhaseState.ACTIVE


def test_an_old_proof_is_renewed_and_the_evidence_seen_again(
    open_page: Callable[..., Page], site: str
) -> None:
    beta = Beta()
    beta.ready()
    page = open_page(beta.url("gates/gate-2-3/decide/"), user=beta.owner)
    page.get_by_role("link", name="Confirm who you are").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button").filter(has_text="Confirm").first.click()
    page.wait_for_url(f"**{beta.url('gates/gate-2-3/decide/')}")
    expect(page.get_by_role("heading", name="2. Your decision")).to_be_visible()
    assert SignOff.objects.count() == 0


def test_a_double_click_signs_once(open_page: Callable[..., Page], sign_in: SignIn, site: str) -> None:
    beta = Beta()
    beta.ready()
    page = open_page()
    sign_in(page, beta.owner.email, PASSWORD)
    page.goto(site + beta.url("gates/gate-2-3/decide/"))
    page.get_by_role("radio", name="No-go").check()
    page.get_by_label("Why").fill("Not like this.")
    page.get_by_label("Type your name to sign").fill("Aisyah Rahman")
    page.get_by_role("button", name="Record “No-go”").dblclick()
    page.wait_for_load_state("networkidle")
    assert SignOff.objects.count() == 1


def test_a_hold_on_a_phone_without_script_takes_a_verb_a_reason_and_a_tap(
    open_page: Callable[..., Page], site: str
) -> None:
    beta = Beta()
    page = open_page(beta.url("gates/gate-2-3/"), user=beta.owner, width=390, script=False)
    page.get_by_role("link", name="Stop…").click()
    page.get_by_role("radio", name="Hold").check()
    page.locator("input[name=why]").first.check()
    page.get_by_role("button", name="Hold now").click()
    expect(page.get_by_role("status")).to_contain_text("“2 Beta user program” is on hold.")
    expect(page.get_by_text("Nothing goes out.").first).to_be_visible()
    beta.phase.refresh_from_db()
    assert beta.phase.is_held


def test_a_tick_keeps_its_place_with_the_keyboard(open_page: Callable[..., Page], site: str) -> None:
    beta = Beta()
    beta.furnish()
    page = open_page(beta.url("checklists/go-live/"), user=beta.owner)
    page.get_by_role("button", name="Done: The status page names the beta").press("Enter")
    page.wait_for_url("**#item-go-live-4")
    assert page.evaluate("document.activeElement.id") == "item-go-live-4"
    expect(page.locator("#item-go-live-4")).to_contain_text("done by Aisyah Rahman")
