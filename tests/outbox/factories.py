"""Messages, templates and mail servers for tests."""

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models.functions import Now

from rollout_portal.audit.services import System
from rollout_portal.lib import links as signed_links
from rollout_portal.outbox import links, services, templates
from rollout_portal.outbox.leases import LEASE, ahead
from rollout_portal.outbox.models import Channel, Lane, Message, TemplateVersion
from rollout_portal.outbox.rendering import Placeholder
from rollout_portal.outbox.states import LEASED, NEEDS_REASON, MessageKind, MessageState

SETUP = System(cause="The set-up of a test.")
PURPOSE = "tests.open"

_numbers = itertools.count(1)


@links.register(PURPOSE)
def mint(row: UUID, message: Message) -> str:
    return f"https://portal.example/t/{signed_links.mint(PURPOSE, row)}/"


def link() -> dict[str, dict[str, str]]:
    return links.to(PURPOSE, uuid4())


INVITATION = templates.Wording(
    kind=MessageKind.INVITATION,
    placeholders=(
        Placeholder("name", "Aina"),
        Placeholder("answer_link", "https://portal.example/i/…/", link=True),
        Placeholder("leave_link", "https://portal.example/l/…/", link=True),
    ),
    texts={
        "en": ("Join the beta", "Dear {name},\n\nYour answer: {answer_link}\n\nLeave: {leave_link}"),
        "ms": (
            "Sertai ujian beta",
            "{name} yang dihormati,\n\nJawapan anda: {answer_link}\n\nKeluar: {leave_link}",
        ),
        "zh-hans": (
            "邀请您参加测试",
            "{name}，您好！\n\n您的答复：{answer_link}\n\n退出：{leave_link}",
        ),
        "ta": (
            "பரிசோதனையில் சேருங்கள்",
            "அன்புள்ள {name},\n\nஉங்கள் பதில்: {answer_link}\n\nவிலக: {leave_link}",
        ),
    },
)

NOTICE = templates.Wording(
    kind=MessageKind.STAFF_NOTICE,
    placeholders=(Placeholder("text", "A blocker was reported."),),
    texts={"en": ("Notice", "{text}")},
)


def make_template(
    code: str = "invitation", wording: templates.Wording = INVITATION, scope: UUID | None = None
) -> TemplateVersion:
    return templates.write(code=code, scope=scope, wording=wording, by=SETUP)


def make_invitation(to: str = "", **fields: Any) -> Message:
    """A queued invitation (never twice) to somebody new."""
    make_template()
    params: Mapping[str, Any] = {"name": "Aina", "answer_link": link(), "leave_link": link()}
    values: dict[str, Any] = {
        "key": f"invitation:{uuid4()}",
        "template": "invitation",
        "to": to or f"tester{next(_numbers)}@example.org",
        "params": params,
        "scope": None,
        "reference": uuid4(),
    }
    return services.enqueue(**values | fields)


def make_notice(to: str = "", **fields: Any) -> Message:
    """A queued notice to staff (at least once)."""
    make_template("notice", NOTICE)
    values: dict[str, Any] = {
        "key": f"notice:{uuid4()}",
        "template": "notice",
        "to": to or f"staff{next(_numbers)}@example.org",
        "params": {"text": "A blocker was reported."},
        "scope": None,
    }
    return services.enqueue(**values | fields)


def put_into(message: Message, state: MessageState, **fields: Any) -> Message:
    """The message as it would stand in `state`, with the lease, times and reason that it needs there."""
    values: dict[str, Any] = {"state": state}
    if state in LEASED:
        values |= {"lease_token": uuid4(), "lease_until": ahead(LEASE)}
    if state in (MessageState.SENDING, MessageState.UNCERTAIN, MessageState.SENT):
        values |= {"handed_at": message.created_at, "attempts": 1}
    if state == MessageState.UNCERTAIN:
        values["lease_token"] = uuid4()
    if state == MessageState.SENT:
        values["sent_at"] = message.created_at
    if state in NEEDS_REASON:
        values["reason"] = "test"
    Message.objects.filter(pk=message.pk).update(**values | fields)
    message.refresh_from_db()
    return message


def let_lease_run_out(message: Message) -> None:
    """What the passing of a minute does."""
    Message.objects.filter(pk=message.pk).update(lease_until=ahead(timedelta(seconds=-1)))


def make_lane(channel: Channel | None = None) -> Lane:
    return Lane.objects.create(
        channel=channel or services.channel_called("default"), sender="test", claimed_at=Now()
    )


def on_postgresql() -> bool:
    return connection.vendor == "postgresql"
