"""The people of the MediMate scenario: who works on the rollout, who tests, and how each acts on the portal.

People of each kind act in the browser; the many act by the same pages with a plain HTTP client.
"""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from playwright.sync_api import FilePayload, Page, expect

from phases.models import Rollout
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from tests.e2e.running import RunningPortal
from tests.e2e.visitors import Answer, Given, Visitor

ZONE: Final = ZoneInfo("Asia/Kuala_Lumpur")
ANCHOR: Final = date(2026, 11, 2)
"""Plan week 1 begins on this Monday."""

PASSWORD: Final = "seven quiet lanterns"
ADMINISTRATOR: Final = ("ravi@example.org", "Ravi Kumar")
STAFF: Final = {
    "product_owner": ("aisyah@example.org", "Aisyah Rahman"),
    "project_sponsor": ("weijian@example.org", "Lim Wei Jian"),
    "release_engineer": ("daniel@example.org", "Daniel Tan"),
    "support": ("kavitha@example.org", "Kavitha Nair"),
}

# Milliseconds that a person waits for a page.
PATIENCE: Final = 20_000

SEED: Final = "scenario 000"
"""What the draw hangs on."""


APPLICANTS: Final = {"ms": 190, "zh-hans": 130, "ta": 8, "en": 72}
"""Language → how many of the four hundred."""

_NAMES: Final = {"ms": "Nurul Izzah", "zh-hans": "林美玲", "ta": "கவிதா", "en": "Joanna O'Neill"}
"""What people of each language are called, with a number behind it."""


def kl(month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment of the year 2026 in the rollout's zone."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def applicants() -> bytes:
    """The list of those who applied, with their letters: long enough to be read by a worker."""
    lines = [
        _line(language, number) for language, many in APPLICANTS.items() for number in range(1, many + 1)
    ]
    return _list(lines)


def late_applicants() -> bytes:
    """Two Tamil speakers who applied later."""
    first = APPLICANTS["ta"] + 1
    return _list([_line("ta", number) for number in (first, first + 1)])


def team() -> bytes:
    """The ten people who build the product."""
    return _list(
        [f"TEAM-{number:02},team{number:02}@example.org,Team {number},en," for number in range(1, 11)]
    )


def _line(language: str, number: int) -> str:
    code = language[:2]
    name, letter = f"{_NAMES[language]} {number}", "I would like to learn more about my health. " * 20
    return f"{code.upper()}-{number:03},{code}{number:03}@example.org,{name},{language},{letter}"


def _list(lines: list[str]) -> bytes:
    return "\n".join(["id,email,name,language,letter", *lines, ""]).encode()


@dataclass
class Story:
    """The people of the scenario and what they do; `pages` are browsers, `staff` are plain clients."""

    portal: RunningPortal
    open_page: Callable[..., Page]
    sign_in: Callable[..., None]
    axe: Callable[[Page], None]
    fits: Callable[[Page], None]
    say: Callable[[str], None]
    pages: dict[str, Page] = field(default_factory=dict)
    staff: dict[str, Visitor] = field(default_factory=dict)

    @property
    def rollout(self) -> Rollout:
        return Rollout.objects.get(slug="medimate")

    def person(self, role: str) -> User:
        return User.objects.get(email=STAFF[role][0])

    def address(self, path: str = "") -> str:
        return f"{self.portal.url}/console/medimate/{path}"

    def browser(self, who: str, *, width: int = 1400) -> Page:
        """Open a browser of somebody's own."""
        page = self.pages[who] = self.open_page(width=width, height=844)
        page.set_default_timeout(PATIENCE)
        return page

    def go(self, role: str, path: str = "") -> Page:
        """Open a page of the rollout in the browser of somebody who works on it."""
        page = self.pages[role]
        page.goto(self.address(path), wait_until="domcontentloaded")
        return page

    def check_page(self, who: str, *, language: str) -> None:
        """Check that somebody's page speaks a language, is accessible and needs no scrolling sideways."""
        page = self.pages[who]
        expect(page.locator("html")).to_have_attribute("lang", language)
        self.axe(page)
        self.fits(page)

    def fill_in(self, role: str, path: str, given: Given, **standing: str) -> Answer:
        """Send a form of the console by a plain client and return the page that follows."""
        visitor = self.staff[role]
        return visitor.send(visitor.open(self.address(path)), given, standing=standing)

    def sees(self, gate: str, code: str, outcome: str, *words: str) -> None:
        """Check what the gate page says of a criterion to the product owner: its outcome, and these words."""
        page = self.go("product_owner", f"gates/{gate}/")
        said = " ".join(page.locator(f"#criterion-{code}").inner_text().split())
        missing = [word for word in (outcome, *words) if not _stands_in(word, said)]
        assert not missing, f"{code} does not say {missing}: {said}"

    def press_start(self, phase: str, *, why: str = "") -> None:
        """Let the release engineer start a phase, called by its code and name; without a gate, say why."""
        page = self.go("release_engineer", f"phases/{phase.split()[0]}/start/")
        if why:
            page.get_by_label("Why").fill(why)
        page.get_by_role("button", name=f"Start “{phase}”").click()
        expect(page.get_by_text(f"“{phase}” has started.")).to_be_visible()

    def sign(self, gate: str, *, confirm: bool) -> None:
        """Let the product owner sign a gate as go: with a part of her name first, then with all of it.

        :param confirm: whether the page has to ask her who she is.
        """
        page = self.go("product_owner", f"gates/{gate}/decide/")
        ask = page.get_by_role("link", name="Confirm who you are")
        assert ask.is_visible() or not confirm, "the page does not ask the signer who she is"
        if ask.is_visible():
            ask.click()
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Confirm").click()
            page.wait_for_url("**/decide/")
        name = STAFF["product_owner"][1]
        for typed in (name.split()[0], name):
            page.locator("input[name=decision][value=go]").check()
            page.get_by_label("Type your name to sign").fill(typed)
            page.get_by_role("button", name="Sign “Go”").click()
            if typed != name:
                refusal = page.get_by_text(f"Type your name as in your account: {name}.")
                expect(refusal.first).to_be_visible()
        expect(page.get_by_text("“Go” is recorded with your name.")).to_be_visible()

    def import_list(self, name: str, content: bytes, *, source: str, people: int) -> None:
        """Import a list on its four pages: file, columns, look, done."""
        page = self.go("release_engineer", "participants/import/")
        page.locator("input[type=file]").set_input_files(
            FilePayload(name=name, mimeType="text/csv", buffer=content)
        )
        page.get_by_role("button", name="Read the file").click()
        page.get_by_label("Where do these people come from?").fill(source)
        page.get_by_label("What did they agree to?").fill("Yes, you may write to me about the test.")
        page.get_by_label("When?").fill(clock.now().date().isoformat())
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_text(f"This list has: {people} new.")).to_be_visible()
        page.get_by_role("button", name=f"Import {people} people").click()
        expect(page.get_by_text(f"Imported: {people} new.")).to_be_visible()

    def name_everybody(self, phase: str, *, source: str, people: int) -> None:
        """Name everybody of a source for a phase: the engineer lists and sends, the owner approves."""
        page = self.go("release_engineer", "selections/")
        page.locator(f"a[href$='/selections/name/{phase}/']").click()
        page.get_by_label("Add everybody who came from").select_option(source)
        page.get_by_role("button", name="Add them").click()
        page.get_by_label("Why these people").fill("They test first.")
        page.get_by_role("button", name="Look who they are").click()
        page.get_by_role("button", name=f"Name {people} people").click()
        page.get_by_role("link", name="Send for approval…").click()
        page.get_by_role("button", name="Send for approval").click()
        expect(page.get_by_text("Sent for approval. A second person approves it.")).to_be_visible()
        self.approve(page.url, people=people)

    def approve(self, selection: str, *, people: int) -> None:
        """Let the product owner approve a selection that waits at this address."""
        page = self.pages["product_owner"]
        page.goto(selection)
        page.get_by_role("link", name=f"Approve {people} people…").click()
        page.get_by_label("Approve: these people get their seats").check()
        page.get_by_role("button", name="Record the decision").click()
        expect(page.get_by_text("Approved. Nobody was written to")).to_be_visible()

    def let_in(self, *, people: int, why: str) -> None:
        """Let in, on the page that is open in the engineer's browser, those who need no invitation."""
        page = self.pages["release_engineer"]
        page.reload()
        page.get_by_role("link", name="Let people in…").click()
        page.get_by_label("Why").fill(why)
        page.get_by_role("button", name=f"Let {people} people in").click()
        expect(page.get_by_text(f"{people} people are in.")).to_be_visible()

    def draw(self) -> None:
        """Let the engineer draw with the seed of the scenario."""
        page = self.go("release_engineer", "selections/draw/2/")
        page.get_by_label("Seed").fill(SEED)
        page.get_by_role("button", name="Draw").click()
        expect(page.get_by_role("heading", name="Selection for “Beta programme”")).to_be_visible()

    def post_readings(self, secret: str, *readings: tuple[str, str, str]) -> None:
        """Send readings of this moment by the API: metric, value, unit."""
        at = clock.now().isoformat()
        found = [{"metric": name, "at": at, "value": value, "unit": unit} for name, value, unit in readings]
        request = urllib.request.Request(
            f"{self.portal.url}/api/v1/rollouts/medimate/readings",
            data=json.dumps({"readings": found}).encode(),
            headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert json.load(answer)["recorded"] == len(readings)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """When the block fails, print what stands on every open page and at the end of every log."""
        try:
            yield
        except BaseException:
            for who, page in self.pages.items():
                words = page.locator("body").inner_text()
                print(f"--- {who} at {page.url}\n{words[:4000]}")
            print(self.portal.tail())
            raise


def _stands_in(word: str, said: str) -> bool:
    """Tell whether a word or a figure stands in a text, not as a part of another one."""
    return re.search(rf"(?<![\w.]){re.escape(word)}(?!\w|\.\d)", said) is not None
