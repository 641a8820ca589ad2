"""Work of the audit room: the anchor outside the database, against a cut or replaced chain."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from rollout_portal.audit import services
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import wakeups

ANCHOR_EVERY = timedelta(minutes=5)


def anchor_waiting_since() -> datetime | None:
    """Return since when the anchor is too old; None while it is young, or nothing is on the record."""
    try:
        noted = datetime.fromtimestamp(Path(settings.AUDIT_ANCHOR_FILE).stat().st_mtime, UTC)
    except FileNotFoundError:
        return AuditEvent.objects.order_by("id").values_list("at", flat=True).first()
    due = noted + ANCHOR_EVERY
    return due if due <= datetime.now(UTC) else None


@wakeups.work("audit.write_anchor", due=anchor_waiting_since, every=ANCHOR_EVERY.total_seconds())
def write_anchor() -> int:
    return services.write_anchor()
