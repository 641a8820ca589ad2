"""The whole portal as `make run` starts it: web server, worker, beat, sweeper and broker as processes of
their own under the portal's supervisor, in a folder of its own. Here is what every such portal needs, and the
demo; running.py has the one that works on a test's own database.

Nothing of a test's Django is used here: the pictures and the sealed network start it without one.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path

from tests.e2e.mails import links_of
from tests.processes import MANAGE, ROOT, children_of, free_port, runs, started, until

# Seconds for tables, static files and the demo on a machine that does much else.
PATIENCE = 300.0
# The supervisor promises to end everything within 5 s; a busy machine gets three times that.
_STOP = 15.0
_FAULTS = ("error", "critical")


@dataclass
class Stack:
    """A portal that runs under its supervisor. `url` is where its pages are, `var` where its files."""

    url: str
    var: Path
    environment: dict[str, str] = field(repr=False)
    process: "subprocess.Popen[bytes] | None" = None

    def parts(self) -> dict[str, str]:
        """Return what /readyz says of each part."""
        with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
            found: dict[str, str] = json.load(answer)["parts"]
        return found

    def faults(self) -> list[str]:
        """Return every line that a process logged as an error, with the name of its log."""
        return [
            f"{log.stem}: {line}"
            for log in sorted((self.var / "log").glob("*.log"))
            for line in log.read_text(errors="replace").splitlines()
            if _is_fault(line)
        ]

    def tail(self, lines: int = 15) -> str:
        """Return the end of every log."""
        return "\n".join(
            f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
            for log in sorted((self.var / "log").glob("*.log"))
        )

    def descendants(self) -> list[int]:
        """Return the processes of the portal that run now, the supervisor first."""
        assert self.process is not None
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            waiting += children_of(pid)
        return [pid for pid in found if runs(pid)]

    def stop(self) -> list[str]:
        """Press Ctrl-C and wait; return what went wrong with that, in words."""
        if self.process is None or self.process.poll() is not None:
            return []
        ours = self.descendants()
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(_STOP)
        except subprocess.TimeoutExpired:
            return [f"the portal did not stop in {_STOP:g} s"]
        found = [f"the supervisor ended with {code}"] if code else []
        with contextlib.suppress(AssertionError):
            until(lambda: not any(runs(pid) for pid in ours), seconds=5)
        return found + [f"process {pid} outlived the portal" for pid in ours if runs(pid)]


@contextlib.contextmanager
def supervised(portal: Stack, *options: str, log: Path) -> Iterator[None]:
    """Run a portal for the length of a block, its supervisor's output in `log`.

    The block begins when every part has given a sign of life. After it the portal must stop as it promises,
    and it must have logged no error.
    """
    with started([*MANAGE, "run_stack", *options], portal.environment, log) as portal.process:
        try:
            _wait_until_ready(portal, log)
            yield
        finally:
            complaints = portal.stop()
    assert (complaints, portal.faults()) == ([], []), portal.tail()


def _wait_until_ready(portal: Stack, log: Path) -> None:
    """Wait until the web server answers and broker, worker and sweeper have each given a sign of life."""

    def ready() -> bool:
        assert portal.process is not None
        assert portal.process.poll() is None, f"the portal ended:\n{log.read_text(errors='replace')[-4000:]}"
        try:
            return set(portal.parts().values()) == {"ok"}
        except OSError:
            return False

    try:
        until(ready, seconds=PATIENCE)
    except AssertionError as late:
        said = f"{log.read_text(errors='replace')[-4000:]}\n{portal.tail()}"
        raise AssertionError(f"The portal is not ready after {PATIENCE:g} s.\n{said}") from late


def _is_fault(line: str) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return "Traceback (most recent call last)" in line
    return isinstance(entry, dict) and entry.get("level") in _FAULTS


# --- The demo ------------------------------------------------------------------------------------------


@dataclass
class DemoPortal(Stack):
    """A portal that was made from nothing and plays the demo."""

    @property
    def password(self) -> str:
        """The password of every demo login."""
        return (self.var / "demo-password").read_text(encoding="ascii").strip()

    def links_in_mails(self) -> list[str]:
        """Return the personal links that stand in the mails written so far, newest mail first."""
        files = sorted((self.var / "outbox").glob("*.eml"), reverse=True)
        mails = (message_from_bytes(file.read_bytes(), policy=policy.default) for file in files)
        return [
            link
            for mail in mails
            if mail.get_body(("plain",)) is not None
            for link in links_of(mail)
            if link.startswith(f"{self.url}/t/")
        ]


@contextlib.contextmanager
def demo(var: Path) -> Iterator[DemoPortal]:
    """Make a portal from nothing with its files in `var`, as a newcomer does, and run it for the block."""
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    secrets = var / "env"
    own = {"VAR_DIR": str(var), "ENV_FILE": str(secrets), "PORT": str(port), "LOG_FORMAT": "json"}
    portal = DemoPortal(f"http://localhost:{port}", var, kept | own)
    make_secrets = [sys.executable, "-m", "rollout_portal.lib.local_env", str(secrets)]
    subprocess.run(make_secrets, cwd=ROOT, env=portal.environment, check=True)
    with supervised(portal, "--prepare", log=var / "stack.log"):
        yield portal
