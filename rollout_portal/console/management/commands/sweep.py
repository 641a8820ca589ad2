"""`manage.py sweep`: find due work and see that it is done, with or without a broker."""

import os
import signal
import threading
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connections

from rollout_portal.jobs import services as jobs
from rollout_portal.lib import wakeups
from rollout_portal.lib.sweeping import Sweep

log = structlog.get_logger("sweep")

INTERVAL = 2.0
# How long work that is under way may go on when the sweeper is told to stop.
STOP_PATIENCE = 2.5
# The sweeper is no request, so it asks a lost broker again soon.
BREAKER_SECONDS = 5.0


class Command(BaseCommand):
    help = "Look for due work every 2 s: hand it to a worker, or do it here when no worker takes it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once, wait for the work and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        loop = Loop()
        if once:
            loop.step()
            loop.wait(None)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, loop.on_signal)
        loop.run()
        # Threads that did not end in time go with the process; their leases run out.
        os._exit(0)


class Loop:
    """The sweeper's process: one thread looks, and each kind of work runs in a thread of its own."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: dict[str, threading.Thread] = {}
        self._publisher = wakeups.Publisher(breaker=BREAKER_SECONDS)
        self._sweep = Sweep(
            wakeups.works(),
            publish=self._publisher.publish,
            has_workers=lambda: "worker" in jobs.alive(["worker"]),
            start=self._start,
            monotonic=time.monotonic,
        )

    def run(self) -> None:
        """Look every 2 s until told to stop, then give what runs a moment to end."""
        log.info("sweep.began", works=sorted(wakeups.works()))
        while not self._stop.is_set():
            self.step()
            self._stop.wait(INTERVAL)
        self.wait(STOP_PATIENCE)
        unfinished = [name for name, thread in self._threads.items() if thread.is_alive()]
        log.info("sweep.ended", unfinished=unfinished)

    def step(self) -> None:
        """Look once. A database that is away is logged and asked again at the next look."""
        close_old_connections()
        try:
            jobs.heartbeat("sweeper", broker=self._publisher.reachable())
            self._sweep.look()
        except DatabaseError as error:
            log.error("sweep.database_away", error=type(error).__name__)

    def wait(self, seconds: float | None) -> None:
        """Wait for the running work, all together for so many seconds; None waits for its end."""
        deadline = None if seconds is None else time.monotonic() + seconds
        for thread in list(self._threads.values()):
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _start(self, work: wakeups.Work) -> bool:
        running = self._threads.get(work.name)
        if running is not None and running.is_alive():
            return False
        thread = threading.Thread(target=self._do, args=(work,), name=work.name, daemon=True)
        self._threads[work.name] = thread
        thread.start()
        return True

    def _do(self, work: wakeups.Work) -> None:
        try:
            work()
        except Exception as error:
            self._sweep.failed(work.name, error)
        else:
            self._sweep.succeeded(work.name)
        finally:
            connections.close_all()
