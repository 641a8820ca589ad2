"""The page of a gate: the answer first, what is missing, then the evidence; looking changes nothing."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from phases import registry
from phases.gates import broken_text, evaluate
from phases.models import Gate
from phases.pages.gates import read_gate
from phases.permissions import RoleName, rights
from phases.services import (
    Chosen,
    hold_phase,
    judge_criterion,
    reopen_item,
    request_signatures,
    roll_back_phase,
    sign_gate,
    start_phase,
    waive_criterion,
)
from phases.states import Decision, Outcome, PhaseState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock, words
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
from tests.phases.factories import Beta, Dial, text_of

pytestmark = pytest.mark.django_db


def look(client: Client, beta: Beta, path: str = "gates/gate-2-3/", user: User | None = None) -> str:
    client.force_login(user or beta.owner)
    answer = client.get(beta.url(path))
    assert answer.status_code == 200
    return text_of(answer)


def sign(beta: Beta, by: User, chosen: Chosen | None = None) -> None:
    gate = Gate.objects.get(pk=beta.gate.pk)
    sign_gate(gate=gate, by=by, chosen=chosen or go(), shown=shown(gate), confirmation=confirmation(by))


# --- The evidence, in one order -----------------------------------------------------------------------


def test_a_criterion_says_value_n_interval_age_and_source_in_this_order(
    client: Client, beta: Beta, dial: Dial
) -> None:
    beta.every_outcome(dial)
    page = look(client, beta)
    assert (
        "More than 80 % of answers are satisfied Not met 80 % exactly 92 of 115 answers 95 %: 71.8 … 86.3 % "
        "2 min ago Weekly survey, waves 1 to 3 80 % is not above 80 %. Missing: 1 more satisfied answer."
    ) in page
    assert "50 exactly on −100 … 100 24 answers of at least 30 95 %: 21.7 … 78.3" in page
    assert "2.6 44 testers 26 h old, at most 24 h Google Analytics" in page
    assert "nothing was read yet Firebase" in page
    assert "69.96 % by 0.04 points 2 min ago Datadog" in page
    assert "until" in page
    assert "“CDN work is planned in phase 4; 3G users are told.”" in page


@pytest.mark.parametrize(
    ("measure", "rule", "value", "said"),
    [
        ("open", ("=", "0", ""), "1", "1 is open; none may be"),
        ("open", ("<=", "0", ""), "3", "3 are open; none may be"),
        ("open", ("<", "1", ""), "2", "2 are open; none may be"),
        ("open", ("<", "5", ""), "5", "5 is not under 5"),
        ("plain", ("=", "0", ""), "1", "it is 1 and must be exactly 0"),
        ("plain", ("=", "100", "%"), "99.96", "it is 99.96\u202f% and must be exactly 100\u202f%"),
        ("plain", (">", "70", "%"), "69.96", "69.96\u202f% is not above 70\u202f%"),
        ("plain", (">=", "5", ""), "4", "4 is not at least 5"),
    ],
)
def test_a_broken_rule_is_said_as_a_person_would(
    client: Client,
    beta: Beta,
    measure: str,
    rule: tuple[str, str, str],
    value: str,
    said: str,
) -> None:
    name, (comparator, threshold, unit) = f"tests.{measure}", rule
    register = registry.measure(name, label=name, counted="open" if measure == "open" else "")
    register(lambda **asked: registry.Measured(value=Decimal(value), unit=unit, as_of=asked["as_of"]))
    try:
        row = make_criterion(
            beta.gate, "counted", measure=name, comparator=comparator, threshold=Decimal(threshold), unit=unit
        )
        result = evaluate(beta.gate).result_of(row.code)
        page, text = look(client, beta), broken_text(result)
    finally:
        registry._measures.pop(name)
    assert (result.outcome, text) == (Outcome.NOT_MET, said)
    assert result.needs[0].text == f"“{row.text}”: {said}"
    assert f"{words.capital(said)}.".replace("\u202f", " ") in page.replace("\u202f", " ")


def test_a_group_says_its_worst_members_in_words_and_shows_them_indented_worst_first(
    client: Client, beta: Beta, dial: Dial
) -> None:
    beta.every_outcome(dial)
    page = look(client, beta)
    assert "Performance metrics are met (all 4 must count) 1 stale, 1 no data 2 of 4 count." in page
    order = [page.rindex(text) for text in ("Sessions per tester", "Sessions without", "Content", "Database")]
    assert order == sorted(order)


def test_criteria_stand_worst_first(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    page = look(client, beta)
    places = [page.index(f" {word} ") for word in ("Not met", "Cannot tell yet", "1 stale, 1 no data")]
    assert places == sorted(places)
    assert page.index("The infrastructure is stable") > places[-1]


def test_the_interval_is_drawn_only_where_it_matters(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    client.force_login(beta.owner)
    page = client.get(beta.url("gates/gate-2-3/")).content.decode()
    assert re.findall(r'class="plot"[^>]*aria-label="([^"]*)"', page) == [
        "NPS is above 50 50.00, interval 21.7 to 78.3, threshold above 50"
    ]


def test_a_judged_criterion_says_who_why_and_where_to_see_it(client: Client, beta: Beta) -> None:
    beta.judged()
    page = look(client, beta)
    assert "It holds now Judged by Daniel Tan, release engineer" in page
    assert "“Two weeks without an alarm.” https://status.example.org/november" in page


def test_the_no_go_list_says_what_is_not_the_case(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    assert "Stops the gate at once Critical security issue Not the case" in look(client, beta)
    dial.set("security", "1")
    page = look(client, beta)
    assert "Critical security issue It is the case" in page


def test_a_figure_without_answers_says_so_instead_of_zero(client: Client, beta: Beta, dial: Dial) -> None:
    beta.dialled("nps", "NPS is above 50", ">", "50", unit="points", min_n=30)
    dial.set("nps", "0", n=0, noun="answers")
    assert "no answers" in look(client, beta)


def test_hostile_words_stay_words(client: Client, beta: Beta, dial: Dial) -> None:
    beta.dialled("evil", "<script>alert(1)</script> is above 1", ">", "1")
    dial.set("evil", "0", source="<img src=x>")
    beta.judged()
    client.force_login(beta.owner)
    page = client.get(beta.url("gates/gate-2-3/")).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_proof_becomes_a_link_only_when_it_is_one(client: Client, beta: Beta) -> None:
    row = beta.judged(holds=None)
    judge_criterion(
        criterion=row, by=beta.engineer, holds=True, rationale="Seen", evidence="javascript:alert(1)"
    )
    client.force_login(beta.owner)
    page = client.get(beta.url("gates/gate-2-3/")).content.decode()
    assert "javascript:alert(1)" in page
    assert 'href="javascript:' not in page


# --- The sentence on top ------------------------------------------------------------------------------


def test_it_says_how_many_count_and_what_would_open_it(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    page = look(client, beta)
    assert "“3 Limited rollout” cannot start: 2 of 5 criteria count." in page
    assert "To open it: 1 more satisfied answer, 6 more answers, a new reading from Google Analytics" in page


def test_a_gate_without_a_criterion_can_never_open(client: Client, beta: Beta) -> None:
    page = look(client, beta)
    assert "This gate has no criterion, so it can never open." in page
    assert read_gate(beta.gate, beta.owner, rights(beta.owner, beta.rollout), clock.now()).opened is False


def test_ready_signed_stale_and_used_are_told_apart(client: Client, beta: Beta) -> None:
    beta.ready()
    assert "All 2 criteria count. 2 signatures are missing." in look(client, beta)
    sign(beta, beta.owner)
    assert "All 2 criteria count. 1 signature is missing." in look(client, beta)
    sign(beta, beta.sponsor)
    page = look(client, beta)
    assert "Every signature is there: “3 Limited rollout” may start." in page
    assert "Start “Limited rollout”…" in page
    item = beta.rollout.checklists.get().items.get()
    reopen_item(item=item, by=beta.owner, reason="The pager is silent")
    page = look(client, beta)
    assert "The signatures are stale: something they rest on has changed." in page
    assert "What “All monitoring alerts are configured” rests on was corrected or withdrawn" in page
    assert "Start “Limited rollout”…" not in page


def test_a_used_gate_is_history(client: Client, beta: Beta) -> None:
    beta.ready()
    sign(beta, beta.owner)
    sign(beta, beta.sponsor)
    start_phase(phase=beta.next, by=beta.engineer)
    page = look(client, beta)
    assert "“3 Limited rollout” has started; this gate is history." in page
    assert "Decide…" not in page
    listed = look(client, beta, "gates/")
    assert "2 of 2" in listed, "the signatures that opened it"
    assert "0 of 2" not in listed


def test_a_refusal_is_said_with_its_name_and_reason(client: Client, beta: Beta) -> None:
    beta.ready()
    sign(beta, beta.sponsor, Chosen(Decision.NO_GO, "The clinic is not ready"))
    assert "No-go, says Lim Wei Jian: “The clinic is not ready”" in look(client, beta)


def test_a_not_yet_names_the_day_to_look_again(client: Client, beta: Beta) -> None:
    beta.ready()
    sign(beta, beta.owner, Chosen(Decision.NOT_YET, "Wave 3 is open", look_again_on=date(2031, 12, 4)))
    assert "Not yet, says Aisyah Rahman: “Wave 3 is open” Look again on Thu 4 Dec 2031." in look(client, beta)


@pytest.mark.parametrize(("days", "tone"), [(30, "open"), (1, "not-met"), (-1, "not-met")])
def test_red_is_only_for_what_must_be_acted_on_now(
    client: Client, beta: Beta, dial: Dial, days: int, tone: str
) -> None:
    beta.every_outcome(dial)
    beta.gate.due_on = (clock.now() + timedelta(days=days)).date()
    beta.gate.save()
    client.force_login(beta.owner)
    page = client.get(beta.url("gates/gate-2-3/")).content.decode()
    assert f'class="verdict verdict--{tone}"' in page


def test_a_day_without_an_hour_is_said_as_that_day(client: Client, beta: Beta) -> None:
    beta.gate.due_on, beta.gate.due_at = date(2031, 12, 4), None
    beta.gate.save()
    assert "due Thu 4 Dec 2031" in look(client, beta)


# --- Who may do what ----------------------------------------------------------------------------------


def test_a_reader_sees_the_evidence_and_no_verb(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    page = look(client, beta, user=beta.member(RoleName.VIEWER))
    assert "NPS is above 50" in page
    assert [verb for verb in ("Waive…", "Judge…", "Change the rule…", "Ask for") if verb in page] == []


def test_only_the_role_that_judges_sees_judge(client: Client, beta: Beta) -> None:
    beta.judged()
    assert "Judge…" in look(client, beta, user=beta.engineer)
    assert "Judge…" not in look(client, beta, user=beta.owner)


def test_who_must_sign_is_named_with_who_has(client: Client, beta: Beta) -> None:
    beta.ready()
    sign(beta, beta.owner)
    page = look(client, beta)
    assert "Aisyah Rahman Go Product owner, you" in page
    assert "Lim Wei Jian open Project sponsor" in page


def test_who_asked_is_said(client: Client, beta: Beta) -> None:
    request_signatures(gate=beta.gate, by=beta.engineer)
    assert "Daniel Tan asked for the signatures and cannot sign this time." in look(client, beta)


def test_strangers_and_other_rollouts_find_nothing(client: Client, beta: Beta) -> None:
    other = make_rollout()
    make_gate(other, make_phase(other, state=PhaseState.ACTIVE), make_phase(other), code="theirs")
    client.force_login(make_user())
    assert client.get(beta.url("gates/gate-2-3/")).status_code == 404
    client.force_login(beta.owner)
    assert client.get(beta.url("gates/theirs/")).status_code == 404
    assert client.get(f"/console/{other.slug}/gates/theirs/").status_code == 404


# --- Looking ------------------------------------------------------------------------------------------


def test_since_the_last_look_names_outcomes_that_are_others(
    client: Client, beta: Beta, business_clock: Callable[..., None]
) -> None:
    row = beta.judged()
    start = clock.now()
    business_clock(start)
    assert "Since you last looked" not in look(client, beta)
    client.get(beta.url("gates/gate-2-3/"))
    judge_criterion(criterion=row, by=beta.engineer, holds=False, rationale="It fell over")
    business_clock(start + timedelta(hours=3))
    page = text_of(client.get(beta.url("gates/gate-2-3/")))
    assert "The infrastructure is stable: met → not met" in page
    business_clock(start + timedelta(hours=3, minutes=5))
    assert "met → not met" in text_of(client.get(beta.url("gates/gate-2-3/")))
    business_clock(start + timedelta(hours=5))
    assert "No outcome has changed." in text_of(client.get(beta.url("gates/gate-2-3/")))


def test_a_look_is_remembered_at_most_once_a_minute(client: Client, beta: Beta) -> None:
    beta.judged()
    look(client, beta)
    with CaptureQueriesContext(connection) as queries:
        client.get(beta.url("gates/gate-2-3/"))
    assert [query["sql"] for query in queries if query["sql"].startswith(("UPDATE", "INSERT"))] == []


def test_looking_writes_no_record(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    before = AuditEvent.objects.count()
    for path in ("gates/", "gates/gate-2-3/", "gates/gate-2-3/decide/", "gates/gate-2-3/evaluation.json"):
        look(client, beta, path)
    assert AuditEvent.objects.count() == before


def test_the_evaluation_names_its_fingerprint(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    client.force_login(beta.member(RoleName.ANALYST))
    body = json.loads(client.get(beta.url("gates/gate-2-3/evaluation.json")).content)
    plain = json.dumps(body["evidence"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(plain.encode()).hexdigest() == body["fingerprint"]
    assert (body["ready"], body["counting"], body["deciding"]) == (False, 2, 5)
    assert {need["kind"] for need in body["missing"]} == {"answers", "reading"}


def test_a_gate_costs_the_same_with_one_criterion_and_with_three(
    client: Client, beta: Beta, dial: Dial, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    beta.dialled("one", "One", ">", "1")
    client.force_login(beta.owner)
    client.get(beta.url("gates/gate-2-3/"))
    with CaptureQueriesContext(connection) as first:
        client.get(beta.url("gates/gate-2-3/"))
    cost = len(first)
    beta.dialled("two", "Two", ">", "1")
    beta.dialled("three", "Three", ">", "1")
    for place in range(3):
        make_member(beta.rollout, RoleName.PROJECT_SPONSOR, f"Sponsor {place}")
    client.get(beta.url("gates/gate-2-3/"))
    with django_assert_num_queries(cost):
        client.get(beta.url("gates/gate-2-3/"))


def test_the_list_costs_the_same_with_one_gate_and_with_three(
    client: Client, beta: Beta, dial: Dial, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    beta.dialled("one", "One", ">", "1")
    client.force_login(beta.owner)
    client.get(beta.url("gates/"))
    with CaptureQueriesContext(connection) as first:
        client.get(beta.url("gates/"))
    cost = len(first)
    later = beta.rollout.phases.get(code="4")
    make_gate(beta.rollout, beta.next, later)
    make_gate(beta.rollout, later, beta.rollout.phases.get(code="5"))
    with django_assert_num_queries(cost):
        page = text_of(client.get(beta.url("gates/")))
    assert page.count("Not its turn yet") == 2


def test_the_list_reads_the_next_gate(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    page = look(client, beta, "gates/")
    assert "“3 Limited rollout” cannot start: 2 of 5 criteria count." in page
    assert "Phase 2 to phase 3 next From “2 Beta user program” to “3 Limited rollout” Not ready yet" in page
    assert "0 of 2" in page


def test_the_list_without_a_gate_says_what_will_be_here(client: Client) -> None:
    rollout = make_rollout()
    client.force_login(make_member(rollout, RoleName.VIEWER))
    assert "The plan has no gate yet." in text_of(client.get(f"/console/{rollout.slug}/gates/"))


def test_a_gate_of_a_held_or_rolled_back_phase_says_why_nobody_decides(client: Client, beta: Beta) -> None:
    beta.ready()
    hold_phase(phase=beta.phase, by=beta.owner, reason="API errors")
    assert "on hold since" in look(client, beta)
    roll_back_phase(phase=beta.phase, by=beta.owner, reason="Data loss", typed_name=beta.phase.rollout.name)
    assert "A gate is decided while the phase before it runs." in look(client, beta)


def test_a_waiver_is_named_in_the_sentence_of_a_ready_gate(client: Client, beta: Beta) -> None:
    beta.ready()
    row = beta.judged("slow", holds=False, text="The pages are quick")
    waive_criterion(criterion=row, by=beta.owner, reason="Phase 4", until=clock.now() + timedelta(days=3))
    assert "One of them counts by a waiver: “The pages are quick”." in look(client, beta)
