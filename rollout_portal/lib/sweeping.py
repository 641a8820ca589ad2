"""What the sweeper decides: hand due work to a worker, or do it here because nobody else does.

Pure but for what it is given: no thread, no database, no sleep. `manage.py sweep` drives it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from rollout_portal.lib.wakeups import Work

log = structlog.get_logger("sweep")

# Due work that no worker has touched for so many seconds is done by the sweeper itself.
GRACE = 5.0
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 60.0


@dataclass(slots=True)
class _Watch:
    """What the sweeper remembers of one kind of work; moments on the monotonic clock."""

    since: datetime | None = None
    seen_at: float = 0.0
    looked_at: float | None = None
    pause: float = FIRST_PAUSE
    not_before: float = 0.0


class Sweep:
    """Looks at all registered work again and again.

    :param publish: hands a wake-up to the broker; false when there is none.
    :param has_workers: tells whether a worker gave a sign of life lately; asked only when work is due.
    :param start: does the work here, apart from this loop; false when the same work still runs here.
    :param monotonic: the clock that all waiting goes by.
    """

    def __init__(
        self,
        works: Mapping[str, Work],
        *,
        publish: Callable[[str], bool],
        has_workers: Callable[[], bool],
        start: Callable[[Work], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self._works = works
        self._publish = publish
        self._has_workers = has_workers
        self._start = start
        self._monotonic = monotonic
        self._watches = {name: _Watch() for name in works}

    def look(self) -> list[str]:
        """Look once; return the names of the work that was started here."""
        now = self._monotonic()
        started = []
        workers: bool | None = None
        for name, work in self._works.items():
            watch = self._watches[name]
            if now < watch.not_before or not self._is_due(work, watch, now):
                continue
            if workers is None:
                workers = self._has_workers()
            handed_over = workers and self._publish(name)
            unclaimed = work.due is not None and now - watch.seen_at >= GRACE
            if (not handed_over or unclaimed) and self._start(work):
                reason = "nobody claimed it" if unclaimed else "no worker"
                log.info("sweep.started", work=name, because=reason)
                started.append(name)
        return started

    def failed(self, name: str, error: Exception) -> None:
        """Leave work that raised alone for a while, longer each time."""
        watch = self._watches[name]
        log.error("sweep.failed", work=name, pause=watch.pause, exc_info=error)
        watch.not_before = self._monotonic() + watch.pause
        watch.pause = min(watch.pause * 2, LONGEST_PAUSE)

    def succeeded(self, name: str) -> None:
        """Forget earlier failures."""
        self._watches[name].pause = FIRST_PAUSE

    def _is_due(self, work: Work, watch: _Watch, now: float) -> bool:
        """Tell whether there is something to do, and note since when the same thing has been waiting."""
        if work.due is None:
            if watch.looked_at is not None and now - watch.looked_at < work.every:
                return False
            watch.looked_at = now
            return True
        try:
            since = work.due()
        except Exception as error:
            self.failed(work.name, error)
            return False
        if since != watch.since:
            watch.since, watch.seen_at = since, now
        return since is not None
