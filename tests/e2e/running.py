"""A whole running portal for end-to-end tests: web server, worker, beat, sweeper and broker as processes of
their own under the portal's supervisor, a mail server that keeps what it receives, and one clock for all.

The processes run with the portal's own settings on the database of the test, which therefore needs
`django_db(transaction=True)`; everything else that they write goes to one folder.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from rollout_portal.lib import clock
from tests.outbox.servers import MailServer, free_port, mail_server
from tests.processes import MANAGE, ROOT, children_of, database_url, runs, started, until

SETTINGS = "rollout_portal.settings"
_START = 120.0
# The supervisor promises to end everything within 5 s; a busy machine gets twice that.
_STOP = 10.0
_LINK = re.compile(r"https?://[^\s<>\"]+")
_FAULTS = ("error", "critical")


@dataclass
class Mailbox:
    """What the mail server took, in the order in which it came."""

    server: MailServer

    def __len__(self) -> int:
        return len(self.server.accepted)

    def all(self) -> list[EmailMessage]:
        return list(self.server.accepted)

    def to(self, address: str, after: int = 0) -> list[EmailMessage]:
        """Return what an address received since the mailbox held `after` messages."""
        wanted = address.casefold()
        pairs = zip(self.server.handler.recipients[after:], self.server.accepted[after:], strict=False)
        return [mail for recipient, mail in pairs if recipient.casefold() == wanted]

    def recipients(self, after: int = 0) -> list[str]:
        """Return who received something since the mailbox held `after` messages, once for each message."""
        return list(self.server.handler.recipients[after:])

    def wait_for(self, number: int, *, after: int = 0, seconds: float = 30, what: str = "mails") -> None:
        """Wait until so many messages came since the mailbox held `after`."""
        with contextlib.suppress(AssertionError):
            until(lambda: len(self) >= after + number, seconds=seconds, what=what)
        found = len(self) - after
        assert found >= number, f"{found} of {number} {what} came in {seconds:g} s"


@dataclass
class RunningPortal:
    """A portal that runs. `url` is where its pages are."""

    url: str
    var: Path
    mailbox: Mailbox
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def manage(self, *words: str, **more: str) -> str:
        """Run a command of manage.py on this portal and return what it said; fails when it does."""
        done = subprocess.run(
            [*MANAGE, *words], cwd=ROOT, env=self.environment | more, capture_output=True, text=True
        )
        assert done.returncode == 0, f"manage.py {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def set_clock(self, moment: datetime) -> None:
        """Move the business clock of every process, and of the test, to `moment`; it runs on from there."""
        clock.set_now(moment)

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
def running_portal(folder: Path, *, at: datetime) -> Iterator[RunningPortal]:
    """Run a portal with its files in `folder` whose business clock begins at `at`.

    settings.CLOCK_FILE of the test must be `folder / "clock"`. After the block the portal must stop as it
    promises, and it must have logged no error.
    """
    clock.set_now(at)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with mail_server() as server:
        portal = RunningPortal(url, folder / "var", Mailbox(server), _environment(folder, port, server.port))
        log = folder / "supervisor.log"
        with started([*MANAGE, "run_stack"], portal.environment, log) as portal.process:
            try:
                _wait_until_ready(portal, log)
                yield portal
            finally:
                complaints = portal.stop()
        assert (complaints, portal.faults()) == ([], []), portal.tail()


def _environment(folder: Path, port: int, smtp_port: int) -> dict[str, str]:
    """Return the environment of an installation of its own: nothing of the suite's comes along."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "EMAIL_URL"))}
    kept.pop("CELERY_BROKER_URL", None)
    return kept | {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "ENV_FILE": str(folder / "no-env-file"),
        "VAR_DIR": str(folder / "var"),
        "DATABASE_URL": database_url(),
        "SECRET_KEY": "a sentence of the end-to-end test that signs nothing of worth",
        "LINK_SIGNING_KEYS": "end-to-end-links",
        "DEBUG": "on",
        "USE_HTTPS": "off",
        "LOG_FORMAT": "json",
        "CLOCK_FILE": str(folder / "clock"),
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "WORKER_PROCESSES": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _wait_until_ready(portal: RunningPortal, log: Path) -> None:
    """Wait until the web server answers and broker, worker and sweeper have each given a sign of life."""

    def ready() -> bool:
        assert portal.process is not None
        assert portal.process.poll() is None, f"the portal ended: {log.read_text()}"
        try:
            return set(portal.parts().values()) == {"ok"}
        except OSError:
            return False

    try:
        until(ready, seconds=_START)
    except AssertionError as late:
        raise AssertionError(
            f"The portal was not ready in {_START:g} s.\n{log.read_text()}\n{portal.tail()}"
        ) from late


def _is_fault(line: str) -> bool:
    try:
        entry = json.loads(line)
    except ValueError:
        return "Traceback (most recent call last)" in line
    return isinstance(entry, dict) and entry.get("level") in _FAULTS


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    body = mail.get_body(preferencelist=("plain",))
    assert body is not None, f"a mail without plain text: {mail['Subject']}"
    return str(body.get_content())


def link_in(mail: EmailMessage, path: str) -> str:
    """Return the link in a mail that has `path` in it; its text must have exactly one that asks nothing more.

    The mail of a survey also has a link for each digit, `?nps=7`, that opens the same page with it filled in.
    """
    links = (link.rstrip(".,") for link in _LINK.findall(text_of(mail)))
    found: set[str] = {link for link in links if path in link and "?" not in link}
    assert len(found) == 1, f"{len(found)} links to {path} in “{mail['Subject']}”:\n{text_of(mail)}"
    return found.pop()
