"""Importing a plan file: all of it or nothing, again without harm, and never over history."""

import hashlib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from phases.documents.exporter import export_plan
from phases.documents.importer import Imported, import_plan
from phases.documents.problems import ExportRefused, PlanRefused
from phases.exceptions import Refused
from phases.models import (
    Checklist,
    ChecklistItem,
    Criterion,
    Gate,
    Objective,
    Phase,
    PopulationBase,
    Role,
    Rollout,
    SignOffRequirement,
)
from phases.permissions import RoleName
from phases.states import GateState, ItemState, ObjectiveOutcome, PhaseState, RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import System, verify
from rollout_portal.lib import clock
from tests.factories import make_user

pytestmark = pytest.mark.django_db

SMALL = """\
version: 1
rollout:
  slug: hub
  name: Hub
populations:
  - code: users
    name: Users
    size: 1000
phases:
  - code: "1"
    name: First
    weeks: 1
    goals:
      - code: works
        text: See that it works
  - code: "2"
    name: Second
    weeks: 2-3
    percent: 12.5
    of: users
checklists:
  - code: ready
    name: Ready
    phase: "1"
    items:
      - code: door
        text: Open the door
      - code: light
        text: Switch on the light
gates:
  - code: gate
    name: Gate
    from_phase: "1"
    to_phase: "2"
    signatures:
      - code: owner
        role: product_owner
    criteria:
      - code: all-done
        rule: All is done
        measure: phases.checklist
        of: ready
        holds: at least 100 %
      - code: calm
        rule: It is calm
        judged_by: support
"""


def take(text: str | bytes, **options: Any) -> Imported:
    data = text.encode() if isinstance(text, str) else text
    return import_plan(data=data, source="hub.yaml", by=System(cause="test"), **options)


def refused(text: str) -> list[str]:
    with pytest.raises(PlanRefused) as error:
        take(text)
    return [f"{problem.line}:{problem.column} {problem.message}" for problem in error.value.problems]


def rows() -> dict[str, int]:
    """Count the rows of everything that an import could leave behind."""
    models = (
        *(Rollout, PopulationBase, Phase, Objective, Checklist, ChecklistItem, Gate, Criterion),
        *(SignOffRequirement, Role, AuditEvent),
    )
    return {model.__name__: model._default_manager.count() for model in models}


# --- All of it -------------------------------------------------------------------------------------
def test_a_plan_becomes_a_draft_with_everything_in_the_order_of_the_file() -> None:
    result = take(SMALL)

    rollout = Rollout.objects.get(slug="hub")
    assert result == Imported(
        slug="hub",
        rollout=rollout,
        is_new=True,
        counts={
            "populations": 1,
            "phases": 2,
            "goals": 1,
            "checklists": 1,
            "checklist items": 2,
            "gates": 1,
            "signatures": 1,
            "criteria": 2,
        },
        changes=[],
        warnings=[],
    )
    assert rollout.state == RolloutState.DRAFT
    first, second = rollout.phases.all()
    assert (first.code, first.start_week, first.end_week, first.percent) == ("1", 1, 1, None)
    assert (second.code, second.start_week, second.end_week) == ("2", 2, 3)
    assert (second.percent, second.base) == (Decimal("12.5"), PopulationBase.objects.get(code="users"))
    assert list(first.objectives.values_list("code", "text")) == [("works", "See that it works")]
    gate = Gate.objects.get()
    assert (gate.from_phase, gate.to_phase) == (first, second)
    done, calm = gate.criteria.all()
    assert (done.measure, done.subject, done.window) == ("phases.checklist", "ready", "latest")
    assert (done.comparator, done.threshold, done.unit) == (">=", Decimal(100), "%")
    assert (calm.measure, calm.judge_role) == ("phases.judgement", RoleName.SUPPORT)
    assert (calm.comparator, calm.threshold) == ("=", Decimal(1))


def test_every_field_of_a_criterion_has_a_key() -> None:
    text = SMALL + (
        "      - code: score\n"
        "        rule: The score is good\n"
        "        measure: phases.baselines\n"
        "        of: a thing\n"
        "        over: 7d\n"
        "        holds: between 1.50 and 3 x\n"
        "        min_count: 40\n"
        "        not_older_than: 36h\n"
        "        decided_by: interval\n"
        "        side: no_go\n"
        "        blocks: false\n"
        "      - code: group\n"
        "        rule: All of them\n"
        "        all_of:\n"
        "          - code: member\n"
        "            rule: No slower\n"
        "            measure: phases.baselines\n"
        "            holds: at most 0 %\n"
        "            against_baseline: true\n"
    )
    take(text)
    row = Criterion.objects.get(code="score")
    assert (row.subject, row.window, row.comparator) == ("a thing", "7d", "between")
    assert (row.threshold, row.threshold_high, row.unit) == (Decimal("1.5"), Decimal(3), "x")
    assert (row.min_n, row.max_age) == (40, timedelta(hours=36))
    assert (row.decide_by, row.side, row.blocking) == ("interval", "no_go", False)
    member = Criterion.objects.get(code="member")
    assert member.parent == Criterion.objects.get(code="group")
    assert member.versus_baseline


def test_the_record_names_the_file_by_its_digest() -> None:
    take(SMALL)
    event = AuditEvent.objects.get(verb="rollout.imported")
    assert event.scope == Rollout.objects.get().uuid
    assert event.cause == "test"
    assert event.after is not None
    assert event.after["file"] == "hub.yaml"
    assert event.after["digest"] == hashlib.sha256(SMALL.encode()).hexdigest()
    assert event.after["counts"]["criteria"] == 2
    assert verify().whole


def test_the_owner_gets_the_role_and_the_record_says_so() -> None:
    owner = make_user("Ada Owner")
    result = take(SMALL, owner=owner)
    assert result.rollout is not None
    role = Role.objects.get()
    assert (role.rollout, role.user, role.role) == (result.rollout, owner, RoleName.PRODUCT_OWNER)
    assert set(AuditEvent.objects.values_list("verb", flat=True)) == {"rollout.imported", "role.given"}


# --- Or nothing ------------------------------------------------------------------------------------
def test_a_dry_run_finds_out_everything_and_writes_nothing() -> None:
    result = take(SMALL, dry_run=True, owner=make_user())
    assert (result.is_new, result.rollout, result.counts["goals"]) == (True, None, 1)
    assert set(rows().values()) == {0}


def test_a_dry_run_finds_what_does_not_fit_together() -> None:
    with pytest.raises(PlanRefused):
        take(SMALL.replace("of: users", "of: user"), dry_run=True)


def test_a_plan_with_one_bad_reference_leaves_nothing_behind() -> None:
    assert refused(SMALL.replace("of: ready", "of: raedy")) == [
        "42:13 There is no checklist “raedy”. Did you mean “ready”?"
    ]
    assert set(rows().values()) == {0}


def test_an_owner_who_may_not_act_leaves_nothing_behind() -> None:
    with pytest.raises(Refused, match="switched off"):
        take(SMALL, owner=make_user(is_active=False))
    assert set(rows().values()) == {0}


def test_a_bad_file_leaves_a_draft_as_it_was() -> None:
    result = take(SMALL)
    assert result.rollout is not None
    before = export_plan(result.rollout), rows()
    refused(SMALL.replace("name: Hub", "name: Other").replace('from_phase: "1"', 'from_phase: "9"'))
    assert (export_plan(Rollout.objects.get()), rows()) == before


def test_a_file_without_a_header_is_refused() -> None:
    assert refused("version: 1\nphases: []\n") == [
        "1:1 The section “rollout” is missing: it names the rollout."
    ]


CROSS_CHECKS = {
    "an unknown population": (
        ("of: users", "of: usres"),
        ["20:9 There is no population “usres”. Did you mean “users”?"],
    ),
    "an unknown phase of a checklist": (
        ('phase: "1"\n    items', "phase: one\n    items"),
        ["24:12 There is no phase “one”. Known are: 1, 2."],
    ),
    "unknown phases of a gate": (
        ('from_phase: "1"\n    to_phase: "2"', "from_phase: one\n    to_phase: two"),
        [
            "33:17 There is no phase “one”. Known are: 1, 2.",
            "34:15 There is no phase “two”. Known are: 1, 2.",
        ],
    ),
    "an unknown whole": (
        ("weeks: 2-3", 'weeks: 2-3\n    part_of: "3"'),
        ["19:14 There is no phase “3”. Known are: 1, 2."],
    ),
    "a part of itself": (
        ("weeks: 1\n", 'weeks: 1\n    part_of: "1"\n'),
        ["13:14 A phase cannot be a part of itself: “1” → “1”. Take “part_of” out of one of them."],
    ),
    "a circle of parts": (
        ("weeks: 1\n", 'weeks: 1\n    part_of: "2"\n'),
        None,
    ),
    "a measure without a checklist": (
        ("        of: ready\n", ""),
        ["39:9 There is no checklist “”. Known are: ready."],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), CROSS_CHECKS.values(), ids=list(CROSS_CHECKS))
def test_what_does_not_fit_together_is_named_with_its_place(
    change: tuple[str, str], said: list[str] | None
) -> None:
    text = SMALL.replace(*change)
    if said is None:
        text = text.replace("weeks: 2-3", 'weeks: 2-3\n    part_of: "1"')
        circle = "A phase cannot be a part of itself: {}. Take “part_of” out of one of them."
        said = [
            "13:14 " + circle.format("“1” → “2” → “1”"),
            "20:14 " + circle.format("“2” → “1” → “2”"),
        ]
    assert refused(text) == said
    assert set(rows().values()) == {0}


def test_problems_of_several_sections_are_told_at_once() -> None:
    text = SMALL.replace("of: users", "of: usres").replace('phase: "1"\n    items', "phase: one\n    items")
    assert [line.split()[0] for line in refused(text)] == ["20:9", "24:12"]


def test_what_nothing_measures_is_told_and_taken() -> None:
    text = SMALL.replace("measure: phases.checklist", "measure: phases.checklists")
    result = take(text)
    assert [str(warning) for warning in result.warnings] == [
        "line 41, column 18: Nothing in this portal measures “phases.checklists” yet, so no criterion on it "
        "can be met. Did you mean “phases.checklist”?"
    ]


def test_a_rule_that_nothing_decides_is_told_and_taken() -> None:
    result = take(SMALL.replace("        judged_by: support\n", ""))
    assert [str(warning) for warning in result.warnings] == [
        "line 45, column 15: Nothing says how this is decided, so it cannot be met. "
        "Add a measure or “judged_by”."
    ]


def test_a_rule_that_asks_an_interval_of_what_has_none_is_told_and_taken() -> None:
    result = take(SMALL.replace("at least 100 %\n", "at least 100 %\n        decided_by: interval\n"))
    assert [str(warning) for warning in result.warnings] == [
        "line 44, column 21: “phases.checklist” never has an interval, so this can never be decided by it. "
        "Take “decided_by” out."
    ]


# --- Again -----------------------------------------------------------------------------------------
def test_the_same_file_again_changes_nothing_and_records_nothing() -> None:
    take(SMALL)
    before = rows()
    result = take(SMALL)
    assert (result.is_new, result.changes) == (False, [])
    assert rows() == before


def test_a_draft_is_changed_by_codes_and_keeps_its_identities() -> None:
    take(SMALL)
    uuids = dict(Phase.objects.values_list("code", "uuid"))
    text = (
        SMALL.replace("weeks: 2-3", "weeks: 2-5")
        .replace("See that it works", "See it work")
        .replace("      - code: light\n        text: Switch on the light\n", "")
        .replace("size: 1000", "size: 1200\n    about: true")
        .replace("checklists:\n", '  - code: "3"\n    name: Third\n    part_of: "2"\nchecklists:\n')
    )
    result = take(text)
    assert result.changes == [
        "~ populations users · size: 1000 → 1200",
        "+ populations users · about: true",
        "~ phases 1 · goals works · text: See that it works → See it work",
        "~ phases 2 · weeks: 2-3 → 2-5",
        "+ phases 3",
        "− checklists ready · items light",
    ]
    assert {code: Phase.objects.get(code=code).uuid for code in uuids} == uuids
    assert not ChecklistItem.objects.filter(code="light").exists()
    assert take(text).changes == []
    first, second = AuditEvent.objects.filter(verb="rollout.imported").order_by("seq")
    assert first.after is not None
    assert second.after is not None
    assert (first.after["changes"], second.after["changes"]) == (0, 6)
    assert second.before == {"plan": first.after["plan"]}


def test_sections_that_the_file_leaves_out_are_removed_from_a_draft() -> None:
    take(SMALL)
    result = take(SMALL[: SMALL.index("checklists:")])
    assert result.changes == ["− checklists ready", "− gates gate"]
    assert not Criterion.objects.exists()
    assert not SignOffRequirement.objects.exists()


def test_a_goal_may_move_to_another_phase() -> None:
    take(SMALL)
    uuid = Objective.objects.get().uuid
    goal = "    goals:\n      - code: works\n        text: See that it works\n"
    take(SMALL.replace(goal, "").replace("    of: users\n", "    of: users\n" + goal))
    moved = Objective.objects.get()
    assert (moved.uuid, moved.phase.code if moved.phase else None) == (uuid, "2")


def test_groups_and_members_may_trade_places() -> None:
    head = SMALL[: SMALL.index("      - code: all-done")]
    rule = "{0}- code: {1}\n{0}  rule: Rule\n"
    member = "{0}  judged_by: support\n"
    flat = head + rule.format(" " * 6, "a") + rule.format(" " * 6, "b")
    nested = head + rule.format(" " * 6, "b") + "        all_of:\n"
    nested += rule.format(" " * 10, "a") + member.format(" " * 10)
    take(flat)
    take(nested)
    assert Criterion.objects.get(code="a").parent == Criterion.objects.get(code="b")
    take(flat)
    assert Criterion.objects.get(code="a").parent is None


@pytest.mark.parametrize(
    ("leave_history", "lost", "stays"),
    [
        (
            lambda: ChecklistItem.objects.filter(code="light").update(
                state=ItemState.DONE, resolved_by=make_user(), resolved_at=clock.now()
            ),
            "      - code: light\n        text: Switch on the light\n",
            "21:1 Checklist item “light” is no longer in the file, but it has history and stays. "
            "Put it back into the file.",
        ),
        (
            lambda: Objective.objects.update(outcome=ObjectiveOutcome.MET),
            "    goals:\n      - code: works\n        text: See that it works\n",
            "10:3 Goal “works” is no longer in the file, but it has history and stays. "
            "Put it back into the file.",
        ),
        (
            lambda: Criterion.objects.get(code="calm").judgements.create(
                holds=True, rationale="It is", role=RoleName.SUPPORT, by=make_user(), at=clock.now()
            ),
            "      - code: calm\n        rule: It is calm\n        judged_by: support\n",
            "30:3 Criterion “calm” is no longer in the file, but it has history and stays. "
            "Put it back into the file.",
        ),
        (
            lambda: Gate.objects.update(state=GateState.NOT_YET),
            SMALL[SMALL.index("gates:") :],
            "1:1 Gate “gate” is no longer in the file, but it has history and stays. "
            "Put it back into the file.",
        ),
    ],
    ids=["a ticked item", "a goal with an outcome", "a judged criterion", "a decided gate"],
)
def test_what_has_history_stays(leave_history: Any, lost: str, stays: str) -> None:
    take(SMALL)
    leave_history()
    before = rows()
    assert stays.split(" ", 1)[1] in [line.split(" ", 1)[1] for line in refused(SMALL.replace(lost, ""))]
    assert rows() == before


def test_a_phase_that_moved_stays() -> None:
    take(SMALL)
    Phase.objects.filter(code="2").update(state=PhaseState.SKIPPED)
    text = SMALL[: SMALL.index('  - code: "2"')] + SMALL[SMALL.index("checklists:") : SMALL.index("gates:")]
    assert refused(text)[0].endswith(
        "Phase “2” is no longer in the file, but it has history and stays. Put it back into the file."
    )


def test_two_rollouts_may_use_the_same_codes() -> None:
    take(SMALL)
    take(SMALL.replace("slug: hub", "slug: other"))
    assert Phase.objects.filter(code="1").count() == 2


# --- What a plan file cannot say -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            lambda: Phase.objects.filter(code="1").update(start_week=None, end_week=4),
            "Phase “1” ends in week 4 and starts in none. Give it a first week.",
        ),
        (
            lambda: Criterion.objects.filter(code="all-done").update(max_age=timedelta(milliseconds=500)),
            "0:00:00.500000 cannot be written as whole seconds.",
        ),
        (
            lambda: Rollout.objects.update(name="a\x07b"),
            "The control character U+0007 has no place in a text.",
        ),
    ],
    ids=["an end without a start", "half a second", "a control character"],
)
def test_a_rollout_that_no_file_can_say_is_not_exported(damage: Any, said: str) -> None:
    take(SMALL)
    damage()
    with pytest.raises(ExportRefused) as error:
        export_plan(Rollout.objects.get())
    assert error.value.message.endswith(said)


def test_dates_ranges_and_open_ends_come_back() -> None:
    text = SMALL.replace("weeks: 1\n", "weeks: 1\n    open_ended: true\n    people_at_least: 3\n").replace(
        "weeks: 2-3",
        "starts: 2026-11-09\n    ends: 2026-11-22\n    people_at_least: 0\n    people_at_most: 9",
    )
    result = take(text)
    assert result.rollout is not None
    first, second = result.rollout.phases.all()
    assert (first.start_week, first.end_week, first.open_ended) == (1, None, True)
    assert (first.size_min, first.size_max) == (3, None)
    assert (second.starts_on, second.ends_on) == (date(2026, 11, 9), date(2026, 11, 22))
    assert (second.size_min, second.size_max) == (0, 9)
    assert take(export_plan(result.rollout)).changes == []


def test_the_medimate_plan_comes_back_byte_for_byte(medimate: bytes) -> None:
    result = take(medimate)
    assert result.rollout is not None
    assert export_plan(result.rollout).encode() == medimate


def test_the_example_of_the_manual_is_a_plan() -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs" / "plan-file.md").read_text(encoding="utf-8")
    example = manual.split("```yaml\n")[1].split("```")[0]
    result = take(example)
    assert result.rollout is not None
    assert export_plan(result.rollout) == example


def test_an_account_that_owns_nothing_is_not_touched() -> None:
    take(SMALL)
    assert User.objects.count() == 0
