"""The demo is what the README says it is, made by the services that people use."""

from collections import Counter
from typing import Any

import pytest
from django.core.management import call_command

from cohorts.models import Invitation, Participant, Selection
from cohorts.states import InvitationState, SelectionState
from feedback.models import FeedbackItem, Occasion, Response
from phases import gates
from phases.models import Phase, Rollout, SignOff
from phases.permissions import RoleName
from phases.states import GateState, Outcome, PhaseState
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import verify
from rollout_portal.console.demo.cast import PARTS
from rollout_portal.console.record import has_words
from rollout_portal.lib import clock
from rollout_portal.outbox.models import Message
from rollout_portal.outbox.states import MessageState


@pytest.mark.django_db
def test_the_demo_stands_in_the_third_beta_week_two_criteria_short_of_go(
    settings: Any, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.VAR_DIR = tmp_path
    call_command("load_demo")
    said = capsys.readouterr().out
    rollout = Rollout.objects.get()

    # The plan: phase 1 closed and signed, phase 2 running.
    assert list(Phase.objects.order_by("position").values_list("state", flat=True)) == [
        PhaseState.COMPLETED,
        PhaseState.ACTIVE,
        PhaseState.PLANNED,
        PhaseState.PLANNED,
        PhaseState.PLANNED,
    ]
    assert rollout.gates.get(code="gate-1-2").state == GateState.GO
    assert SignOff.objects.get().signer.name == "Aisyah Rahman"

    # The people.
    assert Participant.objects.filter(source="application").count() == 400
    assert Selection.objects.get(phase__code="2", state=SelectionState.APPLIED).taken == 50
    rows: Any = Invitation.objects.with_state(clock.now())
    standing = Counter(rows.values_list("standing", flat=True))
    assert standing == {
        InvitationState.ACCEPTED: 47,
        InvitationState.BOUNCED: 2,
        InvitationState.DECLINED: 1,
    }

    # Their voice.
    assert Occasion.objects.count() == 3
    assert Counter(Response.objects.values_list("occasion__number", flat=True)) == {1: 41, 2: 43, 3: 24}
    assert FeedbackItem.objects.count() == 60
    assert set(FeedbackItem.objects.values_list("language", flat=True)) == {"en", "ms", "zh-hans", "ta"}
    assert not Message.objects.exclude(state__in=[MessageState.SENT, MessageState.FAILED]).exists()

    # The gate.
    report = gates.evaluate(rollout.gates.get(code="gate-2-3"))
    assert {result.criterion.code: result.outcome for result in report.results} == {
        "beta-nps": Outcome.NOT_MET,
        "beta-satisfaction": Outcome.MET,
        "no-critical-usability": Outcome.NOT_MET,
        "performance-met": Outcome.MET,
    }
    assert report.result_of("beta-nps").value == 50

    # The record is whole, and every entry of it reads as a sentence.
    assert verify().whole
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {verb for verb in verbs if not has_words(verb)} == set()

    # One login per role, told at the first start and at the second.
    assert {part.role for part in PARTS} == set(RoleName)
    assert all(part.email in said for part in PARTS)
    call_command("load_demo")
    assert capsys.readouterr().out == said
    assert Rollout.objects.count() == 1
