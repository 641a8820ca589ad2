"""What a gate read of people at a moment reads the same for ever, whatever becomes of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cohorts.models import Participant, Standing
from cohorts.services import drawings, invitations, people, selections
from cohorts.states import Answer, How, ParticipantState, Shortfall, Step
from phases.models import Phase
from phases.permissions import RoleName
from rollout_portal.lib import clock
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageState
from tests.as_of import bodies
from tests.cohorts.factories import make_pool, make_role, make_rollout
from tests.cohorts.test_invitations import approved, selected_phase

pytestmark = pytest.mark.django_db

ASKED = [
    (f"cohorts.{name}", stratum, "phase")
    for name in ("seats", "accepted", "acceptance", "activation")
    for stratum in ("", "ta", "ms")
]


@pytest.fixture
def phase() -> Phase:
    """Ten invited people: six accepted, three of them active, one declined."""
    rollout = make_rollout()
    owner = make_role(rollout)
    phase = selected_phase(rollout, owner, make_role(rollout, RoleName.RELEASE_ENGINEER), ta=6, ms=4)
    batch = approved(phase, owner)
    Message.objects.update(state=MessageState.SENT, sent_at=clock.now())
    for place, row in enumerate(batch.invitations.order_by("pk")[:7]):
        invitations.answer_invitation(
            invitation=row, answer=Answer.ACCEPTED if place < 6 else Answer.DECLINED
        )
    _activate(3)
    return phase


def _activate(count: int) -> None:
    chosen = Participant.objects.filter(state=ParticipantState.ACCEPTED).order_by("pk")[:count]
    people.move(
        Participant.objects.filter(pk__in=[person.pk for person in chosen]), Step.ACTIVATE, at=clock.now()
    )


def _later(phase: Phase) -> list[Callable[[], object]]:
    owner = phase.rollout.roles.get(role=RoleName.PRODUCT_OWNER).user
    other = make_role(phase.rollout, RoleName.PRODUCT_OWNER)
    active = Participant.objects.filter(state=ParticipantState.ACTIVE).order_by("pk")
    accepted = Participant.objects.filter(state=ParticipantState.ACCEPTED).order_by("pk")
    unanswered = phase.rollout.batches.get().invitations.filter(answer="")

    def draw_again() -> None:
        make_pool(phase.rollout, en=3)
        selection = drawings.draft_selection(phase=phase, by=owner)
        selections.propose_selection(selection=selection, by=owner, shortfall=Shortfall.GO_ON)
        selections.approve_selection(selection=selection, by=other)

    return [
        lambda: _activate(1),
        lambda: people.leave(participant=active[0], how=How.PAGE),
        lambda: people.leave(participant=accepted[0], how=How.PAGE),
        lambda: people.erase(participant=active[0], reason="She asked"),
        lambda: people.opt_out(participant=active[0], how=How.PAGE),
        lambda: invitations.answer_invitation(invitation=unanswered[0], answer=Answer.ACCEPTED),
        lambda: invitations.answer_invitation(invitation=unanswered[0], answer=Answer.DECLINED),
        draw_again,
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_figures_of_a_past_moment_stay_whatever_becomes_of_people(
    turned: bool, phase: Phase, business_clock: Callable[[Any], None]
) -> None:
    as_of = clock.now()
    then = bodies(phase, ASKED, as_of)
    assert (
        then["cohorts.activation", "", "phase"]["hits"],
        then["cohorts.activation", "", "phase"]["n"],
    ) == (3, 6)
    events = _later(phase)
    for number, event in enumerate(events[::-1] if turned else events, 1):
        business_clock(as_of + timedelta(minutes=number))
        event()
        assert bodies(phase, ASKED, as_of) == then
    assert bodies(phase, ASKED, clock.now()) != then


def test_who_is_released_and_comes_back_counts_for_both_times(
    phase: Phase, business_clock: Callable[[Any], None]
) -> None:
    as_of = clock.now()
    then = bodies(phase, ASKED, as_of)
    business_clock(as_of + timedelta(minutes=1))
    everybody = phase.rollout.participants.all()
    assert people.move(everybody, Step.RELEASE, at=clock.now()) == 9
    assert bodies(phase, ASKED, as_of) == then
    assert Standing.objects.count() == 3 + 6
    business_clock(as_of + timedelta(minutes=2))
    people.move(everybody, Step.SELECT, at=clock.now())
    people.move(everybody, Step.ADMIT, at=clock.now())
    assert bodies(phase, ASKED, as_of) == then
    between = bodies(phase, ASKED, as_of + timedelta(seconds=90))
    assert between["cohorts.activation", "", "phase"]["value"] is None
