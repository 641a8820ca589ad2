"""A PostgreSQL server for the suite: the one that is named, or one started for this run alone.

The server is private: files and socket are in a folder of mode 0700 under the system's temporary folder
(var/ is closed to other accounts, and PostgreSQL refuses to run as root), no port, gone with the run.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout_portal.lib.supervisor import end_with_parent

OLDEST = 15
_ACCOUNTS = ("postgres", "nobody")
# Safe only because the data are thrown away.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


@dataclass(frozen=True, slots=True)
class Server:
    """Where the suite can find PostgreSQL; without an address `why` says what is missing."""

    url: str
    why: str


def binaries() -> Path | None:
    """Return the folder with the newest usable `initdb` and `postgres` of this machine."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        folders.insert(0, Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists() and _major(folder) >= OLDEST:
            return folder
    return None


@contextmanager
def server(given: str) -> Iterator[Server]:
    """Give a server for the length of a run: the one at `given`, or one of our own, or none and why."""
    if given:
        yield Server(given, "TEST_DATABASE_URL names it")
        return
    folder = binaries()
    if folder is None:
        yield Server("", f"no TEST_DATABASE_URL is set and no PostgreSQL {OLDEST} or newer is installed")
        return
    account = _account()
    if account is None:
        yield Server("", f"PostgreSQL does not run as root and none of {', '.join(_ACCOUNTS)} is there")
        return
    data = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    data.chmod(0o700)
    os.chown(data, account.pw_uid, account.pw_gid)
    try:
        with _running(folder, data, account):
            yield Server(
                f"postgres://portal@/postgres?host={data}", f"started from {folder} as {account.pw_name}"
            )
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def _running(folder: Path, data: Path, account: pwd.struct_passwd) -> Iterator[None]:
    initdb = [str(folder / "initdb"), "-D", str(data / "data"), "-U", "portal", "-A", "trust", "--no-sync"]
    made = subprocess.run(
        [*initdb, "--encoding=UTF8", "--locale=C"], cwd=data, capture_output=True, text=True, **_as(account)
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{made.stderr}")
    settings = [word for line in (*_FAST, f"unix_socket_directories={data}") for word in ("-c", line)]
    with (data / "log").open("w") as log:
        process = subprocess.Popen(
            [str(folder / "postgres"), "-D", str(data / "data"), *settings],
            cwd=data,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent(os.getpid()),  # noqa: PLW1509 - this process has one thread
            **_as(account),
        )
    try:
        _wait_for(folder, data, process)
        yield
    finally:
        # SIGINT is PostgreSQL's fast shutdown: it does not wait for connections.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(folder: Path, data: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        asked = subprocess.run([str(folder / "pg_isready"), "-q", "-h", str(data)])
        if asked.returncode == 0:
            return
        time.sleep(0.05)
    raise RuntimeError(f"PostgreSQL did not start:\n{(data / 'log').read_text()}")


def _account() -> pwd.struct_passwd | None:
    """Return the account that PostgreSQL is to run as: this one, unless it is root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return next((known[name] for name in _ACCOUNTS if name in known), None)


def _as(account: pwd.struct_passwd) -> dict[str, Any]:
    """Return what makes `subprocess` run a program as `account`."""
    if os.geteuid() != 0:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _major(folder: Path) -> int:
    told = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True)
    words = told.stdout.split()
    return int(words[2].split(".")[0]) if told.returncode == 0 and len(words) > 2 else 0


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0
