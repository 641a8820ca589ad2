"""The business clock: read once per operation, in UTC.

With CLOCK_FILE (demo and tests only, refused by a system check when DEBUG is off) every process adds
the one offset in seconds that the file holds, so that web, worker and sweeper live on the same day.
Leases never use it: they compare with the database's own clock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """Return the present business moment, timezone-aware, in UTC."""
    return _told.get() or datetime.now(UTC) + _offset()


@contextmanager
def told(moment: datetime) -> Iterator[None]:
    """Within, in this thread alone, the business moment stands still at `moment`.

    For writing the demo's history, which lies in the past. Nothing that serves people uses it.
    """
    token = _told.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _told.reset(token)


def _offset() -> timedelta:
    if not settings.CLOCK_FILE:
        return timedelta(0)
    try:
        text = Path(settings.CLOCK_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return timedelta(0)
    return timedelta(seconds=float(text or 0))


def set_now(moment: datetime) -> None:
    """Move the shared clock so that `now()` is `moment` and runs on from there.

    :raises RuntimeError: when no CLOCK_FILE is set, which is always so in production.
    """
    if not settings.CLOCK_FILE:
        raise RuntimeError("The business clock follows the machine: CLOCK_FILE is not set.")
    path = Path(settings.CLOCK_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".next")
    staged.write_text(f"{(moment - datetime.now(UTC)).total_seconds():.6f}", encoding="ascii")
    staged.replace(path)
