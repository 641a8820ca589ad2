"""Bring a local installation up to date before it starts: tables, static files, the demo."""

import io
import logging
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from phases.models import Rollout
from rollout_portal.lib.digests import fingerprint

Say = Callable[[str], None]


def prepare(say: Say) -> str:
    """Do what is not done yet, telling `say` what takes time; return what the demo says, its logins."""
    if migrations_missing():
        say("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
    if settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        call_command("createcachetable", verbosity=0)
    collect_static(say)
    return load_demo(say)


def migrations_missing() -> bool:
    """Tell whether a migration of the code is not in the database."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def collect_static(say: Say) -> None:
    """Collect the static files when one of them was added, changed or removed since the last time."""
    stamp = settings.STATIC_ROOT / ".collected"
    present = _static_files()
    if stamp.exists() and stamp.read_text(encoding="ascii") == present:
        return
    say("Collecting static files …")
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(present, encoding="ascii")


def load_demo(say: Say) -> str:
    """Load the demo unless a rollout is there; the command decides, and says how to sign in."""
    if "load_demo" not in get_commands():
        return ""
    if not Rollout.objects.exists():
        say("Loading the demo …")
    answer = io.StringIO()
    # Each step of the demo would log what it did; that is not for the person at the terminal.
    logging.disable(logging.INFO)
    try:
        call_command("load_demo", stdout=answer)
    finally:
        logging.disable(logging.NOTSET)
    return answer.getvalue().strip()


def _static_files() -> str:
    """Return a digest of path, size and time of change of every static file."""
    found = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            state = Path(storage.path(path)).stat()
            found.append([path, state.st_size, state.st_mtime_ns])
    return fingerprint(sorted(found))
