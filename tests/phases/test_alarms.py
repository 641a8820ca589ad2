"""A criterion that cannot be read: its page stays, and people hear of it without looking."""

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from phases.models import ReadingFailure
from phases.registry import Measured
from phases.services import watch_gates
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from tests.phases.factories import Beta, Dial, text_of

pytestmark = pytest.mark.django_db

RULE = "NPS is above 50"


@pytest.fixture
def failing(beta: Beta, dial: Dial, monkeypatch: pytest.MonkeyPatch) -> Beta:
    """A gate whose one measured criterion times out, and whose judged one holds."""
    beta.judged()
    beta.dialled("nps", RULE, ">", "50")

    def time_out(_self: Dial, **_asked: Any) -> Measured:
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(Dial, "__call__", time_out)
    return beta


def look(client: Client, beta: Beta, path: str, user: User) -> str:
    client.force_login(user)
    answer = client.get(path)
    assert answer.status_code == 200
    return text_of(answer)


@pytest.mark.parametrize(
    "page", ["", "gates/", "gates/gate-2-3/", "gates/gate-2-3/decide/", "phases/3/start/"]
)
def test_every_page_of_the_gate_stays(client: Client, failing: Beta, page: str) -> None:
    look(client, failing, failing.url(page), failing.owner)


def test_the_gate_says_what_failed_and_reads_the_rest(client: Client, failing: Beta) -> None:
    text = look(client, failing, failing.url("gates/gate-2-3/"), failing.owner)
    assert "reading it failed" in text
    assert "It holds" in text
    assert "timeout" not in text


def test_an_alarm_waits_on_start_and_stands_on_the_cockpit(client: Client, failing: Beta) -> None:
    assert watch_gates() == 1
    for person in (failing.owner, failing.engineer):
        assert f"Mend the reading of: {RULE}" in look(client, failing, reverse("console:start"), person)
    assert f"“{RULE}” cannot be read since" in look(client, failing, failing.url(), failing.sponsor)


def test_the_alarm_is_one_and_ends_when_it_is_read_again(
    client: Client, failing: Beta, dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch_gates()
    watch_gates()
    assert ReadingFailure.objects.get().ended_at is None
    monkeypatch.undo()
    assert watch_gates() == 0
    assert ReadingFailure.objects.get().ended_at is not None
    assert "Mend the reading" not in look(client, failing, reverse("console:start"), failing.owner)
    assert "cannot be read" not in look(client, failing, failing.url(), failing.owner)


def test_nobody_hears_of_a_gate_that_cannot_be_decided(failing: Beta) -> None:
    failing.rollout.state, failing.rollout.started_at = RolloutState.DRAFT, None
    failing.rollout.save()
    assert watch_gates() == 0
