"""What the cockpit of a rollout shows, card by card. Pure reads; a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases import gates
from phases.gates import CriterionResult, GateReport
from phases.models import Gate, Phase, Role, Rollout
from phases.permissions import RoleName
from phases.registry import Wait, waits_in
from phases.states import OPENED, OVER, RUNNING, Outcome, PhaseState, RolloutState
from rollout_portal.audit.models import AuditEvent
from rollout_portal.console.overview import week_of
from rollout_portal.console.record import decided
from rollout_portal.lib import words

MOST_LINES = 8
MOST_EVENTS = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one sentence on top, and what follows from it."""

    tone: str
    sentence: str
    detail: str = ""
    done: int | None = None
    whole: int | None = None


@dataclass(frozen=True, slots=True)
class GateLine:
    """A criterion in one line."""

    outcome: Outcome
    outcome_text: str
    sentence: str
    missing: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase on the strip: its width is its planned weeks."""

    name: str
    line: str
    weeks: int
    state: str
    url: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The strip of phases, and how much of it has passed, in percent."""

    stages: tuple[Stage, ...]
    today: float | None


@dataclass(frozen=True, slots=True)
class GateCard:
    """The next gate and how it stands."""

    gate: Gate
    report: GateReport
    lines: tuple[GateLine, ...]
    more: int


@dataclass(frozen=True, slots=True)
class WaitLine:
    """What waits for somebody, and for whom; for `parts/_todo.html`."""

    title: str
    url: str
    who: str
    note: str
    due: datetime | None
    outcome: str


def waiting(rollout: Rollout, reader: frozenset[RoleName], now: datetime) -> list[WaitLine]:
    """Return what waits in the rollout with the people who can do it; one query beside the rooms' own.

    A line has a link only for a reader whose roles may open its page.
    """
    found = [wait.shown_to(reader) for wait in waits_in([rollout], now)]
    held = list(rollout.roles.current(now).select_related("user").order_by("user__name", "pk"))
    return [
        WaitLine(wait.title, wait.url, _for_whom(wait, held), _note(wait), wait.due, wait.outcome)
        for wait in found
    ]


def _note(wait: Wait) -> str:
    """Return what else is said of a thing; a role alone is said with its people already."""
    return "" if wait.note in {str(role.label) for role in RoleName} else wait.note


def _for_whom(wait: Wait, held: Sequence[Role]) -> str:
    """Say whose a thing is: "Kavitha Nair (support) or Aisyah Rahman (product owner)"."""
    can = [
        role
        for role in held
        if str(role.user.uuid) not in wait.without
        and (role.role in wait.roles or str(role.user.uuid) in wait.people)
    ]
    if not can:
        roles = _(" or ").join(str(role.label).lower() for role in RoleName if role in wait.roles)
        return _("%s: nobody has this role") % words.capital(roles) if roles else ""
    names: dict[str, list[str]] = {}
    for role in can:
        names.setdefault(str(role.user), []).append(str(role.get_role_display()).lower())
    return _(" or ").join(f"{name} ({', '.join(roles)})" for name, roles in names.items())


def plan(phases: Sequence[Phase], today: date) -> Plan:
    """Return the strip of top-level phases."""
    stages = [phase for phase in phases if phase.parent_id is None]
    starts = [phase.planned_start for phase in stages if phase.planned_start]
    ends = [phase.planned_end for phase in stages if phase.planned_end]
    percent = None
    if starts and ends and min(starts) <= today <= max(ends):
        whole = (max(ends) - min(starts)).days + 1
        percent = 100 * ((today - min(starts)).days + 0.5) / whole
    return Plan(tuple(_stage(phase, today) for phase in stages), percent)


def gate_card(rollout: Rollout, now: datetime) -> GateCard | None:
    """Return the gate that is decided next with its criteria, worst first; None when there is none."""
    gate = rollout.gates.ahead().select_related("from_phase__base", "to_phase__base").first()
    if gate is None:
        return None
    gate.rollout = rollout
    for phase in (gate.from_phase, gate.to_phase):
        if phase is not None:
            phase.rollout = rollout
    report = gates.evaluate(gate, now)
    ordered = [*report.worst_first, *(row for row in report.stoppers if not row.counts)]
    return GateCard(
        gate=gate,
        report=report,
        lines=tuple(_gate_line(result) for result in ordered[:MOST_LINES]),
        more=max(0, len(ordered) - MOST_LINES),
    )


def verdict(rollout: Rollout, phases: Sequence[Phase], card: GateCard | None, now: datetime) -> Verdict:
    """Return the sentence that a sponsor can read aloud."""
    held = next((phase for phase in phases if phase.is_held), None)
    if rollout.state == RolloutState.DRAFT:
        return Verdict("open", _("This is a draft. Nothing goes out before its owner starts it."))
    if rollout.state != RolloutState.ACTIVE:
        return Verdict("open", _("This rollout is over. It can be read, not changed."))
    if held is not None:
        return Verdict("stale", _("%(name)s is on hold: nothing new goes out.") % {"name": held.name})
    if card is None:
        return _without_gate(phases)
    return _with_gate(card, now)


def place(rollout: Rollout, phases: Sequence[Phase], now: datetime) -> str:
    """Return where the plan is: "Wed 25 Nov 2026, 14:20 MYT · plan week 4 of 9 · week 3 of 4 of phase 2"."""
    local = now.astimezone(rollout.zone)
    parts = [
        f"{words.local_text(now, rollout.time_zone, year=True)} {words.zone_label(rollout.time_zone, now)}"
    ]
    week = week_of(local.date(), rollout.anchor)
    last = max((phase.planned_end for phase in phases if phase.planned_end), default=None)
    whole = week_of(last, rollout.anchor) if last else None
    if week and whole and week <= whole:
        parts.append(_("plan week %(week)s of %(whole)s") % {"week": week, "whole": whole})
    phase = next((phase for phase in reversed(phases) if phase.is_running), None)
    if phase is not None and (end := phase.planned_end) is not None:
        mine, all_weeks = week_of(local.date(), phase.planned_start), week_of(end, phase.planned_start)
        if mine and all_weeks and mine <= all_weeks:
            parts.append(
                _("week %(week)s of %(whole)s of phase %(code)s")
                % {"week": mine, "whole": all_weeks, "code": phase.code}
            )
    return " · ".join(parts)


def latest(rollout: Rollout) -> list[AuditEvent]:
    """Return the newest entries of the record, without what comes in all day long."""
    return list(decided().filter(scope=rollout.uuid).select_related("actor")[:MOST_EVENTS])


def _with_gate(card: GateCard, now: datetime) -> Verdict:
    report, gate = card.report, card.gate
    target = _("phase %s") % gate.to_phase.code if gate.to_phase else _("the close of the rollout")
    whole, done = len(report.deciding), report.counting
    when = _due_text(gate, now)
    if gate.state in OPENED:
        said = (
            _("Signed: %s may start.") % target if gate.to_phase else _("Signed: the rollout may be closed.")
        )
        return Verdict("met", said, when, done, whole)
    if report.ready:
        return Verdict(
            "met", _("Everything counts. %s waits for signatures.") % words.capital(target), when, done, whole
        )
    counted = ngettext(
        "%(done)s of %(whole)s criterion counts", "%(done)s of %(whole)s criteria count", whole
    )
    sentence = _("%(target)s cannot start yet: %(counted)s.") % {
        "target": words.capital(target),
        "counted": counted % {"done": done, "whole": whole},
    }
    late = gate.due is not None and gate.due < now
    return Verdict("not-met" if late else "open", sentence, when, done, whole)


def _without_gate(phases: Sequence[Phase]) -> Verdict:
    back = next((phase for phase in phases if phase.state == PhaseState.ROLLED_BACK), None)
    if back is not None:
        return Verdict(
            "not-met", _("%s was rolled back. Fix it, prepare it, and sign its gate again.") % back
        )
    if any(phase.state in RUNNING for phase in phases):
        return Verdict("open", _("The running phase has no gate ahead. Add one, or complete the phase."))
    if phases and all(phase.state in OVER for phase in phases):
        return Verdict("met", _("Every phase is over. The rollout can be closed."))
    return Verdict("open", _("Nothing runs yet. Start the first phase when its people are ready."))


def _due_text(gate: Gate, now: datetime) -> str:
    if gate.due is None:
        return _("The gate has no date.")
    text = words.moment(gate.due, gate.rollout.time_zone, now=now).text
    if abs(gate.due - now) >= timedelta(hours=24):
        text += f", {words.relative(gate.due, now=now)}"
    return _("The gate is due %s.") % text


def _gate_line(result: CriterionResult) -> GateLine:
    return GateLine(result.outcome, result.outcome_text, result.criterion.text, _missing(result))


def _missing(result: CriterionResult) -> str:
    """Say in a few words what a criterion lacks; its value when it lacks nothing."""
    if result.counts:
        return result.value_text
    if result.members:
        done = sum(member.counts for member in result.members)
        return _("%(done)s of %(whole)s count") % {"done": done, "whole": len(result.members)}
    if result.outcome == Outcome.NO_DATA and not (result.measured and result.measured.needs):
        return str(result.reason.label)
    return "; ".join(need.text for need in result.needs[:2])


def _stage(phase: Phase, today: date) -> Stage:
    start, end = phase.planned_start, phase.planned_end
    weeks = max(1, round(((end - start).days + 1) / 7)) if start and end else 1
    if phase.is_held:
        state = "held"
    elif phase.state == PhaseState.ROLLED_BACK:
        state = "rolled-back"
    elif phase.is_running:
        state = "now"
    else:
        state = "done" if phase.state in OVER else "planned"
    parts = []
    if phase.state in OVER:
        parts.append(str(phase.get_state_display()))
    elif start and end:
        parts.append(words.days(start, end))
    if phase.percent is not None:
        parts.append(words.with_unit(phase.percent.normalize(), "%"))
    size = phase.planned_size
    if size:
        parts.append(("≈ " if phase.approximate else "") + words.number(size))
    url = reverse("phases:phase", args=[phase.rollout.slug, phase.code])
    return Stage(f"{phase.code} {phase.name}", " · ".join(parts), min(weeks, 26), state, url)
