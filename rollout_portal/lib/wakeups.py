"""Wake-ups: "look now", handed to a worker if there is one.

The database is the queue. `kick(name)` says after commit that a room has due work; a daemon thread
publishes it with short timeouts and a breaker, so a request never waits for the broker. A lost
wake-up costs delay only: `manage.py sweep` finds due rows by itself.

A room registers its work once, in its tasks.py:

    @wakeups.work("outbox.drain", due=outbox.waiting_since)
    def drain() -> int: ...          # one service call, safe to run twice; returns what it did

and the Celery task of the same name, beat and the sweeper all run that function.
"""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import celery
import kombu
import structlog
from django.conf import settings
from django.db import transaction

log = structlog.get_logger("wakeups")

BREAKER_SECONDS = 30.0
QUEUE_SIZE = 1000
# A wake-up that nobody took for so long is thrown away; the sweeper has looked by then.
EXPIRES_SECONDS = 30
_TIMEOUT = 1

Run = Callable[[], int]
Due = Callable[[], datetime | None]


@dataclass(frozen=True, slots=True)
class Work:
    """Work that a room has registered: how to do it, and how to ask whether there is some.

    :param due: returns the moment since when due rows have waited without anybody claiming one, None
        when nothing is due: one cheap query. The moment is compared with the one of the look before,
        not with a clock; it must stay the same while nobody claims a row.
    :param every: seconds between two looks of beat, and of the sweeper where there is no `due`.
    """

    name: str
    run: Run
    due: Due | None
    every: float

    def __call__(self) -> int:
        return self.run()


_works: dict[str, Work] = {}


def work(name: str, *, due: Due | None = None, every: float = 60.0) -> Callable[[Run], Run]:
    """Register the function that does the due work called `name` (`room.verb_noun`); see `Work`."""

    def register(function: Run) -> Run:
        if name in _works:
            raise RuntimeError(f"The work {name!r} is registered twice")
        _works[name] = Work(name, function, due, every)
        return function

    return register


def works() -> dict[str, Work]:
    """Return all registered work by name."""
    return dict(_works)


class Publisher:
    """Hands wake-ups to the broker; used by one thread.

    Each step waits for 1 s at most and is not repeated. After a failure nothing is tried for
    `breaker` seconds, so that a broker that is away or hangs costs its callers next to nothing.
    """

    def __init__(self, *, breaker: float = BREAKER_SECONDS) -> None:
        self._breaker = breaker
        self._closed_until = 0.0
        self._app: celery.Celery | None = None
        self._connection: kombu.Connection | None = None

    def publish(self, name: str) -> bool:
        """Send one wake-up; return whether the broker has it."""
        return self._try(lambda app, connection: _send(app, connection, name))

    def reachable(self) -> bool:
        """Tell whether the broker answers now."""
        return self._try(lambda app, connection: cast("Any", connection.default_channel).client.ping())

    def _try(self, act: Callable[["celery.Celery", "kombu.Connection"], object]) -> bool:
        if not settings.CELERY_BROKER_URL or time.monotonic() < self._closed_until:
            return False
        try:
            if self._app is None:
                self._app = _publishing_app()
            if self._connection is None:
                self._connection = self._app.connection_for_write()
            act(self._app, self._connection)
        except Exception as error:
            self._closed_until = time.monotonic() + self._breaker
            self.close()
            log.warning("wakeup.broker_away", error=type(error).__name__, pause=self._breaker)
            return False
        return True

    def close(self) -> None:
        """Close the connection to the broker; the next wake-up opens one anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.collect(socket_timeout=_TIMEOUT)


def _publishing_app() -> "celery.Celery":
    """Return a Celery application that only publishes, with short timeouts; celery loads on first use."""
    app = celery.Celery("wakeups", set_as_current=False, fixups=[])
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_transport_options = {
        "socket_timeout": _TIMEOUT,
        "socket_connect_timeout": _TIMEOUT,
        "max_retries": 0,
    }
    app.conf.broker_connection_timeout = _TIMEOUT
    app.conf.broker_connection_retry = False
    return app


def _send(app: "celery.Celery", connection: "kombu.Connection", name: str) -> None:
    app.send_task(name, expires=EXPIRES_SECONDS, connection=connection, retry=False, ignore_result=True)


class _Postbox:
    """The bounded queue between requests and the thread that publishes; made anew after a fork."""

    def __init__(self) -> None:
        self._names: queue.Queue[str] = queue.Queue(maxsize=QUEUE_SIZE)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, name: str) -> None:
        """Take a wake-up without waiting; drop it when the queue is full."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._publish_forever, name="wakeups", daemon=True)
                self._thread.start()
        try:
            self._names.put_nowait(name)
        except queue.Full:
            log.warning("wakeup.dropped", work=name)

    def _publish_forever(self) -> None:
        publisher = Publisher()
        while True:
            publisher.publish(self._names.get())


_postbox = _Postbox()


def kick(name: str) -> None:
    """After the running transaction commits, ask a worker to look at `name`. Never waits, never raises."""
    transaction.on_commit(lambda: _postbox.put(name), robust=True)


def _after_fork() -> None:
    """The publishing thread does not come along into a child, and its locks may be held there for ever."""
    globals()["_postbox"] = _Postbox()


os.register_at_fork(after_in_child=_after_fork)
