"""A plan file and a rollout that runs: what lies ahead can change with a reason, what has happened cannot."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from phases.documents.importer import Imported, import_plan
from phases.documents.problems import PlanRefused, ReasonMissing
from phases.exceptions import PermissionRefused, Refused
from phases.models import (
    Activity,
    ChecklistItem,
    Criterion,
    Evidence,
    Gate,
    Objective,
    Phase,
    PlanDecision,
    Rollout,
)
from phases.permissions import RoleName
from phases.services import judge_criterion
from phases.states import GateState, ItemState, ObjectiveOutcome, PhaseState, RolloutState
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import System, verify
from rollout_portal.lib import clock
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 11, 2, tzinfo=UTC)
PLAN = """\
version: 1
rollout:
  slug: hub
  name: Hub
  anchor: 2026-11-02
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
  - code: "3"
    name: Third
    weeks: 4
activities:
  - code: look
    text: Look at it
    phase: "2"
checklists:
  - code: ready
    name: Ready
    groups:
      - name: Doors
        items:
          - code: door
            text: Open the door
          - code: light
            text: Switch on the light
gates:
  - code: g1
    name: Gate one
    from_phase: "1"
    to_phase: "2"
    signatures:
      - code: g1-owner
        role: product_owner
    criteria:
      - code: calm
        rule: It is calm
        judged_by: support
  - code: g2
    name: Gate two
    from_phase: "2"
    to_phase: "3"
    signatures:
      - code: g2-owner
        role: product_owner
    criteria:
      - code: quiet
        rule: It is quiet
        judged_by: support
decisions:
  - code: which
    question: Which one?
    outcome: This one
    decided: 2026-11-03
"""


def take(text: str, **options: Any) -> Imported:
    return import_plan(data=text.encode(), source="hub.yaml", **({"by": System(cause="test")} | options))


@pytest.fixture
def rollout() -> Rollout:
    """A rollout whose first phase runs."""
    result = take(PLAN)
    assert result.rollout is not None
    Rollout.objects.update(state=RolloutState.ACTIVE, started_at=BEGAN)
    Phase.objects.filter(code="1").update(state=PhaseState.ACTIVE, started_at=BEGAN)
    return result.rollout


def refused(text: str) -> PlanRefused:
    with pytest.raises(PlanRefused) as error:
        take(text, reason="Because.")
    return error.value


# --- What lies ahead -----------------------------------------------------------------------------------
def test_without_a_reason_the_changes_are_told_and_nothing_is_written(rollout: Rollout) -> None:
    with pytest.raises(ReasonMissing) as error:
        take(PLAN.replace("weeks: 2-3", "weeks: 2-4"))
    assert error.value.changes == ["~ phases 2 · weeks: 2-3 → 2-4"]
    assert Phase.objects.get(code="2").end_week == 3
    assert AuditEvent.objects.filter(verb="rollout.imported").count() == 1


def test_a_dry_run_tells_the_same(rollout: Rollout) -> None:
    result = take(PLAN.replace("weeks: 2-3", "weeks: 2-4"), dry_run=True)
    assert (result.changes, result.runs) == (["~ phases 2 · weeks: 2-3 → 2-4"], True)
    assert Phase.objects.get(code="2").end_week == 3


def test_the_same_file_needs_no_reason(rollout: Rollout) -> None:
    assert take(PLAN).changes == []


def test_what_lies_ahead_changes_and_the_record_says_why(rollout: Rollout) -> None:
    text = (
        PLAN.replace("weeks: 2-3", "weeks: 2-4")
        .replace("text: Look at it", "text: Look twice")
        .replace("rule: It is quiet", "rule: It is very quiet")
        .replace("decisions:", '  - code: g3\n    name: Gate three\n    from_phase: "3"\ndecisions:')
        .replace("            text: Switch on the light", "            text: Switch on the lights")
    )
    result = take(text, reason=" The second phase needs a week more. ")
    assert result.changes == [
        "~ phases 2 · weeks: 2-3 → 2-4",
        "~ activities look · text: Look at it → Look twice",
        "~ checklists ready · groups Doors · items light · text: Switch on the light → Switch on the lights",
        "~ gates g2 · criteria quiet · rule: It is quiet → It is very quiet",
        "+ gates g3",
    ]
    assert Phase.objects.get(code="2").end_week == 4
    event = AuditEvent.objects.filter(verb="rollout.imported").latest("seq")
    assert event.reason == "The second phase needs a week more."
    assert event.after is not None
    assert event.after["lines"] == result.changes
    assert verify().whole


def test_who_shapes_a_rule_by_a_file_is_its_author(rollout: Rollout) -> None:
    owner = make_member(rollout, RoleName.PRODUCT_OWNER)
    take(PLAN.replace("rule: It is quiet", "rule: It is very quiet"), by=owner, reason="Quieter.")
    changed = AuditEvent.objects.get(verb="criterion.changed")
    assert (changed.actor, changed.object_id) == (owner, str(Criterion.objects.get(code="quiet").uuid))


def test_a_person_needs_the_right_to_change_the_plan(rollout: Rollout) -> None:
    support = make_member(rollout, RoleName.SUPPORT)
    with pytest.raises(PermissionRefused):
        take(PLAN.replace("weeks: 2-3", "weeks: 2-4"), by=support, reason="Because.")


def test_a_rollout_that_is_over_is_read_only(rollout: Rollout) -> None:
    Rollout.objects.update(state=RolloutState.CLOSED, ended_at=BEGAN)
    assert take(PLAN).changes == []
    with pytest.raises(Refused, match="“Hub” is over: its plan is read, not changed"):
        take(PLAN.replace("weeks: 2-3", "weeks: 2-4"), reason="Because.")


def test_a_phase_that_lies_ahead_may_go(rollout: Rollout) -> None:
    text = PLAN.replace('  - code: "3"\n    name: Third\n    weeks: 4\n', "")
    text = text[: text.index("  - code: g2")] + text[text.index("decisions:") :]
    assert take(text, reason="Two are enough.").changes == ["− phases 3", "− gates g2"]
    assert not Phase.objects.filter(code="3").exists()


# --- What has happened -----------------------------------------------------------------------------------
def _sign(code: str) -> None:
    gate = Gate.objects.get(code=code)
    Gate.objects.filter(pk=gate.pk).update(state=GateState.GO, decided_at=clock.now())


def _ask(code: str) -> None:
    Gate.objects.filter(code=code).update(requested_at=clock.now(), requested_by=make_user())


def _judge(rollout: Rollout) -> None:
    support = make_member(rollout, RoleName.SUPPORT)
    judge_criterion(criterion=Criterion.objects.get(code="quiet"), by=support, holds=True, rationale="It is.")


STARTED = "“First” has started or is over: how it was planned, and after what, is on record."
ON_WHAT_IT_SAYS = "was signed, decided or sent for signature on what it says. Change it in the console."
MORE = "      - code: more\n        rule: More\n        judged_by: support\n"
HISTORY: dict[str, tuple[Callable[[Rollout], object], tuple[str, str], str, str]] = {
    "a phase that has started": (
        lambda rollout: None,
        ("name: First\n    weeks: 1", "name: First\n    weeks: 1-2"),
        "7:5",
        STARTED,
    ),
    "a phase before one that has started": (
        lambda rollout: None,
        ('  - code: "1"\n', '  - code: "0"\n    name: Before\n  - code: "1"\n'),
        "9:5",
        STARTED,
    ),
    "the anchor": (
        lambda rollout: None,
        ("anchor: 2026-11-02", "anchor: 2026-11-09"),
        "5:11",
        "“First” has started, and its planned days follow the anchor. Keep it: anchor: 2026-11-02",
    ),
    "the zone": (
        lambda rollout: None,
        ("  anchor:", "  time_zone: Asia/Kuala_Lumpur\n  anchor:"),
        "5:14",
        "“First” has started, and its hours are in this zone. Keep it: time_zone: UTC",
    ),
    "a goal with an outcome": (
        lambda rollout: Objective.objects.update(outcome=ObjectiveOutcome.MET),
        ("See that it works", "Hope that it works"),
        "11:9",
        "“See that it works” has an outcome, which is about these words.",
    ),
    "an item that was ticked": (
        lambda rollout: ChecklistItem.objects.filter(code="door").update(
            state=ItemState.DONE, resolved_by=make_user(), resolved_at=clock.now()
        ),
        ("Open the door", "Close the door"),
        "29:13",
        "“Open the door” is ticked already. Open it again in the console first, with the reason.",
    ),
    "a gate that was decided": (
        lambda rollout: _sign("g1"),
        ("name: Gate one", "name: Gate uno"),
        "34:5",
        f"“Gate one” {ON_WHAT_IT_SAYS}",
    ),
    "a gate that waits for signatures": (
        lambda rollout: _ask("g2"),
        ("name: Gate two", "name: Gate due"),
        "45:5",
        f"“Gate two” {ON_WHAT_IT_SAYS}",
    ),
    "a rule of a signed gate": (
        lambda rollout: _sign("g1"),
        ("rule: It is calm", "rule: It is rather calm"),
        "42:9",
        f"“Gate one” {ON_WHAT_IT_SAYS}",
    ),
    "another rule for a signed gate": (
        lambda rollout: _sign("g1"),
        ("  - code: g2\n", f"{MORE}  - code: g2\n"),
        "45:9",
        f"“Gate one” {ON_WHAT_IT_SAYS}",
    ),
    "a rule taken from a signed gate": (
        lambda rollout: _sign("g1"),
        ("    criteria:\n      - code: calm\n        rule: It is calm\n        judged_by: support\n", ""),
        "34:3",
        "Criterion “calm” is no longer in the file, but it has history and stays. Put it back into the file.",
    ),
    "a signature of a signed gate": (
        lambda rollout: _sign("g1"),
        ("code: g1-owner\n        role: product_owner", "code: g1-owner\n        role: project_sponsor"),
        "39:9",
        f"“Gate one” {ON_WHAT_IT_SAYS}",
    ),
    "a rule that was judged": (
        _judge,
        ("rule: It is quiet", "rule: It is loud"),
        "53:9",
        "“It is quiet” was judged or waived in these words. Change it in the console, with the reason.",
    ),
    "a decision": (
        lambda rollout: None,
        ("outcome: This one", "outcome: That one"),
        "57:5",
        "“Which one?” was decided; ask a new question instead.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("happen", "change", "place", "said"), HISTORY.values(), ids=list(HISTORY))
def test_what_has_happened_is_not_written_anew(
    rollout: Rollout,
    happen: Callable[[Rollout], object],
    change: tuple[str, str],
    place: str,
    said: str,
) -> None:
    happen(rollout)
    events = AuditEvent.objects.count()
    text = PLAN.replace(*change)
    assert text != PLAN
    error = refused(text)
    told = [f"{problem.line}:{problem.column} {problem.message}" for problem in error.problems]
    assert f"{place} {said}" in told
    assert error.changes
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize("change", [change for _h, change, _p, _s in HISTORY.values()], ids=list(HISTORY))
def test_a_draft_has_no_history(change: tuple[str, str]) -> None:
    take(PLAN)
    assert take(PLAN.replace(*change)).changes


def test_the_order_of_rules_is_no_history(rollout: Rollout) -> None:
    _sign("g2")
    result = take(PLAN.replace("  - code: g2\n", f"{MORE}  - code: g2\n"), reason="One more.")
    assert result.changes == ["+ gates g1 · criteria more"]
    assert not Evidence.objects.exists()


def test_nothing_is_half_done(rollout: Rollout) -> None:
    text = PLAN.replace("anchor: 2026-11-02", "anchor: 2026-11-09").replace("Look at it", "Look twice")
    refused(text)
    assert Activity.objects.get().text == "Look at it"
    assert PlanDecision.objects.get().outcome == "This one"
