"""What a Celery worker and beat load: a task for each registered work, and the worker's sign of life."""

import threading
from typing import Any

import celery
import structlog
from celery import signals
from django.db import DatabaseError, connections

from rollout_portal.jobs.services import heartbeat
from rollout_portal.lib import wakeups

log = structlog.get_logger("worker")

HEARTBEAT_SECONDS = 5.0

_stopping = threading.Event()


def define_tasks(app: celery.Celery) -> None:
    """Give each registered work a task of its name, which beat calls too."""
    schedule = {}
    for name, work in wakeups.works().items():
        _define_task(app, work)
        schedule[name] = {"task": name, "schedule": work.every, "options": {"expires": work.every}}
    app.conf.beat_schedule = schedule


def _define_task(app: celery.Celery, work: wakeups.Work) -> None:
    @app.task(name=work.name, ignore_result=True, acks_late=False, expires=wakeups.EXPIRES_SECONDS)
    def run() -> None:
        with structlog.contextvars.bound_contextvars(task=work.name):
            work()


@signals.worker_ready.connect
def _begin_heartbeat(**kwargs: Any) -> None:
    threading.Thread(target=_give_signs_of_life, name="heartbeat", daemon=True).start()


@signals.worker_shutting_down.connect
def _end_heartbeat(**kwargs: Any) -> None:
    _stopping.set()


def _give_signs_of_life() -> None:
    """Write a heartbeat every 5 s, each on a connection of its own: children are forked in between."""
    while not _stopping.is_set():
        try:
            heartbeat("worker")
        except DatabaseError as error:
            log.warning("worker.database_away", error=type(error).__name__)
        finally:
            connections.close_all()
        _stopping.wait(HEARTBEAT_SECONDS)


define_tasks(celery.current_app)
