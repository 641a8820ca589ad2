"""The MediMate plan file has the plan's facts and figures, all of them and no others."""

from decimal import Decimal

import pytest

from comms.models import Announcement, Meeting
from monitoring.models import Runbook, Trigger
from phases.documents.importer import import_plan
from phases.models import Criterion, Gate, PopulationBase, Rollout
from rollout_portal.audit.services import System

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout(medimate: bytes) -> Rollout:
    result = import_plan(data=medimate, source="medimate.yaml", by=System(cause="test"))
    assert result.rollout is not None
    return result.rollout


def test_five_phases_over_nine_weeks(rollout: Rollout) -> None:
    phases = rollout.phases.select_related("base")
    assert [
        (phase.code, phase.start_week, phase.end_week, phase.planned_size, phase.percent) for phase in phases
    ] == [
        ("1", 1, 1, 10, None),
        ("2", 2, 5, 50, None),
        ("3", 6, 7, 500, 10),
        ("4", 8, 8, 2500, 50),
        ("5", 9, 9, 5000, 100),
    ]
    base = PopulationBase.objects.get()
    assert (base.code, base.size, base.approximate) == ("active-users", 5000, True)
    assert rollout.languages == ["ms", "zh-hans", "ta", "en"]
    assert rollout.time_zone == "Asia/Kuala_Lumpur"


def test_four_goals_in_each_phase(rollout: Rollout) -> None:
    assert [phase.objectives.count() for phase in rollout.phases.all()] == [4, 4, 4, 4, 4]


def test_twenty_criteria_in_five_gates_that_the_product_owner_signs(rollout: Rollout) -> None:
    gates = Gate.objects.filter(rollout=rollout).select_related("from_phase", "to_phase")
    ways = [
        (gate.from_phase.code if gate.from_phase else "", gate.to_phase.code if gate.to_phase else "")
        for gate in gates
    ]
    assert ways == [("1", "2"), ("2", "3"), ("3", "4"), ("4", "5"), ("5", "")]
    assert [gate.criteria.filter(parent=None).count() for gate in gates] == [4, 4, 4, 4, 4]
    assert [[need.role for need in gate.requirements.all()] for gate in gates] == [["product_owner"]] * 5


def test_every_figure_of_the_plan_decides_strictly(rollout: Rollout) -> None:
    found = [
        (row.gate.code, row.measure, row.subject, row.comparator, row.threshold, row.unit)
        for row in Criterion.objects.filter(rollout=rollout).select_related("gate").order_by("position")
        if row.measure and not row.is_judged and not row.versus_baseline
    ]
    metric = "monitoring.metric"
    assert found == [
        ("gate-1-2", "feedback.open_defects", "critical", "=", 0, ""),
        ("gate-1-2", "phases.checklist", "monitoring-alerts", ">=", 100, "%"),
        ("gate-1-2", "phases.baselines", "", ">=", 5, ""),
        ("gate-2-3", "feedback.nps", "weekly", ">", 50, "points"),
        ("gate-2-3", "feedback.satisfaction", "weekly.satisfaction", ">", 80, "%"),
        ("gate-2-3", "feedback.open_defects", "critical usability", "=", 0, ""),
        ("gate-3-4", metric, "error-rate", "<", Decimal("0.5"), "%"),
        ("gate-3-4", metric, "content-view-rate", ">", 30, "%"),
        ("gate-3-4", metric, "session-length", ">", 5, "min"),
        ("gate-4-5", metric, "error-rate", "<", Decimal("0.3"), "%"),
        ("gate-4-5", metric, "content-view-rate", ">", 40, "%"),
        ("gate-4-5", metric, "video-playback-success", ">", 95, "%"),
        ("gate-4-5", metric, "recommendation-relevance", ">", 70, "%"),
        ("gate-5", metric, "error-rate", "<", Decimal("0.2"), "%"),
        ("gate-5", metric, "content-view-rate", ">", 50, "%"),
        ("gate-5", metric, "quiz-completion-rate", ">", 30, "%"),
        ("gate-5", "feedback.nps", "launch", ">", 50, "points"),
    ]


def test_what_has_no_figure_is_judged_or_held_against_the_baseline(rollout: Rollout) -> None:
    rows = Criterion.objects.filter(rollout=rollout)
    assert [(row.code, row.judge_role) for row in rows if row.is_judged] == [
        ("infrastructure-stable", "release_engineer"),
        ("limited-complaints", "support"),
    ]
    members = rows.get(code="performance-met").members.all()
    assert [(row.subject, row.comparator, row.threshold) for row in members if row.versus_baseline] == [
        ("api-response-time", "<=", Decimal(0)),
        ("content-load-time", "<=", Decimal(0)),
        ("engagement", ">=", Decimal(0)),
        ("error-rate", "<=", Decimal(0)),
        ("resource-utilisation", "<=", Decimal(0)),
    ]


def test_the_monitoring_checklist_has_an_item_for_each_thing_watched(rollout: Rollout) -> None:
    items = rollout.checklistitems.values_list("group", flat=True)
    assert list(items) == ["Performance metrics"] * 5 + ["Reasons to roll back"] * 3


def test_what_the_plan_says_besides_its_phases_has_a_place(rollout: Rollout) -> None:
    """Testing protocol 4, mitigations 4, looks back 4, tools 4; nobody is named for anything."""
    testing = rollout.activitys.values_list("phase__code", "repeats")
    assert list(testing) == [("2", "weekly"), ("2", "always"), ("2", ""), ("2", "weekly")]
    assert [bool(risk.mitigation) for risk in rollout.risks.all()] == [True] * 4
    assert not rollout.risks.exclude(likelihood="", impact="", contingency="").exists()
    looks = [(str(look.when), look.repeats) for look in rollout.reviews.all()]
    assert looks == [
        ("days 1-7", "daily"),
        ("days 1-28", "weekly"),
        ("from day 1", "monthly"),
        ("from day 1", "quarterly"),
    ]
    assert [tool.kind for tool in rollout.resources.all()] == ["tool"] * 4
    assert all(role.is_vacant for role in rollout.plannedroles.all())
    assert not rollout.budgetlines.exists()


def test_three_triggers_end_in_one_rollback_of_four_steps(rollout: Rollout) -> None:
    triggers = [
        (one.measure, one.subject, one.against_target, one.action, one.automatic, one.runbook.code)
        for one in Trigger.objects.filter(rollout=rollout).select_related("runbook")
        if one.runbook
    ]
    assert triggers == [
        ("monitoring.metric", "error-rate", True, "roll_back", True, "rollback"),
        ("", "", False, "roll_back", True, "rollback"),
        ("", "", False, "roll_back", True, "rollback"),
    ]
    runbook = Runbook.objects.get(rollout=rollout)
    assert [step.code for step in runbook.steps.all()] == ["pause", "revert", "restore", "tell-users"]
    assert runbook.within is None


def test_users_hear_in_their_four_languages_and_the_team_meets_every_day(rollout: Rollout) -> None:
    said = Announcement.objects.filter(rollout=rollout)
    users = [one for one in said if one.audience == "The users of the phase"]
    assert [one.code for one in users] == ["notices", "join-or-leave", "tell-us", "rolled-back"]
    assert all(one.languages == ["ms", "zh-hans", "ta", "en"] for one in users)
    assert [one.code for one in said if one.in_rollback] == ["incident-report", "rolled-back"]
    standup = Meeting.objects.get(rollout=rollout)
    assert (str(standup.when), standup.repeats) == ("weeks 1-9", "daily")
