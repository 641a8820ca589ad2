"""A draft begins to run by a button, or is put away with a reason."""

from datetime import date

import pytest
from django.test import Client

from phases.models import Rollout
from phases.permissions import RoleName
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from tests.factories import make_member, make_phase, make_rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Rollout:
    rollout = make_rollout(state=RolloutState.DRAFT, started_at=None, anchor=None)
    make_phase(rollout, start_week=1, end_week=1)
    return rollout


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_cockpit_of_a_draft_leads_to_its_start(draft: Rollout) -> None:
    owner = browser(make_member(draft, RoleName.PRODUCT_OWNER))
    cockpit = owner.get(f"/console/{draft.slug}/").content.decode()
    assert f'href="/console/{draft.slug}/begin/"' in cockpit
    page = owner.get(f"/console/{draft.slug}/begin/").content.decode()
    assert "Nobody is invited and nothing is sent by this." in page
    answer = owner.post(f"/console/{draft.slug}/begin/", {"anchor": "2026-11-30"})
    assert answer.headers["Location"] == f"/console/{draft.slug}/"
    draft.refresh_from_db()
    assert (draft.state, draft.anchor) == (RolloutState.ACTIVE, date(2026, 11, 30))


@pytest.mark.parametrize("anchor", ["", "tomorrow", "0001-01-01", "2026-02-30"])
def test_an_impossible_day_is_explained_and_starts_nothing(draft: Rollout, anchor: str) -> None:
    owner = browser(make_member(draft, RoleName.PRODUCT_OWNER))
    answer = owner.post(f"/console/{draft.slug}/begin/", {"anchor": anchor})
    assert (answer.status_code, "field__error" in answer.content.decode()) == (422, True)
    draft.refresh_from_db()
    assert draft.state == RolloutState.DRAFT


def test_a_plan_without_a_phase_is_refused_in_words() -> None:
    empty = make_rollout(state=RolloutState.DRAFT, started_at=None)
    owner = browser(make_member(empty, RoleName.PRODUCT_OWNER))
    answer = owner.post(f"/console/{empty.slug}/begin/", {"anchor": "2026-11-30"})
    assert "The plan has no phase yet." in answer.content.decode()


def test_a_draft_is_put_away_with_a_reason(draft: Rollout) -> None:
    owner = browser(make_member(draft, RoleName.PRODUCT_OWNER))
    assert owner.post(f"/console/{draft.slug}/discard/", {"reason": " "}).status_code == 422
    owner.post(f"/console/{draft.slug}/discard/", {"reason": "Another plan came"})
    draft.refresh_from_db()
    assert draft.state == RolloutState.DISCARDED


def test_who_may_not_change_the_plan_is_offered_no_start(draft: Rollout) -> None:
    viewer = browser(make_member(draft, RoleName.VIEWER))
    assert "/begin/" not in viewer.get(f"/console/{draft.slug}/").content.decode()
    assert viewer.post(f"/console/{draft.slug}/begin/", {"anchor": "2026-11-30"}).status_code == 403
