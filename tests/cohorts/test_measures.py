"""What the gate reads of people, what waits for whom, and who is looked at again."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cohorts.models import Participant
from cohorts.services import drawings, invitations, people, selections
from cohorts.states import Answer, How, ParticipantState, Step
from phases import services as phases
from phases.models import Phase
from phases.permissions import RoleName
from phases.registry import Measured, find_measure, waits_in
from phases.states import Reason
from rollout_portal.lib import clock
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageState
from tests.cohorts.factories import make_phase, make_pool, make_role, make_rollout, make_rule
from tests.cohorts.test_invitations import approved, drafted, selected_phase

pytestmark = pytest.mark.django_db


def _read(name: str, phase: Phase, subject: str = "", ago: int = 0) -> Measured:
    measure = find_measure(f"cohorts.{name}")
    assert measure is not None
    as_of = clock.now() + timedelta(seconds=1) - timedelta(days=ago)
    return measure.function(rollout=phase.rollout, phase=phase, subject=subject, window="phase", as_of=as_of)


def _answered(yes: int, no: int = 0) -> Phase:
    """A phase with ten invited people of whom some accepted and some declined."""
    rollout = make_rollout()
    owner = make_role(rollout)
    phase = selected_phase(rollout, owner, make_role(rollout, RoleName.RELEASE_ENGINEER), ta=6, ms=4)
    batch = approved(phase, owner)
    Message.objects.update(state=MessageState.SENT, sent_at=clock.now())
    for place, row in enumerate(
        batch.invitations.order_by("participant__person__language", "pk")[: yes + no]
    ):
        answer = Answer.ACCEPTED if place < yes else Answer.DECLINED
        invitations.answer_invitation(invitation=row, answer=answer)
    return phase


def test_nobody_is_no_data_and_never_zero() -> None:
    phase = make_phase(make_rollout())
    for name in ("seats", "accepted", "acceptance", "activation"):
        read = _read(name, phase)
        assert (read.value, read.reason) == (None, Reason.NEVER)


def test_who_accepted_is_counted_with_its_share_and_interval() -> None:
    phase = _answered(yes=7, no=1)
    count, share = _read("accepted", phase), _read("acceptance", phase)
    assert (count.value, count.n) == (Decimal(7), 10)
    assert (share.value, share.hits, share.n, share.unit) == (Decimal(70), 7, 10, "%")
    assert share.interval is not None
    assert share.interval[0] < 70 < share.interval[1]
    assert [source.split(":")[0] for source in share.sources] == ["cohorts.batch"]


def test_a_stratum_and_an_earlier_moment_can_be_asked_for() -> None:
    phase = _answered(yes=5)
    assert _read("accepted", phase, "ms").value == 4
    assert _read("accepted", phase, "ta").value == 1
    assert _read("seats", phase, "ta").value == 6
    assert _read("accepted", phase, ago=1).value is None


def test_a_seat_that_was_given_up_is_not_counted_any_more() -> None:
    phase = _answered(yes=2, no=1)
    assert _read("seats", phase).value == 9
    people.leave(participant=Participant.objects.taking_part()[0], how=How.PAGE)
    assert _read("seats", phase).value == 8
    assert _read("accepted", phase).value == 2, "who left later did accept"


def test_fourteen_of_twenty_is_seventy_percent_exactly() -> None:
    phase = _answered(yes=10)
    active = Participant.objects.filter(
        pk__in=list(Participant.objects.taking_part()[:7].values_list("pk", flat=True))
    )
    assert people.move(active, Step.ACTIVATE, at=clock.now()) == 7
    read = _read("activation", phase)
    assert (read.value, read.hits, read.n) == (Decimal(70), 7, 10)


def test_a_selection_waits_for_those_who_may_approve_and_did_not_draw_it() -> None:
    rollout = make_rollout()
    owner, other = make_role(rollout), make_role(rollout)
    phase = make_phase(rollout)
    make_rule(phase, {"ms": 2})
    make_pool(rollout, ms=3)
    selection = drawings.draft_selection(phase=phase, by=owner)
    assert waits_in([rollout], clock.now()) == []
    selections.propose_selection(selection=selection, by=owner)
    (wait,) = waits_in([rollout], clock.now())
    roles = frozenset({RoleName.PRODUCT_OWNER.value})
    assert not wait.is_for(str(owner.uuid), roles)
    assert wait.is_for(str(other.uuid), roles)
    assert wait.title == f"Approve the selection of 2 for “{phase.name}”"
    selections.approve_selection(selection=selection, by=other)
    assert waits_in([rollout], clock.now()) == []
    batch = drafted(phase, owner)
    (wait,) = waits_in([rollout], clock.now())
    assert (wait.due, str(batch.uuid) in wait.url) == (batch.send_at, True)


@pytest.mark.django_db(transaction=True)
def test_resuming_a_phase_makes_its_messages_due_at_once() -> None:
    phase = _answered(yes=0)
    owner = phase.rollout.roles.get(role=RoleName.PRODUCT_OWNER).user
    phases.hold_phase(phase=phase, by=owner, reason="API errors")
    put_off = clock.now() + timedelta(minutes=1)
    Message.objects.update(state=MessageState.QUEUED, sent_at=None, due_at=put_off, reason="phase_held")
    phases.resume_phase(phase=phase, by=owner, reason="Fixed")
    assert not Message.objects.filter(due_at__gte=put_off).exists()
    assert Participant.objects.filter(state=ParticipantState.INVITED).count() == 10
