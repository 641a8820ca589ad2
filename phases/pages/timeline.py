"""The plan over time: every phase with its planned and its real days, and the gates between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases.models import Gate, Phase, Rollout
from phases.pages.gates import Look, Verdict, adopt
from phases.pages.phases import audience_text, dates_text, phase_look, real_dates_text
from phases.states import PhaseState
from rollout_portal.lib import words


@dataclass(frozen=True, slots=True)
class Milestone:
    """A gate on the day when it is due."""

    day: date
    name: str
    code: str
    passed: bool


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One phase: planned and real days, and the gates that end it. `real_end` is today while it runs."""

    phase: Phase
    name: str
    depth: int
    look: Look
    planned: str
    real: str
    audience: str
    start: date | None
    end: date | None
    real_start: date | None
    real_end: date | None
    open_ended: bool
    gates: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The plan from its first to its last day."""

    rows: tuple[TimelineRow, ...]
    start: date
    end: date
    today: date
    verdict: Verdict


def read_timeline(rollout: Rollout, now: datetime) -> Timeline:
    """Read the whole plan in two queries; phases without a date stand in the table only."""
    today = now.astimezone(rollout.zone).date()
    phases = _in_order(list(rollout.phases.select_related("base").order_by("position", "pk")), rollout)
    gates = [adopt(row, rollout) for row in rollout.gates.select_related("from_phase", "to_phase")]
    rows = tuple(_timeline_row(phase, gates, depth, today) for phase, depth in phases)
    starts = [day for row in rows for day in (row.start, row.real_start) if day]
    ends = [day for row in rows for day in (row.end, row.real_end, *(gate.day for gate in row.gates)) if day]
    start = min(starts, default=today)
    end = max([*ends, *starts], default=today)
    if any(row.open_ended for row in rows):
        end = max(end, max(starts, default=today) + timedelta(weeks=2))
    return Timeline(
        rows=rows,
        start=start,
        end=max(end, start + timedelta(days=6)),
        today=today,
        verdict=_timeline_verdict(rollout, rows, today),
    )


def _in_order(phases: list[Phase], rollout: Rollout) -> list[tuple[Phase, int]]:
    """Return the phases with their parts behind them, and how deep each is."""
    below: dict[int | None, list[Phase]] = {}
    for phase in phases:
        phase.rollout = rollout
        below.setdefault(phase.parent_id, []).append(phase)

    def walk(parent: int | None, depth: int) -> list[tuple[Phase, int]]:
        return [
            each for phase in below.get(parent, []) for each in ((phase, depth), *walk(phase.pk, depth + 1))
        ]

    return walk(None, 0)


def _timeline_row(phase: Phase, gates: Sequence[Gate], depth: int, today: date) -> TimelineRow:
    zone = phase.rollout.zone
    real_start = phase.started_at.astimezone(zone).date() if phase.started_at else None
    real_end = phase.ended_at.astimezone(zone).date() if phase.ended_at else None
    if phase.is_running:
        real_end = today
    return TimelineRow(
        phase=phase,
        name=str(phase),
        depth=depth,
        look=phase_look(phase),
        planned=dates_text(phase, today),
        real=real_dates_text(phase, today),
        audience=audience_text(phase),
        start=phase.planned_start,
        end=phase.planned_end,
        real_start=real_start,
        real_end=real_end,
        open_ended=phase.open_ended,
        gates=tuple(
            Milestone(
                day=(gate.due - timedelta(seconds=1)).astimezone(zone).date(),
                name=gate.name,
                code=gate.code,
                passed=gate.to_phase is not None and gate.to_phase.started_at is not None,
            )
            for gate in gates
            if gate.from_phase_id == phase.pk and gate.due is not None
        ),
    )


def _timeline_verdict(rollout: Rollout, rows: Sequence[TimelineRow], today: date) -> Verdict:
    if not rows:
        return Verdict("open", _("The plan has no phase yet."))
    stages = [row for row in rows if row.depth == 0]
    done = sum(row.phase.state == PhaseState.COMPLETED for row in stages)
    running = [row for row in rows if row.phase.is_running]
    if not running:
        sentence = _("Nothing runs at the moment; phases done: %(done)s of %(all)s.")
        return Verdict("open", sentence % {"done": done, "all": len(stages)}, "", done, len(stages))
    names = ", ".join(f"“{row.name}”" for row in running)
    sentence = ngettext(
        "%(names)s runs; phases done: %(done)s of %(all)s.",
        "%(names)s run; phases done: %(done)s of %(all)s.",
        len(running),
    )
    coming = sorted((gate.day, gate.name) for row in rows for gate in row.gates if not gate.passed)
    detail = (
        _("Next: “%(gate)s” on %(day)s.") % {"gate": coming[0][1], "day": words.day(coming[0][0], now=today)}
        if coming
        else ""
    )
    counted = {"names": names, "done": done, "all": len(stages)}
    return Verdict("open", sentence % counted, detail, done, len(stages))
