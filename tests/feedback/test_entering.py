"""Staff enter what a tester told them: for whom, by which way, under the rules of a tester's own report."""

import re
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from cohorts.models import Participant, Person
from cohorts.states import ParticipantState
from feedback.models import FeedbackItem, PriorityRule
from feedback.services import Report, report_item
from feedback.states import ItemKind, ItemState, ItemVerb, Origin
from phases.exceptions import PermissionRefused
from phases.models import Phase
from phases.permissions import RoleName
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.outbox.addresses import digest
from rollout_portal.outbox.models import Message
from tests.factories import make_criterion, make_gate, make_member, make_phase, make_rollout
from tests.feedback.factories import make_tester


@pytest.fixture
def browser(client: Client, support: User) -> Client:
    client.force_login(support)
    return client


def address(phase: Phase) -> str:
    return f"/console/{phase.rollout.slug}/feedback/enter/"


def told(**fields: Any) -> dict[str, Any]:
    """What somebody said on the telephone, in Tamil; nobody in the register unless said otherwise."""
    values = {
        "act": "enter",
        "nobody": "on",
        "origin": "phone",
        "language": "ta",
        "kind": "idea",
        "area": "",
        "severity": "",
        "text": "பொத்தான் பெரிதாக இருக்கலாம்",
        "place": " Quiz,  old phone ",
        "form_key": str(uuid4()),
    }
    values |= fields
    return {name: value for name, value in values.items() if value is not None}


def sent(client: Client, phase: Phase, **fields: Any) -> str:
    """The page that answers what could not be entered."""
    answer = client.post(address(phase), told(**fields))
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def entered(client: Client, phase: Phase, **fields: Any) -> FeedbackItem:
    answer = client.post(address(phase), told(**fields))
    assert answer.status_code == 302
    item = FeedbackItem.objects.get()
    assert answer["Location"] == f"/console/{phase.rollout.slug}/feedback/{item.number}/"
    return item


def make_rule(phase: Phase) -> PriorityRule:
    return PriorityRule.objects.create(
        rollout=phase.rollout,
        code="team",
        name="Bugs go to the team",
        position=1,
        kinds=["blocker", "bug"],
        notify=RoleName.RELEASE_ENGINEER,
    )


def test_the_inbox_leads_there_for_those_who_may(browser: Client, phase: Phase) -> None:
    inbox = f"/console/{phase.rollout.slug}/feedback/"
    assert f'href="{address(phase)}"' in browser.get(inbox).content.decode()
    analyst = Client()
    analyst.force_login(make_member(phase.rollout, RoleName.ANALYST))
    assert "enter/" not in analyst.get(inbox).content.decode()
    refused = analyst.get(address(phase))
    assert refused.status_code == 403
    assert "Entering a report for a tester needs the role" in refused.content.decode()


def test_the_service_asks_the_permission_table(phase: Phase) -> None:
    analyst = make_member(phase.rollout, RoleName.ANALYST)
    with pytest.raises(PermissionRefused):
        report_item(
            rollout=phase.rollout,
            report=Report(kind=ItemKind.IDEA, text="x"),
            by=analyst,
            origin=Origin.PHONE,
        )


def test_a_report_is_entered_for_a_tester_in_her_phase(browser: Client, phase: Phase, support: User) -> None:
    make_phase(phase.rollout, "3")
    tester = make_tester(phase, language="ta")
    item = entered(browser, phase, nobody=None, tester=f" {tester.label} ", may_ask_back="on")
    assert (item.reporter, item.phase, item.origin, item.language) == (tester, phase, Origin.PHONE, "ta")
    assert (item.text, item.place) == ("பொத்தான் பெரிதாக இருக்கலாம்", "Quiz, old phone")
    assert (item.state, item.severity, item.may_ask_back) == (ItemState.NEW, "", True)
    assert item.transitions.get().by == support
    event = AuditEvent.objects.get(verb="feedback.reported")
    assert (event.actor, (event.after or {})["origin"]) == (support, "phone")
    assert item.text not in str(event.after), "the record holds no words of a tester"
    page = browser.get(f"/console/{phase.rollout.slug}/feedback/{item.number}/").content.decode()
    assert f"{tester.label}, Tamil, Beta programme" in page
    assert "</time>, telephone" in page


@pytest.mark.parametrize("spelled", ["T-001", "t-1", "1", "APP-77", "Tester.One@Example.net"])
def test_a_tester_is_found_by_number_id_or_whole_address(browser: Client, phase: Phase, spelled: str) -> None:
    tester = make_tester(phase, email="tester.one@example.net", external_id="APP-77")
    Person.objects.filter(pk=tester.person_id).update(email_digest=digest("tester.one@example.net"))
    make_tester(phase)
    assert entered(browser, phase, nobody=None, tester=spelled).reporter == tester


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"nobody": None, "tester": " "}, "Name the tester, or tick"),
        ({"tester": "T-001"}, "Either name the tester, or tick"),
        ({"nobody": None, "tester": "T-999"}, "Nobody in the register has this number"),
        ({"nobody": None, "tester": "tester"}, "Nobody in the register has this number"),
        ({"nobody": None, "tester": "T-001"}, "T-001 was erased."),
        ({"origin": ""}, "How it reached you"),
        ({"origin": "form"}, "How it reached you"),
        ({"language": "fr"}, "Language of the words"),
        ({"kind": ""}, "Kind: "),
        ({"text": " \n\t "}, "What happened, in their words: "),
        ({"text": "x" * 4001}, "What happened, in their words: "),
    ],
)
def test_what_is_missing_is_named_and_what_was_typed_is_kept(
    browser: Client, phase: Phase, fields: dict[str, Any], said: str
) -> None:
    make_tester(phase, state=ParticipantState.ERASED)
    text = sent(browser, phase, **{"place": "kept as typed"} | fields)
    errors = text.partition('id="errors"')[2].partition("</section>")[0]
    assert said in errors
    assert 'value="kept as typed"' in text
    assert "<title>Error: Enter a report" in text
    assert not FeedbackItem.objects.exists()


def test_who_may_not_see_addresses_finds_nobody_by_one(phase: Phase) -> None:
    make_tester(phase, email="one@example.net")
    Person.objects.update(email_digest=digest("one@example.net"))
    engineer = Client()
    engineer.force_login(make_member(phase.rollout, RoleName.RELEASE_ENGINEER))
    assert "finds nobody by one" in sent(engineer, phase, nobody=None, tester="one@example.net")
    assert "finds nobody by one" in sent(engineer, phase, nobody=None, tester="two@example.net")


def test_a_tester_of_another_rollout_is_not_found(browser: Client, phase: Phase) -> None:
    make_tester(make_phase(make_rollout(), "1"), external_id="APP-77")
    assert "Nobody in the register" in sent(browser, phase, nobody=None, tester="APP-77")


def test_a_bug_entered_by_staff_notifies_the_team_once(browser: Client, phase: Phase, support: User) -> None:
    make_rule(phase)
    engineer = make_member(phase.rollout, RoleName.RELEASE_ENGINEER)
    page = browser.get(address(phase)).content.decode()
    assert "Blocker, Bug: told at once, and once only, to the role release engineer." in page
    item = entered(browser, phase, kind="bug", severity="critical")
    again = browser.post(
        f"/console/{phase.rollout.slug}/feedback/{item.number}/",
        {"act": "save", "kind": "blocker", "area": "", "severity": "critical", "translation": ""},
    )
    assert again.status_code == 302
    assert [message.recipient for message in Message.objects.all()] == [engineer.email]


def test_an_idea_tells_nobody(browser: Client, phase: Phase) -> None:
    make_rule(phase)
    make_member(phase.rollout, RoleName.RELEASE_ENGINEER)
    entered(browser, phase)
    assert not Message.objects.exists()


def test_with_a_severity_it_is_judged(browser: Client, phase: Phase) -> None:
    item = entered(browser, phase, kind="bug", severity="high", area="function")
    assert (item.state, item.severity, item.area) == (ItemState.TRIAGED, "high", "function")
    act = item.transitions.get()
    assert (act.verb, act.to_state, act.severity) == (ItemVerb.REPORT, ItemState.TRIAGED, "high")


def test_the_same_form_sent_twice_is_one_report(browser: Client, phase: Phase) -> None:
    make_rule(phase)
    make_member(phase.rollout, RoleName.RELEASE_ENGINEER)
    key = re.search(r'name="form_key" value="([^"]+)"', browser.get(address(phase)).content.decode())
    assert key is not None
    for _press in range(2):
        entered(browser, phase, kind="bug", form_key=key[1])
    assert (FeedbackItem.objects.count(), Message.objects.count()) == (1, 1)


def test_nobody_in_the_register_is_never_written_to(browser: Client, phase: Phase) -> None:
    item = entered(browser, phase, may_ask_back="on")
    assert (item.reporter, item.may_ask_back, item.phase) == (None, False, phase)
    page = browser.get(f"/console/{phase.rollout.slug}/feedback/{item.number}/").content.decode()
    assert "There is no tester to answer" in page


def test_who_left_may_still_tell_and_is_not_written_to(browser: Client, phase: Phase) -> None:
    tester = make_tester(phase, state=ParticipantState.LEFT)
    item = entered(browser, phase, nobody=None, tester=tester.label, may_ask_back="on")
    page = browser.get(f"/console/{phase.rollout.slug}/feedback/{item.number}/").content.decode()
    assert f"{tester.label} has left the test and is not written to." in page


def test_the_effect_on_the_gate_is_shown_before_anything_is_entered(browser: Client, phase: Phase) -> None:
    make_criterion(
        make_gate(phase.rollout, phase, make_phase(phase.rollout, "3")),
        text="No critical usability issue is open",
        measure="feedback.open_defects",
        subject="critical usability",
        comparator="=",
        threshold=Decimal(0),
    )
    tester = make_tester(phase, language="ta")
    bad = {"kind": "bug", "area": "usability", "severity": "critical"}
    text = sent(browser, phase, act="look", nobody=None, tester=tester.label, text="", origin="", **bad)
    assert (
        "“No critical usability issue is open”: 1 instead of 0. The gate “Gate 1” cannot open then." in text
    )
    assert f"{tester.label}: Tamil, active, Beta programme" in text
    assert 'id="errors"' not in text
    assert "This changes nothing at the gate." in sent(
        browser, phase, act="look", **bad | {"severity": "low"}
    )
    unclear = sent(browser, phase, act="look", kind="")
    assert "Kind: " in unclear.partition('id="errors"')[2].partition("</section>")[0]
    assert "at the gate." not in unclear
    assert "Nobody in the register has" in sent(browser, phase, act="look", nobody=None, tester="T-999")
    assert not FeedbackItem.objects.exists()
    assert Participant.objects.count() == 1
