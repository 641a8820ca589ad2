"""One parent for the processes of an installation: starts, restarts, shows and stops them.

Knows processes, not the portal: what is to be run comes as a list of `Service`. Each one leads a process
group of its own, so that its helpers end with it, and on Linux it is told to end when the supervisor
is killed. Everything happens in one thread; times are seconds on the monotonic clock.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
SETTLED_AFTER = 10.0
# Together less than five seconds: so long may Ctrl-C take.
STOP_PATIENCE = 3.5
LAST_PATIENCE = 0.7
TICK = 0.1
LOG_LIMIT = 20_000_000

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Service:
    """A process to keep running.

    :param env: added to the supervisor's own environment.
    :param starts_after: a file that must be there first, such as the socket of a broker.
    :param stop_last: kept until all others have ended, as a broker is.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    starts_after: Path | None = None
    stop_last: bool = False


class Log:
    """The file that a service writes, read along for the lines that a person should see."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch(mode=0o600)
        self._shorten(at_least=LOG_LIMIT // 10)
        self._seen = path.stat().st_size
        self._rest = b""

    def open_for_writing(self) -> int:
        """Return a file descriptor for a child; it appends, so that the file can be cut under it."""
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def new_lines(self) -> list[str]:
        """Return the whole lines written since the last call."""
        if self.path.stat().st_size == self._seen:
            return []
        with self.path.open("rb") as file:
            file.seek(self._seen)
            fresh = file.read(1_000_000)
        self._seen += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        self._shorten(at_least=LOG_LIMIT)
        return [line.decode(errors="replace") for line in lines]

    def tail(self, lines: int) -> list[str]:
        """Return the last lines of the file."""
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - 8192))
            written = file.read().decode(errors="replace").splitlines()
        return [line for line in written if line.strip()][-lines:]

    def _shorten(self, *, at_least: int) -> None:
        """Move a file that has grown long aside as `.1`, in place of the one that was there."""
        if self.path.stat().st_size < at_least:
            return
        self.path.with_suffix(".log.1").write_bytes(self.path.read_bytes())
        os.truncate(self.path, 0)
        self._seen = 0


@dataclass(slots=True)
class _Kept:
    """A service with the state of its process."""

    service: Service
    log: Log
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE


class Supervisor:
    """Keeps a set of services running until it is told to stop.

    :param say: shows one line to the person at the terminal.
    """

    def __init__(
        self,
        services: Sequence[Service],
        *,
        log_dir: Path,
        say: Callable[[str], None],
        cwd: Path | None = None,
    ) -> None:
        log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._kept = [_Kept(service, Log(log_dir / f"{service.name}.log")) for service in services]
        self._say = say
        self._cwd = cwd
        self._stop_asked = 0

    def run(self, *, ready: Callable[[], bool], announce: Callable[[], None]) -> None:
        """Start everything, call `announce` once when `ready` first says yes, and stop on a signal."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        announced = False
        try:
            while not self._stop_asked:
                self.look()
                if not announced and ready():
                    announced = True
                    announce()
                time.sleep(TICK)
        finally:
            self._say("Stopping …")
            self.stop()

    def look(self) -> None:
        """Start what should run and does not; show what was logged as an error."""
        now = time.monotonic()
        for kept in self._kept:
            if kept.process is not None and kept.process.poll() is not None:
                self._bury(kept, now)
            if kept.process is None and now >= kept.start_at and _may_start(kept.service):
                kept.process, kept.started_at = self._start(kept), now
            for line in kept.log.new_lines():
                shown = error_in(line)
                if shown:
                    self._say(f"{kept.service.name}: {shown}")

    def pids(self) -> dict[str, int]:
        """Return the process ids of what runs, by name."""
        return {kept.service.name: kept.process.pid for kept in self._kept if kept.process is not None}

    def stop(self) -> None:
        """End all processes, first politely; those marked `stop_last` after the others."""
        for last in (False, True):
            batch = [kept for kept in self._kept if kept.service.stop_last is last and kept.process]
            for kept in batch:
                _signal_group(kept, signal.SIGTERM, leader_only=True)
            deadline = time.monotonic() + (LAST_PATIENCE if last else STOP_PATIENCE)
            while any(_runs(kept) for kept in batch):
                if time.monotonic() > deadline or self._stop_asked > 1:
                    break
                time.sleep(0.02)
            for kept in batch:
                if _runs(kept):
                    self._say(f"{kept.service.name} did not end in time and was killed.")
                _signal_group(kept, signal.SIGKILL)
                if kept.process is not None:
                    kept.process.wait()
                    kept.process = None

    def _start(self, kept: _Kept) -> "subprocess.Popen[bytes]":
        output = kept.log.open_for_writing()
        try:
            return subprocess.Popen(  # noqa: S603 - the commands are the portal's own
                list(kept.service.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._cwd,
                env={**os.environ, **kept.service.env},
                start_new_session=True,
                preexec_fn=end_with_parent(os.getpid()),  # noqa: PLW1509 - this process has one thread
            )
        finally:
            os.close(output)

    def _bury(self, kept: _Kept, now: float) -> None:
        """Note the end of a process, clear away its helpers, and plan its next start."""
        process = kept.process
        if process is None:
            return
        _signal_group(kept, signal.SIGKILL)
        kept.process = None
        if now - kept.started_at >= SETTLED_AFTER:
            kept.pause = FIRST_PAUSE
        kept.start_at = now + kept.pause
        self._say(
            f"{kept.service.name} ended ({_how(process.returncode)}) and starts again in {kept.pause:.1f} s; "
            f"its log is {kept.log.path}"
        )
        if process.returncode > 0:
            for line in kept.log.tail(5):
                self._say(f"  {kept.service.name}: {line}")
        kept.pause = min(kept.pause * 2, LONGEST_PAUSE)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_asked += 1


def end_with_parent(parent: int) -> Callable[[], None] | None:
    """Return what a child runs before its program, so that it is told to end when `parent` dies.

    None where the system knows no such thing; there a killed supervisor leaves its children behind.
    """
    if _LIBC is None:
        return None
    libc = _LIBC

    def ask_for_signal() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return ask_for_signal


def error_in(line: str) -> str:
    """Return what a person should see of a log line: errors in short, of everything else nothing."""
    if line.startswith("{"):
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if entry.get("level") not in ("error", "critical"):
                return ""
            last = str(entry.get("exception", "")).strip().rsplit("\n", 1)[-1]
            return f"{entry.get('event', '')} {last}".strip()
    return line if "[error" in line or "[critical" in line else ""


def _may_start(service: Service) -> bool:
    return service.starts_after is None or service.starts_after.exists()


def _runs(kept: _Kept) -> bool:
    return kept.process is not None and kept.process.poll() is None


def _signal_group(kept: _Kept, number: signal.Signals, *, leader_only: bool = False) -> None:
    """Signal a service, or all that it started; what is gone already is no error."""
    if kept.process is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if leader_only:
            kept.process.send_signal(number)
        else:
            os.killpg(kept.process.pid, number)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
