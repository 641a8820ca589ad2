"""Sending limits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, transaction

from rollout_portal.audit.models import AuditEvent
from rollout_portal.outbox import caps, sending, services
from rollout_portal.outbox.exceptions import CapTooLow
from rollout_portal.outbox.models import Message, SendCap
from rollout_portal.outbox.states import CapPeriod, MessageState, Reason
from tests.outbox.factories import SETUP, make_invitation
from tests.outbox.servers import MailServer

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
Clock = Callable[[datetime], None]


def set_cap(
    cap: int, period: CapPeriod = CapPeriod.DAY, scope: UUID | None = None, zone: str = "UTC"
) -> SendCap:
    return caps.set_cap(
        channel=services.channel_called("default"),
        scope=scope,
        period=period,
        cap=cap,
        time_zone=zone,
        by=SETUP,
        reason="the provider's limit",
    )


def states() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("state", "reason"))


SENT, FULL = (MessageState.SENT.value, ""), (MessageState.QUEUED.value, Reason.CAP.value)


def test_what_is_over_the_limit_waits_until_the_next_day(server: MailServer, business_clock: Clock) -> None:
    business_clock(NOON)
    set_cap(2, zone="Asia/Kuala_Lumpur")
    for _number in range(4):
        make_invitation()

    sending.drain()

    assert states() == [SENT, SENT, FULL, FULL]
    midnight = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
    assert set(Message.objects.filter(reason=Reason.CAP).values_list("due_at", flat=True)) == {midnight}
    assert len(server.accepted) == 2

    business_clock(midnight - timedelta(seconds=30))
    assert sending.drain() == 0
    business_clock(midnight + timedelta(seconds=30))
    sending.drain()

    assert states() == [SENT] * 4
    assert SendCap.objects.get().used == 2


def test_a_limit_per_minute_frees_with_the_minute(server: MailServer, business_clock: Clock) -> None:
    business_clock(NOON)
    set_cap(1, CapPeriod.MINUTE)
    make_invitation()
    make_invitation()

    sending.drain()
    business_clock(NOON + timedelta(minutes=1))
    sending.drain()

    assert states() == [SENT, SENT]


def test_a_rollouts_own_limit_stops_only_its_own_mail(server: MailServer) -> None:
    scope = uuid4()
    set_cap(1, scope=scope)
    make_invitation(scope=scope)
    make_invitation(scope=scope)
    make_invitation(scope=uuid4())
    make_invitation(scope=scope)

    sending.drain()

    assert states() == [SENT, FULL, SENT, FULL]


def test_the_limit_of_the_channel_is_shared_by_all(server: MailServer) -> None:
    set_cap(2)
    for _number in range(3):
        make_invitation(scope=uuid4())

    sending.drain()

    assert states() == [SENT, SENT, FULL]


def test_a_refused_message_gives_its_place_back(server: MailServer) -> None:
    set_cap(1)
    server.rules.rcpt["gone"] = "550 5.1.1 No such user"
    make_invitation("gone@example.org")
    make_invitation()

    sending.drain()

    assert [state for state, _reason in states()] == [MessageState.FAILED, MessageState.SENT]
    assert SendCap.objects.get().used == 1


def test_a_lost_answer_keeps_its_place(server: MailServer) -> None:
    set_cap(5)
    server.rules.drop.add("aina")
    make_invitation("aina@example.org")

    sending.drain()

    assert SendCap.objects.get().used == 1


def test_the_database_refuses_more_than_the_limit() -> None:
    row = set_cap(2)
    with pytest.raises(IntegrityError, match="used_within_cap"), transaction.atomic():
        SendCap.objects.filter(pk=row.pk).update(used=3)


def test_there_is_one_limit_per_channel_rollout_and_period() -> None:
    set_cap(2)
    row = set_cap(5)
    assert (SendCap.objects.count(), row.cap) == (1, 5)
    with pytest.raises(IntegrityError), transaction.atomic():
        SendCap.objects.create(channel=row.channel, period=row.period, cap=1, window_start=NOON)


def test_a_limit_cannot_go_below_what_left_already(server: MailServer) -> None:
    set_cap(5)
    for _number in range(3):
        make_invitation()
    sending.drain()

    with pytest.raises(CapTooLow, match="3 have left in this period already; set the limit to at least 3"):
        set_cap(2)
    assert set_cap(3).cap == 3


def test_a_limit_of_nothing_is_refused_and_leaves_nothing() -> None:
    with pytest.raises(CapTooLow):
        set_cap(0)
    assert not SendCap.objects.exists()


def test_setting_a_limit_is_on_the_record() -> None:
    set_cap(2)
    set_cap(5)

    first, second = AuditEvent.objects.filter(verb="cap.set").order_by("seq")
    day = {"period": "day", "time_zone": "UTC", "channel": "default"}
    assert (first.after, second.after) == ({"cap": 2} | day, {"cap": 5} | day)
    assert second.before == {"cap": 2, "time_zone": "UTC"}


@pytest.mark.parametrize(
    ("period", "zone", "moment", "start", "end"),
    [
        (CapPeriod.MINUTE, "UTC", NOON, NOON.replace(second=0), NOON.replace(minute=1, second=0)),
        (
            CapPeriod.DAY,
            "Europe/Berlin",  # the day with 25 hours
            datetime(2026, 10, 25, 12, tzinfo=UTC),
            datetime(2026, 10, 24, 22, tzinfo=UTC),
            datetime(2026, 10, 25, 23, tzinfo=UTC),
        ),
        (
            CapPeriod.DAY,
            "Europe/Berlin",  # the day with 23 hours
            datetime(2026, 3, 29, 12, tzinfo=UTC),
            datetime(2026, 3, 28, 23, tzinfo=UTC),
            datetime(2026, 3, 29, 22, tzinfo=UTC),
        ),
    ],
)
def test_a_period_is_a_minute_or_a_local_day(
    period: CapPeriod, zone: str, moment: datetime, start: datetime, end: datetime
) -> None:
    assert caps.window(period, zone, moment) == (start, end)
