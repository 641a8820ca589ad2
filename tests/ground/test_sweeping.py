"""What the sweeper decides, moment by moment."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from rollout_portal.lib.sweeping import GRACE, Sweep
from rollout_portal.lib.wakeups import Work

EARLY = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 2, 10, tzinfo=UTC)


class World:
    """Everything around a sweep: the clock, the broker, the workers, and what is due."""

    def __init__(self, *works: Work) -> None:
        self.time = 100.0
        self.broker = True
        self.workers = True
        self.since: datetime | None = EARLY
        self.kicked: list[str] = []
        self.running: set[str] = set()
        self.asked_for_workers = 0
        works = works or (Work("room.do", lambda: 1, lambda: self.since, 60.0),)
        self.sweep = Sweep(
            {work.name: work for work in works},
            publish=self._publish,
            has_workers=self._has_workers,
            start=lambda work: work.name not in self.running,
            monotonic=lambda: self.time,
        )

    def look(self, after: float = 2.0) -> list[str]:
        self.time += after
        return self.sweep.look()

    def _publish(self, name: str) -> bool:
        if self.broker:
            self.kicked.append(name)
        return self.broker

    def _has_workers(self) -> bool:
        self.asked_for_workers += 1
        return self.workers


def test_nothing_due_asks_nobody() -> None:
    world = World()
    world.since = None
    assert [world.look() for _ in range(5)] == [[]] * 5
    assert (world.kicked, world.asked_for_workers) == ([], 0)


def test_due_work_is_handed_to_a_worker_and_done_here_when_nobody_claims_it_for_five_seconds() -> None:
    world = World()
    assert [world.look(), world.look(), world.look()] == [[], [], []]
    assert world.kicked == ["room.do"] * 3
    assert world.look() == ["room.do"]


def test_a_claim_starts_the_waiting_anew() -> None:
    world = World()
    world.look()
    world.look(4)
    world.since = LATER
    assert world.look() == []
    assert world.look(GRACE - 0.1) == []
    assert world.look(0.1) == ["room.do"]


@pytest.mark.parametrize("lost", ["broker", "workers"])
def test_without_broker_or_worker_due_work_is_done_here_at_once(lost: str) -> None:
    world = World()
    setattr(world, lost, False)
    assert world.look() == ["room.do"]
    assert world.kicked == []


def test_work_that_still_runs_here_is_not_started_again() -> None:
    world = World()
    world.broker = False
    world.running = {"room.do"}
    assert world.look() == []
    world.running = set()
    assert world.look() == ["room.do"]


def test_work_that_failed_is_left_alone_longer_each_time_and_forgiven_after_success() -> None:
    world = World()
    world.broker = False
    started_at = []
    with capture_logs() as logs:
        for _ in range(40):
            if world.look(1.0):
                started_at.append(world.time - 100)
                world.sweep.failed("room.do", ValueError("no"))
    assert started_at == [1.0, 3.0, 7.0, 15.0, 31.0]
    assert [entry["pause"] for entry in logs if entry["event"] == "sweep.failed"] == [2, 4, 8, 16, 32]
    world.sweep.succeeded("room.do")
    world.look(60.0)
    world.sweep.failed("room.do", ValueError("no"))
    assert (world.look(1.0), world.look(1.0)) == ([], ["room.do"])


def test_pauses_end_at_a_minute() -> None:
    world = World()
    with capture_logs() as logs:
        for _ in range(10):
            world.sweep.failed("room.do", ValueError("no"))
    assert [entry["pause"] for entry in logs] == [2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


def test_a_question_that_fails_stops_none_of_the_other_work() -> None:
    def broken() -> datetime | None:
        raise ValueError("the table is gone")

    world = World(
        Work("room.broken", lambda: 1, broken, 60.0), Work("room.do", lambda: 1, lambda: EARLY, 60.0)
    )
    world.broker = False
    with capture_logs() as logs:
        assert world.look() == ["room.do"]
    assert [entry["work"] for entry in logs if entry["event"] == "sweep.failed"] == ["room.broken"]


def test_work_without_a_question_is_looked_at_every_so_often() -> None:
    world = World(Work("room.tick", lambda: 1, None, 60.0))
    looks = [world.look(20.0) for _ in range(6)]
    assert (looks, world.kicked) == ([[]] * 6, ["room.tick"] * 2)
    world.workers = False
    assert [world.look(20.0) for _ in range(6)] == [["room.tick"], [], [], ["room.tick"], [], []]
