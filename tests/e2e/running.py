"""A whole running portal on the database of a test, with a mail server that keeps what it receives, and one
clock for all processes.

The processes run with the portal's own settings on the database of the test, which therefore needs
`django_db(transaction=True)`; everything else that they write goes to one folder.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from rollout_portal.lib import clock
from tests.e2e.stack import Stack, supervised
from tests.outbox.servers import MailServer, mail_server
from tests.processes import MANAGE, ROOT, database_url, free_port, until

SETTINGS = "rollout_portal.settings"


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
class RunningPortal(Stack):
    """A portal on the database of the test."""

    mailbox: Mailbox = field(kw_only=True)

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


@contextlib.contextmanager
def running_portal(folder: Path, *, at: datetime) -> Iterator[RunningPortal]:
    """Run a portal with its files in `folder` whose business clock begins at `at`.

    settings.CLOCK_FILE of the test must be `folder / "clock"`.
    """
    clock.set_now(at)
    port = free_port()
    with mail_server() as server:
        portal = RunningPortal(
            url=f"http://127.0.0.1:{port}",
            var=folder / "var",
            environment=_environment(folder, port, server.port),
            mailbox=Mailbox(server),
        )
        with supervised(portal, log=folder / "supervisor.log"):
            yield portal


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
