"""Long work: ask for it, claim it, report on it, stop it. Rooms register what they can do by name.

    @kind("cohorts.check_import")
    def check(run: Run) -> dict[str, Any]: ...

A job is a row. Whoever claims it holds a lease by the database's clock and renews it with every report of
progress; a process that dies loses the lease, and the job is taken up again from its start. So the
function behind a kind must be safe to run twice.

At the end, signs of life: who has been seen lately. Ages are told by the database's own clock.
"""

import os
import socket
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import User
from rollout_portal.jobs.models import Heartbeat, Job, StoredFile
from rollout_portal.jobs.states import TRANSITIONS, JobState
from rollout_portal.lib import clock, wakeups

log = structlog.get_logger("jobs")

LEASE: Final = timedelta(seconds=60)
MAX_ATTEMPTS: Final = 5
RUN_DUE: Final = "jobs.run_due"

# After so long without a sign, a process counts as gone.
SILENT_AFTER: Final = timedelta(seconds=20)


class JobRefused(Exception):
    """The work cannot be done; the message is for the person who asked for it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class JobCancelled(Exception):
    """Somebody asked to stop the job; `result` is what it did until then."""

    def __init__(self, result: dict[str, Any] | None = None) -> None:
        super().__init__("cancelled")
        self.result = result


class LeaseLost(Exception):
    """Another process has taken the job up; this one must not touch it any more."""


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt at a job by the process that holds its lease."""

    job: Job
    token: UUID

    def report(self, done: int, total: int | None = None, *, result: dict[str, Any] | None = None) -> None:
        """Write down how far the work is and renew the lease.

        :param result: what was done so far; kept when the job is stopped here.
        :raises JobCancelled: when somebody asked to stop.
        :raises LeaseLost: when the lease ran out and another process took the job.
        """
        changes: dict[str, Any] = {"done": done, "lease_until": Now() + LEASE}
        if total is not None:
            changes["total"] = max(done, total)
        mine = Job.objects.filter(pk=self.job.pk, lease_token=self.token, state=JobState.RUNNING)
        if mine.update(**changes) != 1:
            raise LeaseLost
        if mine.filter(cancel_asked_at__isnull=False).exists():
            raise JobCancelled(result)


KindFunction = Callable[[Run], dict[str, Any]]

_kinds: dict[str, KindFunction] = {}


def kind(name: str) -> Callable[[KindFunction], KindFunction]:
    """Register the function that does jobs of the kind `room.verb_noun`; it returns the job's result."""

    def register(function: KindFunction) -> KindFunction:
        if name in _kinds:
            raise RuntimeError(f"The kind of job {name!r} is registered twice")
        _kinds[name] = function
        return function

    return register


def enqueue_job(
    *,
    kind: str,
    scope: UUID | None,
    by: User | None,
    params: dict[str, Any] | None = None,
    file: StoredFile | None = None,
    total: int | None = None,
) -> Job:
    """Ask for a piece of work; a worker or the sweeper takes it up after commit."""
    if kind not in _kinds:
        raise RuntimeError(f"Nobody registered jobs of the kind {kind!r}")
    job = Job.objects.create(kind=kind, scope=scope, asked_by=by, params=params or {}, file=file, total=total)
    wakeups.kick(RUN_DUE)
    return job


def claim(job: Job | None = None) -> Run | None:
    """Take the oldest job that waits, or whose process went away; None when there is none.

    :param job: take this one or nothing.
    """
    due = _due()
    if job is not None:
        due = due.filter(pk=job.pk)
    while True:
        pk = due.order_by("created_at", "pk").values_list("pk", flat=True).first()
        if pk is None:
            return None
        token = uuid.uuid4()
        taken = due.filter(pk=pk).update(
            state=JobState.RUNNING,
            lease_token=token,
            lease_until=Now() + LEASE,
            attempts=F("attempts") + 1,
            started_at=Coalesce(F("started_at"), clock.now()),
        )
        if taken:
            return Run(Job.objects.get(pk=pk), token)


def waiting_since() -> datetime | None:
    """Return since when the oldest job that waits has waited; None when no job does."""
    return _due().order_by("created_at", "pk").values_list("created_at", flat=True).first()


def _due() -> QuerySet[Job]:
    """Return the jobs that wait, and those whose process went away."""
    return Job.objects.filter(kind__in=_kinds).filter(
        Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=Now())
    )


def perform(run: Run) -> Job:
    """Do a claimed job and write down how it ended."""
    job = run.job
    if job.attempts > MAX_ATTEMPTS:
        return _end(run, JobState.FAILED, error=_("The work was interrupted too often and was given up."))
    try:
        result = _kinds[job.kind](run)
    except JobCancelled as stopped:
        return _end(run, JobState.CANCELLED, result=stopped.result)
    except JobRefused as refused:
        return _end(run, JobState.FAILED, error=refused.message)
    except LeaseLost:
        log.warning("job.lease_lost", job=str(job.uuid), kind=job.kind)
    except DatabaseError:
        # The database may be away: the lease runs out, and the job is tried again.
        log.exception("job.interrupted", job=str(job.uuid), kind=job.kind)
    except Exception:
        log.exception("job.failed", job=str(job.uuid), kind=job.kind)
        number = str(job.uuid)[:8]
        return _end(
            run,
            JobState.FAILED,
            error=_("The portal made a mistake here. Quote the number %(number)s.") % {"number": number},
        )
    else:
        return _end(run, JobState.DONE, result=result)
    job.refresh_from_db()
    return job


def run_due() -> int:
    """Do all jobs that wait, one after the other; return how many were taken up."""
    performed = 0
    while run := claim():
        perform(run)
        performed += 1
    return performed


def run_now(job: Job) -> Job:
    """Do a short job in this process, unless another one has it; return it as it stands then."""
    run = claim(job)
    if run is not None:
        return perform(run)
    job.refresh_from_db()
    return job


@transaction.atomic
def cancel_job(*, job: Job, by: User) -> Job:
    """Ask a job to stop. One that waits ends at once, one that runs stops at its next report.

    A job that is over stays as it is. Who asked is in the record of the room that asked for the work.
    """
    locked = Job.objects.select_for_update().get(pk=job.pk)
    now = clock.now()
    if locked.state == JobState.QUEUED:
        _move(locked, JobState.CANCELLED)
        locked.ended_at = now
    if locked.cancel_asked_at is None and locked.state in (JobState.RUNNING, JobState.CANCELLED):
        locked.cancel_asked_at = now
        log.info("job.cancel_asked", job=str(locked.uuid), by=str(by.uuid))
    locked.save(update_fields=["state", "ended_at", "cancel_asked_at"])
    return locked


def _move(job: Job, to: JobState) -> None:
    if to not in TRANSITIONS[JobState(job.state)]:
        raise RuntimeError(f"A job cannot go from {job.state} to {to}")
    job.state = to


def _end(run: Run, to: JobState, *, result: dict[str, Any] | None = None, error: str = "") -> Job:
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=run.job.pk)
        if job.lease_token != run.token or job.state != JobState.RUNNING:
            log.warning("job.lease_lost", job=str(job.uuid), kind=job.kind)
            return job
        _move(job, to)
        job.ended_at, job.result, job.error = clock.now(), result, error
        job.lease_token, job.lease_until = None, None
        if to == JobState.DONE and job.total is not None:
            job.done = job.total
        job.save()
    log.info("job.ended", job=str(job.uuid), kind=job.kind, state=job.state)
    return job


def heartbeat(name: str, **details: Any) -> None:
    """Note that a process of the kind `name` is alive now, with where it runs and `details`.

    All processes of a kind share one row: it says that there is at least one.
    """
    details |= {"host": socket.gethostname(), "pid": os.getpid()}
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=Now(), details=details)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "details"],
    )


def alive(names: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the details of those among `names` that gave a sign of life lately; one query."""
    fresh = Heartbeat.objects.filter(name__in=names, at__gt=Now() - SILENT_AFTER)
    return dict(fresh.values_list("name", "details"))
