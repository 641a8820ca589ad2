"""What a plan gets wrong in its phases and gates, although each line of it is well written."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from phases.documents.rows import Path
from phases.documents.schema import Rule
from phases.models import Repeats, Weekday
from phases.plan.gates import CriterionPlan, GatePlan
from phases.plan.stages import PhasePlan
from phases.registry import Finding, lint_rule
from rollout_portal.lib.decimals import Comparator

Sections = Mapping[str, Any]
PlanDay = tuple[int, int]
"""A day to compare with others of its kind: (0, day of the plan) or (1, day of the calendar)."""
VACANT_ROLE: Final = "phases.vacant-role"
_ANY_DAY: Final = date(2001, 1, 1)
_UP: Final = (Comparator.ABOVE, Comparator.AT_LEAST)
_DOWN: Final = (Comparator.BELOW, Comparator.AT_MOST)


def stages(sections: Sections) -> Sequence[PhasePlan]:
    """Return the phases of a plan, in its order."""
    found: Sequence[PhasePlan] = sections.get("phases", ())
    return found


def things(sections: Sections, room: str, key: str) -> Iterator[tuple[int, Any]]:
    """Yield what the section of a room lists under a key, with its position; nothing without that section."""
    yield from enumerate(getattr(sections.get(room), key, ()))


def population_sizes(sections: Sections) -> dict[str, int]:
    """Return how many people each population of the plan has, by its code."""
    return {one.code: one.size for one in sections.get("populations", ())}


def gates(sections: Sections) -> Iterator[tuple[Path, GatePlan]]:
    """Yield the gates of a plan with their places."""
    for place, gate in enumerate(sections.get("gates", ())):
        yield ("gates", place), gate


def criteria(sections: Sections) -> Iterator[tuple[Path, GatePlan, CriterionPlan]]:
    """Yield every criterion and every member of a group with its place and its gate."""
    for path, gate in gates(sections):
        for position, criterion in enumerate(gate.criteria):
            here = (*path, "criteria", position)
            yield here, gate, criterion
            for number, member in enumerate(criterion.all_of):
                yield (*here, "all_of", number), gate, member


# --- Gates -----------------------------------------------------------------------------------------
@lint_rule("phases.empty-gate", why=_("A gate without a criterion never opens."))
def _empty_gate(sections: Sections) -> Iterator[Finding]:
    for path, gate in gates(sections):
        if not gate.criteria:
            yield Finding(
                (path,),
                _("The gate “%(gate)s” has no criterion."),
                _("Add what must hold, at least one checklist or one judgement."),
                {"gate": gate.name},
            )


@lint_rule("phases.gate-without-signature", why=_("A gate that nobody signs is opened by nobody."))
def _gate_without_signature(sections: Sections) -> Iterator[Finding]:
    for path, gate in gates(sections):
        if not gate.signatures:
            yield Finding(
                (path,),
                _("Nobody signs the gate “%(gate)s”."),
                _("Name the role that decides, under “signatures”."),
                {"gate": gate.name},
            )


@lint_rule("phases.phase-without-gate", why=_("Without a gate nothing decides that a phase is over."))
def _phase_without_gate(sections: Sections) -> Iterator[Finding]:
    left = {gate.from_phase for _path, gate in gates(sections)}
    left |= {phase.part_of for phase in stages(sections) if phase.part_of and phase.code in left}
    for place, phase in enumerate(stages(sections)):
        if phase.part_of is None and not phase.open_ended and phase.code not in left:
            yield Finding(
                (("phases", place),),
                _("No gate leaves phase “%(phase)s”."),
                _("Add a gate with from_phase: %(code)s, or say open_ended: true."),
                {"phase": phase.name, "code": phase.code},
            )


@lint_rule("phases.gate-before-its-results", why=_("A gate reads the phase before it, which goes on then."))
def _gate_before_its_results(sections: Sections) -> Iterator[Finding]:
    places = {phase.code: place for place, phase in enumerate(stages(sections))}
    for path, gate in gates(sections):
        if gate.from_phase not in places or gate.to_phase not in places:
            continue
        before, after = stages(sections)[places[gate.from_phase]], stages(sections)[places[gate.to_phase]]
        end, start = last_day(before), first_day(after)
        if end is not None and start is not None and start <= end:
            yield Finding(
                (("phases", places[after.code]), path, ("phases", places[before.code])),
                _("“%(after)s” starts before “%(before)s” has ended, and its gate reads “%(before)s”."),
                _("Let it start later, or let its gate read only what is there by then."),
                {"after": after.name, "before": before.name},
            )


@lint_rule("phases.gate-due-outside", why=_("A gate that is due before its phase ends is decided too early."))
def _gate_due_early(sections: Sections) -> Iterator[Finding]:
    ends = {phase.code: (place, phase) for place, phase in enumerate(stages(sections)) if phase.ends}
    for path, gate in gates(sections):
        place, phase = ends.get(gate.from_phase or "", (0, None))
        if phase is not None and gate.due is not None and phase.ends is not None and gate.due < phase.ends:
            yield Finding(
                ((*path, "due"), ("phases", place, "ends")),
                _("The gate is due on %(due)s, and phase “%(phase)s” goes on until %(ends)s."),
                _("Move the gate to the end of the phase, or the end of the phase to the gate."),
                {"due": gate.due.isoformat(), "phase": phase.name, "ends": phase.ends.isoformat()},
            )


@lint_rule("phases.two-limits", why=_("Only the stricter of two limits ever decides; the other misleads."))
def _two_limits(sections: Sections) -> Iterator[Finding]:
    known: dict[tuple[str, ...], list[tuple[Path, CriterionPlan, Rule]]] = defaultdict(list)
    for path, gate, criterion in criteria(sections):
        if criterion.measure and criterion.holds is not None:
            known[gate.code, criterion.measure, criterion.of, criterion.over, criterion.side].append(
                (path, criterion, criterion.holds)
            )
    for several in known.values():
        for (path, first, rule), (other, second, limit) in pairwise(several):
            if rule != limit and _same_direction(rule, limit):
                yield Finding(
                    ((*other, "holds"), (*path, "holds")),
                    _("“%(second)s” and “%(first)s” hold the same figure to %(limit)s and to %(rule)s."),
                    _("Keep one of them, or record why both are meant."),
                    {
                        "second": second.rule,
                        "first": first.rule,
                        "limit": str(limit),
                        "rule": str(rule),
                    },
                )


def _same_direction(rule: Rule, other: Rule) -> bool:
    return any(rule.comparator in side and other.comparator in side for side in (_UP, _DOWN)) or (
        rule.comparator == other.comparator
    )


# --- Roles and weeks ---------------------------------------------------------------------------------
@lint_rule(VACANT_ROLE, why=_("What is a vacant role's to do is nobody's."))
def _vacant_role(sections: Sections) -> Iterator[Finding]:
    named = Counter(_named_roles(dict(sections)))
    for place, role in enumerate(sections.get("roles", ())):
        if role.person is None:
            yield Finding(
                (("roles", place),),
                _("Nobody is named for “%(role)s”; the plan names the role %(count)s times."),
                _("Name the person, or give the role to somebody who is there."),
                {"role": role.name, "count": named[role.code]},
            )


_ONE_ROLE: Final = frozenset({"owner", "primary", "backup"})
_ROLES: Final = frozenset({"decided_by", "rotation"})


def _named_roles(value: Any) -> Iterator[str]:
    """Yield the code of a role each time that something anywhere in the plan names it."""
    if isinstance(value, dict):
        for entry in value.values():
            yield from _named_roles(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _named_roles(entry)
    elif isinstance(value, BaseModel):
        for key in type(value).model_fields:
            entry = getattr(value, key)
            if key in _ONE_ROLE and isinstance(entry, str):
                yield entry
            elif key in _ROLES and isinstance(entry, list):
                yield from entry
            else:
                yield from _named_roles(entry)


@lint_rule("phases.week-without-phase", why=_("Two parts of the plan disagree about how long it is."))
def _week_without_phase(sections: Sections) -> Iterator[Finding]:
    timed = [(place, one) for place, one in enumerate(stages(sections)) if one.weeks is not None]
    if not timed or any(phase.open_ended for _place, phase in timed):
        return
    last, phase = max(timed, key=lambda one: one[1].weeks.last if one[1].weeks else 0)
    end = phase.weeks.last if phase.weeks else 0
    for place, week in enumerate(sections.get("weeks", ())):
        if week.week > end:
            yield Finding(
                (("weeks", place), ("phases", last, "weeks")),
                _("The plan has a week %(week)s, and its last phase “%(phase)s” ends with week %(end)s."),
                _("Let a phase span the week, or take the week out."),
                {"week": week.week, "phase": phase.name, "end": end},
            )


@lint_rule("phases.after-the-end", why=_("What comes after the day by which all is done is late by plan."))
def _after_the_end(sections: Sections) -> Iterator[Finding]:
    header = sections.get("rollout")
    if header is None or header.done_by is None:
        return
    for place, phase in enumerate(stages(sections)):
        end = _calendar_end(phase, header.anchor)
        if end is not None and end > header.done_by:
            yield Finding(
                (("phases", place), ("rollout", "done_by")),
                _("“%(phase)s” ends on %(end)s, after %(done)s, when all is to be done."),
                _("Move the phase, or the day."),
                {"phase": phase.name, "end": end.isoformat(), "done": header.done_by.isoformat()},
            )

    for place, week in enumerate(sections.get("weeks", ())):
        if header.anchor is None:
            break
        end = header.anchor + timedelta(days=plan_day(week.week, 7) - 1)
        if end > header.done_by:
            yield Finding(
                (("weeks", place), ("rollout", "done_by")),
                _("Week %(week)s ends on %(end)s, after %(done)s, when all is to be done."),
                _("Move the day, or let the week end earlier."),
                {"week": week.week, "end": end.isoformat(), "done": header.done_by.isoformat()},
            )


@lint_rule("phases.after-its-phase", why=_("What a phase should bring is too late when the phase is over."))
def _after_its_phase(sections: Sections) -> Iterator[Finding]:
    phases = {phase.code: (place, phase) for place, phase in enumerate(stages(sections))}
    given = _anchor(sections)
    for section in ("activities", "deliverables", "milestones"):
        for place, one in enumerate(sections.get(section, ())):
            number, phase = phases.get(one.phase or "", (0, None))
            if phase is None or one.when is None:
                continue
            # Plan weeks can be compared with each other before anybody knows when the first one is.
            in_weeks = phase.ends is None and one.when.starts_on is None
            anchor = given or (_ANY_DAY if in_weeks else None)
            end, day = _calendar_end(phase, anchor), one.when.first_day(anchor, None)
            if end is not None and day is not None and day > end:
                yield Finding(
                    ((section, place, "when"), ("phases", number)),
                    _("“%(text)s” belongs to “%(phase)s” and is planned for %(when)s, when that is over."),
                    _("Mend the time, or name the phase that runs then."),
                    {"text": one.text, "phase": phase.name, "when": str(one.when)},
                )


@lint_rule("phases.review-in-mid-week", why=_("A look back at a week that goes on misses the rest of it."))
def _review_in_mid_week(sections: Sections) -> Iterator[Finding]:
    anchor = _anchor(sections)
    if not sections.get("weeks") or anchor is None:
        return
    days = list(Weekday)
    week = [day for day in days[anchor.weekday() :] + days[: anchor.weekday()] if day in days[:5]]
    for place, review in enumerate(sections.get("reviews", ())):
        if review.repeats == Repeats.WEEKLY and review.weekday in week[1:-1]:
            yield Finding(
                (("reviews", place, "weekday"), ("rollout", "anchor")),
                _("“%(review)s” comes each %(day)s, and the weeks of the plan end with a %(last)s."),
                _("Hold it on the last day of the week, or let the weeks of the plan begin on another day."),
                {"review": review.text, "day": review.weekday, "last": week[-1].value},
            )


def _anchor(sections: Sections) -> date | None:
    header = sections.get("rollout")
    return header.anchor if header is not None else None


def _calendar_end(phase: PhasePlan, anchor: date | None) -> date | None:
    if phase.ends is not None or phase.open_ended:
        return phase.ends
    if phase.weeks is None or anchor is None:
        return None
    return anchor + timedelta(days=plan_day(phase.weeks.last, phase.days.last if phase.days else 7) - 1)


# --- Phases ----------------------------------------------------------------------------------------
@lint_rule("phases.gap", why=_("Between two phases nothing runs, and nobody is told why."))
def _gap(sections: Sections) -> Iterator[Finding]:
    timed = [
        (place, phase, phase.weeks)
        for place, phase in enumerate(stages(sections))
        if phase.part_of is None and phase.weeks is not None
    ]
    timed.sort(key=lambda one: one[2].first)
    for (place, phase, weeks), (later, following, next_weeks) in pairwise(timed):
        if not phase.open_ended and next_weeks.first > weeks.last + 1:
            yield Finding(
                (("phases", later, "weeks"), ("phases", place, "weeks")),
                _("“%(phase)s” ends with plan week %(end)s and “%(next)s” starts in week %(start)s."),
                _("Close the gap, or add what happens in between as a phase."),
                {
                    "phase": phase.name,
                    "end": weeks.last,
                    "next": following.name,
                    "start": next_weeks.first,
                },
            )


@lint_rule("phases.part-outside", why=_("A phase spans its parts; a part outside of it has no place."))
def _part_outside(sections: Sections) -> Iterator[Finding]:
    whole = {phase.code: (place, phase) for place, phase in enumerate(stages(sections))}
    for place, part in enumerate(stages(sections)):
        above, phase = whole.get(part.part_of or "", (0, None))
        if phase is None or phase.weeks is None or part.weeks is None:
            continue
        early = part.weeks.first < phase.weeks.first
        late = part.weeks.last > phase.weeks.last and not phase.open_ended
        if early or late:
            yield Finding(
                (("phases", place, "weeks"), ("phases", above, "weeks")),
                _("“%(part)s” runs in weeks %(weeks)s, outside of “%(phase)s” in weeks %(whole)s."),
                _("Move the part, or let the phase span it."),
                {
                    "part": part.name,
                    "weeks": part.weeks.written,
                    "phase": phase.name,
                    "whole": phase.weeks.written,
                },
            )


@lint_rule("phases.parts-and-whole", why=_("Steps that do not add up invite too many people, or too few."))
def _parts_and_whole(sections: Sections) -> Iterator[Finding]:
    sizes = population_sizes(sections)
    places = {phase.code: place for place, phase in enumerate(stages(sections))}
    there = 0
    for phase in stages(sections):
        people = most_people(phase, sizes)
        if people is None or phase.part_of is not None or not phase.cumulative:
            continue
        parts = [one for one in stages(sections) if one.part_of == phase.code]
        new = [one.people for one in parts if one.people is not None and not one.cumulative]
        if parts and len(new) == len(parts) and there + sum(new) != people:
            yield Finding(
                tuple(("phases", places[one.code]) for one in (phase, *parts)),
                _("The parts of “%(phase)s” bring %(new)s people to %(there)s, and it is for %(people)s."),
                _("Let them bring as many as are missing, or mend the size of the phase."),
                {"phase": phase.name, "new": sum(new), "there": there, "people": people},
            )
        there = people


@lint_rule("phases.audience-shrinks", why=_("A rollout that grows by steps never loses people on the way."))
def _audience_shrinks(sections: Sections) -> Iterator[Finding]:
    sizes = population_sizes(sections)
    grown = [
        (place, phase, people)
        for place, phase in enumerate(stages(sections))
        if phase.part_of is None and phase.cumulative
        if (people := most_people(phase, sizes)) is not None
    ]
    for (place, phase, people), (later, following, fewer) in pairwise(grown):
        if fewer < people:
            yield Finding(
                (("phases", later), ("phases", place)),
                _("“%(next)s” reaches %(fewer)s people, fewer than the %(people)s of “%(phase)s” before it."),
                _("Mend the number, or say cumulative: false where people do not stay in."),
                {"next": following.name, "fewer": fewer, "people": people, "phase": phase.name},
            )


@lint_rule("phases.too-many-people", why=_("A phase cannot reach more people than there are."))
def _too_many_people(sections: Sections) -> Iterator[Finding]:
    bases = {one.code: one for one in sections.get("populations", ())}
    for place, phase in enumerate(stages(sections)):
        base = bases.get(phase.of or "")
        if base is not None and not base.about and phase.people is not None and phase.people > base.size:
            yield Finding(
                (("phases", place, "people"),),
                _("“%(phase)s” wants %(people)s of the %(size)s in “%(base)s”."),
                _("Mend one of the two numbers."),
                {"phase": phase.name, "people": phase.people, "size": base.size, "base": base.name},
            )


@lint_rule("phases.never-enough", why=_("A criterion that asks for more than there are is never decided."))
def _never_enough(sections: Sections) -> Iterator[Finding]:
    sizes = population_sizes(sections)
    phases = {phase.code: phase for phase in stages(sections)}
    for path, gate, criterion in criteria(sections):
        phase = phases.get(gate.from_phase or "")
        people = most_people(phase, sizes) if phase is not None else None
        if phase is None or people is None or not criterion.min_count or criterion.min_count <= people:
            continue
        if (criterion.measure or "").startswith("feedback."):
            yield Finding(
                ((*path, "min_count"), ("phases", list(phases).index(phase.code))),
                _("“%(rule)s” waits for %(count)s answers, and “%(phase)s” has %(people)s people."),
                _("Ask for fewer answers, or plan for more people."),
                {
                    "rule": criterion.rule,
                    "count": criterion.min_count,
                    "phase": phase.name,
                    "people": people,
                },
            )


def most_people(phase: PhasePlan, sizes: Mapping[str, int]) -> int | None:
    """Return how many people a phase reaches at most, as planned; None where the plan gives no number.

    :param sizes: of the populations, by code.
    """
    if phase.people is not None:
        return phase.people
    if phase.people_at_most is not None:
        return phase.people_at_most
    size = sizes.get(phase.of or "")
    return int(phase.percent * size / 100) if phase.percent is not None and size is not None else None


def first_day(phase: PhasePlan) -> PlanDay | None:
    """Return when a phase starts, to compare with other phases."""
    if phase.starts is not None:
        return (1, phase.starts.toordinal())
    return (0, plan_day(phase.weeks.first, phase.days.first if phase.days else 1)) if phase.weeks else None


def last_day(phase: PhasePlan) -> PlanDay | None:
    """Return when a phase ends, as `first_day`; None when it has no end, or the plan does not say."""
    if phase.open_ended:
        return None
    if phase.ends is not None:
        return (1, phase.ends.toordinal())
    return (0, plan_day(phase.weeks.last, phase.days.last if phase.days else 7)) if phase.weeks else None


def plan_day(week: int, day: int) -> int:
    """Return which day of the plan this is; the first is 1."""
    return 7 * (week - 1) + day
