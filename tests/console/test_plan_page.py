"""The plan document: the file as it is, what contradicts itself, and what was decided about that."""

from html import unescape

import pytest
from django.test import Client

from phases.models import PlannedRole, Rollout, SettledFinding
from phases.permissions import RoleName
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.console.plan_review import review
from tests.factories import make_gate, make_member, make_phase, make_rollout

pytestmark = pytest.mark.django_db

NOBODY_SIGNS = "Nobody signs the gate “Beta to limited”."
EMPTY = "The gate “Beta to limited” has no criterion."


@pytest.fixture
def rollout() -> Rollout:
    made = make_rollout(state=RolloutState.DRAFT, started_at=None)
    before = make_phase(made, "2", name="Beta", start_week=2, end_week=5)
    after = make_phase(made, "3", name="Limited", start_week=6, end_week=7, open_ended=True)
    make_gate(made, before, after, name="Beta to limited", signed_by={})
    return made


def browser(rollout: Rollout, role: RoleName = RoleName.PRODUCT_OWNER) -> tuple[Client, User]:
    user = make_member(rollout, role)
    client = Client()
    client.force_login(user)
    return client, user


def address(rollout: Rollout) -> str:
    return f"/console/{rollout.slug}/plan/"


def read(client: Client, rollout: Rollout, status: int = 200) -> str:
    answer = client.get(address(rollout))
    assert answer.status_code == status
    return unescape(answer.content.decode())


def test_the_page_shows_the_file_and_what_contradicts_itself(rollout: Rollout) -> None:
    client, _user = browser(rollout)
    page = read(client, rollout)
    assert "2 contradictions in this plan wait for a decision." in page
    assert NOBODY_SIGNS in page
    assert EMPTY in page
    line = review(rollout).open[0].found.lines[0]
    assert f'href="#line-{line}"' in page
    assert f'<li id="line-{line}" class="is-named">' in page


def test_a_finding_is_accepted_with_a_reason_and_can_be_opened_again(rollout: Rollout) -> None:
    client, user = browser(rollout)
    (found,) = [item.found for item in review(rollout).open if item.found.finding.text == NOBODY_SIGNS]
    client.post(address(rollout), {"do": "accept", "key": found.key, "reason": "The board decides aloud."})
    page = read(client, rollout)
    assert "1 contradiction in this plan waits for a decision." in page
    assert "“The board decides aloud.”" in page
    entry = AuditEvent.objects.get(verb="finding.accepted")
    assert (entry.actor, entry.reason) == (user, "The board decides aloud.")

    client.post(address(rollout), {"do": "reopen", "key": found.key})
    assert "2 contradictions in this plan wait for a decision." in read(client, rollout)
    assert AuditEvent.objects.filter(verb="finding.reopened").count() == 1
    client.post(address(rollout), {"do": "accept", "key": found.key, "reason": "Again."})
    assert SettledFinding.objects.count() == 2


def test_a_missing_reason_is_asked_for_and_pressing_twice_records_once(rollout: Rollout) -> None:
    client, _user = browser(rollout)
    key = review(rollout).open[0].found.key
    answer = client.post(address(rollout), {"do": "accept", "key": key, "reason": "  "})
    assert answer.status_code == 422
    assert "Say why it is meant as it stands." in answer.content.decode()
    for _ in range(2):
        client.post(address(rollout), {"do": "accept", "key": key, "reason": "Meant."})
    assert AuditEvent.objects.filter(verb="finding.accepted").count() == 1


def test_what_was_mended_meanwhile_is_said(rollout: Rollout) -> None:
    client, _user = browser(rollout)
    answer = client.post(address(rollout), {"do": "accept", "key": "0" * 64, "reason": "Meant."})
    assert answer.status_code == 409
    assert "this is no longer found" in answer.content.decode()


def test_who_may_not_change_the_plan_reads_it_and_is_told_who_can(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")
    client, _user = browser(rollout, RoleName.VIEWER)
    page = read(client, rollout)
    assert str(owner) in page
    assert "Accept it with a reason" not in page
    key = review(rollout).open[0].found.key
    answer = client.post(address(rollout), {"do": "accept", "key": key, "reason": "Meant."})
    assert answer.status_code == 403
    assert not SettledFinding.objects.exists()


def test_the_file_can_be_taken_along(rollout: Rollout) -> None:
    client, _user = browser(rollout, RoleName.VIEWER)
    answer = client.get(f"{address(rollout)}file/")
    assert answer.content.decode() == review(rollout).text
    assert answer["Content-Disposition"] == f'attachment; filename="{rollout.slug}.yaml"'


def test_a_role_that_somebody_holds_here_is_not_vacant(rollout: Rollout) -> None:
    for place, role in enumerate((RoleName.PRODUCT_OWNER, RoleName.SUPPORT)):
        PlannedRole.objects.create(
            rollout=rollout, code=role.value, name=str(role.label), portal_role=role, position=place
        )
    make_member(rollout, RoleName.PRODUCT_OWNER)
    texts = [item.found.finding.text for item in review(rollout).open]
    assert [text for text in texts if "Nobody is named" in text] == [
        "Nobody is named for “Support”; the plan names the role 0 times."
    ]
