"""People by name: a list that is read line by line, shown before it binds, approved by another, let in."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cohorts.cards import people as people_card
from cohorts.models import Membership, Participant, Selection
from cohorts.pages import naming
from cohorts.services import drawings, selections
from cohorts.states import Method, ParticipantState, SelectionState
from phases import permissions, services
from phases.exceptions import WrongState
from phases.models import Phase, Rollout
from phases.permissions import RoleName
from phases.states import PhaseState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.outbox.models import Message
from tests.cohorts.factories import (
    entry,
    make_participant,
    make_phase,
    make_pool,
    make_role,
    make_rollout,
    make_rule,
)

pytestmark = pytest.mark.django_db

SCRIPT = Path(__file__).parents[2] / "docs" / "check_selection.py"


@pytest.fixture
def rollout() -> Rollout:
    return make_rollout(slug="medimate", product="MediMate")


@pytest.fixture
def phase(rollout: Rollout) -> Phase:
    return make_phase(rollout, "1", name="Internal testing")


@pytest.fixture
def engineer(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.RELEASE_ENGINEER)


@pytest.fixture
def owner(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.PRODUCT_OWNER)


@pytest.fixture
def team(rollout: Rollout) -> list[Participant]:
    return [
        make_participant(rollout, f"team{n}@example.org", source="team", external_id=f"TEAM-{n}")
        for n in range(1, 4)
    ]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _url(name: str, *args: object) -> str:
    return reverse(f"cohorts:{name}", args=["medimate", *args])


def _words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def _seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found, "the page shows nobody"
    return found[1]


def _post(client: Client, do: str, lines: str, **more: str) -> str:
    fields = {"do": do, "lines": lines, "reason": "The team tests first.", **more}
    answer = client.post(_url("name", "1"), fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def _approved(phase: Phase, people: list[Participant], engineer: User, owner: User) -> Selection:
    named = drawings.name_people(phase=phase, participants=people, by=engineer, reason="The team")
    selections.propose_selection(selection=named, by=engineer)
    return selections.approve_selection(selection=named, by=owner)


def test_lines_are_numbers_ids_and_addresses(phase: Phase, team: list[Participant]) -> None:
    text = "  t-1 \n\nTEAM-2\r\nTEAM3@Example.org\n"
    named = naming.read_lines(phase, text, by_address=True)
    assert (named.people, named.problems) == (tuple(team), ())
    assert named.digest == naming.read_lines(phase, "3\n2\n1", by_address=False).digest


def test_every_line_that_names_nobody_says_why(
    phase: Phase, rollout: Rollout, team: list[Participant], engineer: User, owner: User
) -> None:
    _approved(phase, team[:1], engineer, owner)
    make_participant(rollout, opted_out_at=timezone.now())  # T-004
    make_participant(rollout, state=ParticipantState.LEFT)  # T-005
    make_participant(make_rollout(slug="other"), external_id="ELSEWHERE")
    make_participant(rollout, external_id="2")  # T-006, whose id looks like the number of T-002
    lines = ["T-1", "T-4", "T-5", "ELSEWHERE", "team2@example.org", "2", "T-3", "TEAM-3"]
    named = naming.read_lines(phase, "\n".join(lines), by_address=False)
    assert list(named.problems) == [
        "Line 1: T-001 has a seat in it already.",
        "Line 2: T-004 opted out of messages.",
        "Line 3: T-005 is not free: left.",
        "Line 4: Nobody in the register is “ELSEWHERE”.",
        "Line 5: Your role does not find people by their address. Write the number or the id.",
        "Line 6: “2” is the number of T-002 and the id of T-006. Write which.",
        "Line 8: T-003 stands on line 7 already.",
    ]


def test_a_list_without_end_is_refused_and_its_errors_are_few(phase: Phase) -> None:
    many = naming.read_lines(phase, "x\n" * (naming.MOST + 1), by_address=True)
    assert many.problems == ("1,001 lines are too many; 1,000 is the most. Draw by a rule instead.",)
    wrong = naming.read_lines(phase, "".join(f"x{n}\n" for n in range(30)), by_address=True)
    assert (len(wrong.problems), wrong.problems[-1]) == (21, "10 more lines.")


def test_the_number_of_queries_does_not_grow_with_the_list(phase: Phase, rollout: Rollout) -> None:
    make_pool(rollout, ms=40)
    counts = set()
    for size in (2, 40):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            named = naming.read_lines(phase, "".join(f"{n}\n" for n in range(1, size + 1)), by_address=True)
        assert len(named.people) == size
        counts.add(len(queries))
    assert counts == {2}


def test_a_look_shows_who_they_are_and_changes_nothing(
    phase: Phase, team: list[Participant], engineer: User, owner: User
) -> None:
    page = _post(signed_in(engineer), "look", "T-1\nT-2\n")
    words = _words(page)
    assert "2 people are on the list for “Internal testing”, and all are free." in words
    assert "Came from team 2" in words
    assert f"Nobody gets a seat before a second person approves it: {owner}" in words
    assert "Name 2 people" in words
    assert not Selection.objects.exists()


def test_what_is_wrong_keeps_the_list_and_the_reason(
    phase: Phase, team: list[Participant], engineer: User
) -> None:
    page = _post(signed_in(engineer), "name", "T-1\nT-99\n", seen="0" * 64)
    assert "Line 2: Nobody in the register is “T-99”." in page
    assert "T-1\nT-99" in page
    assert "The team tests first." in page
    assert not Selection.objects.exists()


def test_another_list_than_the_one_that_was_shown_names_nobody(
    phase: Phase, team: list[Participant], engineer: User
) -> None:
    client = signed_in(engineer)
    seen = _seen(_post(client, "look", "T-1\n"))
    page = _post(client, "name", "T-1\nT-2\n", seen=seen)
    assert "The list was changed since you looked." in page
    assert "Name 2 people" in page
    assert not Selection.objects.exists()
    _post(client, "name", "TEAM-1\nT-2\n", seen=_seen(page))
    (made,) = Selection.objects.all()
    assert (made.method, made.taken, made.state) == (Method.NAMED, 2, SelectionState.DRAFT)
    assert AuditEvent.objects.get(verb="selection.drawn").reason == "The team tests first."


def test_the_people_of_a_source_are_put_on_the_list(
    phase: Phase, rollout: Rollout, team: list[Participant], engineer: User
) -> None:
    make_participant(rollout, source="team", opted_out_at=timezone.now())
    client = signed_in(engineer)
    assert "team (3)" in client.get(_url("name", "1")).content.decode()
    page = _post(client, "add", "t-001\nx", source="team")
    assert "t-001\nx\nT-002\nT-003\n" in page
    assert not Selection.objects.exists()


def test_a_draft_is_gone_on_from(phase: Phase, team: list[Participant], engineer: User) -> None:
    drawings.name_people(phase=phase, participants=team[1:], by=engineer, reason="They know it best")
    page = signed_in(engineer).get(_url("name", "1")).content.decode()
    assert "T-002\nT-003" in page
    assert "They know it best" in page
    assert "It replaces the draft that is there, version 1." in _post(signed_in(engineer), "look", "T-1")


def test_a_phase_that_is_over_takes_no_names(phase: Phase, team: list[Participant], engineer: User) -> None:
    Phase.objects.update(state=PhaseState.COMPLETED)
    page = signed_in(engineer).get(_url("name", "1")).content.decode()
    assert "is over; nobody gets a seat in it." in page
    assert "<textarea" not in page
    phase.refresh_from_db()
    with pytest.raises(WrongState, match="is over"):
        drawings.name_people(phase=phase, participants=team, by=engineer, reason="The team")


def test_the_page_of_named_people_shows_them_and_no_draw(
    phase: Phase, team: list[Participant], engineer: User, owner: User, tmp_path: Path
) -> None:
    named = _approved(phase, team, engineer, owner)
    words = _words(signed_in(owner).get(_url("selection", named.uuid)).content.decode())
    assert "3 people are named for “Internal testing”." in words
    assert "T-001 T-002 T-003" in words
    assert "Seed" not in words
    assert named.proof is not None
    proof, people = tmp_path / "proof.json", tmp_path / "people.tsv"
    with named.proof.content.open("rb") as stored:
        proof.write_bytes(stored.read())
    people.write_text("".join(f"TEAM-{n}\tnamed\n" for n in (1, 2, 3)))
    done = subprocess.run([sys.executable, SCRIPT, proof, people], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_draw_after_names_does_not_take_their_seed(
    phase: Phase, team: list[Participant], engineer: User, owner: User
) -> None:
    make_rule(phase)
    _approved(phase, team, engineer, owner)
    page = signed_in(engineer).get(_url("draw", "1")).content.decode()
    assert 'value="named"' not in page


def test_people_are_let_in_once_with_a_reason(
    phase: Phase, team: list[Participant], engineer: User, owner: User
) -> None:
    named = _approved(phase, team, engineer, owner)
    client = signed_in(engineer)
    assert "Let people in…" in client.get(_url("selection", named.uuid)).content.decode()
    words = _words(client.get(_url("admit", named.uuid)).content.decode())
    assert "3 people have a seat in “Internal testing” and are not in yet." in words
    assert "Let 3 people in" in words
    refused = client.post(_url("admit", named.uuid), {"reason": " "}).content.decode()
    assert "Say why." in refused
    assert not Participant.objects.filter(state=ParticipantState.ACTIVE).exists()
    answer = client.post(_url("admit", named.uuid), {"reason": "They build it."}, follow=True)
    assert "3 people are in." in answer.content.decode()
    assert Participant.objects.filter(state=ParticipantState.ACTIVE).count() == 3
    assert entry("selection.admitted")["people"] == 3
    assert not Message.objects.exists()
    again = _words(client.get(_url("admit", named.uuid)).content.decode())
    assert "Nobody waits to be let in by this selection." in again
    assert "Let people in…" not in client.get(_url("selection", named.uuid)).content.decode()


def test_nobody_is_let_in_where_nobody_new_may_come(
    phase: Phase, team: list[Participant], engineer: User, owner: User
) -> None:
    named = _approved(phase, team, engineer, owner)
    services.hold_phase(phase=phase, by=owner, reason="API errors")
    with pytest.raises(WrongState, match="on hold"):
        selections.admit(selection=named, by=engineer, reason="They build it.")
    assert (
        "is on hold: nobody new is let in."
        in signed_in(engineer).get(_url("admit", named.uuid)).content.decode()
    )
    services.resume_phase(phase=phase, by=owner, reason="Mended")
    services.stop_intake(phase=phase, by=owner, reason="Enough")
    with pytest.raises(WrongState, match="intake"):
        selections.admit(selection=named, by=engineer, reason="They build it.")
    Phase.objects.update(state=PhaseState.PLANNED)
    with pytest.raises(WrongState, match="does not run"):
        selections.admit(selection=named, by=engineer, reason="They build it.")
    assert not Participant.objects.filter(state=ParticipantState.ACTIVE).exists()


def test_those_of_a_replaced_version_can_still_be_let_in(
    phase: Phase, team: list[Participant], engineer: User, owner: User
) -> None:
    first = _approved(phase, team[:2], engineer, owner)
    second = _approved(phase, team[2:], engineer, owner)
    draft = drawings.name_people(
        phase=phase, participants=[make_participant(phase.rollout)], by=engineer, reason="One more"
    )
    assert selections.admit(selection=first, by=engineer, reason="They build it.") == 2
    assert selections.admit(selection=second, by=engineer, reason="They build it.") == 1
    with pytest.raises(WrongState, match="Draft"):
        selections.admit(selection=draft, by=engineer, reason="They build it.")


def test_every_phase_that_can_take_people_stands_among_the_selections(
    phase: Phase, rollout: Rollout, engineer: User
) -> None:
    make_phase(rollout, "2", state=PhaseState.COMPLETED)
    page = signed_in(engineer).get(_url("selections")).content.decode()
    assert _url("name", "1") in page
    assert _url("name", "2") not in page
    sponsor = make_role(rollout, RoleName.PROJECT_SPONSOR)
    assert _url("name", "1") not in signed_in(sponsor).get(_url("selections")).content.decode()


def test_the_page_of_a_phase_leads_to_its_people(
    phase: Phase, team: list[Participant], engineer: User, owner: User
) -> None:
    page = reverse("phases:phase", args=["medimate", "1"])
    assert "Nobody has a seat yet." in signed_in(engineer).get(page).content.decode()
    named = _approved(phase, team, engineer, owner)
    selections.admit(selection=named, by=engineer, reason="They build it.")
    text = signed_in(engineer).get(page).content.decode()
    assert "3 people have a seat. 3 of them take part." in text
    assert _url("name", "1") in text
    assert Membership.objects.count() == 3
    viewer = permissions.rights(make_role(phase.rollout, RoleName.VIEWER), phase.rollout)
    assert people_card(phase, viewer) is None
