"""From a rule to seats: exact, shown before it binds, approved by a second person, provable afterwards."""

import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cohorts.models import Membership, Participant, Place, Selection
from cohorts.proofs import pool_fingerprint
from cohorts.services import drawings, people, selections
from cohorts.states import How, Method, ParticipantState, SelectionState, Shortfall
from phases.exceptions import PermissionRefused, Refused, WrongState
from phases.models import Phase, Rollout
from phases.permissions import RoleName
from phases.states import PhaseState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
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
    return make_rollout()


@pytest.fixture
def phase(rollout: Rollout) -> Phase:
    phase = make_phase(rollout)
    make_rule(phase)
    return phase


@pytest.fixture
def engineer(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.RELEASE_ENGINEER)


@pytest.fixture
def owner(rollout: Rollout) -> User:
    return make_role(rollout, RoleName.PRODUCT_OWNER)


def _strata(selection: Selection) -> dict[str, tuple[int, int]]:
    return {row["value"]: (row["taken"], row["short"]) for row in selection.report["strata"]}


def _approved(phase: Phase, engineer: User, owner: User, seed: str = "") -> Selection:
    selection = drawings.draft_selection(phase=phase, by=engineer, seed=seed)
    shortfall = Shortfall.GO_ON if selection.short else Shortfall.NONE
    selections.propose_selection(selection=selection, by=engineer, shortfall=shortfall)
    return selections.approve_selection(selection=selection, by=owner)


def _members(phase: Phase) -> set[str]:
    seats = Membership.objects.current().filter(phase=phase)
    return set(seats.values_list("participant__selection_key", flat=True))


def test_fifty_testers_are_drawn_by_quota(phase: Phase, engineer: User) -> None:
    make_pool(phase.rollout, ms=180, zh_hans=120, ta=60, en=30, unknown=10)
    selection = drawings.draft_selection(phase=phase, by=engineer)
    assert _strata(selection) == {
        "ms": (20, 0),
        "zh-hans": (15, 0),
        "ta": (10, 0),
        "en": (5, 0),
        "unknown": (0, 0),
    }
    assert (selection.taken, selection.requested, selection.pool_size) == (50, 50, 400)
    assert selections.verdict(selection) == ["50 of 50 seats are filled."]
    assert not Membership.objects.exists(), "a draft gives nobody a seat"


def test_the_same_seed_gives_the_same_fifty_on_every_database(
    phase: Phase, engineer: User, owner: User
) -> None:
    make_pool(phase.rollout, ms=180, zh_hans=120, ta=60, en=40)
    selection = _approved(phase, engineer, owner, seed="medimate-2")
    chosen = "\n".join(sorted(_members(phase)))
    assert hashlib.sha256(chosen.encode()).hexdigest() == (
        "7ea335b123186e57cd900386aeb32659031988933192238712951eb2e0128896"
    )
    assert selection.pool_digest == "8eeb3db466754ade55aec2ecb707189b9e60a5200cbde82b95677abffce55398"


def test_another_seed_gives_other_people(phase: Phase, engineer: User) -> None:
    make_pool(phase.rollout, ms=180, zh_hans=120, ta=60, en=40)
    chosen = [
        set(
            Place.objects.filter(
                selection=drawings.draft_selection(phase=phase, by=engineer, seed=seed), taken=True
            ).values_list("participant_id", flat=True)
        )
        for seed in ("one", "two", "one")
    ]
    assert chosen[0] == chosen[2]
    assert chosen[0] != chosen[1]


def test_a_draw_without_a_seed_gets_one_that_nobody_chose(phase: Phase, engineer: User) -> None:
    make_pool(phase.rollout, ms=2)
    seeds = {drawings.draft_selection(phase=phase, by=engineer).seed for _number in range(2)}
    assert [len(seed) for seed in seeds] == [32, 32]


def test_eight_tamil_speakers_stop_the_selection_at_forty_eight(
    phase: Phase, engineer: User, owner: User
) -> None:
    make_pool(phase.rollout, ms=180, zh_hans=120, ta=8, en=92)
    selection = drawings.draft_selection(phase=phase, by=engineer)
    assert selections.verdict(selection) == ["48 of 50 seats are filled.", "Tamil is short by 2."]
    with pytest.raises(Refused, match="open seats"):
        selections.propose_selection(selection=selection, by=engineer)
    selections.propose_selection(selection=selection, by=engineer, shortfall=Shortfall.GO_ON)
    selections.approve_selection(selection=selection, by=owner)
    assert Counter(Membership.objects.values_list("stratum", flat=True)) == {
        "ms": 20,
        "zh-hans": 15,
        "ta": 8,
        "en": 5,
    }

    make_participant(phase.rollout, language="ta")
    make_participant(phase.rollout, language="ta")
    again = _approved(phase, engineer, owner, seed=selection.seed)
    assert (again.taken, again.short) == (50, 0)
    assert Counter(Membership.objects.current().values_list("stratum", flat=True))["ta"] == 10
    selection.refresh_from_db()
    assert selection.state == SelectionState.SUPERSEDED


def test_open_seats_go_to_others_only_by_a_named_decision(
    phase: Phase, rollout: Rollout, engineer: User, owner: User
) -> None:
    make_pool(rollout, ms=180, zh_hans=120, ta=8, en=5)
    selection = drawings.draft_selection(phase=phase, by=engineer)
    with pytest.raises(PermissionRefused):
        drawings.reallocate(selection=selection, by=engineer, reason="Nobody else speaks it")
    with pytest.raises(Refused, match="Say why"):
        drawings.reallocate(selection=selection, by=owner, reason=" ")
    moved = drawings.reallocate(selection=selection, by=owner, reason="Nobody else speaks it")
    assert _strata(moved) == {"ms": (21, 0), "zh-hans": (16, 0), "ta": (8, 0), "en": (5, 0)}
    assert moved.seed == selection.seed
    assert moved.rule["planned_seats"]["ta"] == 10
    assert AuditEvent.objects.filter(
        verb="selection.drawn", actor=owner, reason="Nobody else speaks it"
    ).exists()
    selections.propose_selection(selection=moved, by=engineer)
    with pytest.raises(PermissionRefused, match="second person"):
        selections.approve_selection(selection=moved, by=owner)
    selections.approve_selection(selection=moved, by=make_role(rollout, RoleName.PROJECT_SPONSOR))


def test_a_phase_without_a_rule_or_seats_draws_nobody(rollout: Rollout, engineer: User) -> None:
    make_pool(rollout, ms=5)
    without = make_phase(rollout, "3")
    with pytest.raises(Refused, match="no rule yet"):
        drawings.draft_selection(phase=without, by=engineer)
    empty = make_phase(rollout, "4")
    make_rule(empty, {})
    with pytest.raises(Refused, match="names no seats"):
        drawings.draft_selection(phase=empty, by=engineer)
    shares = make_phase(rollout, "5")
    make_rule(shares, {}, method=Method.PROPORTIONAL, total=3)
    with pytest.raises(Refused, match="names no seats"):
        drawings.draft_selection(phase=shares, by=engineer)


def test_shares_follow_the_register_and_sum_exactly(rollout: Rollout, engineer: User) -> None:
    make_pool(rollout, ms=41, zh_hans=30, ta=19, en=10)
    phase = make_phase(rollout, "3")
    make_rule(phase, {}, method=Method.PROPORTIONAL, total=25, everyone=True)
    selection = drawings.draft_selection(phase=phase, by=engineer)
    assert _strata(selection) == {"ms": (10, 0), "zh-hans": (8, 0), "ta": (5, 0), "en": (2, 0)}
    assert [row["share"] for row in selection.report["strata"]] == ["10.2", "7.5", "4.8", "2.5"]


def test_conditions_say_who_can_be_drawn_and_who_is_left(rollout: Rollout, engineer: User) -> None:
    phase = make_phase(rollout)
    make_rule(
        phase,
        {"ms": 3},
        conditions=[
            {"attribute": "source", "test": "is_not", "value": "team"},
            {"attribute": "orders", "test": "at_least", "value": "6"},
        ],
    )
    make_participant(rollout, language="ms", source="team", attributes={"orders": 9})
    make_participant(rollout, language="ms", attributes={"orders": 5})
    make_participant(rollout, language="ms", attributes={})
    chosen = make_participant(rollout, language="ms", attributes={"orders": 6})
    selection = drawings.draft_selection(phase=phase, by=engineer)
    assert [(row["text"], row["left"]) for row in selection.report["conditions"]] == [
        ("Came from is not team", 3),
        ("orders is at least 6", 1),
    ]
    assert list(selection.places.values_list("participant_id", "taken")) == [(chosen.pk, True)]


def test_whoever_said_no_left_or_opted_out_is_not_drawn(
    phase: Phase, rollout: Rollout, engineer: User
) -> None:
    for state in set(ParticipantState) - {ParticipantState.REGISTERED, ParticipantState.ERASED}:
        make_participant(rollout, language="ta", state=state)
    make_participant(rollout, language="ta", opted_out_at=clock.now())
    free = make_participant(rollout, language="ta")
    selection = drawings.draft_selection(phase=phase, by=engineer)
    assert [place.participant_id for place in selection.places.all()] == [free.pk]


def test_approving_gives_seats_once_and_writes_one_entry(phase: Phase, engineer: User, owner: User) -> None:
    make_pool(phase.rollout, ms=30, zh_hans=20, ta=12, en=6)
    selection = _approved(phase, engineer, owner)
    assert Membership.objects.filter(selection=selection, phase=phase).count() == 50
    assert Participant.objects.filter(state=ParticipantState.SELECTED).count() == 50
    assert AuditEvent.objects.get(verb="selection.approved").actor == owner
    after = entry("selection.approved")
    assert (after["seats"], after["gone_since_the_draw"]) == (50, 0)
    with pytest.raises(WrongState, match="Approved"):
        selections.approve_selection(selection=selection, by=owner)


@pytest.mark.parametrize("shown_to", ["drafter", "proposer"])
def test_nobody_approves_what_they_drew_or_sent(phase: Phase, rollout: Rollout, shown_to: str) -> None:
    make_pool(rollout, ms=30, zh_hans=20, ta=12, en=6)
    one, other = make_role(rollout), make_role(rollout)
    selection = drawings.draft_selection(phase=phase, by=one)
    selections.propose_selection(selection=selection, by=other)
    with pytest.raises(PermissionRefused, match="second person"):
        selections.approve_selection(selection=selection, by=one if shown_to == "drafter" else other)
    with transaction.atomic(), pytest.raises(IntegrityError), transaction.atomic():
        Selection.objects.filter(pk=selection.pk).update(
            state=SelectionState.APPLIED, approved_by=one, approved_at=clock.now()
        )


def test_who_left_after_the_draw_gets_no_seat(phase: Phase, engineer: User, owner: User) -> None:
    make_pool(phase.rollout, ms=30, zh_hans=20, ta=12, en=6)
    selection = drawings.draft_selection(phase=phase, by=engineer)
    selections.propose_selection(selection=selection, by=engineer)
    gone = [place.participant for place in selection.places.filter(taken=True)[:2]]
    people.leave(participant=gone[0], how=How.PAGE)
    people.opt_out(participant=gone[1], how=How.PAGE)
    selections.approve_selection(selection=selection, by=owner)
    assert Membership.objects.count() == 48
    assert entry("selection.approved")["gone_since_the_draw"] == 2


def test_a_free_seat_goes_to_the_next_of_the_same_stratum(phase: Phase, engineer: User, owner: User) -> None:
    make_pool(phase.rollout, ms=30, zh_hans=20, ta=12, en=6)
    first = _approved(phase, engineer, owner)
    before = _members(phase)
    gone = Participant.objects.get(
        memberships__phase=phase, places__selection=first, places__rank=1, places__stratum="ta"
    )
    people.leave(participant=gone, how=How.PAGE)
    next_in_line = first.places.get(stratum="ta", rank=11).participant
    _approved(phase, engineer, owner, seed=first.seed)
    assert _members(phase) == before - {gone.selection_key} | {next_in_line.selection_key}


def test_a_later_phase_contains_the_earlier_one(
    phase: Phase, rollout: Rollout, engineer: User, owner: User
) -> None:
    make_pool(rollout, ms=80, zh_hans=60, ta=40, en=20)
    _approved(phase, engineer, owner)
    wider = make_phase(rollout, "3", state=PhaseState.PLANNED)
    make_rule(wider, {}, method=Method.PROPORTIONAL, total=100, everyone=True)
    selection = _approved(wider, engineer, owner)
    assert _members(phase) < _members(wider)
    assert {row["value"]: (row["kept"], row["seats"]) for row in selection.report["strata"]} == {
        "ms": (20, 40),
        "zh-hans": (15, 30),
        "ta": (10, 20),
        "en": (5, 10),
    }


def test_a_new_draft_replaces_the_old_one(phase: Phase, engineer: User) -> None:
    make_pool(phase.rollout, ms=5)
    first = drawings.draft_selection(phase=phase, by=engineer)
    second = drawings.draft_selection(phase=phase, by=engineer)
    first.refresh_from_db()
    assert (first.state, second.state, second.number) == (SelectionState.SUPERSEDED, SelectionState.DRAFT, 2)
    with pytest.raises(WrongState):
        selections.propose_selection(selection=first, by=engineer, shortfall=Shortfall.GO_ON)


def test_one_version_waits_for_approval(phase: Phase, engineer: User, owner: User) -> None:
    make_pool(phase.rollout, ms=30, zh_hans=20, ta=12, en=6)
    first = drawings.draft_selection(phase=phase, by=engineer)
    selections.propose_selection(selection=first, by=engineer)
    second = drawings.draft_selection(phase=phase, by=engineer)
    with pytest.raises(WrongState, match="waits for approval"):
        selections.propose_selection(selection=second, by=engineer)
    with pytest.raises(Refused, match="should change"):
        selections.return_selection(selection=first, by=owner, reason="")
    selections.return_selection(selection=first, by=owner, reason="More Tamil")
    selections.discard_selection(selection=first, by=engineer)
    selections.propose_selection(selection=second, by=engineer)


def test_named_people_need_a_reason_and_a_second_person(
    rollout: Rollout, engineer: User, owner: User
) -> None:
    phase = make_phase(rollout, "1")
    team = [make_participant(rollout, source="team") for _number in range(3)]
    with pytest.raises(Refused, match="Say why"):
        drawings.name_people(phase=phase, participants=team, by=engineer, reason="")
    selection = drawings.name_people(phase=phase, participants=team, by=engineer, reason="The team itself")
    selections.propose_selection(selection=selection, by=engineer)
    selections.approve_selection(selection=selection, by=owner)
    assert selections.admit(selection=selection, by=owner, reason="They sit next door") == 3
    assert selections.admit(selection=selection, by=owner, reason="Again") == 0
    assert Participant.objects.filter(state=ParticipantState.ACTIVE).count() == 3
    assert set(Membership.objects.values_list("reason", flat=True)) == {"The team itself"}
    with pytest.raises(Refused, match="have no seat"):
        drawings.name_people(phase=phase, participants=team, by=engineer, reason="Again")


def test_it_says_why_somebody_was_selected_or_not(phase: Phase, rollout: Rollout, engineer: User) -> None:
    phase.selection_rule.conditions = [{"attribute": "source", "test": "is_not", "value": "team"}]
    phase.selection_rule.save()
    make_pool(rollout, ms=22)
    team = make_participant(rollout, language="ms", source="team")
    selection = drawings.draft_selection(phase=phase, by=engineer, seed="why")
    first, last = selection.places.get(stratum="ms", rank=1), selection.places.get(stratum="ms", rank=22)
    assert selections.why(selection, first.participant) == "Malay, place 1 in the draw; 20 seats."
    assert (
        selections.why(selection, last.participant)
        == "Not selected. Malay, can be drawn, place 22; 20 seats."
    )
    assert (
        selections.why(selection, team) == "Could not be drawn: it does not hold that Came from is not team."
    )


def test_the_proof_can_be_checked_without_the_portal(phase: Phase, engineer: User, tmp_path: Path) -> None:
    make_pool(phase.rollout, ms=40, zh_hans=30, ta=8, en=20, unknown=2)
    selection = drawings.draft_selection(phase=phase, by=engineer)
    assert selection.proof is not None
    with selection.proof.content.open() as content:
        text = content.read().decode()
    proof = json.loads(text)
    assert proof["seed"] == selection.seed
    assert {row["value"]: len(row["order"]) for row in proof["strata"]}["unknown"] == 2
    assert "example.org" not in text, "no address stands in a proof"
    people_of_the_draw = [
        (row.selection_key, row.person.language or "unknown")
        for row in Participant.objects.select_related("person")
    ]
    assert selection.pool_digest == pool_fingerprint(people_of_the_draw)
    (tmp_path / "people.tsv").write_text(
        "".join(f"{key}\t{stratum}\n" for key, stratum in people_of_the_draw)
    )

    def check(changed: str) -> str:
        (tmp_path / "proof.json").write_text(changed)
        command = [sys.executable, str(SCRIPT), str(tmp_path / "proof.json"), str(tmp_path / "people.tsv")]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return run.stdout.strip() or run.stderr.strip().splitlines()[-1]

    assert check(text) == "The draw is as its rule says."
    assert check(text.replace('"taken"]', '"reserve"]', 1)).endswith("reserve, should be taken")
    assert check(text.replace(selection.seed, "another")).endswith("a place belongs to nobody")
    swapped = json.loads(text)
    swapped["strata"][0]["order"].reverse()
    assert check(json.dumps(swapped)).endswith("not in the order of the draw")


def test_what_a_draw_showed_is_never_rewritten(phase: Phase, engineer: User) -> None:
    make_pool(phase.rollout, ms=3)
    drawings.draft_selection(phase=phase, by=engineer)
    with transaction.atomic(), pytest.raises(IntegrityError), transaction.atomic():
        Place.objects.update(taken=False)
    with transaction.atomic(), pytest.raises(IntegrityError), transaction.atomic():
        Place.objects.all()._raw_delete("default")


def test_a_stratum_without_a_value_is_shown(phase: Phase, engineer: User) -> None:
    make_pool(phase.rollout, ms=25, unknown=4)
    report = drawings.draft_selection(phase=phase, by=engineer).report
    unknown = next(row for row in report["strata"] if row["value"] == "unknown")
    assert (unknown["label"], unknown["pool"], unknown["seats"]) == ("Not known", 4, 0)


@pytest.mark.django_db(transaction=True)
def test_eight_approvals_at_once_give_each_seat_once(
    in_threads: Callable[[list[Callable[[], object]]], list[object]],
) -> None:
    rollout = make_rollout()
    phase = make_phase(rollout)
    make_rule(phase, {"ms": 20})
    make_pool(rollout, ms=30)
    engineer = make_role(rollout, RoleName.RELEASE_ENGINEER)
    owners = [make_role(rollout) for _number in range(8)]
    selection = drawings.draft_selection(phase=phase, by=engineer)
    selections.propose_selection(selection=selection, by=engineer)
    results = in_threads(
        [partial(selections.approve_selection, selection=selection, by=owner) for owner in owners]
    )
    assert sum(isinstance(result, Selection) for result in results) == 1
    assert sum(isinstance(result, WrongState) for result in results) == 7
    assert Membership.objects.count() == 20
    assert AuditEvent.objects.filter(verb="selection.approved").count() == 1


def test_the_number_of_people_does_not_change_the_number_of_queries(phase: Phase, engineer: User) -> None:
    drawings.draft_selection(phase=phase, by=engineer)
    asked = []
    for size in (2, 100):
        make_pool(phase.rollout, **{"ms": 2} if size == 2 else {"ta": 98})
        with CaptureQueriesContext(connection) as queries:
            drawings.draft_selection(phase=phase, by=engineer)
        asked.append(len(queries))
    assert asked[0] == asked[1]
