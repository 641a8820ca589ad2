"""Private files: kept under names that say nothing, found by uuid, forgotten when their time is over."""

import hashlib
import uuid
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import Q, QuerySet

from rollout_portal.accounts.models import User
from rollout_portal.jobs.models import StoredFile
from rollout_portal.lib import clock, wakeups

FORGET: Final = "jobs.forget_files"
_CHUNK = 1 << 18


def store(
    *,
    content: bytes | File,
    name: str,
    content_type: str,
    scope: UUID | None,
    by: User | None,
    expires_at: datetime | None = None,
) -> StoredFile:
    """Keep a file and return its row.

    :param name: what it is called when somebody downloads it; it never becomes a path.
    :param expires_at: when the content is thrown away; the row with its digest stays.
    """
    file = ContentFile(content) if isinstance(content, bytes) else content
    digest = hashlib.sha256()
    for chunk in file.chunks(_CHUNK):
        digest.update(chunk)
    row = StoredFile(
        scope=scope,
        name=name[-255:],
        content_type=content_type,
        size=file.size,
        digest=digest.hexdigest(),
        uploaded_by=by,
        expires_at=expires_at,
    )
    file.seek(0)
    row.content.save(uuid.uuid4().hex, file, save=False)
    row.save(force_insert=True)
    return row


def expire(rows: QuerySet[StoredFile]) -> None:
    """End the time of files: their content is thrown away at the next look, within an hour at the latest."""
    now = clock.now()
    pks = list(rows.exclude(content="").values_list("pk", flat=True).distinct())
    StoredFile.objects.filter(Q(expires_at__gt=now) | Q(expires_at=None), pk__in=pks).update(expires_at=now)
    wakeups.kick(FORGET)


def forget_expired() -> int:
    """Throw away the content of files whose time is over; return how many."""
    forgotten = 0
    expired = StoredFile.objects.filter(expires_at__lte=clock.now()).exclude(content="")
    for row in expired.order_by("pk")[:200]:
        stored, place = row.content.storage, str(row.content.name)
        with transaction.atomic():
            if StoredFile.objects.filter(pk=row.pk, content=place).update(content=""):
                transaction.on_commit(partial(stored.delete, place))
                forgotten += 1
    return forgotten
