"""A phase, what may be done with it by state and role, and the plan over time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from phases.models import Gate, Phase, PhaseTransition
from phases.pages.phases import verbs_of
from phases.permissions import RoleName, rights
from phases.services import hold_phase, judge_criterion, sign_gate, start_phase, stop_intake
from phases.states import MOVES, Intake, PhaseState, Verb
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.factories import (
    confirmation,
    go,
    make_checklist,
    make_gate,
    make_member,
    make_phase,
    make_rollout,
    shown,
)
from tests.phases.factories import Beta, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(beta: Beta) -> Beta:
    beta.ready()
    for person in (beta.owner, beta.sponsor):
        gate = Gate.objects.get(pk=beta.gate.pk)
        sign_gate(gate=gate, by=person, chosen=go(), shown=shown(gate), confirmation=confirmation(person))
    return beta


# --- The page of a phase ------------------------------------------------------------------------------


def test_plan_and_real_stand_side_by_side(client: Client, beta: Beta) -> None:
    beta.furnish()
    client.force_login(beta.owner)
    page = text_of(client.get(beta.url("phases/2/")))
    assert "Planned Mon 9 Nov" in page
    assert "plan weeks 2 to 5 Really since Mon 9 Nov" in page
    assert "For whom selected users, 50 people" in page
    assert "Learn what testers do not understand Open" in page
    assert "List go-live" in page
    assert "“Phase 2 to phase 3” is due Fri 4 Dec" in page


def test_a_share_says_of_what_and_how_many_that_is(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    assert "10 % of active users, 500 people" in text_of(client.get(beta.url("phases/3/")))


@pytest.mark.parametrize("state", list(PhaseState))
@pytest.mark.parametrize("held", [False, True])
def test_verbs_follow_state_and_role(state: PhaseState, held: bool) -> None:
    phase = Phase(state=state, intake=Intake.OPEN, held_at=clock.now() if held else None)
    rollout = make_rollout()
    owner = rights(make_member(rollout, RoleName.PRODUCT_OWNER), rollout)
    viewer = rights(make_member(rollout, RoleName.VIEWER), rollout)
    found = set(verbs_of(phase, owner))
    possible = {
        verb
        for verb in Verb
        if state in MOVES[verb].sources and verb not in (Verb.AWAIT_GO, Verb.REVIEW, Verb.REOPEN)
    }
    fits = possible - {Verb.OPEN_INTAKE, Verb.HOLD if held else Verb.RESUME}
    assert found == (fits - {Verb.COMPLETE} if held else fits)
    assert verbs_of(phase, viewer) == ()


def test_a_held_phase_offers_resume_and_says_why_it_is_held(client: Client, beta: Beta) -> None:
    hold_phase(phase=beta.phase, by=beta.engineer, reason="API errors")
    client.force_login(beta.owner)
    page = text_of(client.get(beta.url("phases/2/")))
    assert "“2 Beta user program” is on hold since" in page
    assert "by Daniel Tan: “API errors”" in page
    assert "Resume…" in page
    assert "Complete…" not in page


def test_a_phase_costs_the_same_with_one_of_each_and_with_three(
    client: Client, beta: Beta, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def add(number: int) -> None:
        make_checklist(beta.rollout, f"list-{number}", phase=beta.phase)
        make_phase(beta.rollout, f"2.{number}", parent=beta.phase)
        make_gate(beta.rollout, beta.phase, beta.rollout.phases.get(code=f"2.{number}"))
        PhaseTransition.objects.create(
            phase=beta.phase, verb=Verb.HOLD, from_state="active", to_state="active", at=clock.now(),
            by=make_member(beta.rollout, RoleName.SUPPORT),
        )  # fmt: skip

    add(1)
    client.force_login(beta.owner)
    client.get(beta.url("phases/2/"))
    with CaptureQueriesContext(connection) as first:
        client.get(beta.url("phases/2/"))
    cost = len(first)
    add(2)
    add(3)
    with django_assert_num_queries(cost):
        client.get(beta.url("phases/2/"))


# --- Start --------------------------------------------------------------------------------------------


def test_start_says_what_happens_and_then_does_it(client: Client, signed: Beta) -> None:
    client.force_login(signed.engineer)
    page = text_of(client.get(signed.url("phases/3/start/")))
    assert "“Phase 2 to phase 3” is read once more. If a signature no longer holds, nothing starts." in page
    assert "“2 Beta user program” is completed by this." in page
    assert "The signatures are used up: another start needs new ones." in page
    answer = client.post(signed.url("phases/3/start/"), {"reason": ""})
    assert answer["Location"] == signed.url("phases/3/")
    signed.next.refresh_from_db()
    assert signed.next.state == PhaseState.ACTIVE
    assert AuditEvent.objects.get(verb="phase.started").actor == signed.engineer


def test_start_without_signatures_says_which_and_offers_no_button(client: Client, beta: Beta) -> None:
    beta.ready()
    client.force_login(beta.engineer)
    answer = client.get(beta.url("phases/3/start/"))
    assert "is not signed. Missing: product owner, project sponsor." in text_of(answer)
    assert b'<button class="btn btn--primary"' not in answer.content
    client.post(beta.url("phases/3/start/"))
    beta.next.refresh_from_db()
    assert beta.next.state == PhaseState.PLANNED


def test_start_on_stale_signatures_says_what_has_changed(client: Client, signed: Beta) -> None:
    row = signed.gate.criteria.get(code="stable")
    judge_criterion(criterion=row, by=signed.engineer, holds=False, rationale="It fell over")
    client.force_login(signed.engineer)
    page = text_of(client.get(signed.url("phases/3/start/")))
    assert "The signatures on “Phase 2 to phase 3” are stale." in page
    assert "The infrastructure is stable" in page


def test_start_beside_a_phase_that_the_plan_lets_run_on(client: Client, signed: Beta) -> None:
    signed.phase.end_week = 8
    signed.phase.save()
    client.force_login(signed.engineer)
    page = text_of(client.get(signed.url("phases/3/start/")))
    assert "“2 Beta user program” runs on beside it, as planned." in page


def test_a_double_click_on_start_starts_once(client: Client, signed: Beta) -> None:
    client.force_login(signed.engineer)
    first, second = (client.post(signed.url("phases/3/start/"), {"reason": ""}) for _click in range(2))
    assert (first.status_code, second.status_code) == (302, 200)
    assert "cannot be changed by “Start” now" in text_of(second)
    assert PhaseTransition.objects.filter(verb=Verb.START).count() == 1


def test_who_may_not_start_reads_who_can(client: Client, signed: Beta) -> None:
    client.force_login(signed.sponsor)
    answer = client.get(signed.url("phases/3/start/"))
    assert answer.status_code == 403
    assert "Starting a phase needs the role product owner or release engineer." in text_of(answer)
    assert "Ask Aisyah Rahman (product owner), Daniel Tan (release engineer)." in text_of(answer)


@pytest.mark.parametrize(
    ("path", "reason", "verb"),
    [
        ("phases/3/prepare/", "", "phase.prepared"),
        ("phases/3/skip/", "Not needed any more", "phase.skipped"),
        ("phases/2/complete/", "", "phase.completed"),
    ],
)
def test_other_verbs_do_what_their_page_says(
    client: Client, beta: Beta, path: str, reason: str, verb: str
) -> None:
    client.force_login(beta.owner)
    assert client.get(beta.url(path)).status_code == 200
    assert client.post(beta.url(path), {"reason": reason}).status_code == 302
    assert AuditEvent.objects.filter(verb=verb, reason=reason).count() == 1


def test_skipping_needs_a_reason(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    answer = client.post(beta.url("phases/3/skip/"), {"reason": " "})
    assert "Say why. The reason stands in the record." in text_of(answer)


def test_completing_warns_that_the_gate_behind_could_not_be_decided(client: Client, beta: Beta) -> None:
    client.force_login(beta.owner)
    page = text_of(client.get(beta.url("phases/2/complete/")))
    assert "can be decided only while it runs: “3 Limited rollout” could not start then." in page


def test_intake_is_opened_again_with_a_reason(client: Client, beta: Beta) -> None:
    stop_intake(phase=beta.phase, by=beta.owner, reason="Full")
    client.force_login(beta.owner)
    assert "Open intake…" in text_of(client.get(beta.url("phases/2/")))
    client.post(beta.url("phases/2/open-intake/"), {"reason": "Room again"})
    beta.phase.refresh_from_db()
    assert beta.phase.intake == Intake.OPEN


# --- The plan over time -------------------------------------------------------------------------------


def test_the_table_says_what_the_drawing_shows(client: Client, beta: Beta) -> None:
    make_phase(beta.rollout, "2.1", name="First week", parent=beta.phase, start_week=2, end_week=2)
    client.force_login(beta.owner)
    answer = client.get(beta.url("timeline/"))
    page = text_of(answer)
    assert "“2 Beta user program” runs; phases done: 1 of 5." in page
    assert "Next: “Phase 2 to phase 3” on Fri 4 Dec." in page
    assert (
        page.rindex("2 Beta user program") < page.rindex("2.1 First week") < page.rindex("3 Limited rollout")
    )
    assert "without an end" in page
    markup = answer.content.decode()
    drawing = markup[markup.index('<svg class="plot plan"') : markup.index("<figcaption")]
    assert drawing.count('class="plan-planned"') == 5
    assert drawing.count('class="plan-real"') == 2
    assert drawing.count('class="plan-open"') == 1
    assert drawing.count('class="plan-gate"') == 1
    assert 'role="img"' in drawing


def test_a_passed_gate_is_drawn_full(client: Client, signed: Beta) -> None:
    start_phase(phase=signed.next, by=signed.engineer)
    client.force_login(signed.owner)
    answer = client.get(signed.url("timeline/"))
    assert b"plan-gate plan-gate--passed" in answer.content
    assert "(passed)" in text_of(answer).replace("( ", "(").replace(" )", ")")


def test_a_plan_without_dates_and_one_without_phases(client: Client) -> None:
    rollout = make_rollout(anchor=None)
    client.force_login(make_member(rollout, RoleName.VIEWER))
    page = f"/console/{rollout.slug}/timeline/"
    assert "The plan has no phase yet." in text_of(client.get(page))
    make_phase(rollout)
    assert "no date yet" in text_of(client.get(page))


def test_one_phase_and_three_cost_the_same(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    rollout = make_rollout()
    client.force_login(make_member(rollout, RoleName.VIEWER))
    page = f"/console/{rollout.slug}/timeline/"
    one = make_phase(rollout, starts_on=date(2026, 11, 2), ends_on=date(2026, 11, 8))
    make_gate(rollout, one)
    client.get(page)
    with CaptureQueriesContext(connection) as first:
        client.get(page)
    cost = len(first)
    for _number in range(2):
        make_gate(rollout, make_phase(rollout, start_week=2, end_week=3))
    with django_assert_num_queries(cost):
        client.get(page)


def test_a_phase_over_its_planned_end_says_by_how_much(client: Client, beta: Beta) -> None:
    beta.phase.start_week = beta.phase.end_week = None
    started = datetime.now(UTC) - timedelta(days=20)
    today = clock.now().astimezone(beta.rollout.zone).date()
    beta.phase.starts_on, beta.phase.ends_on = today - timedelta(days=20), today - timedelta(days=2)
    beta.phase.started_at = started
    beta.phase.save()
    client.force_login(beta.owner)
    page = text_of(client.get(beta.url("phases/2/")))
    assert "“2 Beta user program” runs, 2 days over its planned end." in page
