"""What a rollout may send, for the people who set it: limits per day and minute, and quiet hours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.outbox import caps, permission, quiet, services
from rollout_portal.outbox.exceptions import NotAllowed, OutboxError
from rollout_portal.outbox.models import Channel, Message, SendCap
from rollout_portal.outbox.quiet import Hours
from rollout_portal.outbox.states import CapPeriod, MessageState, Reason


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit and how much of it is used in the period that runs.

    :ivar everybody: it is shared by all mail of the installation.
    :ivar cap: None while there is none.
    :ivar ends: when the period ends, UTC.
    """

    period: CapPeriod
    everybody: bool
    cap: int | None
    used: int
    ends: datetime

    @property
    def left(self) -> int:
        """How many may still leave in this period; 0 without a limit."""
        return max(self.cap - self.used, 0) if self.cap is not None else 0

    @property
    def is_full(self) -> bool:
        """Whether nothing may leave before the period ends."""
        return self.cap is not None and self.used >= self.cap


@dataclass(frozen=True, slots=True)
class Limits:
    """Everything that limits what a rollout sends, as it stands now.

    :ivar day, minute: the rollout's own.
    :ivar shared: those of the whole installation that are set.
    :ivar hours: quiet hours, in each person's zone.
    :ivar held_by_cap, held_by_quiet: messages that wait for the one or the other.
    """

    day: Limit
    minute: Limit
    shared: tuple[Limit, ...]
    hours: Hours | None
    held_by_cap: int
    held_by_quiet: int


PERIODS: Final = (CapPeriod.DAY, CapPeriod.MINUTE)


def read(scope: UUID, zone: str) -> Limits:
    """Return what limits the mail of a rollout.

    :param zone: in which a day of the rollout begins while no limit says otherwise.
    """
    now = clock.now()
    channel = Channel.objects.filter(code=services.DEFAULT_CHANNEL).first()
    rows = {
        (row.scope, CapPeriod(row.period)): row
        for row in SendCap.objects.filter(Q(scope=scope) | Q(scope__isnull=True), channel=channel)
    }
    hours = quiet.of_scope(scope)
    held = Message.objects.of_scope(scope).aggregate(
        cap=Count("pk", filter=Q(state=MessageState.QUEUED, reason=Reason.CAP)),
        quiet=Count("pk", filter=Q(state=MessageState.QUEUED, reason=Reason.QUIET)),
    )
    shared = [_limit(period, None, rows.get((None, period)), zone, now) for period in PERIODS]
    day, minute = (_limit(period, scope, rows.get((scope, period)), zone, now) for period in PERIODS)
    return Limits(
        day=day,
        minute=minute,
        shared=tuple(one for one in shared if one.cap is not None),
        hours=(hours.begins_at, hours.ends_at) if hours and hours.begins_at and hours.ends_at else None,
        held_by_cap=held["cap"],
        held_by_quiet=held["quiet"],
    )


def change(
    *,
    scope: UUID,
    zone: str,
    per_day: int | None,
    per_minute: int | None,
    hours: Hours | None,
    by: User,
    reason: str,
) -> None:
    """Set the limits and quiet hours of a rollout, all or none; what stays the same is not touched.

    :param zone: in which a day begins, and in which people live of whom no zone is known.
    :raises NotAllowed: when `by` may not set limits here.
    :raises CapTooLow: when more than that left in the running period already.
    :raises OutboxError: without a reason, or when nothing was changed.
    """
    if not permission.may(by, permission.LIMIT, scope):
        raise NotAllowed(_("You may not set sending limits here."))
    if not reason.strip():
        raise OutboxError(_("Say why. The reason stands in the record."))
    with transaction.atomic():
        now = read(scope, zone)
        changed = False
        for limit, cap in ((now.day, per_day), (now.minute, per_minute)):
            if limit.cap != cap:
                changed = True
                caps.set_cap(
                    channel=services.channel_called(services.DEFAULT_CHANNEL),
                    scope=scope,
                    period=limit.period,
                    cap=cap,
                    by=by,
                    reason=reason.strip(),
                    time_zone=zone,
                )
        if now.hours != hours:
            changed = True
            quiet.set_quiet_hours(scope=scope, hours=hours, time_zone=zone, by=by, reason=reason.strip())
        if not changed:
            raise OutboxError(_("Nothing was changed."))


def _limit(period: CapPeriod, scope: UUID | None, row: SendCap | None, zone: str, now: datetime) -> Limit:
    start, end = caps.window(period, row.time_zone if row else zone, now)
    if row is not None and row.window_start == start:
        used = row.used
    elif row is not None or scope is None:
        used = 0
    else:
        used = caps.handed_since(start, None, scope)
    return Limit(period, scope is None, row.cap if row else None, used, max(end, now + timedelta(seconds=1)))
