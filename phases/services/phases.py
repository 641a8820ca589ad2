"""Every act on a phase, by one function that moves it: lock, read, check, change, record."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from phases import permissions, signals
from phases.exceptions import GateNotReady, Refused, WrongState
from phases.models import Evidence, Gate, Phase, PhaseTransition, Rollout, StopHookRun
from phases.registry import Stop, stop_hooks
from phases.services import decisions
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
from rollout_portal.lib import clock, wakeups

log = structlog.get_logger("phases")

HOOK_RETRY = timedelta(seconds=30)
HOOK_RETRY_MAX = timedelta(minutes=15)


@transaction.atomic
def start_phase(*, phase: Phase, by: User, reason: str = "") -> PhaseTransition:
    """Start a phase whose gate is go: read the gate again, and act only if nothing signed has changed.

    The phase before is completed by this, unless the plan lets the two overlap. The first phase of a
    plan that names no gate for it starts by this act alone.
    """
    _lock_rollout(phase)
    locked = _lock(phase)
    permissions.require(by, MOVES[Verb.START].act, locked.rollout)
    gate = Gate.objects.select_for_update(of=("self",)).filter(to_phase=locked).order_by("position").first()
    evidence = startable(locked)
    if gate is not None and gate.from_phase is not None:
        _complete_before(gate.from_phase, locked, by)
    moved = _move(locked, Verb.START, by, reason, evidence=evidence)
    if evidence is not None:
        decisions.close(evidence, _("used: “%s” was started") % locked)
    _record(moved, by)
    return moved


def startable(phase: Phase) -> Evidence | None:
    """Return the signed evidence on which `phase` may start at this moment, or refuse with the reasons.

    None for the first phase of a plan that names no gate for it. Reads only: the page asks the same as the
    service, which asks it again under its locks.
    """
    _require_running_rollout(phase.rollout)
    _require_source(phase, Verb.START)
    gate = phase.gates_in.select_related("rollout", "from_phase", "to_phase").order_by("position").first()
    if gate is None:
        if not is_first(phase):
            raise GateNotReady(_("“%s” has no gate. Add one with its criteria and signatures.") % phase)
        return None
    evidence = decisions.require_open(gate)
    if gate.from_phase is not None:
        _require_running_before(gate.from_phase, phase)
    return evidence


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
def roll_back_phase(*, phase: Phase, by: Actor, reason: str) -> PhaseTransition:
    """Roll back: the phase ends, the one before it runs again, and every signature for it is void.

    Needs neither gate nor broker nor mail. `by` may be the portal itself, with its cause.
    """
    _lock_rollout(phase)
    locked = _lock(phase)
    before = _phase_before(locked)
    moved = _act(locked, Verb.ROLL_BACK, by, reason, needs_reason=True)
    if before is not None and before.state == PhaseState.COMPLETED:
        reopened = _move(before, Verb.REOPEN, by, _("%s was rolled back") % locked)
        _record(reopened, by)
    decisions.void(locked, _("“%s” was rolled back") % locked)
    return moved


def is_first(phase: Phase) -> bool:
    """Tell whether nothing in the plan comes before this phase."""
    return not (
        phase.rollout.phases.filter(parent=phase.parent)
        .filter(Q(position__lt=phase.position) | Q(position=phase.position, pk__lt=phase.pk))
        .exists()
    )


def retry_stop_hooks() -> int:
    """Run again what rooms could not do when a phase was stopped; return how many are done now."""
    due = StopHookRun.objects.filter(done_at__isnull=True, next_at__lte=clock.now()).values_list(
        "pk", flat=True
    )
    return sum(_retry(pk) for pk in list(due[:50]))


def stop_hooks_waiting_since() -> datetime | None:
    """Return since when a room owes something to a stop; None when nothing is due."""
    due = StopHookRun.objects.filter(done_at__isnull=True, next_at__lte=clock.now())
    return due.order_by("next_at").values_list("next_at", flat=True).first()


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
        _run_stop_hooks(moved, locked, by)
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


def _complete_before(before: Phase, after: Phase, by: User) -> None:
    """Complete the phase that the gate closes, unless the plan lets it run on beside the next one."""
    locked = _lock(before)
    _require_running_before(locked, after)
    if overlaps(locked, after):
        return
    _record(_move(locked, Verb.COMPLETE, by, _("%s starts") % after), by)


def _require_running_before(before: Phase, after: Phase) -> None:
    if before.state not in RUNNING:
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


def _phase_before(phase: Phase) -> Phase | None:
    gate = phase.gates_in.order_by("position").first()
    return _lock(gate.from_phase) if gate is not None and gate.from_phase is not None else None


# --- What must follow a stop --------------------------------------------------------------------------


def _run_stop_hooks(moved: PhaseTransition, phase: Phase, by: Actor) -> None:
    """Tell every room, each in a savepoint; a room that fails never prevents the stop."""
    stop = _stop(moved, phase)
    for name, hook in stop_hooks().items():
        run = StopHookRun(transition=moved, hook=name, attempts=1)
        try:
            with transaction.atomic():
                hook(stop)
        except Exception as error:
            run.error, run.next_at = repr(error), moved.at + HOOK_RETRY
            log.error("stop_hook.failed", hook=name, phase=str(phase.uuid), error=repr(error))
        else:
            run.done_at = moved.at
        run.save()
        if run.done_at is None:
            wakeups.kick("phases.retry_stop_hooks")


def _stop(moved: PhaseTransition, phase: Phase) -> Stop:
    return Stop(
        phase=phase,
        verb=Verb(moved.verb),
        at=moved.at,
        by=moved.by,
        reason=moved.reason,
        options=moved.options,
    )


def _retry(pk: int) -> int:
    with transaction.atomic():
        run = (
            StopHookRun.objects.select_for_update(of=("self",))
            .select_related("transition__phase__rollout")
            .get(pk=pk)
        )
        if run.done_at is not None:
            return 0
        hook = stop_hooks().get(run.hook)
        run.attempts += 1
        try:
            if hook is None:
                raise LookupError(f"The hook {run.hook} is no longer there")
            with transaction.atomic():
                hook(_stop(run.transition, run.transition.phase))
        except Exception as error:
            run.error = repr(error)
            run.next_at = clock.now() + min(HOOK_RETRY * 2 ** min(run.attempts, 10), HOOK_RETRY_MAX)
            log.error("stop_hook.failed", hook=run.hook, attempts=run.attempts, error=repr(error))
        else:
            run.done_at, run.next_at = clock.now(), None
        run.save()
        return int(run.done_at is not None)
