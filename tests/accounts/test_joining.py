"""Joining by invitation: one person, one use, until a day; opening the link changes nothing."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from phases.exceptions import PermissionRefused
from phases.models import Rollout
from phases.permissions import RoleName, allows
from phases.services import invite_member
from rollout_portal.accounts.models import StaffInvitation, User
from rollout_portal.lib import links
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.sending import drain
from rollout_portal.outbox.states import MessageState
from tests.factories import make_member, make_rollout, make_user

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout()


@pytest.fixture
def administrator(rollout: Rollout) -> User:
    return make_member(rollout, RoleName.ADMINISTRATOR, "Ravi Kumar")


def invite(rollout: Rollout, by: User, email: str = "new@example.org") -> User:
    return invite_member(rollout=rollout, email=email, name="Nur Aina", role=RoleName.SUPPORT, by=by).user


def mailed_link() -> str:
    """The link in the newest mail that the outbox wrote, as a path."""
    assert drain() == 1
    newest = max(Path(settings.EMAIL_FILE_PATH).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    with newest.open("rb") as file:
        text = BytesParser(policy=policy.default).parse(file).get_body(("plain",))
    assert text is not None
    found = re.search(r"https?://[^/\s]+(/accounts/join/\S+)", text.get_content())
    assert found
    return found[1]


def test_an_invited_person_chooses_a_password_and_is_in(rollout: Rollout, administrator: User) -> None:
    user = invite(rollout, administrator)
    assert (user.has_usable_password(), allows(user, "rollout.view", rollout)) == (False, True)
    browser = Client()
    opened = browser.get(mailed_link())
    assert opened.headers["Location"] == "/accounts/join/"
    assert "new@example.org" in browser.get("/accounts/join/").content.decode()
    answered = browser.post("/accounts/join/", {"password": PASSWORD, "again": PASSWORD})
    assert answered.headers["Location"] == "/console/"
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert browser.get("/console/").status_code == 200


def test_opening_the_link_changes_nothing(rollout: Rollout, administrator: User) -> None:
    invite(rollout, administrator)
    link = mailed_link()
    for _ in range(3):
        Client().get(link, follow=True)
    invitation = StaffInvitation.objects.get()
    assert (invitation.accepted_at, invitation.user.has_usable_password()) == (None, False)


def test_a_link_works_once(rollout: Rollout, administrator: User) -> None:
    invite(rollout, administrator)
    link = mailed_link()
    first, second = Client(), Client()
    for browser in (first, second):
        browser.get(link)
    first.post("/accounts/join/", {"password": PASSWORD, "again": PASSWORD})
    late = second.post(
        "/accounts/join/", {"password": "another long sentence", "again": "another long sentence"}
    )
    assert late.status_code == 404
    assert User.objects.get(email="new@example.org").check_password(PASSWORD)


def test_a_link_ends_after_seven_days(
    rollout: Rollout, administrator: User, business_clock: Callable[[datetime], None]
) -> None:
    invite(rollout, administrator)
    link = mailed_link()
    business_clock(datetime.now(UTC) + timedelta(days=7, minutes=1))
    assert Client().get(link, follow=True).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 70, "%00", "..", "ä"])
def test_a_wrong_link_tells_nothing(token: str) -> None:
    assert Client().get(f"/accounts/join/{token}/", follow=True).status_code == 404


def test_a_link_of_another_purpose_opens_nothing(rollout: Rollout, administrator: User) -> None:
    invite(rollout, administrator)
    foreign = links.mint("another-purpose", StaffInvitation.objects.get().uuid)
    assert Client().get(f"/accounts/join/{foreign}/", follow=True).status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "words"),
    [("short", "short", "12 characters"), (PASSWORD, "else entirely", "differ"), ("", "", "required")],
)
def test_a_bad_password_is_explained_and_the_link_stays_good(
    rollout: Rollout, administrator: User, password: str, again: str, words: str
) -> None:
    invite(rollout, administrator)
    browser = Client()
    browser.get(mailed_link())
    page = browser.post("/accounts/join/", {"password": password, "again": again})
    assert words in page.content.decode()
    browser.post("/accounts/join/", {"password": PASSWORD, "again": PASSWORD})
    assert User.objects.get(email="new@example.org").check_password(PASSWORD)


def test_somebody_with_an_account_gets_the_role_and_no_mail(rollout: Rollout, administrator: User) -> None:
    known = make_user(email="known@example.org")
    assert invite(rollout, administrator, "Known@Example.org") == known
    assert not Message.objects.exists()


def test_inviting_twice_is_one_account_and_the_newer_link_counts(
    rollout: Rollout, administrator: User
) -> None:
    first = invite(rollout, administrator)
    old = mailed_link()
    assert invite(rollout, administrator) == first
    new = mailed_link()
    assert Client().get(new, follow=True).status_code == 200
    assert Client().get(old, follow=True).status_code == 200
    assert rollout.roles.filter(user=first).count() == 1
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SENT}


def test_only_an_administrator_invites(rollout: Rollout) -> None:
    with pytest.raises(PermissionRefused):
        invite(rollout, make_member(rollout, RoleName.PRODUCT_OWNER))
    assert not StaffInvitation.objects.exists()
