"""Start, all rollouts, cockpit, record and roles: what they say, to whom, at a constant number of queries."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from phases.models import Phase, Role
from phases.permissions import RoleName
from phases.services import hold_phase, judge_criterion, request_signatures, resume_phase
from phases.states import PhaseState, RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.append_only import triggers_off
from tests.factories import make_criterion, make_gate, make_member, make_phase, make_rollout, make_user
from tests.feedback.factories import make_item

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('x')</script> & “Ünï”"


class Case:
    """A rollout in phase 2 with a gate that one person must judge and one must sign."""

    def __init__(self, **fields: Any) -> None:
        self.rollout = make_rollout(**fields)
        self.before = make_phase(
            self.rollout, "2", name="Beta", state=PhaseState.ACTIVE, start_week=2, end_week=5
        )
        self.after = make_phase(self.rollout, "3", name="Limited", start_week=6, end_week=7)
        self.gate = make_gate(self.rollout, self.before, self.after, name="Beta to limited")
        self.rule = make_criterion(
            self.gate, "stable", text="It is stable", judge_role=RoleName.RELEASE_ENGINEER
        )
        self.owner = make_member(self.rollout, RoleName.PRODUCT_OWNER, "Aisyah Rahman")
        self.engineer = make_member(self.rollout, RoleName.RELEASE_ENGINEER, "Daniel Tan")

    def page(self, user: User, path: str = "", status: int = 200) -> str:
        browser = Client()
        browser.force_login(user)
        answer = browser.get(f"/console/{self.rollout.slug}/{path}")
        assert answer.status_code == status
        return answer.content.decode()


@pytest.fixture
def case() -> Case:
    return Case()


def start(user: User) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.get("/console/").content.decode()


# --- Start --------------------------------------------------------------------------------------------


def test_start_shows_what_waits_for_my_role_and_what_others_do(case: Case) -> None:
    mine, others = start(case.engineer).split('id="t-others"')
    assert "1 thing waits for you." in mine
    assert "Judge: It is stable" in mine
    assert "Judge: It is stable" in start(case.owner).split('id="t-others"')[1]
    assert "Judge" not in others


def test_who_asked_for_signatures_does_not_wait_for_themselves(case: Case) -> None:
    second = make_member(case.rollout, RoleName.PRODUCT_OWNER)
    request_signatures(gate=case.gate, by=case.owner)
    assert "Decide: Beta to limited" not in start(case.owner).split('id="t-others"')[0]
    assert "Decide: Beta to limited" in start(second).split('id="t-others"')[0]


def test_the_cockpit_says_for_whom_things_wait(case: Case) -> None:
    request_signatures(gate=case.gate, by=case.engineer)
    page = case.page(case.engineer)
    waits = page[page.index("Waits for someone") :].split("</section>")[0]
    assert "<small>Aisyah Rahman (product owner)</small>" in waits
    assert "<small>Daniel Tan (release engineer)</small>" in waits
    assert "Product owner</small>" not in waits, "the role is said twice"
    Role.objects.filter(role=RoleName.PRODUCT_OWNER).update(ended_at=clock.now())
    gone = case.page(case.engineer)
    assert "Product owner: nobody has this role" in gone


def test_start_says_so_when_nothing_waits(case: Case) -> None:
    judge_criterion(criterion=case.rule, by=case.engineer, holds=True, rationale="Quiet")
    assert "Nothing waits for you." in start(case.engineer)


def test_start_is_kind_to_somebody_without_a_role() -> None:
    assert "You have no role in a rollout yet." in start(make_user())


def test_a_held_phase_is_late_for_those_who_can_resume_it(case: Case) -> None:
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    page = start(case.owner)
    assert "Review the hold of phase 2 Beta" in page
    assert "is late" in page


def test_start_asks_the_same_for_three_rollouts_as_for_two(django_assert_max_num_queries: Any) -> None:
    user = make_user()

    def join() -> None:
        case = Case()
        Role.objects.create(
            rollout=case.rollout,
            user=user,
            role=RoleName.RELEASE_ENGINEER,
            given_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

    join()
    join()
    browser = Client()
    browser.force_login(user)
    browser.get("/console/")
    with django_assert_max_num_queries(200) as first:
        browser.get("/console/")
    join()
    with django_assert_max_num_queries(len(first.captured_queries)):
        browser.get("/console/")


def test_start_tells_what_others_did_since_the_sign_in_before(case: Case) -> None:
    """Not what the reader did, and nothing the first time."""
    password = "a-long-and-odd-sentence"
    case.owner.set_password(password)
    case.owner.save()

    def sign_in() -> str:
        browser = Client()
        browser.post("/accounts/login/", {"login": case.owner.email, "password": password})
        return browser.get("/console/").content.decode()

    assert "Since you were last here" not in sign_in()
    assert "Nobody else has decided anything." in sign_in()
    hold_phase(phase=case.before, by=case.engineer, reason="API errors")
    resume_phase(phase=case.before, by=case.owner, reason="Mended")
    news = sign_in().split('id="t-since"')[1]
    assert "Daniel Tan held 2 Beta" in news
    assert "Aisyah" not in news


# --- All rollouts -------------------------------------------------------------------------------------


def rollouts(user: User, query: str = "") -> str:
    browser = Client()
    browser.force_login(user)
    return browser.get(f"/console/rollouts/{query}").content.decode()


def test_nobody_sees_a_rollout_without_a_role_in_it(case: Case) -> None:
    other = Case(name="Secret rollout")
    page = rollouts(case.owner, "?show=all")
    assert case.rollout.name in page
    assert other.rollout.name not in page
    assert other.rollout.name in rollouts(make_user(is_superuser=True), "?show=all")


def test_a_held_rollout_needs_attention(case: Case) -> None:
    assert "No rollout needs attention." in rollouts(case.owner)
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    page = rollouts(case.owner, "?show=attention")
    assert "1 rollout needs attention." in page
    assert "2 Beta is on hold: “API errors”" in page


def test_closed_rollouts_stand_under_closed(case: Case) -> None:
    gone = Case(name="Gone", state=RolloutState.CLOSED, ended_at=clock.now())
    Role.objects.create(rollout=gone.rollout, user=case.owner, role=RoleName.VIEWER, given_at=clock.now())
    assert "Gone" not in rollouts(case.owner).split("<main")[1]
    assert "Gone" in rollouts(case.owner, "?show=closed").split("<main")[1]


# --- Cockpit ------------------------------------------------------------------------------------------


def test_the_cockpit_says_first_whether_the_next_phase_may_start(case: Case) -> None:
    page = case.page(case.owner)
    assert "Phase 3 cannot start yet: 0 of 1 criterion counts." in page
    judge_criterion(criterion=case.rule, by=case.engineer, holds=True, rationale="Quiet")
    assert "Everything counts. Phase 3 waits for signatures." in case.page(case.owner)


def test_a_late_gate_is_red_and_one_that_is_not_due_is_not(case: Case, business_clock: Any) -> None:
    business_clock(datetime(2026, 11, 25, 6, tzinfo=UTC))
    assert "verdict--open" in case.page(case.owner)
    business_clock(datetime(2026, 12, 7, 6, tzinfo=UTC))
    assert "verdict--not-met" in case.page(case.owner)


def test_the_cockpit_of_a_draft_says_that_nothing_goes_out() -> None:
    case = Case(state=RolloutState.DRAFT, started_at=None)
    Phase.objects.filter(pk=case.before.pk).update(state=PhaseState.PLANNED)
    assert "This is a draft." in case.page(case.owner)


def test_an_empty_gate_says_that_it_can_never_open() -> None:
    case = Case()
    make_gate(case.rollout, case.before, make_phase(case.rollout, "9"), position=0)
    assert "This gate has no criterion, so it can never open." in case.page(case.owner)


def test_the_cockpit_asks_the_same_for_many_phases_as_for_few(
    case: Case, django_assert_max_num_queries: Any
) -> None:
    browser = Client()
    browser.force_login(case.owner)
    browser.get(f"/console/{case.rollout.slug}/")
    with django_assert_max_num_queries(200) as first:
        browser.get(f"/console/{case.rollout.slug}/")
    for code in ("7", "8", "9"):
        make_phase(case.rollout, code)
    with django_assert_max_num_queries(len(first.captured_queries)):
        browser.get(f"/console/{case.rollout.slug}/")


@pytest.mark.parametrize("path", ["", "audit/", "people/"])
def test_hostile_names_are_escaped(path: str) -> None:
    case = Case(name=HOSTILE)
    Phase.objects.filter(pk=case.before.pk).update(name=HOSTILE)
    case.rule.text = HOSTILE
    case.rule.save()
    hold_phase(phase=case.before, by=case.owner, reason=HOSTILE)
    assert "<script>alert" not in case.page(case.owner, path)


# --- The record ---------------------------------------------------------------------------------------


def test_the_record_reads_as_sentences_and_pages_through(case: Case) -> None:
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    page = case.page(case.owner, "audit/")
    assert "<strong>Aisyah Rahman</strong> held 2 Beta" in page
    assert "“API errors”" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?who=aisyah", True),
        ("?who=daniel", False),
        ("?verb=phase.held", True),
        ("?text=API", True),
        ("?text=nothing", False),
        ("?since=2199-01-01", False),
        ("?until=2000-01-01", False),
        ("?since=9999-99-99&before=abc", True),
    ],
)
def test_the_record_is_filtered_from_the_address(case: Case, query: str, found: bool) -> None:
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    assert ("held 2 Beta" in case.page(case.owner, f"audit/{query}")) is found


def test_checking_the_chain_says_that_it_is_whole_or_where_it_is_not(case: Case) -> None:
    hold_phase(phase=case.before, by=case.owner, reason="API errors")
    browser = Client()
    browser.force_login(case.owner)
    address = f"/console/{case.rollout.slug}/audit/"
    assert "1 entries, chain whole, checked now." in browser.post(address).content.decode()
    with triggers_off():
        AuditEvent.objects.update(reason="nicer")
    broken = browser.post(address).content.decode()
    assert "Entry 1: was changed after it was written" in broken


def test_the_record_is_not_for_every_role(case: Case) -> None:
    agent = make_member(case.rollout, RoleName.SUPPORT)
    assert "Aisyah Rahman" in case.page(agent, "audit/", status=403)


# --- Roles --------------------------------------------------------------------------------------------


def post(user: User, address: str, **data: str) -> Any:
    browser = Client()
    browser.force_login(user)
    return browser.post(address, data)


def test_an_administrator_gives_and_ends_a_role(case: Case) -> None:
    administrator = make_member(case.rollout, RoleName.ADMINISTRATOR)
    known = make_user("Kavitha Nair", email="kavitha@example.org")
    address = f"/console/{case.rollout.slug}/people/"
    given = post(administrator, address, email=known.email, name=known.name, role="support")
    assert given.status_code == 302
    role = case.rollout.roles.get(user=known)
    assert role.role == "support"
    without_reason = post(administrator, f"{address}{role.uuid}/end/", reason=" ")
    assert without_reason.status_code == 422
    post(administrator, f"{address}{role.uuid}/end/", reason="Left the team")
    role.refresh_from_db()
    assert role.ended_at is not None


def test_giving_a_role_to_oneself_is_refused_in_words_and_keeps_the_input(case: Case) -> None:
    administrator = make_member(case.rollout, RoleName.ADMINISTRATOR, "Ravi Kumar", email="ravi@example.org")
    answer = post(
        administrator,
        f"/console/{case.rollout.slug}/people/",
        email="ravi@example.org",
        name="R",
        role="support",
    )
    page = answer.content.decode()
    assert (answer.status_code, "Nobody gives a role to themselves" in page, 'value="R"' in page) == (
        422,
        True,
        True,
    )


def test_others_see_who_can_give_roles(case: Case) -> None:
    make_member(case.rollout, RoleName.ADMINISTRATOR, "Ravi Kumar")
    page = case.page(case.owner, "people/")
    assert "Ask Ravi Kumar (administrator)." in page
    refused = post(
        case.owner, f"/console/{case.rollout.slug}/people/", email="x@example.org", name="X", role="viewer"
    )
    assert refused.status_code == 403
    assert not User.objects.filter(email="x@example.org").exists()


# --- Links that would refuse ----------------------------------------------------------------------------


def test_the_bare_address_leads_to_start() -> None:
    assert Client().get("/").headers["location"] == "/console/"


def test_what_others_do_is_said_without_a_link_where_the_page_would_refuse(case: Case) -> None:
    make_item(case.rollout)
    viewer = make_member(case.rollout, RoleName.VIEWER)
    link = f'href="/console/{case.rollout.slug}/feedback/'
    assert "Judge 1 new report" in start(viewer)
    assert link not in start(viewer)
    assert link not in case.page(viewer)
    assert link in start(case.owner)
    for hidden in ("participants", "selections", "invitations"):
        assert f"/{hidden}/" not in start(viewer)
