"""Limits that count what left before, quiet hours where each person lives, and the page that sets them."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from phases.models import Rollout
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.console.permissions import may
from rollout_portal.outbox import caps, limits, permission, quiet, sending, services
from rollout_portal.outbox.exceptions import CapTooLow, NotAllowed, OutboxError
from rollout_portal.outbox.models import Message, QuietHours, SendCap
from rollout_portal.outbox.states import CapPeriod, MessageState, Reason
from tests.factories import make_member, make_rollout, make_user
from tests.outbox.factories import SETUP, make_invitation, make_notice
from tests.outbox.servers import MailServer

pytestmark = pytest.mark.django_db

NIGHT = (time(21), time(8))
KUALA_LUMPUR = "Asia/Kuala_Lumpur"
LATE = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)  # Wed, 22:30 in Kuala Lumpur
NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # Wed, 12:00 in Kuala Lumpur
Clock = Callable[[datetime], None]


@pytest.fixture
def setter(monkeypatch: pytest.MonkeyPatch) -> User:
    user = make_user("Daniel Tan")
    permission.register_rule(lambda asked, act, scope: asked == user and act == permission.LIMIT)
    return user


def sleep(scope: UUID, hours: quiet.Hours | None = NIGHT, zone: str = KUALA_LUMPUR) -> QuietHours:
    return quiet.set_quiet_hours(scope=scope, hours=hours, time_zone=zone, by=SETUP, reason="sleep")


def change(scope: UUID, by: User, **fields: Any) -> None:
    values = {"zone": KUALA_LUMPUR, "per_day": None, "per_minute": None, "hours": None, "reason": "why"}
    limits.change(scope=scope, by=by, **(values | fields))


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


# --- Quiet hours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "local", "ends"),
    [
        (NIGHT, "2026-11-25 20:59:59", None),
        (NIGHT, "2026-11-25 21:00", "2026-11-26 08:00"),
        (NIGHT, "2026-11-25 23:59", "2026-11-26 08:00"),
        (NIGHT, "2026-11-26 00:00", "2026-11-26 08:00"),
        (NIGHT, "2026-11-26 07:59", "2026-11-26 08:00"),
        (NIGHT, "2026-11-26 08:00", None),
        ((time(12), time(14)), "2026-11-26 11:59", None),
        ((time(12), time(14)), "2026-11-26 12:00", "2026-11-26 14:00"),
        ((time(12), time(14)), "2026-11-26 14:00", None),
    ],
)
@pytest.mark.parametrize("zone", [KUALA_LUMPUR, "America/New_York", "UTC"])
def test_quiet_hours_are_local_and_may_pass_midnight(
    hours: quiet.Hours, local: str, ends: str | None, zone: str
) -> None:
    there = ZoneInfo(zone)
    found = quiet.end_of_quiet(hours, there, datetime.fromisoformat(local).replace(tzinfo=there))
    assert found == (datetime.fromisoformat(ends).replace(tzinfo=there) if ends else None)


def test_the_night_in_which_the_clock_changes_ends_at_the_local_hour() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before = datetime(2026, 10, 24, 23, 0, tzinfo=berlin)
    # 8:00 is 7:00 UTC after the change, and would have been 6:00 before it.
    assert quiet.end_of_quiet(NIGHT, berlin, before) == datetime(2026, 10, 25, 7, 0, tzinfo=UTC)


def test_at_night_a_message_waits_for_the_morning_where_the_person_lives(
    server: MailServer, business_clock: Clock
) -> None:
    business_clock(LATE)
    scope = uuid4()
    sleep(scope)
    here = make_invitation(scope=scope, time_zone=KUALA_LUMPUR)
    unknown = make_invitation(scope=scope)
    broken = make_invitation(scope=scope, time_zone="Nowhere/City")
    awake = make_invitation(scope=scope, time_zone="Europe/London")
    other = make_invitation(scope=uuid4(), time_zone=KUALA_LUMPUR)

    sending.drain()

    waits = (MessageState.QUEUED.value, Reason.QUIET.value)
    assert [state(one) for one in (here, unknown, broken)] == [waits] * 3
    assert [state(one)[0] for one in (awake, other)] == [MessageState.SENT] * 2
    morning = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)
    assert here.due_at == morning
    business_clock(morning)
    sending.drain()
    assert state(here)[0] == MessageState.SENT


def test_the_team_is_written_to_at_any_hour(server: MailServer, business_clock: Clock) -> None:
    business_clock(LATE)
    scope = uuid4()
    sleep(scope)
    notice = make_notice(scope=scope)
    sending.drain()
    assert state(notice)[0] == MessageState.SENT


def test_who_opted_out_at_night_is_skipped_for_good(
    server: MailServer, business_clock: Clock, ask: Callable[[permission.Question], None]
) -> None:
    business_clock(LATE)
    scope = uuid4()
    sleep(scope)
    ask(lambda message: permission.Refusal("opted_out"))
    message = make_invitation(scope=scope)
    sending.drain()
    assert state(message) == (MessageState.SKIPPED, "opted_out")


def test_a_message_that_waits_for_the_morning_takes_no_place(
    server: MailServer, business_clock: Clock
) -> None:
    business_clock(LATE)
    scope = uuid4()
    sleep(scope)
    caps.set_cap(
        channel=services.channel_called("default"), scope=scope, period=CapPeriod.DAY, cap=5, by=SETUP,
        reason="x",
    )  # fmt: skip
    make_invitation(scope=scope)
    sending.drain()
    assert SendCap.objects.get().used == 0


def test_lifting_quiet_hours_lets_out_what_waited(server: MailServer, business_clock: Clock) -> None:
    business_clock(LATE)
    scope = uuid4()
    sleep(scope)
    message = make_invitation(scope=scope)
    sending.drain()

    sleep(scope, None)
    sending.drain()

    assert state(message)[0] == MessageState.SENT
    events = AuditEvent.objects.filter(verb="quiet_hours.set", scope=scope).order_by("seq")
    assert [(event.after or {})["from"] for event in events] == ["21:00:00", None]


def test_quiet_hours_have_two_ends() -> None:
    with pytest.raises(OutboxError, match="the whole day"):
        sleep(uuid4(), (time(8), time(8)))
    row = sleep(uuid4())
    with pytest.raises(IntegrityError), transaction.atomic():
        QuietHours.objects.filter(pk=row.pk).update(ends_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        QuietHours.objects.filter(pk=row.pk).update(ends_at=row.begins_at)


# --- Limits ----------------------------------------------------------------------------------------


def test_what_left_before_there_was_a_limit_counts(
    server: MailServer, business_clock: Clock, setter: User
) -> None:
    business_clock(NOON)
    scope = uuid4()
    for _mail in range(3):
        make_invitation(scope=scope)
    make_invitation(scope=uuid4())
    sending.drain()
    assert limits.read(scope, KUALA_LUMPUR).day.used == 3

    with pytest.raises(CapTooLow, match="3 have left") as refused:
        change(scope, setter, per_day=2)
    assert refused.value.period == CapPeriod.DAY
    change(scope, setter, per_day=4)

    day = limits.read(scope, KUALA_LUMPUR).day
    assert (day.cap, day.used, day.left, day.is_full) == (4, 3, 1, False)


def test_raising_a_limit_lets_out_what_waited_for_it(
    server: MailServer, business_clock: Clock, setter: User
) -> None:
    business_clock(NOON)
    scope = uuid4()
    change(scope, setter, per_day=1)
    messages = [make_invitation(scope=scope) for _mail in range(3)]
    sending.drain()
    now = limits.read(scope, KUALA_LUMPUR)
    assert (now.day.is_full, now.held_by_cap) == (True, 2)

    change(scope, setter, per_day=2)
    sending.drain()
    assert [state(one)[0] for one in messages].count(MessageState.SENT) == 2
    change(scope, setter, per_day=None)
    sending.drain()
    assert [state(one)[0] for one in messages].count(MessageState.SENT) == 3


def test_a_limit_that_is_lifted_and_set_again_forgets_nothing(
    server: MailServer, business_clock: Clock, setter: User
) -> None:
    business_clock(NOON)
    scope = uuid4()
    change(scope, setter, per_day=5)
    make_invitation(scope=scope)
    sending.drain()
    change(scope, setter, per_day=None)
    make_invitation(scope=scope)
    sending.drain()
    change(scope, setter, per_day=5)
    assert limits.read(scope, KUALA_LUMPUR).day.used == 2


def test_a_new_day_begins_at_nothing(server: MailServer, business_clock: Clock, setter: User) -> None:
    business_clock(NOON)
    scope = uuid4()
    change(scope, setter, per_day=5)
    make_invitation(scope=scope)
    sending.drain()
    business_clock(NOON + timedelta(days=1))
    assert limits.read(scope, KUALA_LUMPUR).day.used == 0


def test_limits_of_the_installation_are_shown_beside(setter: User) -> None:
    channel = services.channel_called("default")
    caps.set_cap(channel=channel, scope=None, period=CapPeriod.DAY, cap=500, by=SETUP, reason="provider")
    [shared] = limits.read(uuid4(), KUALA_LUMPUR).shared
    assert (shared.everybody, shared.cap) == (True, 500)


def test_all_or_nothing_is_changed(setter: User) -> None:
    scope = uuid4()
    with pytest.raises(OutboxError, match="the whole day"):
        change(scope, setter, per_day=5, hours=(time(8), time(8)))
    assert not SendCap.objects.exists()


@pytest.mark.parametrize("fields", [{"reason": " ", "per_day": 5}, {}])
def test_without_reason_or_change_nothing_is_recorded(setter: User, fields: dict[str, Any]) -> None:
    with pytest.raises(OutboxError):
        change(uuid4(), setter, **fields)
    assert not AuditEvent.objects.filter(verb="cap.set").exists()


def test_nobody_sets_limits_without_the_right(setter: User) -> None:
    with pytest.raises(NotAllowed):
        change(uuid4(), make_user(), per_day=5)


# --- The page --------------------------------------------------------------------------------------


@pytest.fixture
def rollout(monkeypatch: pytest.MonkeyPatch) -> Rollout:
    monkeypatch.setattr(permission, "_rules", [may])
    return make_rollout(time_zone=KUALA_LUMPUR)


def page(rollout: Rollout, role: RoleName = RoleName.RELEASE_ENGINEER) -> tuple[Client, str]:
    client = Client()
    client.force_login(make_member(rollout, role))
    return client, reverse("console:limits", args=[rollout.slug])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


FIELDS = {
    "per_day": "200",
    "per_minute": "",
    "quiet_from": "21:00",
    "quiet_until": "08:00",
    "reason": "The provider",
}


@pytest.mark.parametrize("role", list(RoleName))
def test_everybody_may_look_and_builders_may_change(rollout: Rollout, role: RoleName) -> None:
    client, address = page(rollout, role)
    allowed = role in {RoleName.PRODUCT_OWNER, RoleName.RELEASE_ENGINEER}

    shown = text(client.get(address))
    posted = client.post(address, FIELDS)

    assert ("Change the limits" in shown) == allowed
    assert ("Setting sending limits needs the role" in shown) == (not allowed)
    assert posted.status_code == (302 if allowed else 403)
    assert SendCap.objects.filter(scope=rollout.uuid).exists() == allowed


def test_the_page_says_in_a_sentence_what_may_still_leave(
    rollout: Rollout, server: MailServer, business_clock: Clock
) -> None:
    business_clock(NOON)
    client, address = page(rollout)
    assert "0 sent today, no limit per day; no quiet hours." in text(client.get(address))

    client.post(address, FIELDS)
    make_invitation(scope=rollout.uuid)
    sending.drain()

    shown = text(client.get(address))
    assert "199 left of 200 today; quiet 21:00–08:00 in each person’s zone." in shown
    assert "Nothing waits for a limit." in shown
    assert 'value="21:00"' in shown


def test_a_full_limit_says_until_when_and_how_many_wait(
    rollout: Rollout, server: MailServer, business_clock: Clock
) -> None:
    business_clock(NOON)
    client, address = page(rollout)
    client.post(address, FIELDS | {"per_day": "1"})
    for _mail in range(3):
        make_invitation(scope=rollout.uuid)
    sending.drain()
    shown = text(client.get(address))
    assert "0 left of 1 today" in shown
    assert "2 wait for a limit, until Thu 26 Nov, 00:00 MYT (in 11 h 59 min)." in shown


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"per_day": "0"}, "per_day"),
        ({"per_day": "many"}, "per_day"),
        ({"per_minute": "-3"}, "per_minute"),
        ({"quiet_from": ""}, "quiet_from"),
        ({"quiet_until": ""}, "quiet_until"),
        ({"quiet_until": "21:00"}, "quiet_until"),
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_the_rest(
    rollout: Rollout, changed: dict[str, str], field: str
) -> None:
    client, address = page(rollout)
    answer = client.post(address, FIELDS | changed)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert answer.context["form"]["per_day"].value() == changed.get("per_day", "200")
    assert not SendCap.objects.filter(scope=rollout.uuid).exists()


def test_a_limit_below_what_left_is_refused_at_its_field(
    rollout: Rollout, server: MailServer, business_clock: Clock
) -> None:
    business_clock(NOON)
    client, address = page(rollout)
    for _mail in range(2):
        make_invitation(scope=rollout.uuid)
    sending.drain()
    answer = client.post(address, FIELDS | {"per_day": "1"})
    assert "2 have left in this period already" in answer.context["form"].errors["per_day"][0]
    assert not QuietHours.objects.exists()
