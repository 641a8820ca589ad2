"""Every act on a phase, by one function that moves it: lock, read, check, change, record."""

from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from phases import permissions, signals
from phases.exceptions import GateNotReady, Refused, WrongState
from phases.models import Evidence, Gate, Phase, PhaseTransition, Rollout
from phases.services import decisions
from phases.services.guards import same_name
from phases.services.stops import finish_stops, run_stop_hooks
from phases.states import (
    MOVES,
    OVER,
    RUNNING,
    STOPPING,
    Intake,
    PhaseState,
    RolloutState,
    Verb,
)
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import Actor, System, record
from rollout_portal.lib import clock

log = structlog.get_logger("phases")


@transaction.atomic
def start_phase(*, phase: Phase, by: User, reason: str = "") -> PhaseTransition:
    """Start a phase whose gates are go: read them again, and act only if nothing signed has changed.

    The phases before are completed by this, unless the plan lets them overlap. Without a gate the first
    phase of a plan starts by this act, and a part of a running phase, each with a reason. What a room still
    owes to an earlier stop of the phase is done first.
    """
    _lock_rollout(phase)
    locked = _lock(phase)
    permissions.require(by, MOVES[Verb.START].act, locked.rollout)
    gates = list(_gates_into(locked).select_for_update(of=("self",)))
    evidences = startable(locked)
    if not gates and not reason.strip():
        raise Refused(_("No gate stands before it, so say why it starts. The reason stands in the record."))
    finish_stops(locked)
    options = {"evidences": [each.digest for each in evidences]} if len(evidences) > 1 else {}
    moved = _move(
        locked, Verb.START, by, reason, evidence=evidences[0] if evidences else None, options=options
    )
    for before in _phases_before(gates):
        _complete_before(before, locked, by)
    for evidence in evidences:
        decisions.close(evidence, _("used: “%s” was started") % locked)
    _record(moved, by)
    return moved


def startable(phase: Phase) -> tuple[Evidence, ...]:
    """Return the signed evidence of every gate into `phase`, on which it may start at this moment.

    Refuses with the reasons otherwise. Empty where no gate is needed. Reads only: the page asks the same
    as the service, which asks it again under its locks.
    """
    _require_running_rollout(phase.rollout)
    _require_source(phase, Verb.START)
    gates = list(_gates_into(phase))
    if not gates:
        _require_no_gate_needed(phase)
    evidences = tuple(decisions.require_open(gate) for gate in gates)
    _require_running_before(_phases_before(gates), phase)
    return evidences


@transaction.atomic
def prepare_phase(*, phase: Phase, by: User, reason: str = "") -> PhaseTransition:
    """Prepare a planned phase, or one that was rolled back, for its gate."""
    return _act(phase, Verb.PREPARE, by, reason)


@transaction.atomic
def await_go(*, phase: Phase, by: User, gate: Gate) -> None:
    """Give a phase its Start, after the last signature. Called by signing, which checked the rest."""
    locked = _lock(phase)
    if locked.state in MOVES[Verb.AWAIT_GO].sources:
        _record(_move(locked, Verb.AWAIT_GO, by, _("%s: signed") % gate), by)


@transaction.atomic
def complete_phase(*, phase: Phase, by: User, reason: str = "") -> PhaseTransition:
    """Complete a running phase. A held phase is resumed or rolled back first."""
    locked = _lock(phase)
    if locked.is_held:
        raise WrongState(_("“%s” is on hold. Resume it or roll it back first.") % locked)
    return _act(locked, Verb.COMPLETE, by, reason)


@transaction.atomic
def skip_phase(*, phase: Phase, by: User, reason: str) -> PhaseTransition:
    """Leave a phase out, with a reason."""
    return _act(phase, Verb.SKIP, by, reason, needs_reason=True)


@transaction.atomic
def hold_phase(*, phase: Phase, by: User, reason: str) -> PhaseTransition:
    """Hold: nothing new goes out, nobody loses access. Holding a held phase changes nothing."""
    locked = _lock(phase)
    if locked.is_held:
        return locked.transitions.filter(verb=Verb.HOLD).first() or _act(locked, Verb.HOLD, by, reason)
    return _act(locked, Verb.HOLD, by, reason, needs_reason=True)


@transaction.atomic
def resume_phase(*, phase: Phase, by: User, reason: str) -> PhaseTransition:
    """End a hold. What was planned in the meantime goes out by its own rules."""
    locked = _lock(phase)
    if not locked.is_held:
        raise WrongState(_("“%s” is not on hold.") % locked)
    return _act(locked, Verb.RESUME, by, reason, needs_reason=True)


@transaction.atomic
def stop_intake(*, phase: Phase, by: User, reason: str) -> PhaseTransition:
    """Stop intake: who is in stays, nobody new comes in."""
    return _act(phase, Verb.STOP_INTAKE, by, reason, needs_reason=True)


@transaction.atomic
def open_intake(*, phase: Phase, by: User, reason: str) -> PhaseTransition:
    """Let new people in again."""
    return _act(phase, Verb.OPEN_INTAKE, by, reason, needs_reason=True)


@transaction.atomic
def shrink_phase(*, phase: Phase, by: User, reason: str, keep: int) -> PhaseTransition:
    """Shrink to `keep` people: some lose access, by the rule that drew them, last drawn first."""
    if keep < 0:
        raise Refused(_("Say how many people stay: 0 or more."))
    return _act(phase, Verb.SHRINK, by, reason, needs_reason=True, options={"keep": keep})


@transaction.atomic
def roll_back_phase(*, phase: Phase, by: Actor, reason: str, typed_name: str = "") -> PhaseTransition:
    """Roll back: the phase ends, what its start completed runs again, and every signature for it is void.

    Needs neither gate nor broker nor mail. `by` may be the portal itself, with its cause; a person types
    the name of the rollout.
    """
    _lock_rollout(phase)
    locked = _lock(phase)
    if isinstance(by, User):
        permissions.require(by, MOVES[Verb.ROLL_BACK].act, locked.rollout)
        if not same_name(typed_name, locked.rollout.name):
            raise Refused(_("Type the name of the rollout: %s.") % locked.rollout.name)
    before = [_lock(each) for each in completed_by(locked)]
    moved = _act(locked, Verb.ROLL_BACK, by, reason, needs_reason=True)
    for each in before:
        _record(_move(each, Verb.REOPEN, by, _("%s was rolled back") % locked), by)
    decisions.void(locked, _("“%s” was rolled back") % locked)
    return moved


def is_first(phase: Phase) -> bool:
    """Tell whether the plan begins with this phase; a part of a phase never does."""
    first = phase.rollout.phases.filter(parent__isnull=True).order_by("position", "pk").first()
    return first == phase


def completed_by(phase: Phase) -> list[Phase]:
    """Return the phases before `phase` that ended by its last start or later: a rollback reopens them."""
    started = phase.transitions.filter(verb=Verb.START).first()
    since = started.at if started else None
    return [
        before
        for before in _phases_before(_gates_into(phase))
        if before.state == PhaseState.COMPLETED
        and (since is None or (before.ended_at is not None and before.ended_at >= since))
    ]


# --- The one way to move a phase ----------------------------------------------------------------------


def _lock_rollout(phase: Phase) -> None:
    """Acts that touch more than one row lock the rollout first, so that none waits in a circle."""
    Rollout.objects.select_for_update().get(pk=phase.rollout_id)


def _lock(phase: Phase) -> Phase:
    return (
        Phase.objects.select_for_update(of=("self",))
        .select_related("rollout", "base", "parent")
        .get(pk=phase.pk)
    )


def _act(
    phase: Phase,
    verb: Verb,
    by: Actor,
    reason: str,
    *,
    needs_reason: bool = False,
    options: dict[str, Any] | None = None,
) -> PhaseTransition:
    """Check permission, state and reason; move; run what must follow a stop; record."""
    locked = _lock(phase)
    if isinstance(by, User):
        permissions.require(by, MOVES[verb].act, locked.rollout)
    if verb not in STOPPING:
        _require_running_rollout(locked.rollout)
    _require_source(locked, verb)
    if needs_reason and not reason.strip():
        raise Refused(_("Say why. The reason stands in the record."))
    moved = _move(locked, verb, by, reason, options=options)
    if verb in STOPPING:
        run_stop_hooks(moved, locked)
    _record(moved, by)
    return moved


def _move(
    phase: Phase,
    verb: Verb,
    by: Actor,
    reason: str,
    *,
    evidence: Evidence | None = None,
    options: dict[str, Any] | None = None,
) -> PhaseTransition:
    """Change the locked phase and write down the move."""
    now, before = clock.now(), PhaseState(phase.state)
    phase.state = MOVES[verb].to or before
    if verb == Verb.HOLD:
        phase.held_at, phase.held_because = now, reason
        phase.held_by = by if isinstance(by, User) else None
    if verb == Verb.RESUME or phase.state not in RUNNING:
        phase.held_at, phase.held_by, phase.held_because = None, None, ""
    if verb == Verb.STOP_INTAKE:
        phase.intake = Intake.STOPPED
    if verb in (Verb.OPEN_INTAKE, Verb.START):
        phase.intake = Intake.OPEN
    if verb in (Verb.START, Verb.REOPEN):
        phase.started_at, phase.ended_at = phase.started_at or now, None
    if phase.state in OVER | {PhaseState.ROLLED_BACK}:
        phase.ended_at = now
    phase.save()
    moved = PhaseTransition.objects.create(
        phase=phase,
        verb=verb,
        from_state=before,
        to_state=phase.state,
        at=now,
        by=by if isinstance(by, User) else None,
        cause=by.cause if isinstance(by, System) else "",
        reason=reason,
        options=options or {},
        evidence=evidence,
    )
    transaction.on_commit(
        lambda: signals.phase_moved.send_robust(sender=Phase, transition=moved), robust=True
    )
    return moved


def _record(moved: PhaseTransition, by: Actor) -> None:
    record(
        actor=by,
        verb=_PAST[Verb(moved.verb)],
        obj=moved.phase,
        scope=moved.phase.rollout.uuid,
        reason=moved.reason,
        before={"state": moved.from_state},
        after={
            "state": moved.to_state,
            "held": moved.phase.is_held,
            "intake": moved.phase.intake,
            "evidence": moved.evidence.digest if moved.evidence else None,
            **moved.options,
        },
        at=moved.at,
    )


_PAST = {
    Verb.PREPARE: "phase.prepared",
    Verb.AWAIT_GO: "phase.ready_to_start",
    Verb.START: "phase.started",
    Verb.REVIEW: "phase.reviewed",
    Verb.COMPLETE: "phase.completed",
    Verb.REOPEN: "phase.reopened",
    Verb.SKIP: "phase.skipped",
    Verb.HOLD: "phase.held",
    Verb.RESUME: "phase.resumed",
    Verb.STOP_INTAKE: "phase.intake_stopped",
    Verb.OPEN_INTAKE: "phase.intake_opened",
    Verb.SHRINK: "phase.shrunk",
    Verb.ROLL_BACK: "phase.rolled_back",
}


def _require_source(phase: Phase, verb: Verb) -> None:
    if phase.state not in MOVES[verb].sources:
        raise WrongState(
            _("“%(phase)s” is %(state)s; it cannot be changed by “%(verb)s” now.")
            % {"phase": phase, "state": phase.get_state_display().lower(), "verb": str(verb.label)}
        )


def _require_running_rollout(rollout: Rollout) -> None:
    if rollout.state != RolloutState.ACTIVE:
        raise WrongState(
            _("“%(rollout)s” is %(state)s. Start the rollout first.")
            % {"rollout": rollout, "state": rollout.get_state_display().lower()}
        )


def _require_no_gate_needed(phase: Phase) -> None:
    """Without a gate only the plan's first phase starts, and a part, which rests on the gate of its whole."""
    if phase.parent is None:
        if not is_first(phase):
            raise GateNotReady(_("“%s” has no gate. Add one with its criteria and signatures.") % phase)
    elif phase.parent.is_held:
        raise WrongState(_("“%s” is on hold. Resume it or roll it back first.") % phase.parent)
    elif not phase.parent.is_running:
        raise GateNotReady(
            _("“%(part)s” has no gate and is a part of “%(whole)s”, which does not run.")
            % {"part": phase, "whole": phase.parent}
        )


def _gates_into(phase: Phase) -> QuerySet[Gate]:
    """Return every gate into a phase, in the plan's order: each of them must be go."""
    gates = Gate.objects.filter(to_phase=phase).select_related("rollout", "from_phase", "to_phase")
    return gates.order_by("position", "pk")


def _phases_before(gates: Iterable[Gate]) -> list[Phase]:
    """Return the phases that the gates leave, each once."""
    return list({gate.from_phase_id: gate.from_phase for gate in gates if gate.from_phase}.values())


def _complete_before(before: Phase, after: Phase, by: User) -> None:
    """Complete a phase that a gate closes, unless the plan lets it run on beside the next one."""
    locked = _lock(before)
    if locked.is_running and not overlaps(locked, after):
        _record(_move(locked, Verb.COMPLETE, by, _("%s starts") % after), by)


def _require_running_before(befores: Sequence[Phase], after: Phase) -> None:
    """Refuse unless what comes before runs; of several, those that are done already need not."""
    one_runs = any(before.is_running for before in befores)
    for before in befores:
        if not before.is_running and not (one_runs and before.state == PhaseState.COMPLETED):
            raise WrongState(
                _("“%(before)s” is %(state)s; the phase before must run until “%(after)s” starts.")
                % {"before": before, "state": before.get_state_display().lower(), "after": after}
            )
        if before.is_held:
            raise WrongState(_("“%s” is on hold. Resume it or roll it back first.") % before)


def overlaps(before: Phase, after: Phase) -> bool:
    """Tell whether the plan lets `before` run on while `after` runs."""
    if before.open_ended:
        return True
    if before.planned_end is None or after.planned_start is None:
        return False
    return before.planned_end >= after.planned_start
