"""Signing on the page: who you are first, the evidence again, then one signature on what was shown."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from phases import gates
from phases.models import Evidence, Gate, SignOff
from phases.permissions import RoleName
from phases.services import edit_criterion, judge_criterion, reopen_item, request_signatures, waive_criterion
from phases.states import Decision, GateState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.factories import PASSWORD
from tests.phases.factories import Beta, Dial, text_of

pytestmark = pytest.mark.django_db

DECIDE = "gates/gate-2-3/decide/"


def signed_in(client: Client, user: User) -> Client:
    """Sign in with the password, as a person does: that confirms who it is."""
    client.logout()
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def grown_old(client: Client, minutes: int) -> None:
    """Let the last proof of identity be so old."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= minutes * 60
    session.save()


def hidden(page: str) -> str:
    found = re.search(r'name="shown" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def post(client: Client, beta: Beta, user: User, **fields: Any) -> Any:
    """Open the page, and press the button on what it shows."""
    page = client.get(beta.url(DECIDE)).content.decode()
    values = {"shown": hidden(page), "typed_name": user.name, "reason": ""}
    return client.post(beta.url(DECIDE), values | fields)


@pytest.fixture
def ready(beta: Beta) -> Beta:
    beta.ready()
    return beta


# --- First who you are --------------------------------------------------------------------------------


def test_without_a_fresh_proof_the_page_shows_the_evidence_and_asks_first(
    client: Client, ready: Beta
) -> None:
    client.force_login(ready.owner)
    page = client.get(ready.url(DECIDE)).content.decode()
    assert "First confirm who you are" in page
    assert "/accounts/reauthenticate/?next=%2Fconsole%2Fmedimate-education-hub%2Fgates%2Fgate-2-3" in page
    assert "Fingerprint of this evidence" in page
    assert 'name="typed_name"' not in page


def test_confirming_comes_back_to_the_page_by_get(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    grown_old(client, 6)
    url = ready.url(DECIDE)
    answer = client.post(f"/accounts/reauthenticate/?next={url}", {"password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, url)
    page = text_of(client.get(url))
    assert "You confirmed who you are by password:" in page


def test_a_post_that_comes_too_late_signs_nothing_and_is_never_replayed(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    page = client.get(ready.url(DECIDE)).content.decode()
    grown_old(client, 6)
    values = {"shown": hidden(page), "typed_name": "Aisyah Rahman", "decision": "go", "reason": "All is well"}
    answer = client.post(ready.url(DECIDE), values)
    assert answer.status_code == 200
    assert "Nothing was signed. Confirm who you are again; your words are kept." in text_of(answer)
    assert "account_reauthentication_state" not in client.session
    client.post(f"/accounts/reauthenticate/?next={ready.url(DECIDE)}", {"password": PASSWORD})
    assert SignOff.objects.count() == 0
    again = client.get(ready.url(DECIDE)).content.decode()
    assert "All is well" in again
    assert 'value="go" checked' not in again
    assert 'value="Aisyah Rahman"' not in again


def test_the_record_says_how_identity_was_confirmed(client: Client, ready: Beta) -> None:
    post(signed_in(client, ready.owner), ready, ready.owner, decision="go")
    assert SignOff.objects.get().confirmed_by == "password"


# --- The page -----------------------------------------------------------------------------------------


def test_nothing_that_binds_is_preselected(client: Client, ready: Beta) -> None:
    page = signed_in(client, ready.owner).get(ready.url(DECIDE)).content.decode()
    form = page[page.index('aria-labelledby="t-dec"') :]
    assert "checked" not in form.split("</form>")[0]
    assert re.search(r'name="typed_name"[^>]*value=', form) is None


def test_go_is_off_with_its_reason_while_a_criterion_does_not_count(
    client: Client, beta: Beta, dial: Dial
) -> None:
    beta.every_outcome(dial)
    answer = signed_in(client, beta.owner).get(beta.url(DECIDE))
    page = text_of(answer)
    assert "“Go” cannot be signed now: 3 of 5 criteria do not count." in page
    assert "Go Needs all 5 criteria met or waived. 3 are not." in page
    assert "Needs a waiver with a name and an end for each of the 3." in page
    assert 'value="go" disabled' in answer.content.decode()
    refused = post(client, beta, beta.owner, decision="go")
    assert "“Go” is not possible: 2 of 5 criteria count." in text_of(refused)
    assert SignOff.objects.count() == 0


def test_the_table_is_exactly_what_the_fingerprint_covers(client: Client, beta: Beta, dial: Dial) -> None:
    beta.every_outcome(dial)
    client.force_login(beta.owner)
    page = text_of(client.get(beta.url(DECIDE)))
    assert (
        "More than 80 % of answers are satisfied above 80 % Not met 80 % exactly "
        "92 of 115 answers, 71.8 … 86.3 %" in page
    )
    assert "Performance metrics are met Stale 2 of 4 1 stale, 1 no data, 1 waived" in page
    assert "Critical security issue above 0 Not the case 0" in page
    assert "“Content loads in under 3 s (p95)” counts by a waiver of Aisyah Rahman until" in page


def test_the_buttons_say_what_will_be_recorded(client: Client, ready: Beta) -> None:
    page = text_of(signed_in(client, ready.owner).get(ready.url(DECIDE)))
    for words in ("Sign “Go”", "Sign “Go with conditions”", "Record “Not yet”", "Record “No-go”"):
        assert words in page


# --- Signing ------------------------------------------------------------------------------------------


def test_go_is_signed_on_the_fingerprint_that_was_shown(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    before = client.get(ready.url(DECIDE)).content.decode()
    answer = client.post(
        ready.url(DECIDE), {"shown": hidden(before), "typed_name": "aisyah  rahman", "decision": "go"}
    )
    signed = SignOff.objects.get()
    assert answer["Location"] == ready.url(f"gates/gate-2-3/record/{signed.evidence.uuid}/")
    shown = re.search(r'class="digest">([0-9a-f ]+)<', before)
    assert shown is not None
    assert shown.group(1).replace(" ", "") == signed.digest
    assert signed.decision == Decision.GO
    assert "“Go” is recorded with your name." in text_of(client.get(answer["Location"]))


def test_the_second_signer_signs_the_same_fingerprint(client: Client, ready: Beta) -> None:
    post(signed_in(client, ready.owner), ready, ready.owner, decision="go")
    page = text_of(signed_in(client, ready.sponsor).get(ready.url(DECIDE)))
    assert "The same fingerprint that Aisyah Rahman signed." in page
    assert "checked again now: it still holds" in page
    assert "It is the last signature: “3 Limited rollout” gets its Start." in page
    post(client, ready, ready.sponsor, decision="go")
    assert Evidence.objects.count() == 1
    assert SignOff.objects.values("digest").distinct().count() == 1
    assert Gate.objects.get(pk=ready.gate.pk).state == GateState.GO


@pytest.mark.parametrize("decision", ["go", "not_yet", "no_go"])
def test_a_second_click_and_a_second_browser_sign_once(client: Client, ready: Beta, decision: str) -> None:
    signed_in(client, ready.owner)
    page = client.get(ready.url(DECIDE)).content.decode()
    values = {
        "shown": hidden(page), "typed_name": "Aisyah Rahman", "decision": decision, "reason": "Seen",
        "look_again_on": "2031-01-01",
    }  # fmt: skip
    other = signed_in(Client(), ready.owner)
    first, second, third = (browser.post(ready.url(DECIDE), values) for browser in (client, client, other))
    assert (first.status_code, second.status_code, third.status_code) == (302, 200, 200)
    assert "You have signed this evidence already." in text_of(second)
    assert SignOff.objects.count() == 1
    assert AuditEvent.objects.filter(verb="gate.signed").count() == 1


def test_not_yet_names_its_day(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    answer = post(client, ready, ready.owner, decision="not_yet", reason="Wave 3 is open")
    assert "Name the day on which the gate is looked at again" in text_of(answer)
    assert "Wave 3 is open" in answer.content.decode()
    post(client, ready, ready.owner, decision="not_yet", reason="Wave 3 is open", look_again_on="2031-01-01")
    gate = Gate.objects.get(pk=ready.gate.pk)
    assert (gate.state, gate.look_again_on) == (GateState.NOT_YET, date(2031, 1, 1))


def test_conditions_are_whole_or_refused(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    given = {"decision": "conditional", "reason": "CDN first", "what_1": "CDN in front of the pages"}
    half = post(client, ready, ready.owner, **given)
    assert "Name all three: what, who, until when." in text_of(half)
    assert SignOff.objects.count() == 0
    post(client, ready, ready.owner, **given, who_1="Daniel Tan", until_1="2026-12-10")
    assert SignOff.objects.get().conditions == [
        {"what": "CDN in front of the pages", "who": "Daniel Tan", "until": "2026-12-10"}
    ]


def test_a_no_go_holds_the_phase_only_when_asked(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    post(client, ready, ready.owner, decision="no_go", reason="Wrong answers")
    ready.phase.refresh_from_db()
    assert not ready.phase.is_held
    post(signed_in(client, ready.sponsor), ready, ready.sponsor, decision="no_go", reason="Still", hold="on")
    ready.phase.refresh_from_db()
    assert (ready.phase.held_by, ready.phase.held_because) == (ready.sponsor, "Still")
    assert set(AuditEvent.objects.values_list("verb", flat=True)) >= {"gate.signed", "phase.held"}


def test_a_box_that_was_ticked_for_a_no_go_holds_nothing_on_a_go(client: Client, ready: Beta) -> None:
    post(signed_in(client, ready.owner), ready, ready.owner, decision="go", hold="on")
    ready.phase.refresh_from_db()
    assert not ready.phase.is_held


def test_a_wrong_name_is_refused_at_the_field_and_the_words_stay(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    answer = post(client, ready, ready.owner, decision="no_go", reason="Not now", typed_name="A. Rahman")
    page = answer.content.decode()
    assert "Type your name as in your account: Aisyah Rahman." in text_of(answer)
    assert 'aria-invalid="true"' in page
    assert "Error:" in page.split("</title>")[0]
    assert "Not now" in page
    assert SignOff.objects.count() == 0


# --- What changed while one looked --------------------------------------------------------------------


def test_an_outcome_that_changed_is_shown_before_and_after_and_nothing_is_signed(
    client: Client, ready: Beta
) -> None:
    signed_in(client, ready.owner)
    page = client.get(ready.url(DECIDE)).content.decode()
    row = ready.gate.criteria.get(code="stable")
    judge_criterion(criterion=row, by=ready.engineer, holds=False, rationale="It fell over")
    values = {"shown": hidden(page), "typed_name": "Aisyah Rahman", "decision": "go", "reason": "Fine by me"}
    answer = client.post(ready.url(DECIDE), values)
    said, markup = text_of(answer), answer.content.decode()
    assert "Not recorded: this is not what you saw." in said
    assert "The infrastructure is stable: Met, It holds → Not met, It does not hold" in said
    assert "Fine by me" in markup
    assert "checked" not in markup[markup.index('aria-labelledby="t-dec"') :]
    assert hidden(markup) != hidden(page)
    assert SignOff.objects.count() == 0


def test_a_changed_rule_breaks_what_was_shown(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    page = client.get(ready.url(DECIDE)).content.decode()
    row = ready.gate.criteria.get(code="stable")
    edit_criterion(criterion=row, by=ready.owner, reason="Clearer", text="The infrastructure is calm")
    values = {"shown": hidden(page), "typed_name": "Aisyah Rahman", "decision": "go"}
    assert "“The infrastructure is stable” was changed" in text_of(client.post(ready.url(DECIDE), values))


@pytest.mark.parametrize("forged", ["", "rubbish", "eyJhIjoxfQ:1abc:def"])
def test_evidence_that_this_page_did_not_show_is_refused(client: Client, ready: Beta, forged: str) -> None:
    signed_in(client, ready.owner)
    answer = post(client, ready, ready.owner, decision="go", shown=forged)
    assert "Not recorded: this is not what you saw." in text_of(answer)
    assert SignOff.objects.count() == 0


def test_evidence_of_another_gate_is_refused(client: Client, ready: Beta) -> None:
    signed_in(client, ready.owner)
    page = client.get(ready.url(DECIDE)).content.decode()
    Gate.objects.filter(pk=ready.gate.pk).update(uuid="00000000-0000-4000-8000-000000000001")
    values = {"shown": hidden(page), "typed_name": "Aisyah Rahman", "decision": "go"}
    assert "this is not what you saw" in text_of(client.post(ready.url(DECIDE), values))
    assert SignOff.objects.count() == 0


def test_a_page_that_was_open_too_long_asks_to_look_again(
    client: Client, ready: Beta, business_clock: Callable[..., None]
) -> None:
    signed_in(client, ready.owner)
    page = client.get(ready.url(DECIDE)).content.decode()
    business_clock(clock.now() + timedelta(minutes=31))
    values = {"shown": hidden(page), "typed_name": "Aisyah Rahman", "decision": "go"}
    assert "this is not what you saw" in text_of(client.post(ready.url(DECIDE), values))
    assert SignOff.objects.count() == 0


# --- Who cannot ---------------------------------------------------------------------------------------


def test_who_asked_for_signatures_reads_why_not(client: Client, ready: Beta) -> None:
    request_signatures(gate=ready.gate, by=ready.owner)
    page = signed_in(client, ready.owner).get(ready.url(DECIDE))
    assert "You asked for the signatures, so somebody else must sign." in text_of(page)
    assert b'name="typed_name"' not in page.content


def test_a_role_that_cannot_sign_reads_who_can_and_posts_in_vain(client: Client, ready: Beta) -> None:
    support = ready.member(RoleName.SUPPORT)
    client.force_login(support)
    assert "Ask Aisyah Rahman (product owner)" in text_of(client.get(ready.url(DECIDE)))
    answer = client.post(ready.url(DECIDE), {"decision": "go"})
    assert (answer.status_code, SignOff.objects.count()) == (403, 0)


def test_who_waived_cannot_be_the_only_one_to_sign(client: Client) -> None:
    beta = Beta()
    beta.gate.requirements.filter(role=RoleName.PROJECT_SPONSOR).delete()
    row = beta.judged(holds=False)
    until = clock.now() + timedelta(days=3)
    waive_criterion(criterion=row, by=beta.owner, reason="Phase 4", until=until)
    signed_in(client, beta.owner)
    page = client.get(beta.url(DECIDE))
    assert "so you cannot be the only one to sign" in text_of(page)
    assert b'value="go" disabled' in page.content
    assert "so you cannot be the only one to sign" in text_of(post(client, beta, beta.owner, decision="go"))
    assert SignOff.objects.count() == 0


def test_a_gate_that_is_history_is_not_decided(client: Client, ready: Beta) -> None:
    ready.phase.state, ready.phase.ended_at = "completed", clock.now()
    ready.phase.save()
    page = signed_in(client, ready.owner).get(ready.url(DECIDE))
    assert "A gate is decided while the phase before it runs." in text_of(page)
    assert b'name="typed_name"' not in page.content


# --- Asking -------------------------------------------------------------------------------------------


def test_asking_names_who_will_be_asked_and_can_be_taken_back(client: Client, ready: Beta) -> None:
    client.force_login(ready.engineer)
    page = text_of(client.get(ready.url("gates/gate-2-3/ask/")))
    assert "Aisyah Rahman (product owner): 1 signature" in page
    client.post(ready.url("gates/gate-2-3/ask/"))
    assert Gate.objects.get(pk=ready.gate.pk).requested_by == ready.engineer
    refused = client.post(ready.url("gates/gate-2-3/ask/"), {"reason": ""})
    assert "Say why. The reason stands in the record." in text_of(refused)
    client.post(ready.url("gates/gate-2-3/ask/"), {"reason": "Too early"})
    assert Gate.objects.get(pk=ready.gate.pk).requested_by is None


def test_asking_twice_at_once_is_refused_in_words(client: Client, ready: Beta) -> None:
    client.force_login(ready.engineer)
    reopen_item(item=ready.rollout.checklists.get().items.get(), by=ready.owner, reason="Not yet")
    assert not gates.evaluate(ready.gate).ready
    assert client.post(ready.url("gates/gate-2-3/ask/")).status_code == 302
    viewer = ready.member(RoleName.VIEWER)
    client.force_login(viewer)
    assert client.post(ready.url("gates/gate-2-3/ask/")).status_code == 403
