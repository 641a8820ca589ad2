"""`import_plan` and `export_plan` at the command line."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from phases.models import Phase, Role, Rollout
from phases.states import RolloutState
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PLAN = """\
version: 1

rollout:
  slug: hub
  name: Hub

phases:
  - code: "1"
    name: First
    weeks: 1
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "hub.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def run(command: str, *arguments: object, **options: Any) -> str:
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out, stderr=out, **options)
    return out.getvalue()


def test_a_plan_goes_in_and_comes_out_the_same(plan: Path, tmp_path: Path) -> None:
    assert run("import_plan", plan) == "Created the draft rollout “hub”:\n     1  phases\n"
    out = tmp_path / "out.yaml"
    assert run("export_plan", "hub", "--out", out) == ""
    assert out.read_bytes() == plan.read_bytes()
    assert run("export_plan", "hub") == PLAN
    assert AuditEvent.objects.get(verb="rollout.imported").cause == "import_plan"


def test_a_dry_run_says_what_would_happen_and_writes_nothing(plan: Path) -> None:
    assert run("import_plan", plan, "--dry-run") == (
        "Would create the draft rollout “hub”:\n     1  phases\nNothing was written.\n"
    )
    assert not Rollout.objects.exists()


def test_a_second_import_shows_the_differences(plan: Path) -> None:
    run("import_plan", plan)
    assert run("import_plan", plan) == "Nothing would change.\n"
    plan.write_text(PLAN.replace("weeks: 1", "weeks: 1-2"), encoding="utf-8")
    lines = "~ phases 1 · weeks: 1 → 1-2\n"
    assert run("import_plan", plan, "--dry-run") == (
        f"{lines}Would change the draft rollout “hub”.\nNothing was written.\n"
    )
    assert Phase.objects.get().end_week == 1
    assert run("import_plan", plan) == f"{lines}Changed the draft rollout “hub”.\n"
    assert Phase.objects.get().end_week == 2


def test_every_problem_is_listed_with_file_line_and_column(plan: Path) -> None:
    plan.write_text(PLAN.replace("name: Hub", "nam: Hub").replace("weeks: 1", "weeks: 010"), encoding="utf-8")
    with pytest.raises(CommandError) as error:
        run("import_plan", plan)
    assert str(error.value) == (
        f"{plan}, line 4, column 3: “name” is missing here.\n"
        f"{plan}, line 5, column 3: “nam” is not known here. Did you mean “name”?\n"
        f"{plan}, line 10, column 12: “010” is another number to some readers. Write 10, or put it in "
        'quotes: "010".\n'
        f"{plan} was not imported: 3 to mend."
    )
    assert not Rollout.objects.exists()


def test_a_warning_does_not_keep_the_plan_out(plan: Path) -> None:
    gate = (
        'gates:\n  - code: g\n    name: G\n    from_phase: "1"\n'
        "    criteria:\n      - code: c\n        rule: C\n"
    )
    plan.write_text(f"{PLAN}{gate}", encoding="utf-8")
    assert run("import_plan", plan).startswith(
        f"{plan}, line 17, column 15: Nothing says how this is decided"
    )
    assert Rollout.objects.exists()


def test_the_owner_is_found_by_address(plan: Path) -> None:
    owner = make_user("Ada", email="Ada@example.org")
    run("import_plan", plan, "--owner", "ada@EXAMPLE.org")
    assert Role.objects.get().user == owner


def test_an_owner_without_an_account_stops_the_import(plan: Path) -> None:
    with pytest.raises(CommandError, match=r"No account has the address nobody@example\.org"):
        run("import_plan", plan, "--owner", "nobody@example.org")
    assert not Rollout.objects.exists()


def test_a_rollout_that_runs_is_compared_first_and_changed_with_a_reason(plan: Path) -> None:
    run("import_plan", plan)
    Rollout.objects.update(state=RolloutState.ACTIVE, started_at=clock.now())
    plan.write_text(PLAN.replace("weeks: 1", "weeks: 2"), encoding="utf-8")
    change = "~ phases 1 · weeks: 1 → 2\n"
    assert run("import_plan", plan) == (
        f"{change}It runs, and nothing was written.\nTo make these changes, say why: --reason WHY\n"
    )
    assert Phase.objects.get().start_week == 1
    said = "plan of the rollout “hub”.\n"
    assert run("import_plan", plan, "--dry-run", "--reason", "Late") == (
        f"{change}Would change the {said}Nothing was written.\n"
    )
    assert run("import_plan", plan, "--reason", "The office moved.") == f"{change}Changed the {said}"
    assert Phase.objects.get().start_week == 2
    assert AuditEvent.objects.filter(verb="rollout.imported").latest("seq").reason == "The office moved."


def test_what_would_rewrite_history_is_shown_and_refused(plan: Path) -> None:
    run("import_plan", plan)
    Rollout.objects.update(state=RolloutState.ACTIVE, started_at=clock.now())
    Phase.objects.update(started_at=clock.now())
    plan.write_text(PLAN.replace("weeks: 1", "weeks: 2"), encoding="utf-8")
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import_plan", str(plan), "--reason", "Why not", stdout=out)
    assert out.getvalue() == "~ phases 1 · weeks: 1 → 2\n"
    assert str(error.value).startswith(f"{plan}, line 8, column 5: “First” has started or is over")


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="cannot be read: "):
        run("import_plan", tmp_path / name)


def test_an_export_needs_a_rollout_and_a_place(plan: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no rollout “hub”"):
        run("export_plan", "hub")
    run("import_plan", plan)
    with pytest.raises(CommandError, match="cannot be written: "):
        run("export_plan", "hub", "--out", tmp_path / "missing" / "out.yaml")


def test_what_no_plan_file_can_say_is_named(plan: Path) -> None:
    run("import_plan", plan)
    Phase.objects.update(start_week=None, end_week=3)
    with pytest.raises(CommandError, match="Phase “1” ends in week 3 and starts in none"):
        run("export_plan", "hub")


def test_the_linter_says_where_why_and_what_to_do(plan: Path) -> None:
    with pytest.raises(CommandError, match=r"^1 to settle\.$") as ended:
        run("lint_plan", plan)
    assert ended.value.returncode == 1
    run("import_plan", plan)
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("lint_plan", "hub", stdout=out)
    assert out.getvalue() == (
        "hub, line 8: No gate leaves phase “First”.\n"
        "    Why: Without a gate nothing decides that a phase is over.\n"
        "    Cure: Add a gate with from_phase: 1, or say open_ended: true.\n"
        "    Rule: phases.phase-without-gate\n"
    )


def test_the_linter_is_content_with_a_plan_in_order(plan: Path) -> None:
    plan.write_text(PLAN.replace("    weeks: 1", "    weeks: 1\n    open_ended: true"), encoding="utf-8")
    assert run("lint_plan", plan) == f"Nothing in {plan} contradicts itself.\n"


def test_the_linter_needs_a_plan(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="neither a file nor a rollout “nowhere”"):
        run("lint_plan", "nowhere")
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: 2\n")
    with pytest.raises(CommandError, match="is not a plan: 1 to mend"):
        run("lint_plan", broken)


DOCUMENT = """\
# Otter rollout

## Phase 1: Pilot (Week 1-2)
**Audience:** 20 users

### Success criteria
- Error rate < 1%

## Phase 2: Everybody (Week 3)
"""


def test_a_document_is_read_into_facts_and_changes_nothing(tmp_path: Path) -> None:
    document, out = tmp_path / "otter.md", tmp_path / "facts.json"
    document.write_text(DOCUMENT, encoding="utf-8")
    answer = run("import_plan", document, "--dry-run", "--facts", out)
    assert answer.startswith("“Otter rollout” says:\n     2  phases\n     1  criteria\n")
    assert answer.endswith("5 lines became facts, 1 are kept as text, 4 are ignored.\nNothing was written.\n")
    facts = json.loads(out.read_text(encoding="utf-8"))
    assert [(phase["line"], phase["name"], phase["count_min"]) for phase in facts["phases"]] == [
        (3, "Pilot", 20),
        (9, "Everybody", None),
    ]
    assert [(c["line"], c["phase"], c["op"], c["value"], c["unit"]) for c in facts["criteria"]] == [
        (7, 0, "<", 1, "%")
    ]
    assert not Rollout.objects.exists()


def test_repairs_are_told(tmp_path: Path) -> None:
    document = tmp_path / "otter.txt"
    document.write_text(DOCUMENT.replace("<", "≤").encode().decode("mac_roman"), encoding="utf-8")
    answer = run("import_plan", document, "--dry-run")
    assert "Repaired 1 runs of text that had been read as mac_roman, 0 lost." in answer


def test_a_document_makes_no_rollout_yet_and_a_plan_file_has_no_facts(plan: Path, tmp_path: Path) -> None:
    document = tmp_path / "otter.md"
    document.write_text(DOCUMENT, encoding="utf-8")
    with pytest.raises(CommandError, match="A document is read with --dry-run"):
        run("import_plan", document)
    with pytest.raises(CommandError, match="--facts is for documents"):
        run("import_plan", plan, "--facts", tmp_path / "facts.json")
    document.write_bytes(b"PK\x03\x04\x00")
    with pytest.raises(CommandError, match="This file is not text"):
        run("import_plan", document, "--dry-run")
    document.write_text(DOCUMENT, encoding="utf-8")
    with pytest.raises(CommandError, match="cannot be written"):
        run("import_plan", document, "--dry-run", "--facts", tmp_path / "missing" / "facts.json")
