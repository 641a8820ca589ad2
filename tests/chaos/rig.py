"""A portal of real processes that can be killed: workers, sweepers and a broker on the test's database."""

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiosmtpd.smtp
from aiosmtpd.controller import Controller

from rollout_portal.lib import broker
from tests.processes import MANAGE, WORKER, environment, free_port, started, until

SWEEPER = (*MANAGE, "sweep")


class NotingHandler:
    """Answers after `delay`, and notes every text that it took responsibility for: its own log.

    For half of the messages it does so before the delay and for half after it: a client that dies while
    it waits leaves one of the first half delivered and one of the second half not.
    """

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.log: list[tuple[float, str]] = []
        self.drop: set[str] = set()
        self._count = itertools.count()

    async def handle_DATA(  # noqa: N802 - aiosmtpd finds it by this name
        self,
        server: aiosmtpd.smtp.SMTP,
        session: aiosmtpd.smtp.Session,
        envelope: aiosmtpd.smtp.Envelope,
    ) -> str:
        recipient = envelope.rcpt_tos[0]
        at_once = next(self._count) % 2 == 0
        if at_once:
            self.log.append((time.time(), recipient))
        await asyncio.sleep(self.delay)
        if not at_once:
            self.log.append((time.time(), recipient))
        if recipient in self.drop and server.transport is not None:
            server.transport.close()
        return "250 2.0.0 Ok"


@contextlib.contextmanager
def noting_server(delay: float = 0.03) -> Iterator[tuple[int, NotingHandler]]:
    handler = NotingHandler(delay)
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port, handler
    finally:
        controller.stop()


@dataclass
class Rig:
    """Processes that are started again when they die, as the supervisor does, and a broker."""

    folder: Path
    smtp_port: int
    workers: int = 0
    sweepers: int = 0
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _processes: "dict[str, subprocess.Popen[bytes]]" = field(default_factory=dict)
    _broker: broker.Broker | None = None
    _watch: threading.Thread | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "Rig":
        self._broker = broker.prepare(self.folder / "broker")
        assert self._broker is not None, "neither redis-server nor valkey-server is here"
        self.start_broker()
        for number in range(self.workers):
            self._start(f"worker{number}", WORKER)
        for number in range(self.sweepers):
            self._start(f"sweeper{number}", SWEEPER)
        self._watch = threading.Thread(target=self._start_again, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        if self._watch is not None:
            self._watch.join()
        self._stack.close()
        if self._broker is not None:
            self._broker.clean()

    @property
    def broker_url(self) -> str:
        """The address of the broker, whether it is up or not."""
        return self._broker.url if self._broker else ""

    @property
    def log(self) -> Path:
        """What all processes wrote."""
        return self.folder / "log"

    def start_broker(self) -> None:
        assert self._broker is not None
        self._start("broker", self._broker.command)
        until(self._broker.socket.exists, what="the broker's socket")

    def stop_broker(self) -> None:
        """Kill the broker without warning; it stays away until it is started."""
        with self._lock:
            process = self._processes.pop("broker")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert self._broker is not None
        self._broker.socket.unlink(missing_ok=True)

    def owns(self, pid: int) -> bool:
        """Tell whether a living process belongs to a worker or a sweeper of the rig."""
        with self._lock:
            groups = {process.pid for name, process in self._processes.items() if name != "broker"}
        try:
            return os.getpgid(pid) in groups
        except ProcessLookupError:
            return False

    def _start(self, name: str, command: Sequence[str]) -> None:
        env = environment(
            broker_url=self.broker_url,
            DJANGO_SETTINGS_MODULE="tests.chaos.settings",
            TEST_EMAIL_URL=f"smtp://127.0.0.1:{self.smtp_port}",
            PORTAL_TEST_VAR=str(self.folder / "var"),
            CELERYD_HIDE_ARGS="1",
        )
        words = [*command, "--hostname", f"{name}@test"] if command is WORKER else list(command)
        process = self._stack.enter_context(started(words, env, self.log))
        with self._lock:
            self._processes[name] = process

    def _start_again(self) -> None:
        while not self._over.wait(0.2):
            with self._lock:
                dead = [name for name, process in self._processes.items() if process.poll() is not None]
            for name in dead:
                if name != "broker":
                    self._start(name, WORKER if name.startswith("worker") else SWEEPER)
