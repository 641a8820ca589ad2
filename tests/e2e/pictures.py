"""Take the pictures of the README from a fresh demo: `make pictures`."""

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e import stack
from tests.processes import ROOT

FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 300_000
WIDE = {"width": 1280, "height": 960}
PHONE = {"width": 390, "height": 780}


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        stack.demo(Path(folder)) as portal,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"],
        )
        console(browser, portal)
        survey(browser, portal)
        browser.close()
    heavy = [file.name for file in FOLDER.glob("*.png") if file.stat().st_size > MOST_BYTES]
    if heavy:
        sys.stderr.write(f"More than {MOST_BYTES} bytes: {', '.join(heavy)}\n")
    return int(bool(heavy))


def console(browser: Browser, portal: stack.DemoPortal) -> None:
    """The cockpit and the gate, as the product owner sees them."""
    page = browser.new_page(viewport=WIDE, reduced_motion="reduce", locale="en-GB")  # type: ignore[arg-type]
    page.goto(f"{portal.url}/accounts/login/")
    page.get_by_label("Email").fill("owner@demo.example")
    page.get_by_label("Password", exact=True).fill(portal.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/**")
    for name, place in (("cockpit", ""), ("gate", "gates/gate-2-3/")):
        page.goto(f"{portal.url}/console/medimate/{place}")
        page.screenshot(path=FOLDER / f"{name}.png")


def survey(browser: Browser, portal: stack.DemoPortal) -> None:
    """A survey in Tamil, on the phone of the person who was asked, with no mark chosen in the mail."""
    for link in (link for link in portal.links_in_mails() if "/t/s/" in link and "?" not in link):
        page = browser.new_page(viewport=PHONE, reduced_motion="reduce")  # type: ignore[arg-type]
        page.goto(link)
        if language(page) == "ta" and page.locator("form input[type=radio]").count():
            page.screenshot(path=FOLDER / "survey.png")
            return
        page.close()
    raise AssertionError("No mail leads to an open survey in Tamil.")


def language(page: Page) -> str:
    return page.locator("html").get_attribute("lang") or ""


if __name__ == "__main__":
    sys.exit(main())
