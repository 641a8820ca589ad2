"""Sending limits: a locked row per period, so that any number of senders together never pass it."""

import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.lib import clock, wakeups
from rollout_portal.outbox.exceptions import CapTooLow
from rollout_portal.outbox.models import Channel, Message, SendCap
from rollout_portal.outbox.services import DRAIN
from rollout_portal.outbox.states import CapPeriod, MessageState, Reason


def window(period: CapPeriod, zone: str, moment: datetime) -> tuple[datetime, datetime]:
    """Return begin and end, in UTC, of the minute or the local day in which `moment` lies."""
    if period == CapPeriod.MINUTE:
        start = moment.astimezone(UTC).replace(second=0, microsecond=0)
        return start, start + timedelta(minutes=1)
    local_zone = zoneinfo.ZoneInfo(zone)
    today = moment.astimezone(local_zone).date()
    start = datetime.combine(today, time.min, local_zone)
    end = datetime.combine(today + timedelta(days=1), time.min, local_zone)
    return start.astimezone(UTC), end.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Full:
    """A limit is reached.

    :ivar until: the business moment at which all limits that are full now are free again.
    :ivar everybody: whether it is a limit of the whole channel, not of one rollout.
    """

    until: datetime
    everybody: bool


def take(*, channel_id: int, scope: UUID | None) -> Full | None:
    """Count one message against every limit of the channel and the rollout.

    Must run inside the transaction that moves the message to "sending": the rows stay locked until its
    end, and what it counted is gone if it fails.

    :return: None when it may go.
    """
    moment = clock.now()
    full: list[tuple[datetime, SendCap]] = []
    rows = list(_locked(channel_id, scope))
    for row in rows:
        start, end = window(CapPeriod(row.period), row.time_zone, moment)
        if row.window_start != start:
            row.window_start, row.used = start, 0
        if row.cap is not None and row.used >= row.cap:
            full.append((end, row))
    if full:
        return Full(
            until=max(end for end, _row in full), everybody=any(row.scope is None for _end, row in full)
        )
    for row in rows:
        row.used += 1
        row.save(update_fields=["window_start", "used"])
    return None


def give_back(message: Message) -> None:
    """Free the place of a message that the server certainly did not take, if its period still runs."""
    if message.handed_at is None:
        return
    with transaction.atomic():
        pks = [row.pk for row in _locked(message.channel_id, message.scope)]
        SendCap.objects.filter(pk__in=pks, window_start__lte=message.handed_at, used__gt=0).update(
            used=F("used") - 1
        )


def set_cap(
    *,
    channel: Channel,
    scope: UUID | None,
    period: CapPeriod,
    cap: int | None,
    by: User | audit.System,
    reason: str,
    time_zone: str = "UTC",
) -> SendCap:
    """Set how many messages may leave in a minute or a day.

    What left in the running period counts, also before there was a limit; what waits for the limit is looked
    at again.

    :param scope: a rollout's uuid for its own limit; None for all mail of the channel together.
    :param cap: None lifts the limit; the row goes on counting.
    :param time_zone: in which zone a day begins.
    :raises CapTooLow: when more than that left in the running period already.
    """
    moment = clock.now()
    start, _end = window(period, time_zone, moment)
    with transaction.atomic():
        row, created = SendCap.objects.select_for_update().get_or_create(
            channel=channel,
            scope=scope,
            period=period,
            defaults={"cap": None, "time_zone": time_zone, "window_start": start},
        )
        before = None if created else {"cap": row.cap, "time_zone": row.time_zone}
        if created or row.window_start != start:
            row.window_start, row.used = start, handed_since(start, channel, scope)
        if cap is not None and cap < max(row.used, 1):
            raise CapTooLow(
                _("%(used)s have left in this period already; set the limit to at least %(least)s.")
                % {"used": row.used, "least": max(row.used, 1)},
                period,
            )
        row.cap, row.time_zone = cap, time_zone
        row.save(update_fields=["cap", "time_zone", "window_start", "used"])
        waiting = Message.objects.filter(channel=channel, state=MessageState.QUEUED, reason=Reason.CAP)
        (waiting if scope is None else waiting.filter(scope=scope)).update(due_at=moment)
        wakeups.kick(DRAIN)
        audit.record(
            actor=by,
            verb="cap.set",
            obj=row,
            scope=scope,
            reason=reason,
            before=before,
            after={"cap": cap, "period": period, "time_zone": time_zone, "channel": channel.code},
        )
    return row


def handed_since(start: datetime, channel: Channel | None, scope: UUID | None) -> int:
    """Count what was handed to a server since `start`, of a channel or all, of a rollout or all."""
    rows = Message.objects.filter(
        handed_at__gte=start, state__in=[MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN]
    )
    if channel is not None:
        rows = rows.filter(channel=channel)
    return (rows if scope is None else rows.filter(scope=scope)).count()


def _locked(channel_id: int, scope: UUID | None) -> Iterable[SendCap]:
    # One order for all senders, so that two of them never wait for each other's row.
    return (
        SendCap.objects.select_for_update()
        .filter(Q(scope__isnull=True) | Q(scope=scope), channel_id=channel_id)
        .order_by("pk")
    )
