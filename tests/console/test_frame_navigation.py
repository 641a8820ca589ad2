"""Sidebar, switcher, palette and bands: into the open rollout, by role, and only to pages that exist."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path, resolve, reverse

from phases.models import Rollout
from phases.permissions import RoleName
from phases.states import PhaseState, RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.console import frame, navigation
from rollout_portal.console.sites import ConsoleSite
from tests.factories import make_member, make_phase, make_rollout, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout(name="MediMate Education Hub", slug="medimate")


def opened(address: str, user: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get(address)
    request.user = user
    request.resolver_match = resolve(request.path)
    return request


def titles(groups: list[dict[str, Any]]) -> list[str]:
    return [str(item["title"]) for group in groups for item in group["items"]]


def test_the_sidebar_leads_into_the_rollout_of_the_address(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    make_member(make_rollout(), RoleName.VIEWER, email="other@example.org")
    groups = navigation.sidebar(opened("/console/medimate/", owner))
    here = {str(item["title"]): item for group in groups for item in group["items"]}
    assert here["Cockpit"]["link"] == "/console/medimate/"
    assert here["Cockpit"]["active"] is True
    assert here["Start"]["active"] is False
    assert "All data" not in here


def test_only_the_entry_of_the_page_and_its_parts_is_current(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    groups = navigation.sidebar(opened("/console/medimate/audit/", owner))
    current = [str(item["title"]) for group in groups for item in group["items"] if item["active"]]
    assert current == ["Audit trail"]


def test_an_entry_without_a_page_is_not_shown(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    ghost = navigation.Group("", (navigation.Entry("nobody-made-this", "Ghost", "x"),))
    monkeypatch.setattr(navigation, "GROUPS", (*navigation.GROUPS, ghost))
    assert "Ghost" not in titles(navigation.sidebar(opened("/console/medimate/", owner)))


def test_an_entry_without_permission_is_absent(rollout: Rollout) -> None:
    support = make_member(rollout, RoleName.SUPPORT)
    sponsor = make_member(rollout, RoleName.PROJECT_SPONSOR)
    assert "Audit trail" not in titles(navigation.sidebar(opened("/console/medimate/", support)))
    assert "Audit trail" in titles(navigation.sidebar(opened("/console/medimate/", sponsor)))


def test_somebody_without_a_role_sees_nothing_of_a_rollout(rollout: Rollout) -> None:
    make_phase(rollout, state=PhaseState.ACTIVE)
    stranger = make_user()
    request = opened("/console/medimate/", stranger)
    assert set(titles(navigation.sidebar(request))) <= {"Start", "All rollouts"}
    assert frame.of(request).context()["switcher"] is None
    assert frame.of(request).context()["bands"] == []
    assert navigation.rollout_switcher(request) == []
    assert [found.title for found in navigation.palette(request, "medimate")] == []


def test_nobody_who_is_not_signed_in_is_shown_a_rollout(rollout: Rollout) -> None:
    request = opened("/console/medimate/", AnonymousUser())
    assert frame.of(request).rollout is None
    assert frame.of(request).rollouts == []


def test_outside_of_rollouts_the_only_one_is_at_hand(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    request = opened("/console/", owner)
    assert "Cockpit" in titles(navigation.sidebar(request))
    assert frame.of(request).context()["rollout"] is None
    assert frame.of(request).context()["stop_url"] == ""


def test_with_several_rollouts_one_has_to_be_chosen(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    second = make_rollout(name="Another")
    second.roles.create(user=owner, role=RoleName.VIEWER, given_at=datetime(2026, 1, 1, tzinfo=UTC))
    request = opened("/console/", owner)
    assert "Cockpit" not in titles(navigation.sidebar(request))
    assert frame.of(request).context()["switcher"] == {"title": "Choose a rollout", "line": ""}
    assert [item["title"] for item in navigation.rollout_switcher(request)] == [
        "Another",
        "MediMate Education Hub",
    ]


def test_the_switcher_marks_the_open_rollout_and_leaves_discarded_ones_out(rollout: Rollout) -> None:
    root = make_user(is_superuser=True)
    make_rollout(
        name="Gone", state=RolloutState.DISCARDED, started_at=None, ended_at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    request = opened("/console/medimate/", root)
    assert navigation.rollout_switcher(request) == [
        {"title": "MediMate Education Hub", "link": "/console/medimate/", "attrs": {"aria-current": "true"}}
    ]


def test_the_line_says_where_the_rollout_stands(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    assert frame.of(opened("/console/medimate/", owner)).line == "Running"
    make_phase(rollout, state=PhaseState.COMPLETED)
    beta = make_phase(rollout, state=PhaseState.ACTIVE)
    make_phase(rollout, parent=beta)
    make_phase(rollout)
    assert frame.of(opened("/console/medimate/", owner)).line == "Phase 2 of 3 · running"
    beta.held_at, beta.held_because = datetime(2026, 11, 25, 5, 5, tzinfo=UTC), "API errors"
    beta.save()
    assert frame.of(opened("/console/medimate/", owner)).line == "Phase 2 of 3 · on hold"


def test_what_holds_a_phase_stands_on_every_page_of_the_rollout(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER, name="Daniel Wong")
    held_at = datetime(2020, 11, 25, 5, 5, tzinfo=UTC)
    make_phase(
        rollout,
        name="Beta",
        state=PhaseState.ACTIVE,
        held_at=held_at,
        held_by=owner,
        held_because="API errors",
    )
    make_phase(rollout, name="Limited", state=PhaseState.ROLLED_BACK)
    make_phase(rollout, name="Open", state=PhaseState.ACTIVE, intake="stopped")
    bands = frame.of(opened("/console/medimate/", owner)).bands()
    assert [(band.kind, band.text) for band in bands] == [
        ("held", "Beta is on hold since 25 Nov 2020 by Daniel: “API errors”. Nothing goes out."),
        ("rolled-back", "Limited was rolled back."),
        ("held", "Intake of Open is stopped: who is in stays, nobody new."),
    ]


def test_what_holds_one_rollout_does_not_stand_on_pages_outside_of_it(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    make_phase(rollout, name="Limited", state=PhaseState.ROLLED_BACK)
    assert frame.of(opened("/console/", owner)).context()["bands"] == []


def test_a_band_may_come_from_the_system(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    monkeypatch.setattr(frame, "_band_sources", [lambda request, rollout: [frame.Band("system", "Paused.")]])
    for address in ("/console/", "/console/medimate/"):
        assert frame.of(opened(address, owner)).context()["bands"] == [frame.Band("system", "Paused.")]


def test_stop_is_offered_to_those_who_may_stop(rollout: Rollout, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    support = make_member(rollout, RoleName.SUPPORT)
    viewer = make_member(rollout, RoleName.VIEWER)
    assert frame.of(opened("/medimate/stop/", support)).context()["stop_url"] == "/medimate/stop/"
    assert frame.of(opened("/medimate/stop/", viewer)).context()["stop_url"] == ""


def test_a_verb_of_the_palette_opens_its_page_and_needs_its_right(rollout: Rollout, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    support = make_member(rollout, RoleName.SUPPORT)
    for word in ("hold", "pause", "HOLD"):
        first = navigation.palette(opened("/medimate/stop/", owner), word)[0]
        assert first == navigation.Found("Hold…", "MediMate Education Hub", "/medimate/stop/?verb=hold")
    found = [one.title for one in navigation.palette(opened("/medimate/stop/", support), "roll back")]
    assert found == []


def test_the_palette_asks_the_finders_of_the_rooms(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    item = navigation.Found("FB-0412", "Feedback", "/x/")
    monkeypatch.setattr(
        navigation, "_finders", [lambda request, rollout, term: [item] if term == "fb-0412" else []]
    )
    assert navigation.palette(opened("/console/medimate/", owner), " FB-0412 ") == [item]


def test_a_badge_is_shown_beside_its_entry(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    late = navigation.Mark("1 late", urgent=True)
    monkeypatch.setattr(navigation, "_badges", {"cockpit": lambda request, rollout: late})
    groups = navigation.sidebar(opened("/console/medimate/", owner))
    assert [item["mark"] for group in groups for item in group["items"] if item["mark"]] == [late]
    with pytest.raises(ValueError, match="no entry 'nothing'"):
        navigation.badge("nothing")


def test_the_palette_answers_over_the_wire_and_is_never_kept(rollout: Rollout, client: Client) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    client.force_login(owner)
    answer = client.get(reverse("admin:search"), {"s": "<b>", "rollout": "medimate"})
    assert "Nothing found for “&lt;b&gt;”." in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert (
        'href="/console/medimate/"' in client.get(reverse("admin:search"), {"s": "cockpit"}).content.decode()
    )


def test_the_palette_is_for_people_who_are_signed_in(client: Client) -> None:
    first = client.get(reverse("admin:search"), {"s": "a"})
    assert first.status_code == 302
    second = client.get(first["Location"])
    assert second["Location"].startswith("/accounts/login/?next=")


def test_the_palette_knows_the_rollout_that_the_page_named(client: Client) -> None:
    first, second = make_rollout(), make_rollout()
    reader = make_member(first, RoleName.VIEWER)
    second.roles.create(user=reader, role=RoleName.VIEWER, given_at=datetime(2026, 1, 1, tzinfo=UTC))
    client.force_login(reader)
    found = client.get(reverse("admin:search"), {"s": "cockpit", "rollout": second.slug}).content.decode()
    assert f'href="/console/{second.slug}/"' in found
    assert client.get(reverse("admin:search"), {"s": "cockpit"}).content.decode().count("role=") == 0
    hidden = make_rollout()
    answer = client.get(reverse("admin:search"), {"s": "cockpit", "rollout": hidden.slug})
    assert hidden.slug not in answer.content.decode()


def test_the_site_of_the_portal_is_in_place() -> None:
    assert admin.site.__class__ is ConsoleSite


def _page(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", include(([path("<slug:slug>/stop/", _page, name="stop")], "console")))]
