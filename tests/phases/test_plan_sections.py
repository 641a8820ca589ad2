"""The sections of a plan beside phases and gates: what each key becomes, and what does not fit together."""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from phases.documents.exporter import export_plan
from phases.documents.importer import Imported, import_plan
from phases.documents.problems import PlanRefused
from phases.models import (
    Activity,
    Blackout,
    BudgetLine,
    Deliverable,
    Milestone,
    Phase,
    PlanDecision,
    PlannedRole,
    PlanWeek,
    Resource,
    Review,
    Risk,
    Rollout,
    WorkCalendar,
)
from rollout_portal.audit.services import System
from tests import factories

pytestmark = pytest.mark.django_db

PLAN = """\
version: 1

rollout:
  slug: hub
  name: Hub
  plan_status: Ready
  plan_updated: 2026-02-01
  conclusion: Stay close to the people.
  currency: USD
  anchor: 2026-02-02
  done_by: 2026-04-06

roles:
  - code: lead
    name: Lead
    portal_role: product_owner
    person: A. Person
    backup: ops
    leads: true
    duties: [Plans the week, Decides]

  - code: ops
    name: Operations

calendars:
  - code: office
    name: Office
    days: [monday, friday]
    opens: "09:00"
    closes: "17:30"
    holidays:
      - day: 2026-02-16
        name: A holiday

blackouts:
  - code: freeze
    text: Freeze
    when: 2026-12-24 to 2026-12-26
    allows: On call only

phases:
  - code: A
    name: Pilot
    weeks: 5
    days: 1-3
    rollback_within: 30m

  - code: B
    name: All
    weeks: 5-6
    days: 4-2

  - code: C
    name: Onwards
    weeks: 6
    days: 3
    open_ended: true

weeks:
  - code: w5
    week: 5
    goal: Get going

activities:
  - code: build
    text: Build it
    owner: ops
    phase: A
    when: days 1-3
    takes: 45m
    for_each: client
    note: Mind the step.
    items:
      - code: build-1
        text: The first half

      - code: build-2
        text: The second half

  - code: standup
    text: Stand up
    when: weeks 1-9 at 10:00
    repeats: working_days

deliverables:
  - code: guest-mode
    text: Guest mode
    when: week 5
    percent: 70

  - code: answers
    text: Answers
    when: 2026-12-08
    measure: feedback.nps
    of: weekly
    holds: at least 40 points

milestones:
  - code: thousand
    text: A thousand people
    when: from week 9
    holds: at least 1000
    celebration: Cake

risks:
  - code: overload
    text: Too many at once
    category: Technical
    likelihood: medium
    impact: critical
    mitigation: Go in steps.
    contingency: Throttle.
    owner: ops
    phase: B

budget:
  - code: servers
    text: Servers
    category: Infrastructure
    amount: 30
    up_to: 50.5
    months: 2
    alerts: [50, 100]

decisions:
  - code: db
    question: Which database?
    options: [Ours, Theirs]
    when: week 4
    outcome: Ours
    decided: 2026-03-01

reviews:
  - code: after-30
    text: Thirty days later
    participants: Everybody
    phase: C
    when: day 31 at 16:00

  - code: weekly
    text: How it goes
    repeats: weekly
    weekday: friday
    takes: 1h

resources:
  - code: guide
    name: Guide
    kind: guide
    link: https://example.org/guide
    audience: Technicians
    version: "1.10"
    languages: [en, ta]
    when: week 5 day 5 AM
"""


def take(text: str, **options: Any) -> Imported:
    return import_plan(data=text.encode(), source="hub.yaml", by=System(cause="test"), **options)


def refused(text: str) -> list[str]:
    with pytest.raises(PlanRefused) as error:
        take(text)
    return [f"{problem.line}:{problem.column} {problem.message}" for problem in error.value.problems]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_everything_comes_back_byte_for_byte() -> None:
    text = PLAN.replace(
        "    duties: [Plans the week, Decides]\n", "    duties:\n      - Plans the week\n      - Decides\n"
    )
    text = text.replace("    alerts: [50, 100]\n", "    alerts:\n      - 50\n      - 100\n")
    text = text.replace("second half\n", "second half\n").replace(
        "half\n\n      - code", "half\n      - code"
    )
    result = take(text)
    assert result.rollout is not None
    assert result.warnings == []
    assert export_plan(result.rollout) == text
    assert take(text).changes == []


def test_every_key_becomes_a_column() -> None:
    take(PLAN)
    rollout = Rollout.objects.get()
    assert (rollout.plan_status, rollout.plan_updated_on) == ("Ready", date(2026, 2, 1))
    assert (rollout.conclusion, rollout.target_on) == ("Stay close to the people.", date(2026, 4, 6))
    lead, ops = PlannedRole.objects.all()
    assert (lead.person, lead.backup, lead.leads, lead.portal_role) == (
        "A. Person",
        ops,
        True,
        "product_owner",
    )
    assert (lead.duties, lead.is_vacant, ops.is_vacant) == (["Plans the week", "Decides"], False, True)
    calendar = WorkCalendar.objects.get()
    assert (calendar.days, calendar.opens_at, calendar.closes_at) == (
        ["monday", "friday"],
        time(9),
        time(17, 30),
    )
    assert calendar.holidays == [{"day": "2026-02-16", "name": "A holiday"}]
    freeze = Blackout.objects.get()
    assert (freeze.planned_start, freeze.planned_end) == (date(2026, 12, 24), date(2026, 12, 26))
    assert [(week.number, week.goal) for week in PlanWeek.objects.all()] == [(5, "Get going")]
    build, standup = Activity.objects.all()
    assert (build.owner, build.takes, build.for_each) == (ops, timedelta(minutes=45), "client")
    assert list(build.items.values_list("code", flat=True)) == ["build-1", "build-2"]
    assert (standup.repeats, standup.at) == ("working_days", time(10))
    guest, answers = Deliverable.objects.all()
    assert (guest.percent, guest.comparator) == (Decimal(70), "")
    assert (answers.measure, answers.subject, answers.comparator, answers.threshold, answers.unit) == (
        "feedback.nps", "weekly", ">=", Decimal(40), "points",
    )  # fmt: skip
    reached = Milestone.objects.get()
    assert (reached.threshold, reached.celebration, reached.open_ended) == (Decimal(1000), "Cake", True)
    risk = Risk.objects.get()
    assert (risk.likelihood, risk.impact, risk.owner, risk.phase) == (
        "medium", "critical", ops, Phase.objects.get(code="B"),
    )  # fmt: skip
    money = BudgetLine.objects.get()
    assert (money.amount, money.up_to, money.months, money.alerts) == (
        Decimal(30), Decimal("50.5"), 2, ["50", "100"],
    )  # fmt: skip
    decision = PlanDecision.objects.get()
    assert (decision.options, decision.outcome, decision.decided_on) == (
        ["Ours", "Theirs"], "Ours", date(2026, 3, 1),
    )  # fmt: skip
    _after, weekly = Review.objects.all()
    assert (weekly.repeats, weekly.weekday, weekly.takes) == ("weekly", "friday", timedelta(hours=1))
    guide = Resource.objects.get()
    assert (guide.link, guide.version, guide.languages) == ("https://example.org/guide", "1.10", ["en", "ta"])


def test_all_times_follow_the_one_anchor() -> None:
    """004: week 5 day 1 is Mon 2026-03-02: phase A Mar 2-4, B from Mar 5."""
    take(PLAN)
    first, second, third = Phase.objects.all()
    assert (first.planned_start, first.planned_end) == (date(2026, 3, 2), date(2026, 3, 4))
    assert (second.planned_start, second.planned_end) == (date(2026, 3, 5), date(2026, 3, 10))
    assert (third.planned_start, third.planned_end) == (date(2026, 3, 11), None)
    review = Review.objects.get(code="after-30")
    assert review.planned_start == date(2026, 4, 10)
    guide = Resource.objects.get()
    assert (guide.planned_start, guide.half) == (date(2026, 3, 6), "AM")
    take(PLAN.replace("anchor: 2026-02-02", "anchor: 2026-02-09"))
    assert Review.objects.get(code="after-30").planned_start == date(2026, 4, 17)
    assert Blackout.objects.get().planned_start == date(2026, 12, 24)
    assert Activity.objects.get(code="build").planned_end == date(2026, 3, 11)


def test_roles_that_stand_in_for_each_other_can_both_go() -> None:
    pair = "\nroles:\n  - code: a\n    name: A\n    backup: b\n  - code: b\n    name: B\n    backup: a\n"
    head = "version: 1\nrollout:\n  slug: hub\n  name: Hub\n"
    take(head + pair)
    assert take(head).changes == ["− roles a", "− roles b"]
    assert not PlannedRole.objects.exists()


def test_a_role_that_is_named_stays_until_nothing_names_it() -> None:
    take(PLAN)
    without = PLAN.replace("  - code: ops\n    name: Operations\n", "").replace("    backup: ops\n", "")
    said = "There is no role of the plan “ops”. Known are: lead."
    assert [line.split(" ", 1)[1] for line in refused(without)] == [said, said]
    take(without.replace("    owner: ops\n", ""))
    assert PlannedRole.objects.count() == 1


def test_a_section_that_is_refused_does_not_make_others_wrong() -> None:
    assert len(refused(PLAN.replace("backup: ops", "backup: nobody"))) == 1


def test_nothing_is_lost_when_a_role_goes_that_is_still_named() -> None:
    take(PLAN)
    refused(PLAN.replace("  - code: ops\n    name: Operations\n", "").replace("    backup: ops\n", ""))
    assert PlannedRole.objects.count() == 2


def test_a_part_may_move_to_another_activity() -> None:
    take(PLAN)
    part = "      - code: build-2\n        text: The second half\n"
    moved = PLAN.replace("\n" + part, "").replace(
        "    repeats: working_days\n", "    repeats: working_days\n    items:\n" + part
    )
    assert take(moved).changes == [
        "− activities build · items build-2",
        "+ activities standup · items build-2",
    ]


WRONG = {
    "an owner that is no role": (
        ("owner: ops\n    phase: A", "owner: opps\n    phase: A"),
        "owner: opps",
        "There is no role of the plan “opps”. Did you mean “ops”?",
    ),
    "a phase that is not there": (
        ("    phase: C\n", "    phase: D\n"),
        "phase: D",
        "There is no phase “D”. Known are: A, B, C.",
    ),
    "a stand-in for oneself": (
        ("backup: ops", "backup: lead"),
        "backup: lead",
        "A role cannot stand in for itself. Name another one.",
    ),
    "a week twice": (
        ("    goal: Get going\n", "    goal: Get going\n  - code: w6\n    week: 5\n    goal: Again\n"),
        "week: 5\n    goal: Again",
        "Week 5 is there already, as “w5”.",
    ),
    "no currency": (
        ("  currency: USD\n", ""),
        "amount: 30",
        "In which currency? Say it here, or for the whole rollout: currency: MYR",
    ),
}


@pytest.mark.parametrize(("change", "part", "said"), WRONG.values(), ids=list(WRONG))
def test_what_does_not_fit_together_is_named_with_its_place(
    change: tuple[str, str], part: str, said: str
) -> None:
    text = PLAN.replace(*change)
    column = text.split(part)[0].rpartition("\n")[2]
    place = f"{line_of(text, part)}:{len(column) + part.index(': ') + 3}"
    assert refused(text) == [f"{place} {said}"]
    assert not Rollout.objects.exists()


def test_a_measure_that_nothing_knows_is_told_and_taken() -> None:
    result = take(PLAN.replace("measure: feedback.nps", "measure: feedback.npss"))
    assert [warning.message for warning in result.warnings] == [
        "Nothing in this portal measures “feedback.npss” yet. Did you mean “feedback.nps”?"
    ]


# --- What the database itself refuses ----------------------------------------------------------------
NEVER: dict[str, Any] = {
    "dates and weeks": lambda base: Review.objects.create(**base, starts_on=date(2026, 1, 1), start_week=1),
    "dates and days": lambda base: Review.objects.create(**base, starts_on=date(2026, 1, 1), start_day=1),
    "an end without a start": lambda base: Review.objects.create(**base, end_week=2),
    "a last week before the first": lambda base: Review.objects.create(**base, start_week=3, end_week=2),
    "a last day before the first": lambda base: Review.objects.create(**base, start_day=3, end_day=3),
    "weeks of which only the last has a day": lambda base: Review.objects.create(
        **base, start_week=1, end_week=2, end_day=3
    ),
    "an eighth day of a week": lambda base: Review.objects.create(**base, start_week=1, start_day=8),
    "an open range": lambda base: Review.objects.create(
        **base, start_week=1, end_week=2, open_ended=True
    ),
    "an hour and half a day": lambda base: Review.objects.create(**base, half="AM", at=time(9)),
    "a weekday of nothing weekly": lambda base: Review.objects.create(**base, weekday="friday"),
    "a blackout without a day": lambda base: Blackout.objects.create(**base, at=time(9)),
    "a share and a figure": lambda base: Deliverable.objects.create(
        **base, percent=5, comparator=">", threshold=1
    ),
    "a comparison with nothing": lambda base: Milestone.objects.create(**base, comparator=">"),
    "a measure without a rule": lambda base: Milestone.objects.create(**base, measure="a.b"),
    "between one end": lambda base: Milestone.objects.create(**base, comparator="between", threshold=1),
    "a risk half rated": lambda base: Risk.objects.create(**base, impact="low"),
    "an upper end below": lambda base: BudgetLine.objects.create(**base, amount=5, up_to=5),
    "less than no money": lambda base: BudgetLine.objects.create(**base, amount=-1),
    "an outcome without a day": lambda base: PlanDecision.objects.create(**base, outcome="Yes"),
    "a day that ends before it begins": lambda base: WorkCalendar.objects.create(
        **base, opens_at=time(9), closes_at=time(9)
    ),
    "half a working day": lambda base: WorkCalendar.objects.create(**base, opens_at=time(9)),
    "week zero": lambda base: PlanWeek.objects.create(**base, number=0),
    "days of no week": lambda base: Phase.objects.create(**base, start_day=1, end_day=2),
    "days of an open phase": lambda base: Phase.objects.create(
        **base, start_week=1, start_day=1, end_day=2, open_ended=True
    ),
}  # fmt: skip


@pytest.mark.parametrize("damage", NEVER.values(), ids=list(NEVER))
def test_the_database_holds_no_row_that_makes_no_sense(damage: Any) -> None:
    rollout = factories.make_rollout()
    with pytest.raises(IntegrityError), transaction.atomic():
        damage({"rollout": rollout, "code": "x"})
