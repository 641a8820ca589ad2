"""Mails about accounts: by the outbox, without a secret in any row or log, and nobody learns who has one."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from structlog.testing import capture_logs

from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.outbox import accounts, permission, sending, templates, wordings
from rollout_portal.outbox.models import Channel, DeliveryEvent, Message
from rollout_portal.outbox.states import MessageKind, MessageState, Policy
from tests.factories import make_rollout, make_user
from tests.outbox.servers import MailServer

pytestmark = pytest.mark.django_db

NEW = "a-quite-long-new-password-71"


@pytest.fixture(autouse=True)
def _the_real_question(monkeypatch: pytest.MonkeyPatch, _nothing_is_asked: None) -> None:
    monkeypatch.setattr(permission, "_questions", [accounts.may_account_mail_leave])
    cache.clear()


@pytest.fixture
def user() -> User:
    return make_user("Farid Osman", email="farid@portal.example")


def ask(email: str) -> Any:
    return Client().post(reverse("account_reset_password"), {"email": email})


def on_file() -> Any:
    """The newest mail on file."""
    path = max(Path(settings.EMAIL_FILE_PATH).glob("*.eml"), key=lambda one: one.name)
    return message_from_bytes(path.read_bytes(), policy=policy.default)


def link_in(written: Any) -> str:
    found = re.search(r"https?://\S+/accounts/password/\S+", written.get_body(("plain",)).get_content())
    assert found
    return found[0].removeprefix(settings.BASE_URL)


def test_the_mail_is_a_row_without_a_link_and_the_sender_mints_it(user: User) -> None:
    with capture_logs() as logs:
        assert ask(user.email).status_code == 302
        row = Message.objects.get()
        sending.drain()

    assert (row.kind, row.scope, row.policy) == (MessageKind.ACCOUNT, None, Policy.AT_LEAST_ONCE)
    assert (row.recipient, row.reference, row.urgent) == (user.email, user.uuid, True)
    assert row.params == {"password_link": {"link": {"purpose": "accounts.reset", "row": str(user.uuid)}}}
    assert mail.outbox == []
    written = on_file()
    assert (written["Subject"], written["Message-ID"]) == ("Set your password", row.message_id)
    key = link_in(written).rstrip("/").rpartition("/")[2].partition("-")[2]
    kept = json.dumps([*Message.objects.values(), *DeliveryEvent.objects.values()], default=str)
    assert key not in kept
    assert key not in str(logs)


def test_the_link_in_the_mail_sets_the_password_once(user: User) -> None:
    ask(user.email)
    sending.drain()
    address, client = link_in(on_file()), Client()

    form = client.get(address, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})

    user.refresh_from_db()
    assert user.check_password(NEW)
    assert "password1" not in Client().get(address, follow=True).content.decode()


def test_the_page_answers_alike_for_an_address_without_an_account(user: User) -> None:
    known, unknown = ask(user.email), ask("nobody@portal.example")

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert Message.objects.count() == 2
    told = Message.objects.get(recipient="nobody@portal.example")
    assert (told.version.template.code, told.reference) == (accounts.NO_ACCOUNT, None)
    sending.drain()
    assert Message.objects.filter(state=MessageState.SENT).count() == 2


def test_an_address_that_no_server_takes_is_answered_alike() -> None:
    strange = "a@" + "b" * 60 + "." + "c" * 60 + ".example"
    with capture_logs() as logs:
        answers = [ask(strange), ask("nobody@portal.example")]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert "bbbb" not in str(logs)


def test_who_asks_too_often_is_refused_before_a_row_is_made(user: User) -> None:
    statuses = [ask(user.email).status_code for _number in range(8)]
    assert statuses[-1] == 429
    assert Message.objects.count() == statuses.count(302) < 8


@pytest.mark.parametrize("change", [{"is_active": False}, {"email": "other@portal.example"}])
def test_an_account_that_changed_meanwhile_gets_no_link(user: User, change: dict[str, Any]) -> None:
    ask(user.email)
    User.objects.filter(pk=user.pk).update(**change)
    sending.drain()
    row = Message.objects.get()
    assert (row.state, row.reason) == (MessageState.SKIPPED, "account_changed")


def test_a_mail_that_waited_too_long_does_not_leave(
    user: User, business_clock: Callable[[datetime], None]
) -> None:
    ask(user.email)
    business_clock(clock.now() + accounts.WORTH_SENDING + timedelta(minutes=1))
    sending.drain()
    assert Message.objects.get().state == MessageState.SKIPPED


def test_after_a_lost_answer_it_is_sent_again_under_the_same_message_id(
    user: User, server: MailServer, business_clock: Callable[[datetime], None]
) -> None:
    server.rules.drop.add("farid")
    ask(user.email)
    sending.drain()
    row = Message.objects.get()
    assert row.state == MessageState.QUEUED
    server.rules.drop.clear()
    Channel.objects.update(paused_until=None)
    business_clock(row.due_at + timedelta(seconds=1))
    sending.drain()
    row.refresh_from_db()
    assert row.state == MessageState.SENT
    assert server.accepted[-1]["Message-ID"] == row.message_id


def test_a_mail_without_a_text_is_a_mistake_that_is_heard_of() -> None:
    with pytest.raises(RuntimeError, match="email_confirmation"):
        accounts.OutboxAdapter().send_mail("account/email/email_confirmation", "a@portal.example", {})


def test_no_rollout_has_a_text_about_accounts() -> None:
    scope = make_rollout().uuid
    assert accounts.RESET in templates.builtins()
    assert accounts.RESET not in [one.code for one in wordings.all_of(scope)]
    assert wordings.find(accounts.RESET, scope) is None
