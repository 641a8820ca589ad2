"""Who gets into a rollout's pages, and what everybody else is told."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from phases.exceptions import PermissionRefused
from phases.models import Rollout
from phases.permissions import RoleName
from phases.states import PhaseState
from phases.views.base import Here, open_rollout, rollout_page
from rollout_portal.accounts.models import User
from tests.factories import make_member, make_phase, make_rollout, make_user

pytestmark = pytest.mark.django_db


def asked(user: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/console/somewhere/")
    request.user = user
    return request


def content(answer: HttpResponseBase) -> str:
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()


def opened(user: User | AnonymousUser, rollout: Rollout, act: str = "rollout.view") -> Here:
    return open_rollout(asked(user), rollout.slug, act)


def test_a_rollout_without_a_role_looks_like_one_that_does_not_exist() -> None:
    rollout, other = make_rollout(), make_rollout()
    stranger = make_member(other, RoleName.PRODUCT_OWNER)
    with pytest.raises(Http404):
        opened(stranger, rollout)
    with pytest.raises(Http404):
        open_rollout(asked(stranger), "no-such-rollout")
    with pytest.raises(Http404):
        opened(AnonymousUser(), rollout)


def test_a_role_that_lacks_the_act_is_told_who_can() -> None:
    rollout = make_rollout()
    make_member(rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")
    viewer = make_member(rollout, RoleName.VIEWER)
    with pytest.raises(PermissionRefused, match=r"Ask Aisyah Rahman \(product owner\)"):
        opened(viewer, rollout, "phase.start")
    assert opened(viewer, rollout).why_not("phase.start").startswith("Starting a phase needs the role")


def test_a_superuser_without_a_role_administers_only() -> None:
    rollout = make_rollout()
    root = make_user(is_superuser=True)
    assert opened(root, rollout, "role.manage").rollout == rollout
    with pytest.raises(PermissionRefused):
        opened(root, rollout, "gate.sign")


def test_the_refusal_is_a_page_and_login_comes_first() -> None:
    rollout = make_rollout()
    owner = make_member(rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")
    viewer = make_member(rollout, RoleName.VIEWER)

    @rollout_page("phase.start")
    def page(request: HttpRequest, here: Here) -> HttpResponse:
        return HttpResponse(f"{here.rollout.name} for {here.user.name}")

    assert page.act == "phase.start"  # type: ignore[attr-defined]
    assert content(page(asked(owner), rollout.slug)) == f"{rollout.name} for Aisyah Rahman"
    answer = page(asked(viewer), rollout.slug)
    assert answer.status_code == 403
    assert "Ask Aisyah Rahman (product owner)." in content(answer)
    anonymous = page(asked(AnonymousUser()), rollout.slug)
    assert (anonymous.status_code, anonymous["Location"]) == (
        302,
        "/accounts/login/?next=/console/somewhere/",
    )


def test_opening_costs_the_same_with_one_phase_and_with_three(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    rollout = make_rollout()
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    make_phase(rollout, state=PhaseState.ACTIVE)
    with django_assert_num_queries(3):
        assert opened(owner, rollout).phase is not None
    make_phase(rollout, state=PhaseState.ACTIVE)
    make_phase(rollout, state=PhaseState.ACTIVE)
    with django_assert_num_queries(3):
        assert len(opened(owner, rollout).running) == 3
