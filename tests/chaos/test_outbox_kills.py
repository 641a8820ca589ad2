"""Senders that are killed, and a broker that goes away: nothing is lost, nothing is sent twice.

Real workers, sweepers, broker and mail server; `make chaos`. The kill test takes about two minutes: the
leases of the dead run for a minute.
"""

import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from rollout_portal.jobs import services as jobs
from rollout_portal.outbox import links, services, templates
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import LEASED, MessageState, Reason
from tests.chaos.minting import PURPOSE, mint
from tests.chaos.rig import NotingHandler, Rig, noting_server
from tests.outbox.factories import INVITATION, SETUP
from tests.processes import until

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]

MESSAGES = int(os.environ.get("CHAOS_MESSAGES", "2000"))
KILLS = int(os.environ.get("CHAOS_KILLS", "20"))


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, NotingHandler]]:
    monkeypatch.setitem(links._minters, PURPOSE, mint)
    with noting_server() as running:
        yield running


def invite(numbers: range) -> None:
    templates.write(code="invitation", scope=None, wording=INVITATION, by=SETUP)
    services.enqueue_many(
        [
            services.Draft(
                key=f"invitation:{number}",
                template="invitation",
                to=address(number),
                params={
                    "name": f"Tester {number}",
                    "answer_link": links.to(PURPOSE, uuid4()),
                    "leave_link": links.to(PURPOSE, uuid4()),
                },
                scope=None,
                language=("en", "ms", "zh-hans", "ta")[number % 4],
            )
            for number in numbers
        ]
    )


def address(number: int) -> str:
    return f"tester{number}@example.org"


def left() -> int:
    return Message.objects.waiting().count()


def wait_for_everybody(rig: Rig) -> None:
    until(lambda: "worker" in jobs.alive(["worker"]), seconds=60, what="the workers' sign of life")
    until(lambda: "sweeper" in jobs.alive(["sweeper"]), seconds=60, what="the sweepers' sign of life")


def kill_a_sender(rig: Rig) -> bool:
    """Kill the process that has a message in hand; tell whether it still had it when it died."""
    held = (
        Message.objects.filter(state__in=LEASED, lane__isnull=False)
        .values_list("pk", "lease_token", "lane__sender", "lease_until")
        .order_by("-lease_until")
    )
    for pk, token, sender, _until in list(held[:5]):
        pid = int(sender.rpartition(":")[2])
        if not rig.owns(pid):
            continue
        # Every fourth time the whole worker with its children, else only the process that sends.
        if random.random() < 0.25:  # noqa: S311 - chance, not secrecy
            os.killpg(os.getpgid(pid), signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.15)
        return Message.objects.filter(pk=pk, lease_token=token, state__in=LEASED).exists()
    return False


def test_killed_senders_lose_nothing_and_double_nothing(
    smtp: tuple[int, NotingHandler], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port, server = smtp
    invite(range(MESSAGES))
    ambiguous = {address(number) for number in range(7, MESSAGES, MESSAGES // 4)}
    server.drop = ambiguous
    tried = hit = 0
    with Rig(tmp_path, port, workers=3, sweepers=2) as rig:
        wait_for_everybody(rig)
        began = time.monotonic()
        while hit < KILLS:
            # Spread over the run: so many must be gone before the next kill.
            due = MESSAGES * hit // (KILLS + 2)
            until(lambda due=due: len(server.log) > due, seconds=120, what=f"{due} messages")  # type: ignore[misc]
            tried += 1
            hit += kill_a_sender(rig)
        until(lambda: left() == 0, seconds=300, what="the end of the queue")
        took = time.monotonic() - began

    got = Counter(recipient for _at, recipient in server.log)
    states = Counter(Message.objects.values_list("state", flat=True))
    undecided = {message.recipient: message for message in Message.objects.undecided()}
    with capsys.disabled():
        print(
            f"\n{MESSAGES} messages in {took:.0f} s; {tried} SIGKILLs, of which {hit} hit a message in hand; "
            f"{len(ambiguous)} ambiguous replies; states {dict(states)}; "
            f"{sum(got.values())} accepted by the server, {sum(n > 1 for n in got.values())} of them twice; "
            f"of {len(undecided)} uncertain, {sum(r in got for r in undecided)} had been accepted"
        )

    everybody = {address(number) for number in range(MESSAGES)}
    assert [recipient for recipient, times in got.items() if times > 1] == []
    lost = everybody - set(got) - set(undecided)
    assert lost == set()
    assert states.keys() <= {MessageState.SENT, MessageState.UNCERTAIN}
    sent = set(Message.objects.filter(state=MessageState.SENT).values_list("recipient", flat=True))
    assert sent <= set(got)
    assert hit >= KILLS
    assert len(undecided) <= hit + len(ambiguous)
    assert ambiguous <= set(undecided)
    assert {message.reason for message in undecided.values()} <= {Reason.WORKER_LOST, Reason.ANSWER_LOST}
    assert states[MessageState.UNCERTAIN] == len(undecided)


def test_a_broker_that_comes_back_after_five_seconds_delays_only(
    smtp: tuple[int, NotingHandler], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port, server = smtp
    with Rig(tmp_path, port, workers=2, sweepers=1) as rig:
        wait_for_everybody(rig)
        invite(range(600))
        until(lambda: len(server.log) > 100, seconds=60)
        rig.stop_broker()
        stopped = time.time()
        time.sleep(5)
        rig.start_broker()
        until(lambda: left() == 0, seconds=120, what="the end of the queue")

    times = sorted(at for at, _recipient in server.log)
    pause = max(later - earlier for earlier, later in itertools.pairwise(times))
    with capsys.disabled():
        print(f"\nLongest pause around the loss of the broker: {pause:.1f} s")
    assert any(at > stopped for at in times)
    assert pause <= 15
    assert Counter(recipient for _at, recipient in server.log) == {address(n): 1 for n in range(600)}
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.SENT}


def test_mail_goes_on_without_a_broker_within_five_seconds(
    smtp: tuple[int, NotingHandler], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port, server = smtp
    asked: dict[str, float] = {}
    with Rig(tmp_path, port, workers=2, sweepers=1) as rig:
        wait_for_everybody(rig)
        rig.stop_broker()
        away_until = time.monotonic() + 60
        number = 0
        while time.monotonic() < away_until:
            asked[address(number)] = time.time()
            invite(range(number, number + 1))
            number += 1
            time.sleep(0.7)
        until(lambda: left() == 0, seconds=30, what="the end of the queue")
        without_broker = number
        rig.start_broker()
        for _again in range(5):
            asked[address(number)] = time.time()
            invite(range(number, number + 1))
            number += 1
            time.sleep(0.7)
        until(lambda: left() == 0, seconds=30, what="the end of the queue")

    delays = {recipient: at - asked[recipient] for at, recipient in server.log}
    away = sorted(delays[address(n)] for n in range(without_broker))
    after = max(delays[address(n)] for n in range(without_broker, number))
    with capsys.disabled():
        print(
            f"\n{without_broker} messages in 60 s without a broker; delay at most {away[-1]:.1f} s, "
            f"median {away[len(away) // 2]:.1f} s; at most {after:.1f} s once it was back"
        )
    assert Counter(recipient for _at, recipient in server.log) == {address(n): 1 for n in range(number)}
    assert away[-1] <= 5
    assert after <= 15
