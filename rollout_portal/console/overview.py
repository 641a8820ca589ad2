"""Where rollouts stand, each in one line: for Start and for the list of all rollouts. Pure reads.

For any number of rollouts the queries are the same few.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.utils.translation import gettext as _

from phases.models import Gate, Phase, Role, Rollout
from phases.permissions import RoleName
from phases.states import OPENED, OVER, PhaseState, RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.console.addresses import address
from rollout_portal.console.record import decided, sentence_of

Row = TypeVar("Row", Phase, Gate, Role)


@dataclass(frozen=True, slots=True)
class Strip:
    """A phase as one mark in a row: what it is and where it stands."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Line:
    """One rollout in one line.

    :ivar rank: what needs attention comes first: 0 held or rolled back, 1 late, 2 running, 3 draft, 4 over.
    """

    rollout: Rollout
    url: str
    verdict: str
    place: str
    strip: tuple[Strip, ...]
    gate: Gate | None
    due: datetime | None
    late: bool
    owners: str
    rank: int

    @property
    def needs_attention(self) -> bool:
        return self.rank < 2


def lines(rollouts: Sequence[Rollout], now: datetime) -> list[Line]:
    """Return one line for each rollout, what needs attention first."""
    stages = _by_rollout(
        Phase.objects.filter(rollout__in=rollouts, parent__isnull=True)
        .select_related("rollout", "base", "held_by")
        .order_by("position", "pk")
    )
    gates = _by_rollout(
        Gate.objects.ahead()
        .filter(rollout__in=rollouts)
        .select_related("rollout", "from_phase__rollout", "to_phase")
    )
    owners = _by_rollout(
        Role.objects.current(now)
        .filter(rollout__in=rollouts, role=RoleName.PRODUCT_OWNER)
        .select_related("user")
    )
    found = [
        _line(rollout, stages.get(rollout.pk, []), gates.get(rollout.pk, []), owners.get(rollout.pk, []), now)
        for rollout in rollouts
    ]
    return sorted(found, key=lambda line: (line.rank, line.due is None, line.due or now, line.rollout.name))


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the record in a sentence, and the rollout that it is about."""

    at: datetime
    text: str
    rollout: Rollout


def happened_since(moment: datetime, rollouts: Sequence[Rollout], reader: User, at_most: int) -> list[Event]:
    """Return what others decided in `rollouts` after `moment`, newest first."""
    by_scope = {rollout.uuid: rollout for rollout in rollouts}
    events = (
        decided()
        .filter(scope__in=by_scope, at__gt=moment)
        .exclude(actor=reader)
        .select_related("actor")[:at_most]
    )
    return [Event(event.at, sentence_of(event), by_scope[event.scope]) for event in events if event.scope]


def week_of(day: date, start: date | None) -> int | None:
    """Return which week a day is in, counted from `start`; None before it."""
    return (day - start).days // 7 + 1 if start is not None and day >= start else None


def _line(
    rollout: Rollout, stages: list[Phase], gates: list[Gate], owners: list[Role], now: datetime
) -> Line:
    gate = gates[0] if gates else None
    due = gate.due if gate is not None else None
    late = gate is not None and due is not None and due < now and gate.state not in OPENED
    running = [phase for phase in stages if phase.is_running]
    return Line(
        rollout=rollout,
        url=address("cockpit", rollout.slug),
        verdict=_verdict(rollout, stages, gate, late=late),
        place=_place(stages, running),
        strip=tuple(Strip(str(phase), phase.state) for phase in stages),
        gate=gate,
        due=due,
        late=late,
        owners=", ".join(str(role.user) for role in owners),
        rank=_rank(rollout, stages, late=late),
    )


def _verdict(rollout: Rollout, stages: list[Phase], gate: Gate | None, *, late: bool) -> str:
    if rollout.state == RolloutState.DRAFT:
        return _("A draft. It starts when its owner says so.")
    if rollout.state != RolloutState.ACTIVE:
        return str(rollout.get_state_display())
    held = next((phase for phase in stages if phase.is_held), None)
    if held is not None:
        return _("%(phase)s is on hold: “%(why)s”") % {"phase": held, "why": held.held_because}
    back = next((phase for phase in stages if phase.state == PhaseState.ROLLED_BACK), None)
    if back is not None:
        return _("%s was rolled back.") % back
    ready = next((phase for phase in stages if phase.state == PhaseState.AWAITING_GO), None)
    if ready is not None:
        return _("%s is signed and waits for its start.") % ready
    running = next((phase for phase in stages if phase.is_running), None)
    if running is None:
        done = bool(stages) and all(phase.state in OVER for phase in stages)
        return _("Every phase is over.") if done else _("Nothing runs yet.")
    if late:
        return _("%(phase)s runs; its gate is late.") % {"phase": running}
    if gate is not None and gate.state in OPENED:
        return _("%(phase)s runs; “%(gate)s” is signed.") % {"phase": running, "gate": gate}
    return _("%s runs.") % running


def _place(stages: list[Phase], running: list[Phase]) -> str:
    if not stages:
        return _("no phase yet")
    if not running:
        return _("%s phases") % len(stages)
    return _("phase %(number)s of %(whole)s") % {
        "number": stages.index(running[-1]) + 1,
        "whole": len(stages),
    }


def _rank(rollout: Rollout, stages: list[Phase], *, late: bool) -> int:
    if rollout.state == RolloutState.DRAFT:
        return 3
    if rollout.state != RolloutState.ACTIVE:
        return 4
    if any(phase.is_held or phase.state == PhaseState.ROLLED_BACK for phase in stages):
        return 0
    return 1 if late else 2


def _by_rollout(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.rollout_id, []).append(row)
    return found
