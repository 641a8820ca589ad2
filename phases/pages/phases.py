"""A phase as its pages show it, and the plan over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from phases.exceptions import GateNotReady, Refused
from phases.models import Baseline, Gate, Objective, Phase
from phases.pages.checklists import ChecklistLine, list_checklists
from phases.pages.criteria import Fact
from phases.pages.gates import Look, Verdict, adopt, due_text
from phases.permissions import Rights
from phases.services.phases import startable
from phases.states import MOVES, RUNNING, STOPPING, Intake, PhaseState, Verb
from rollout_portal.lib import words
from rollout_portal.lib.decimals import shown

LOG_LENGTH = 30

# What was done, in the words of a log.
DONE: Final = {
    Verb.PREPARE: gettext_lazy("Preparing began"),
    Verb.AWAIT_GO: gettext_lazy("Ready to start"),
    Verb.START: gettext_lazy("Started"),
    Verb.REVIEW: gettext_lazy("In review"),
    Verb.COMPLETE: gettext_lazy("Completed"),
    Verb.REOPEN: gettext_lazy("Runs again"),
    Verb.SKIP: gettext_lazy("Skipped"),
    Verb.HOLD: gettext_lazy("Held"),
    Verb.RESUME: gettext_lazy("Resumed"),
    Verb.STOP_INTAKE: gettext_lazy("Intake stopped"),
    Verb.OPEN_INTAKE: gettext_lazy("Intake opened"),
    Verb.SHRINK: gettext_lazy("Shrunk"),
    Verb.ROLL_BACK: gettext_lazy("Rolled back"),
}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One act on a phase: what, who, why."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class PhaseRead:
    """Everything about a phase that its page needs."""

    phase: Phase
    look: Look
    verdict: Verdict
    facts: tuple[Fact, ...]
    goals: tuple[Objective, ...]
    parts: tuple[Phase, ...]
    checklists: tuple[ChecklistLine, ...]
    gates_in: tuple[Gate, ...]
    gates_out: tuple[Gate, ...]
    baselines: tuple[Baseline, ...]
    log: tuple[LogLine, ...]
    verbs: tuple[Verb, ...]


@dataclass(frozen=True, slots=True)
class StartRead:
    """Whether a phase may start at this moment: why not, and with what in the way."""

    refusal: str
    reasons: tuple[str, ...]


def phase_look(phase: Phase) -> Look:
    """Return the chip of a phase: a hold stands before the state."""
    if phase.is_held:
        return Look("held", _("On hold"))
    if phase.is_running and phase.intake == Intake.STOPPED:
        return Look("held", _("Running, intake stopped"))
    return Look(phase.state, str(phase.get_state_display()))


def read_start(phase: Phase) -> StartRead:
    """Ask, without changing anything, what Start would answer now."""
    try:
        startable(phase)
    except GateNotReady as refusal:
        return StartRead(refusal.message, tuple(refusal.reasons))
    except Refused as refusal:
        return StartRead(refusal.message, ())
    return StartRead("", ())


def verbs_of(phase: Phase, rights: Rights) -> tuple[Verb, ...]:
    """Return what the reader may do with the phase in its state, in the order of the page."""
    fits = {
        Verb.RESUME: phase.is_held,
        Verb.HOLD: not phase.is_held,
        Verb.COMPLETE: not phase.is_held,
        Verb.OPEN_INTAKE: phase.intake == Intake.STOPPED,
        Verb.STOP_INTAKE: phase.intake == Intake.OPEN,
    }
    order = (Verb.PREPARE, Verb.SKIP, Verb.OPEN_INTAKE, Verb.RESUME, Verb.COMPLETE, *STOPPING, Verb.START)
    return tuple(
        verb
        for verb in order
        if phase.state in MOVES[verb].sources and rights.may(MOVES[verb].act) and fits.get(verb, True)
    )


def read_phase(phase: Phase, rights: Rights, now: datetime) -> PhaseRead:
    """Read a phase at `now` in a constant number of queries."""
    rollout = phase.rollout
    today = now.astimezone(rollout.zone).date()
    gates_in = tuple(adopt(row, rollout) for row in phase.gates_in.select_related("from_phase", "to_phase"))
    gates_out = tuple(adopt(row, rollout) for row in phase.gates_out.select_related("from_phase", "to_phase"))
    parts = tuple(phase.parts.order_by("position", "pk"))
    for part in parts:
        part.rollout = rollout
    return PhaseRead(
        phase=phase,
        look=phase_look(phase),
        verdict=phase_verdict(phase, gates_in, gates_out, now),
        facts=_facts(phase, now),
        goals=tuple(phase.objectives.order_by("position", "pk")),
        parts=parts,
        checklists=tuple(list_checklists(rollout, today, phase)),
        gates_in=gates_in,
        gates_out=gates_out,
        baselines=tuple(phase.baselines.select_related("frozen_by")),
        log=_log(phase),
        verbs=verbs_of(phase, rights),
    )


def dates_text(phase: Phase, today: date) -> str:
    """Say the planned days: "Mon 9 Nov to Sun 6 Dec", "from Mon 21 Dec, without an end"."""
    start, end = phase.planned_start, phase.planned_end
    if start is None:
        return _("no date yet")
    if phase.open_ended:
        return _("from %s, without an end") % words.day(start, now=today)
    if end is None:
        return _("from %s") % words.day(start, now=today)
    return _("%(start)s to %(end)s") % {
        "start": words.day(start, now=today),
        "end": words.day(end, now=today),
    }


def real_dates_text(phase: Phase, today: date) -> str:
    """Say when the phase really ran: "since Mon 9 Nov", "Mon 2 Nov to Sun 8 Nov"; empty before."""
    if phase.started_at is None:
        return ""
    zone = phase.rollout.zone
    start = words.day(phase.started_at.astimezone(zone).date(), now=today)
    if phase.ended_at is None:
        return _("since %s") % start
    end = words.day(phase.ended_at.astimezone(zone).date(), now=today)
    return _("%(start)s to %(end)s") % {"start": start, "end": end}


def audience_text(phase: Phase) -> str:
    """Say who is planned to be in the phase, and how many."""
    size = phase.planned_size
    about = "≈ " if phase.approximate or (phase.base is not None and phase.base.approximate) else ""
    people = (
        ngettext("%s person", "%s people", size) % (about + words.number(size)) if size is not None else ""
    )
    share = ""
    if phase.percent is not None and phase.base is not None:
        share = _("%(share)s %% of %(base)s") % {
            "share": shown(phase.percent),
            "base": phase.base.name.lower(),
        }
    return ", ".join(part for part in (phase.audience, share, people) if part)


def phase_verdict(
    phase: Phase, gates_in: Sequence[Gate], gates_out: Sequence[Gate], now: datetime
) -> Verdict:
    """Say in one sentence what the phase is doing."""
    today = now.astimezone(phase.rollout.zone).date()
    planned = dates_text(phase, today)
    if phase.is_held and phase.held_at is not None:
        since = words.moment(phase.held_at, phase.rollout.time_zone, now=now).text
        words_ = {
            "phase": phase,
            "since": since,
            "who": phase.held_by or _("the portal"),
            "why": phase.held_because,
        }
        sentence = _("“%(phase)s” is on hold since %(since)s by %(who)s: “%(why)s”") % words_
        return Verdict("stale", sentence, _("Nothing new goes out. Nobody loses access."))
    if phase.state in RUNNING:
        day, days, place = _place(phase, today)
        sentence = _("“%(phase)s” runs, %(place)s.") % {"phase": phase, "place": place}
        out = gates_out[0] if gates_out else None
        due = due_text(out, now) if out else ""
        detail = _("“%(gate)s” is due %(due)s.") % {"gate": out, "due": due} if due else ""
        return Verdict("open", sentence, detail, min(day, days), days)
    if phase.state == PhaseState.AWAITING_GO:
        read = read_start(phase)
        if read.refusal:
            return Verdict("stale", read.refusal, "; ".join(read.reasons))
        return Verdict("met", _("“%s” may start now: its gate is signed and still holds.") % phase)
    if phase.state in (PhaseState.COMPLETED, PhaseState.ROLLED_BACK):
        ran = real_dates_text(phase, today)
        done = phase.state == PhaseState.COMPLETED
        sentence = _("“%(phase)s” is done: %(ran)s.") if done else _("“%(phase)s” was rolled back: %(ran)s.")
        again = "" if done else _("Prepare it again to bring it back to its gate.")
        return Verdict("met" if done else "not-met", sentence % {"phase": phase, "ran": ran}, again)
    if phase.state == PhaseState.SKIPPED:
        return Verdict("open", _("“%s” is left out.") % phase)
    needs = _("It starts after “%s” is signed.") % gates_in[0] if gates_in else _("No gate stands before it.")
    return Verdict(
        "open", _("“%(phase)s” is planned: %(dates)s.") % {"phase": phase, "dates": planned}, needs
    )


def _place(phase: Phase, today: date) -> tuple[int, int, str]:
    """Return the day, the planned days (0 without an end), and where that is in words.

    The words are "day 17 of 28", "day 3", or "2 days over its planned end".
    """
    zone = phase.rollout.zone
    start = phase.started_at.astimezone(zone).date() if phase.started_at else today
    day, end = (today - start).days + 1, phase.planned_end
    if end is None:
        return day, 0, _("day %s") % day
    days = max(1, (end - start).days + 1)
    if today > end:
        over = (today - end).days
        text = ngettext("%s day over its planned end", "%s days over its planned end", over) % over
        return day, days, text
    return day, days, _("day %(day)s of %(days)s") % {"day": day, "days": days}


def _facts(phase: Phase, now: datetime) -> tuple[Fact, ...]:
    """Plan and real side by side, in one fixed order."""
    today = now.astimezone(phase.rollout.zone).date()
    weeks = ""
    if phase.start_week:
        last = phase.end_week or phase.start_week
        weeks = (
            _("plan week %s") % last
            if last == phase.start_week
            else _("plan weeks %(first)s to %(last)s") % {"first": phase.start_week, "last": last}
        )
    found = (
        Fact(_("Planned"), " · ".join(part for part in (dates_text(phase, today), weeks) if part)),
        Fact(_("Really"), real_dates_text(phase, today) or _("not started")),
        Fact(_("For whom"), audience_text(phase)),
        Fact(_("Earlier phases"), _("its people are in it too") if phase.cumulative else _("other people")),
        Fact(_("Intake"), str(phase.get_intake_display()) if phase.is_running else ""),
        Fact(_("Part of"), str(phase.parent) if phase.parent else ""),
    )
    return tuple(fact for fact in found if fact.value)


def _log(phase: Phase) -> tuple[LogLine, ...]:
    rows = phase.transitions.select_related("by")[:LOG_LENGTH]
    return tuple(
        LogLine(row.at, _log_text(DONE[Verb(row.verb)], row.by or row.cause, row.reason)) for row in rows
    )


def _log_text(done: object, who: object, why: str) -> str:
    text = _("%(done)s by %(who)s") % {"done": done, "who": who}
    return f"{text}: “{why}”" if why else text
