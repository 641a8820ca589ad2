"""A job is claimed by one process, reports, stops when asked, and ends once."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.db.models.functions import Now

from rollout_portal.accounts.models import User
from rollout_portal.jobs import files, services
from rollout_portal.jobs.models import Job
from rollout_portal.jobs.states import JobState
from rollout_portal.lib import clock

KIND = "tests.count"
_SHA_OF_GONE = "283bb9deef02e6843abfb538efa1eca70801bd8a701c3f98191e123496339247"


@pytest.fixture
def counting() -> Iterator[list[int]]:
    """Register a kind of job that counts to three and notes what it reached."""
    reached: list[int] = []

    def count(run: services.Run) -> dict[str, int]:
        for number in (1, 2, 3):
            reached.append(number)
            run.report(number, 3, result={"counted": number})
        return {"counted": 3}

    services.kind(KIND)(count)
    yield reached
    del services._kinds[KIND]


def _register(function: services.KindFunction) -> None:
    services._kinds[KIND] = function


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("owner@example.org", name="Owner")


def _ask(**fields: object) -> Job:
    return services.enqueue_job(kind=KIND, scope=None, by=None, **fields)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_job_runs_and_keeps_its_result(counting: list[int]) -> None:
    job = _ask()
    assert services.run_due() == 1
    job.refresh_from_db()
    assert (job.state, job.result, job.done, job.total) == (JobState.DONE, {"counted": 3}, 3, 3)
    assert job.ended_at is not None
    assert job.lease_token is None


@pytest.mark.django_db
def test_an_unknown_kind_is_a_programming_error() -> None:
    with pytest.raises(RuntimeError, match=r"tests\.nothing"):
        services.enqueue_job(kind="tests.nothing", scope=None, by=None)


@pytest.mark.django_db
def test_a_waiting_job_is_cancelled_at_once(counting: list[int], owner: User) -> None:
    job = _ask()
    services.cancel_job(job=job, by=owner)
    assert services.run_due() == 0
    job.refresh_from_db()
    assert (job.state, counting) == (JobState.CANCELLED, [])


@pytest.mark.django_db
def test_a_running_job_stops_at_its_next_report_and_says_what_it_did(
    counting: list[int], owner: User
) -> None:
    job = _ask()
    run = services.claim()
    assert run is not None
    services.cancel_job(job=job, by=owner)
    ended = services.perform(run)
    assert (ended.state, ended.result, counting) == (JobState.CANCELLED, {"counted": 1}, [1])


@pytest.mark.django_db
def test_cancelling_a_job_that_is_over_changes_nothing(counting: list[int], owner: User) -> None:
    job = _ask()
    services.run_due()
    assert services.cancel_job(job=job, by=owner).state == JobState.DONE


@pytest.mark.django_db
def test_a_refusal_is_shown_in_its_own_words(counting: list[int]) -> None:
    def refuse(run: services.Run) -> dict[str, int]:
        raise services.JobRefused("The file is empty.")

    _register(refuse)
    job = _ask()
    services.run_due()
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The file is empty.")


@pytest.mark.django_db
def test_a_mistake_of_ours_ends_the_job_with_a_number_to_quote(counting: list[int]) -> None:
    def break_down(run: services.Run) -> dict[str, int]:
        raise ZeroDivisionError

    _register(break_down)
    job = _ask()
    services.run_due()
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert str(job.uuid)[:8] in job.error


@pytest.mark.django_db
def test_a_job_whose_process_went_away_is_taken_up_again(counting: list[int]) -> None:
    job = _ask()
    lost = services.claim()
    assert lost is not None
    assert services.claim() is None, "the lease still holds"
    Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    taken = services.claim()
    assert taken is not None
    assert taken.token != lost.token
    services.perform(lost)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING, "who lost the lease ends nothing"
    assert services.perform(taken).state == JobState.DONE


@pytest.mark.django_db
def test_a_job_that_is_interrupted_too_often_is_given_up(counting: list[int]) -> None:
    job = _ask()
    for _attempt in range(services.MAX_ATTEMPTS):
        assert services.claim() is not None
        Job.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    services.run_due()
    job.refresh_from_db()
    assert (job.state, counting) == (JobState.FAILED, [])


@pytest.mark.django_db
def test_a_short_job_can_be_done_in_the_request(counting: list[int]) -> None:
    assert services.run_now(_ask()).state == JobState.DONE


@pytest.mark.django_db(transaction=True)
def test_eight_processes_claim_a_job_once(counting: list[int]) -> None:
    _ask()
    barrier = threading.Barrier(8)
    won: list[services.Run] = []

    def try_it() -> None:
        barrier.wait()
        try:
            run = services.claim()
            if run is not None:
                won.append(run)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


@pytest.mark.django_db(transaction=True)
def test_an_expired_file_loses_its_content_and_keeps_its_fingerprint(settings: LazySettings) -> None:
    kept = files.store(content=b"kept", name="a.csv", content_type="text/csv", scope=None, by=None)
    gone = files.store(
        content=b"gone",
        name="../../b.csv",
        content_type="text/csv",
        scope=None,
        by=None,
        expires_at=clock.now(),
    )
    place = Path(settings.MEDIA_ROOT) / str(gone.content.name)
    assert place.is_file()
    with transaction.atomic():
        assert files.forget_expired() == 1
    gone.refresh_from_db()
    assert (gone.content.name, gone.size, gone.digest) == ("", 4, _SHA_OF_GONE)
    assert not place.exists()
    with kept.content.open() as content:
        assert content.read() == b"kept"
