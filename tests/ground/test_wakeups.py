"""Wake-ups: a request never waits for the broker, whatever ails it."""

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from django.db import transaction
from pytest_django import Settings
from structlog.testing import capture_logs

from rollout_portal.lib import wakeups
from rollout_portal.lib.wakeups import Publisher
from tests.processes import private_broker, until


@pytest.fixture
def fresh_postbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue and a thread of the test's own, with the settings of the test."""
    monkeypatch.setattr(wakeups, "_postbox", wakeups._Postbox())


@pytest.fixture
def hung_broker(settings: Settings) -> Iterator[socket.socket]:
    """A broker that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        yield listener


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    """A publisher that tries again after half a second."""
    made = Publisher(breaker=0.5)
    yield made
    made.close()


def seconds_of(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def test_work_is_registered_once_and_can_be_called() -> None:
    wakeups.work("ground.count", due=lambda: None, every=7)(lambda: 3)
    try:
        work = wakeups.works()["ground.count"]
        assert (work.name, work(), work.every) == ("ground.count", 3, 7)
        with pytest.raises(RuntimeError, match=r"'ground\.count' is registered twice"):
            wakeups.work("ground.count")(lambda: 0)
    finally:
        del wakeups._works["ground.count"]


@pytest.mark.django_db(transaction=True)
def test_a_kick_goes_out_after_the_commit_and_not_after_a_rollback(
    settings: Settings, tmp_path: Path, fresh_postbox: None
) -> None:
    with private_broker(tmp_path / "b") as (url, _process):
        settings.CELERY_BROKER_URL = url
        client = redis.Redis(unix_socket_path=str(tmp_path / "b" / "broker.sock"))
        with transaction.atomic():
            wakeups.kick("ground.rolled_back")
            transaction.set_rollback(True)
        with transaction.atomic():
            wakeups.kick("ground.committed")
            time.sleep(0.05)
            assert client.llen("celery") == 0
        until(lambda: client.llen("celery"))
        messages = [json.loads(one) for one in client.lrange("celery", 0, -1)]
        client.close()
    assert [message["headers"]["task"] for message in messages] == ["ground.committed"]
    expires = datetime.fromisoformat(messages[0]["headers"]["expires"])
    assert 20 < (expires - datetime.now(UTC)).total_seconds() <= wakeups.EXPIRES_SECONDS


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("hung_broker", "fresh_postbox")
def test_a_request_does_not_wait_for_a_broker_that_hangs() -> None:
    took = [seconds_of(lambda: wakeups.kick("ground.look")) for _ in range(200)]
    assert max(took) < 0.1


@pytest.mark.usefixtures("hung_broker")
def test_a_broker_that_hangs_costs_about_a_second_and_then_nothing_for_half_a_minute() -> None:
    publisher = Publisher()
    with capture_logs() as logs:
        assert seconds_of(lambda: publisher.publish("ground.look")) < 4
        assert seconds_of(lambda: publisher.publish("ground.look")) < 0.01
        assert seconds_of(publisher.reachable) < 0.01
    assert [(entry["event"], entry["pause"]) for entry in logs] == [("wakeup.broker_away", 30.0)]


def test_a_broker_that_is_down_is_noticed_at_once(settings: Settings, tmp_path: Path) -> None:
    settings.CELERY_BROKER_URL = f"redis+socket://{tmp_path}/nobody.sock"
    publisher = Publisher(breaker=0)
    publisher.publish("ground.look")  # loads celery, which takes its time once
    assert seconds_of(lambda: publisher.publish("ground.look")) < 0.2
    assert publisher.publish("ground.look") is False
    assert publisher.reachable() is False


def test_without_a_broker_nothing_is_tried(settings: Settings, publisher: Publisher) -> None:
    settings.CELERY_BROKER_URL = ""
    with capture_logs() as logs:
        assert publisher.publish("ground.look") is False
    assert logs == []


def test_publishing_goes_on_when_the_broker_is_back(
    settings: Settings, tmp_path: Path, publisher: Publisher
) -> None:
    with private_broker(tmp_path / "b") as (url, process):
        settings.CELERY_BROKER_URL = url
        assert publisher.publish("ground.look") is True
        assert publisher.reachable() is True
        process.kill()
        process.wait()
        assert publisher.publish("ground.look") is False
    with private_broker(tmp_path / "b"):
        until(lambda: publisher.publish("ground.look"), seconds=2)


@pytest.mark.usefixtures("hung_broker")
def test_a_full_queue_drops_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeups, "QUEUE_SIZE", 5)
    postbox = wakeups._Postbox()
    with capture_logs() as logs:
        for _ in range(20):
            postbox.put("ground.look")
    assert 14 <= sum(entry["event"] == "wakeup.dropped" for entry in logs) <= 15


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_child_gets_a_queue_and_a_thread_of_its_own() -> None:
    mine = wakeups._postbox
    mine.put("ground.look")
    child = os.fork()
    if child == 0:
        alive = [thread.name for thread in threading.enumerate()]
        os._exit(0 if wakeups._postbox is not mine and "wakeups" not in alive else 1)
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
