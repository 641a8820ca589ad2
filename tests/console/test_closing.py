"""A rollout that is done is closed by a button, with a reason, and read-only from then on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client

from phases.exceptions import GateNotReady, PermissionRefused, Refused, WrongState
from phases.models import Gate, Phase, Rollout
from phases.pages.decisions import read_record
from phases.permissions import RoleName
from phases.services import (
    close_rollout,
    complete_phase,
    give_role,
    judge_criterion,
    record_baseline,
    sign_gate,
    skip_phase,
)
from phases.states import PhaseState, RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import System, verify
from rollout_portal.lib import clock
from tests.factories import (
    confirmation,
    go,
    make_criterion,
    make_gate,
    make_member,
    make_phase,
    make_rollout,
    make_user,
    shown,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout() -> Rollout:
    """One phase is done, one runs."""
    rollout = make_rollout()
    make_phase(rollout, "1", state=PhaseState.COMPLETED, ended_at=datetime(2026, 11, 9, tzinfo=UTC))
    make_phase(rollout, "2", state=PhaseState.ACTIVE)
    return rollout


@pytest.fixture
def owner(rollout: Rollout) -> User:
    return make_member(rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")


def end(rollout: Rollout, owner: User) -> None:
    complete_phase(phase=rollout.phases.get(code="2"), by=owner)


def closing_gate(rollout: Rollout) -> Gate:
    gate = make_gate(rollout, rollout.phases.get(code="2"))
    engineer = make_member(rollout, RoleName.RELEASE_ENGINEER)
    judge_criterion(
        criterion=make_criterion(gate, "done"), by=engineer, holds=True, rationale="All is there."
    )
    return gate


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_rollout_is_not_closed_while_a_phase_goes_on(rollout: Rollout, owner: User) -> None:
    with pytest.raises(WrongState, match="“2 Phase 2” is running"):
        close_rollout(rollout=rollout, by=owner, reason="Done")
    page = browser(owner).get(f"/console/{rollout.slug}/close/").content.decode()
    assert "Complete it or leave it out first." in page
    assert "<textarea" not in page
    assert "/close/" not in browser(owner).get(f"/console/{rollout.slug}/").content.decode()


def test_the_cockpit_leads_to_the_close_with_a_reason(rollout: Rollout, owner: User) -> None:
    end(rollout, owner)
    client = browser(owner)
    cockpit = client.get(f"/console/{rollout.slug}/").content.decode()
    assert f'href="/console/{rollout.slug}/close/"' in cockpit
    assert client.post(f"/console/{rollout.slug}/close/", {"reason": " "}).status_code == 422
    client.post(f"/console/{rollout.slug}/close/", {"reason": "Every goal is reached"})
    rollout.refresh_from_db()
    assert (rollout.state, rollout.ended_at is not None) == (RolloutState.CLOSED, True)
    entry = AuditEvent.objects.get(verb="rollout.closed")
    assert (entry.actor, entry.reason) == (owner, "Every goal is reached")
    assert "This rollout is over." in client.get(f"/console/{rollout.slug}/").content.decode()
    assert verify().whole


def test_only_owners_close(rollout: Rollout, owner: User) -> None:
    end(rollout, owner)
    for role in (RoleName.RELEASE_ENGINEER, RoleName.ADMINISTRATOR, RoleName.VIEWER):
        person = make_member(rollout, role)
        with pytest.raises(PermissionRefused, match="Aisyah Rahman"):
            close_rollout(rollout=rollout, by=person, reason="Done")
        assert "/close/" not in browser(person).get(f"/console/{rollout.slug}/").content.decode()


def test_a_reason_is_asked_by_the_service_too(rollout: Rollout, owner: User) -> None:
    end(rollout, owner)
    with pytest.raises(Refused, match="Say why"):
        close_rollout(rollout=rollout, by=owner, reason="  ")


def test_a_closing_gate_must_be_go_and_may_be_signed_after_the_last_phase(
    rollout: Rollout, owner: User
) -> None:
    gate = closing_gate(rollout)
    end(rollout, owner)
    with pytest.raises(GateNotReady, match="is not signed"):
        close_rollout(rollout=rollout, by=owner, reason="Done")
    gate.refresh_from_db()
    signed = sign_gate(gate=gate, by=owner, chosen=go(), shown=shown(gate), confirmation=confirmation(owner))
    close_rollout(rollout=rollout, by=owner, reason="Done")
    evidence = type(signed.evidence).objects.get(pk=signed.evidence_id)
    assert read_record(evidence, clock.now()).state == "used"
    entry = AuditEvent.objects.get(verb="rollout.closed")
    assert entry.after is not None
    assert entry.after["evidences"] == [evidence.digest]


def test_a_closing_gate_of_a_phase_that_was_left_out_is_not_asked(rollout: Rollout, owner: User) -> None:
    last = make_phase(rollout, "3")
    make_gate(rollout, last)
    end(rollout, owner)
    skip_phase(phase=last, by=owner, reason="Not needed")
    assert close_rollout(rollout=rollout, by=owner, reason="Done").state == RolloutState.CLOSED


def test_nothing_is_changed_in_a_closed_rollout_but_roles(rollout: Rollout, owner: User) -> None:
    end(rollout, owner)
    close_rollout(rollout=rollout, by=owner, reason="Done")
    rollout.refresh_from_db()
    phase = Phase.objects.select_related("rollout").get(rollout=rollout, code="2")
    with pytest.raises(WrongState, match="can be read, not changed"):
        record_baseline(
            phase=phase, by=owner, measure="monitoring.metric", subject="x", value=Decimal(1), unit=""
        )
    with pytest.raises(WrongState, match="does not run"):
        close_rollout(rollout=rollout, by=owner, reason="Again")
    give_role(rollout=rollout, user=make_user(), role=RoleName.VIEWER, by=System("audit"))
    administrator = make_member(rollout, RoleName.ADMINISTRATOR)
    give_role(rollout=rollout, user=make_user(), role=RoleName.VIEWER, by=administrator)
    client = browser(owner)
    assert "Add a reading" not in client.get(f"/console/{rollout.slug}/metrics/").content.decode()
    refused = client.get(f"/console/{rollout.slug}/phases/2/baseline/")
    assert (refused.status_code, "can be read, not changed" in refused.content.decode()) == (403, True)
    assert client.get(f"/console/{rollout.slug}/close/").status_code == 302
