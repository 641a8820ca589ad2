"""Quiet hours: when testers of a rollout get no mail, each in their own zone."""

import zoneinfo
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.lib import clock, wakeups
from rollout_portal.outbox.exceptions import OutboxError
from rollout_portal.outbox.models import Message, QuietHours
from rollout_portal.outbox.services import DRAIN
from rollout_portal.outbox.states import KINDS, MessageKind, MessageState, Reason

Hours = tuple[time, time]


def of_scope(scope: UUID | None) -> QuietHours | None:
    """Return the quiet hours of a scope that are in force."""
    if scope is None:
        return None
    return QuietHours.objects.filter(scope=scope, begins_at__isnull=False).first()


def quiet_until(message: Message, now: datetime) -> datetime | None:
    """Return when the quiet hours end in which a message would arrive, UTC; None when it may arrive now.

    Only what goes to testers and is not urgent waits. Who has no known zone lives in that of the hours.
    """
    rule = KINDS[MessageKind(message.kind)]
    hours = of_scope(message.scope) if rule.to_testers and not rule.urgent else None
    if hours is None or hours.begins_at is None or hours.ends_at is None:
        return None
    return end_of_quiet((hours.begins_at, hours.ends_at), _zone(message.time_zone, hours.time_zone), now)


def end_of_quiet(hours: Hours, zone: zoneinfo.ZoneInfo, now: datetime) -> datetime | None:
    """Return the end of the quiet hours, UTC, if `now` lies in them; they may pass midnight."""
    begins, ends = hours
    local = now.astimezone(zone)
    moment = local.time().replace(tzinfo=None)
    if begins < ends:
        inside, days = begins <= moment < ends, 0
    else:
        inside, days = moment >= begins or moment < ends, 1 if moment >= begins else 0
    if not inside:
        return None
    return datetime.combine(local.date() + timedelta(days=days), ends, zone).astimezone(UTC)


def set_quiet_hours(
    *, scope: UUID, hours: Hours | None, time_zone: str, by: User | audit.System, reason: str
) -> QuietHours:
    """Set when testers get no mail, or that they get it at any hour; what waited is looked at again.

    :param time_zone: the zone of people of whom none is known.
    """
    begins, ends = hours or (None, None)
    if begins is not None and begins == ends:
        raise OutboxError(_("Quiet hours that begin and end at the same time would be the whole day."))
    with transaction.atomic():
        row, created = QuietHours.objects.select_for_update().get_or_create(
            scope=scope, defaults={"time_zone": time_zone}
        )
        before = (
            None if created else {"from": row.begins_at, "until": row.ends_at, "time_zone": row.time_zone}
        )
        row.begins_at, row.ends_at, row.time_zone = begins, ends, time_zone
        row.save()
        Message.objects.of_scope(scope).filter(state=MessageState.QUEUED, reason=Reason.QUIET).update(
            due_at=clock.now()
        )
        wakeups.kick(DRAIN)
        audit.record(
            actor=by,
            verb="quiet_hours.set",
            obj=row,
            scope=scope,
            reason=reason,
            before=before,
            after={"from": begins, "until": ends, "time_zone": time_zone},
        )
    return row


def _zone(*names: str) -> zoneinfo.ZoneInfo:
    """Return the first zone of the list that there is."""
    for name in names:
        try:
            return zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            continue
    return zoneinfo.ZoneInfo("UTC")
