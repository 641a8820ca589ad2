"""`manage.py run_stack`: web, worker, beat, sweeper and broker under one supervisor."""

import fcntl
import os
import socket
import sys
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from rollout_portal.console import installation
from rollout_portal.lib import broker
from rollout_portal.lib.supervisor import Service, Supervisor


class Command(BaseCommand):
    help = "Start the whole portal, restart what dies, and stop it all on Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="first migrate, collect static files and load the demo, each where it is not done yet",
        )

    def handle(self, *args: Any, prepare: bool, **options: Any) -> None:
        os.umask(0o077)
        refuse_taken_port()
        var = Path(settings.VAR_DIR)
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock(var / "run.lock"):
            self.warn_of_the_database()
            try:
                demo = installation.prepare(self.say) if prepare else ""
            except KeyboardInterrupt as stop:
                raise CommandError("Stopped before the portal was ready; nothing runs.") from stop
            # Children open connections of their own; this process needs none from here on.
            connections.close_all()
            own_broker = None if settings.CELERY_BROKER_URL else broker.prepare(var / "broker")
            try:
                Supervisor(
                    services(own_broker),
                    log_dir=var / "log",
                    say=self.say,
                    cwd=settings.BASE_DIR,
                ).run(ready=web_answers, announce=lambda: self.announce(own_broker, demo))
            finally:
                if own_broker is not None:
                    own_broker.clean()
        # All is stopped; taking this interpreter apart would only keep the person at the terminal waiting.
        os._exit(0)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def warn_of_the_database(self) -> None:
        for message in run_checks(tags=[Tags.database], databases=["default"]):
            self.say(str(message))

    def announce(self, own_broker: broker.Broker | None, demo: str) -> None:
        """Say where the portal is, how it runs, and how to sign in."""
        self.say(f"\nRollout Portal runs at {settings.BASE_URL}")
        if demo:
            self.say(demo)
        if own_broker is None and not settings.CELERY_BROKER_URL:
            self.say(
                "No Redis or Valkey was found, so the sweeper does all background work, within seconds; "
                "install redis-server for more speed."
            )
        self.say(f"Logs: {settings.VAR_DIR / 'log'}. Stop: Ctrl-C.\n")


def services(own_broker: broker.Broker | None) -> list[Service]:
    """Return what is to run: without any broker neither worker nor beat, the sweeper does their part."""
    python = sys.executable
    env = {"PYTHONUNBUFFERED": "1"}
    if own_broker is not None:
        env["CELERY_BROKER_URL"] = own_broker.url
    celery = [python, "-m", "celery", "--app", "rollout_portal.celery"]
    worker = [*celery, "worker", "--concurrency", str(settings.WORKER_PROCESSES)]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = [*celery, "beat", "--pidfile="]
    web = [python, "-m", "granian", "rollout_portal.wsgi:application", "--interface", "wsgi"]
    web_options = {
        "--host": settings.BIND_ADDRESS,
        "--port": settings.PORT,
        "--workers": settings.WEB_WORKERS,
        "--blocking-threads": settings.WEB_THREADS,
        "--backpressure": settings.WEB_BACKPRESSURE,
        "--workers-kill-timeout": 2,
    }
    web += [str(word) for option in web_options.items() for word in option]
    beat_file = Path(settings.CELERY_BEAT_SCHEDULE_FILENAME)
    found = [
        Service("web", web, {**env, "PROCESS_ROLE": "web"}),
        Service("sweeper", [python, "manage.py", "sweep"], {**env, "PROCESS_ROLE": "sweeper"}),
    ]
    if own_broker is None and not settings.CELERY_BROKER_URL:
        return found
    beat_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket_file = own_broker.socket if own_broker is not None else None
    found += [
        Service("worker", worker, {**env, "PROCESS_ROLE": "worker"}, socket_file),
        Service("beat", beat, {**env, "PROCESS_ROLE": "beat"}, socket_file),
    ]
    if own_broker is not None:
        found.insert(0, Service("broker", own_broker.command, stop_last=True))
    return found


def refuse_taken_port() -> None:
    """Raise a sentence when another program listens where the web server is to listen."""
    family = socket.AF_INET6 if ":" in settings.BIND_ADDRESS else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.BIND_ADDRESS, settings.PORT))
        except OSError as error:
            raise CommandError(
                f"Port {settings.PORT} is taken by another program ({error.strerror}). "
                f"Choose another one: make run PORT={settings.PORT + 1}"
            ) from error


def lock(path: Path) -> IO[str]:
    """Return the open file that marks this folder as in use by one portal; it is freed with the process."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        other = file.read().strip()
        file.close()
        raise CommandError(
            f"A portal runs from this folder already (process {other}). Stop it first."
        ) from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def web_answers() -> bool:
    """Tell whether the web server answers."""
    host = "127.0.0.1" if settings.BIND_ADDRESS in ("0.0.0.0", "::") else settings.BIND_ADDRESS  # noqa: S104
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.PORT}/healthz", timeout=0.5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
