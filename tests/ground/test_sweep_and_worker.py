"""The sweeper and the worker as real processes on the test's database, with and without a broker."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone
from structlog.testing import capture_logs

from rollout_portal.audit import services as audit
from rollout_portal.jobs import services as jobs
from rollout_portal.jobs.models import Heartbeat
from rollout_portal.lib import wakeups
from rollout_portal.lib.wakeups import Work
from tests.factories import make_user
from tests.processes import MANAGE, WORKER, environment, private_broker, started, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> dict[str, Work]:
    """Let the registry hold what the test puts there and nothing else."""
    registry: dict[str, Work] = {}
    monkeypatch.setattr(wakeups, "_works", registry)
    return registry


def test_one_look_does_what_is_due_and_leaves_a_sign_of_life(only: dict[str, Work]) -> None:
    done: list[str] = []

    def act() -> int:
        make_user("Made by the sweeper", email="swept@example.org")
        done.append("act")
        return 1

    def idle() -> int:
        done.append("idle")
        return 0

    def fail() -> int:
        raise ValueError("this room is broken")

    only["room.act"] = Work("room.act", act, timezone.now, 60.0)
    only["room.idle"] = Work("room.idle", idle, lambda: None, 60.0)
    only["room.fail"] = Work("room.fail", fail, timezone.now, 60.0)
    with capture_logs() as logs:
        call_command("sweep", once=True)
    assert done == ["act"]
    assert [entry["work"] for entry in logs if entry["event"] == "sweep.failed"] == ["room.fail"]
    assert jobs.alive(["sweeper", "worker"]).keys() == {"sweeper"}


def test_the_sweeper_writes_the_anchor_without_any_broker(tmp_path: Path) -> None:
    person = make_user()
    audit.record(actor=person, verb="account.invited", obj=person, scope=None)
    anchor = tmp_path / "anchor.jsonl"
    log = tmp_path / "log"
    with started([*MANAGE, "sweep"], environment(AUDIT_ANCHOR_FILE=str(anchor)), log) as process:
        until(anchor.exists, seconds=60, what="the anchor")
        until(lambda: "sweeper" in jobs.alive(["sweeper"]))
        assert jobs.alive(["sweeper"])["sweeper"]["broker"] is False
        process.terminate()
        assert process.wait(30) == 0
    assert anchor.read_text().count("\n") == 1
    assert "sweep.ended" in log.read_text()


def test_two_sweepers_do_no_harm_to_each_other(tmp_path: Path) -> None:
    env, log = environment(AUDIT_ANCHOR_FILE=str(tmp_path / "anchor.jsonl")), tmp_path / "log"
    command = [*MANAGE, "sweep"]
    with started(command, env, log) as one, started(command, env, log) as other:
        until(lambda: log.read_text().count("sweep.began") == 2, seconds=60)
        until(lambda: "sweeper" in jobs.alive(["sweeper"]))
        one.terminate()
        other.terminate()
        assert (one.wait(30), other.wait(30)) == (0, 0)
    assert "error" not in log.read_text()
    assert Heartbeat.objects.filter(name="sweeper").count() == 1


def test_a_worker_gives_signs_of_life_and_does_what_it_is_woken_for(tmp_path: Path) -> None:
    person = make_user()
    audit.record(actor=person, verb="account.invited", obj=person, scope=None)
    anchor = tmp_path / "anchor.jsonl"
    with private_broker(tmp_path / "b") as (url, _broker):
        env = environment(broker_url=url, AUDIT_ANCHOR_FILE=str(anchor))
        with started(WORKER, env, tmp_path / "log") as worker:
            until(lambda: "worker" in jobs.alive(["worker"]), seconds=60, what="the worker's sign of life")
            assert not anchor.exists()
            with started([*MANAGE, "sweep"], env, tmp_path / "log"):
                until(anchor.exists, seconds=60, what="the anchor")
                assert jobs.alive(["sweeper"])["sweeper"]["broker"] is True
            worker.terminate()
            assert worker.wait(30) == 0
    # The worker did it: a sweeper that starts work itself says so.
    assert "sweep.started" not in (tmp_path / "log").read_text()


def test_a_sign_of_life_fades_and_all_processes_of_a_kind_share_one() -> None:
    jobs.heartbeat("worker", place="first")
    jobs.heartbeat("worker", place="second")
    assert jobs.alive(["worker"])["worker"]["place"] == "second"
    Heartbeat.objects.update(at=Now() - jobs.SILENT_AFTER - timedelta(seconds=1))
    assert jobs.alive(["worker"]) == {}
    assert Heartbeat.objects.count() == 1
