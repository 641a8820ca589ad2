"""Anything that a plan can hold besides phases, checklists and gates: drawn, and written as rows."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from phases.models import (
    Activity,
    ActivityItem,
    Blackout,
    BudgetLine,
    Deliverable,
    Milestone,
    Phase,
    PlanDecision,
    PlannedRole,
    PlanWeek,
    Repeats,
    Resource,
    Review,
    Risk,
    Rollout,
    Weekday,
    WorkCalendar,
)
from phases.models.timing import when_columns
from phases.permissions import RoleName
from phases.when import When
from rollout_portal.lib.decimals import UNITS, Comparator

Strategy = st.SearchStrategy[Any]

clock_times = st.times().map(lambda moment: time(moment.hour, moment.minute))
lengths = st.integers(1, 10**7).map(lambda number: timedelta(seconds=number))
money = st.decimals(min_value=0, max_value=10**11, places=3, allow_nan=False, allow_infinity=False)
exact = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(1 - 10**15, 10**15 - 1),
    st.integers(0, 9),
)
"""Numbers as long as a plan can say them: 15 digits, up to 9 of them behind the point."""


@st.composite
def times(draw: st.DrawFn, *, with_a_day: bool = False) -> When:
    """Draw a time of every form that a plan can name."""
    kinds = ["dates", "weeks", "days of a week", "days of weeks", "days"]
    kind = draw(st.sampled_from(kinds if with_a_day else [*kinds, "nothing"]))
    hour: dict[str, Any] = draw(
        st.one_of(
            st.just({}),
            st.sampled_from(["AM", "PM"]).map(lambda half: {"half": half}),
            clock_times.map(lambda at: {"at": at}),
        )
    )
    ends = draw(st.sampled_from(["one", "range", "open"]))
    place: dict[str, Any] = {"open_ended": ends == "open" and kind != "nothing"}
    if kind == "dates":
        first = draw(st.dates(max_value=date(2090, 1, 1)))
        more = draw(st.integers(1, 400))
        place |= {"starts_on": first, "ends_on": first + timedelta(days=more) if ends == "range" else None}
    elif kind in ("weeks", "days of weeks"):
        first_week = draw(st.integers(1, 900))
        place |= {"week": first_week}
        if kind == "days of weeks":
            place |= {"day": draw(st.integers(1, 7))}
        if ends == "range":
            place |= {"end_week": first_week + draw(st.integers(1, 90))}
            place |= {"end_day": draw(st.integers(1, 7))} if kind == "days of weeks" else {}
    elif kind in ("days of a week", "days"):
        most = 7 if kind == "days of a week" else 9_999
        first_day = draw(st.integers(1, most - 1))
        place |= {"day": first_day} | ({"week": draw(st.integers(1, 999))} if most == 7 else {})
        if ends == "range":
            place |= {"end_day": draw(st.integers(first_day + 1, most))}
    return When(**place, **hour)


@st.composite
def repetition(draw: st.DrawFn) -> dict[str, Any]:
    repeats = draw(st.sampled_from(["", *Repeats.values]))
    is_weekly = repeats in (Repeats.WEEKLY, Repeats.FORTNIGHTLY)
    return {"repeats": repeats, "weekday": draw(st.sampled_from(["", *Weekday.values])) if is_weekly else ""}


@st.composite
def figures(draw: st.DrawFn, lines: Strategy) -> dict[str, Any]:
    comparator = draw(st.sampled_from(["", *Comparator]))
    if not comparator:
        return {}
    low, high = sorted([draw(exact), draw(exact)])
    measure = draw(st.sampled_from(["", "feedback.nps", "phases.baselines"]))
    return {
        "measure": measure,
        "subject": draw(st.just("") | lines)[:120].strip() if measure else "",
        "comparator": comparator,
        "threshold": low,
        "threshold_high": high if comparator == Comparator.BETWEEN else None,
        "unit": draw(st.sampled_from(sorted(UNITS))),
    }


def fill(
    draw: st.DrawFn, rollout: Rollout, phases: Sequence[Phase], lines: Strategy, texts: Strategy
) -> list[PlannedRole]:
    """Write some of everything, without the importer's help; returns the roles, for rooms above."""
    maybe_line, maybe_text = st.just("") | lines, st.just("") | texts

    def position() -> int:
        return draw(st.integers(0, 3))

    def item(code: str) -> dict[str, Any]:
        return {"rollout": rollout, "code": code, "position": position()}

    roles = [
        PlannedRole.objects.create(
            **item(f"role{number}"),
            name=draw(lines)[:120].strip() or "x",
            portal_role=draw(st.sampled_from(["", *RoleName.values])),
            person=draw(maybe_line)[:120].strip(),
            leads=draw(st.booleans()),
            duties=draw(st.lists(lines, max_size=2)),
        )
        for number in range(2)
    ]
    for role, other in (roles, reversed(roles)):
        if draw(st.booleans()):
            role.backup = other
            role.save()

    def owned(code: str, *, timed: bool = True) -> dict[str, Any]:
        fields = item(code) | {
            "owner": draw(st.sampled_from([None, *roles])),
            "phase": draw(st.sampled_from([None, *phases])),
        }
        return fields | (when_columns(draw(times())) if timed else {})

    opens = draw(st.none() | st.integers(0, 11))
    WorkCalendar.objects.create(
        **item("calendar"),
        name=draw(lines),
        days=draw(st.lists(st.sampled_from(Weekday.values), min_size=1, unique=True)),
        opens_at=None if opens is None else time(opens),
        closes_at=None if opens is None else time(opens + 1, 30),
        holidays=[
            {"day": day.isoformat(), "name": draw(lines)[:120].strip() or "x"}
            for day in draw(st.lists(st.dates(), max_size=2, unique=True))
        ],
    )
    Blackout.objects.create(
        **item("dark"),
        text=draw(lines),
        allows=draw(maybe_line),
        **when_columns(draw(times(with_a_day=True))),
    )
    for number in draw(st.lists(st.integers(1, 999), unique=True, max_size=2)):
        PlanWeek.objects.create(**item(f"week{number}"), number=number, goal=draw(lines))
    activity = Activity.objects.create(
        **owned("activity"),
        **draw(repetition()),
        text=draw(lines),
        takes=draw(st.none() | lengths),
        for_each=draw(maybe_line)[:60].strip(),
        note=draw(maybe_text),
    )
    for number in range(draw(st.integers(0, 2))):
        ActivityItem.objects.create(**item(f"part{number}"), activity=activity, text=draw(lines))
    figure = draw(figures(lines))
    share = st.none() | st.decimals(min_value="0.001", max_value=100, places=3)
    Deliverable.objects.create(
        **owned("deliverable"), **figure, text=draw(lines), percent=None if figure else draw(share)
    )
    Milestone.objects.create(
        **owned("milestone"), **draw(figures(lines)), text=draw(lines), celebration=draw(maybe_line)
    )
    is_rated = draw(st.booleans())
    Risk.objects.create(
        **owned("risk", timed=False),
        text=draw(lines),
        category=draw(maybe_line)[:80].strip(),
        likelihood=draw(st.sampled_from(Risk.Likelihood.values)) if is_rated else "",
        impact=draw(st.sampled_from(Risk.Impact.values)) if is_rated else "",
        mitigation=draw(maybe_text),
        contingency=draw(maybe_text),
    )
    amount: Decimal = draw(money)
    BudgetLine.objects.create(
        **owned("budget", timed=False),
        text=draw(lines),
        amount=amount,
        up_to=draw(st.none() | st.just(amount + Decimal("0.001"))),
        currency=draw(st.sampled_from(["", "USD"])) if rollout.currency else "USD",
        months=draw(st.none() | st.integers(1, 60)),
        optional=draw(st.booleans()),
        alerts=sorted(draw(st.sets(st.sampled_from(["50", "62.5", "70.125"])))),
        note=draw(maybe_text),
    )
    outcome = draw(maybe_text)
    PlanDecision.objects.create(
        **owned("decision"),
        question=draw(lines),
        options=draw(st.lists(lines, max_size=3, unique=True)),
        outcome=outcome,
        decided_on=draw(st.dates()) if outcome else None,
    )
    Review.objects.create(
        **owned("review"),
        **draw(repetition()),
        text=draw(lines),
        participants=draw(maybe_line),
        takes=draw(st.none() | lengths),
    )
    Resource.objects.create(
        **owned("resource"),
        name=draw(lines),
        kind=draw(st.sampled_from(Resource.Kind.values)),
        link=draw(st.sampled_from(["", "https://example.org/a?b=c#d"])),
        languages=draw(st.lists(st.sampled_from(["no", "ta", "zh-hans"]), unique=True)),
        version=draw(st.sampled_from(["", "1.10"])),
    )
    return roles
