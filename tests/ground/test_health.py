"""What probes are told."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from rollout_portal.jobs import services as jobs
from rollout_portal.jobs.models import Heartbeat

ALL_OK = dict.fromkeys(("database", "migrations", "broker", "worker", "sweeper"), "ok")


def ready(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/readyz")
    assert "no-store" in answer["Cache-Control"]
    return answer.status_code, answer.json()


@pytest.fixture
def everything_runs(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    jobs.heartbeat("worker")
    jobs.heartbeat("sweeper", broker=True)


def test_the_process_answers_without_a_database(client: Client) -> None:
    """This test may not use the database at all, and would fail if the page did."""
    client.cookies["portal_session"] = "a-session-that-nobody-looks-up"
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
@pytest.mark.usefixtures("everything_runs")
def test_ready_with_all_parts(client: Client) -> None:
    assert ready(client) == (200, {"status": "ok", "parts": ALL_OK})


@pytest.mark.django_db
@pytest.mark.usefixtures("everything_runs")
@pytest.mark.parametrize("silent", ["worker", "sweeper"])
def test_a_silent_process_degrades_and_no_more(client: Client, silent: str) -> None:
    Heartbeat.objects.filter(name=silent).update(at=Now() - jobs.SILENT_AFTER - timedelta(seconds=1))
    expected = {**ALL_OK, silent: "degraded"} | ({"broker": "degraded"} if silent == "sweeper" else {})
    assert ready(client) == (200, {"status": "degraded", "parts": expected})


@pytest.mark.django_db
@pytest.mark.usefixtures("everything_runs")
def test_a_broker_that_the_sweeper_cannot_reach_degrades(client: Client) -> None:
    jobs.heartbeat("sweeper", broker=False)
    assert ready(client) == (200, {"status": "degraded", "parts": {**ALL_OK, "broker": "degraded"}})


@pytest.mark.django_db
@pytest.mark.usefixtures("everything_runs")
def test_a_missing_migration_is_not_ready(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("audit", "0002_append_only")
    parts = {"database": "ok", "migrations": "missing"}
    assert ready(client) == (503, {"status": "unavailable", "parts": parts})


@pytest.mark.django_db
def test_a_database_that_is_away_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", refuse)
    assert ready(client) == (503, {"status": "unavailable", "parts": {"database": "away"}})


@pytest.mark.django_db
@pytest.mark.usefixtures("everything_runs")
def test_readiness_costs_the_same_with_many_signs_of_life(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ready(client)
    for number in range(20):
        jobs.heartbeat(f"other {number}")
    with django_assert_num_queries(3):
        ready(client)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_need_neither_https_nor_a_login_and_change_nothing(settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get(path).status_code == 200
    assert client.get("/accounts/login/").status_code == 301
    assert client.post(path).status_code == 405
