"""The pages of the outbox in a browser: at each width, accessible, silent; and the decision by hand."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.outbox import sending
from rollout_portal.outbox.backends import write_eml
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageState
from tests.e2e.conftest import WIDTHS
from tests.factories import make_member, make_rollout
from tests.outbox.factories import make_invitation, put_into

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

Open = Callable[..., Page]
Check = Callable[[Page], None]


@pytest.fixture
def owner() -> User:
    """The product owner of MediMate, with one message in every state."""
    rollout = make_rollout(
        slug="medimate", name="MediMate Education Hub", languages=["en", "ms", "zh-hans", "ta"]
    )
    for number, state in enumerate(MessageState):
        language = ("en", "ms", "zh-hans", "ta")[number % 4]
        put_into(make_invitation(scope=rollout.uuid, language=language), state)
    for _number in range(3):
        put_into(make_invitation(scope=rollout.uuid), MessageState.UNCERTAIN, reason="worker_lost")
    return make_member(rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_and_a_message_are_accessible_and_fit(
    open_page: Open,
    axe: Check,
    fits: Check,
    shoot: Callable[[Page, str], None],
    owner: User,
    width: int,
    dark: bool,
) -> None:
    look = f"{width}-{'dark' if dark else 'light'}"
    page = open_page("/console/medimate/messages/", width=width, dark=dark, user=owner)
    shoot(page, f"messages-{look}")
    fits(page)
    axe(page)
    page.get_by_role("link", name="Invitation", exact=True).first.click()
    expect(page.get_by_role("heading", name="Your decision")).to_be_visible()
    shoot(page, f"message-{look}")
    fits(page)
    axe(page)


def test_an_uncertain_message_is_sent_again_by_decision(open_page: Open, owner: User) -> None:
    page = open_page("/console/medimate/", user=owner)
    page.goto(page.url + "messages/?show=uncertain")
    page.get_by_role("link", name="Invitation", exact=True).first.click()
    page.get_by_label("Why").fill("She has looked and has not got it.")
    page.get_by_role("button", name="Send again").click()

    expect(page.get_by_text("It will be sent again as a new message.")).to_be_visible()
    again = Message.objects.get(again_of__isnull=False)
    assert again.state == MessageState.QUEUED


@pytest.mark.parametrize("width", WIDTHS)
def test_a_mail_on_file_is_seen_as_its_reader_sees_it(
    open_page: Open,
    axe: Check,
    fits: Check,
    shoot: Callable[[Page, str], None],
    owner: User,
    settings: Any,
    width: int,
) -> None:
    rollout = owner.roles.get().rollout
    make_invitation(scope=rollout.uuid, language="ta", key=f"invitation:{uuid4()}", to_name="Priya")
    sending.drain()
    page = open_page("/console/mail/", width=width, user=owner)
    shoot(page, f"mails-{width}")
    fits(page)
    axe(page)
    page.get_by_role("link", name="பரிசோதனையில் சேருங்கள்").first.click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("link", name="உங்கள் பதில்")).to_be_visible()
    shoot(page, f"mail-{width}")
    fits(page)


def test_what_a_mail_contains_can_neither_run_nor_load(open_page: Open, owner: User) -> None:
    rollout = owner.roles.get().rollout
    message = make_invitation(scope=rollout.uuid)
    write_eml(
        b"Subject: Hostile\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b"<p id=words>As written</p><img src='http://outside.example/pixel.png'>"
        b"<script>document.getElementById('words').textContent = 'It ran'</script>",
        message.uuid.hex,
    )
    page = open_page("/console/mail/", user=owner)
    stopped: list[tuple[str, str | None]] = []
    page.on("requestfailed", lambda request: stopped.append((request.url, request.failure)))
    page.get_by_role("link", name="Hostile").click()

    words = page.frame_locator("iframe").locator("#words")
    expect(words).to_have_text("As written")
    watch = page.watch  # type: ignore[attr-defined]
    # The browser names the request that it stopped before it left.
    assert stopped == [(url, "csp") for url in watch.outside]
    watch.outside.clear()
    # The browser says what it refused; that is the only thing that it says.
    refused = [line for line in watch.said if "sandboxed" in line or "Content Security Policy" in line]
    assert refused == watch.said != []
    watch.said.clear()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_of_texts_are_accessible_and_fit(
    open_page: Open,
    axe: Check,
    fits: Check,
    shoot: Callable[[Page, str], None],
    owner: User,
    width: int,
    dark: bool,
) -> None:
    look = f"{width}-{'dark' if dark else 'light'}"
    page = open_page("/console/medimate/texts/", width=width, dark=dark, user=owner)
    shoot(page, f"texts-{look}")
    fits(page)
    axe(page)
    page.get_by_role("link", name="Survey request with marks").click()
    frame = page.frame_locator("iframe").first
    expect(frame.get_by_role("link", name="10", exact=True)).to_be_visible()
    shoot(page, f"text-{look}")
    fits(page)
    axe(page)
    page.get_by_role("link", name="Write a new version…").click()
    page.get_by_role("button", name="Show me how it looks").click()
    expect(page.frame_locator("iframe").first.get_by_role("link", name="10", exact=True)).to_be_visible()
    shoot(page, f"write-text-{look}")
    fits(page)
    axe(page)


def test_a_text_is_mended_by_hand_and_blocks_until_it_is_complete(open_page: Open, owner: User) -> None:
    page = open_page("/console/medimate/texts/tester_invitation/new/", user=owner)
    page.watch.expect(422)  # type: ignore[attr-defined]
    body = page.get_by_label("Text (Tamil)")
    whole = body.input_value()
    body.fill(f"{whole} <b>{{nick}}</b>")
    page.get_by_label("What did you change, and why").fill("Clearer words")
    page.get_by_role("button", name="Save version 1").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(2)
    expect(body).to_have_value(f"{whole} <b>{{nick}}</b>")

    body.fill("")
    page.get_by_role("button", name="Save version 1").click()
    expect(page.get_by_text("Nothing is sent by this text before it is complete.")).to_be_visible()
    page.goto(page.url.replace("tester_invitation/", ""))
    expect(page.get_by_text("Sending is blocked by 1 incomplete text.")).to_be_visible()
    page.get_by_role("link", name="Look and complete it").click()
    page.get_by_role("link", name="Complete it…").click()
    page.get_by_label("Text (Tamil)").fill(whole)
    page.get_by_label("What did you change, and why").fill("Tamil is back")
    page.get_by_role("button", name="Save version 2").click()
    expect(page.get_by_text("Complete in all 4 languages.")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_limits_are_set_by_hand_and_the_page_fits(
    open_page: Open,
    axe: Check,
    fits: Check,
    shoot: Callable[[Page, str], None],
    owner: User,
    width: int,
    dark: bool,
) -> None:
    page = open_page("/console/medimate/limits/", width=width, dark=dark, user=owner)
    page.watch.expect(422)  # type: ignore[attr-defined]
    page.get_by_label("Mails per day").fill("200")
    page.get_by_label("Quiet from").fill("21:00")
    page.get_by_label("Why").fill("The provider allows no more.")
    page.get_by_role("button", name="Change the limits").click()
    expect(page.get_by_text("Give both ends of the quiet hours, or none.").first).to_be_visible()
    expect(page.get_by_label("Mails per day")).to_have_value("200")
    axe(page)
    page.get_by_label("Quiet until").fill("08:00")
    page.get_by_role("button", name="Change the limits").click()
    expect(page.get_by_text("quiet 21:00–08:00 in each person’s zone.").first).to_be_visible()
    shoot(page, f"limits-{width}-{'dark' if dark else 'light'}")
    fits(page)
    axe(page)
