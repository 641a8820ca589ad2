"""What must follow a stop: every room is told, and told again until it is done or the phase has moved on."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from phases.exceptions import WrongState
from phases.models import Phase, PhaseTransition, StopHookRun
from phases.registry import Stop, stop_hooks
from phases.states import Verb
from rollout_portal.audit.services import System, record
from rollout_portal.lib import clock, wakeups

log = structlog.get_logger("phases")

HOOK_RETRY = timedelta(seconds=30)
HOOK_RETRY_MAX = timedelta(minutes=15)

# What ends a stop, so that its effects must not come late: a new start ends every one.
_ENDED_BY: Final = {
    Verb.HOLD: (Verb.RESUME, Verb.START),
    Verb.STOP_INTAKE: (Verb.OPEN_INTAKE, Verb.START),
    Verb.SHRINK: (Verb.START,),
    Verb.ROLL_BACK: (Verb.START,),
}


def run_stop_hooks(moved: PhaseTransition, phase: Phase) -> None:
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


def finish_stops(phase: Phase) -> None:
    """Do what rooms still owe to the stops of `phase`, before it goes forward; refuse while one cannot."""
    owed = StopHookRun.objects.filter(transition__phase=phase, done_at__isnull=True)
    for pk in list(owed.order_by("pk").values_list("pk", flat=True)):
        _retry(pk)
    if owed.exists():
        raise WrongState(
            _("The last stop of “%s” is not finished in every room. It is tried again by itself.") % phase
        )


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
        # The phase first, as in every act on it: it does not move on while this is done.
        Phase.objects.select_for_update().get(transitions__hook_runs=pk)
        run = (
            StopHookRun.objects.select_for_update(of=("self",))
            .select_related("transition__phase__rollout")
            .get(pk=pk)
        )
        if run.done_at is not None:
            return 0
        hook = stop_hooks().get(run.hook)
        run.attempts += 1
        dropped = _why_dropped(run)
        try:
            if hook is not None and not dropped:
                with transaction.atomic():
                    hook(_stop(run.transition, run.transition.phase))
        except Exception as error:
            run.error = repr(error)
            run.next_at = clock.now() + min(HOOK_RETRY * 2 ** min(run.attempts, 10), HOOK_RETRY_MAX)
            log.error("stop_hook.failed", hook=run.hook, attempts=run.attempts, error=repr(error))
        else:
            run.done_at, run.next_at = clock.now(), None
        run.save()
        if dropped:
            log.error("stop_hook.dropped", hook=run.hook, because=dropped)
            record(
                actor=System(cause=f"{run.hook} after “{run.transition.get_verb_display()}”"),
                verb="phase.stop_effect_dropped",
                obj=run.transition.phase,
                scope=run.transition.phase.rollout.uuid,
                reason=dropped,
                before={"error": run.error, "attempts": run.attempts},
            )
        return int(run.done_at is not None and not dropped)


def _why_dropped(run: StopHookRun) -> str:
    """Say why an effect of a stop is not tried again; empty while it is."""
    if run.hook not in stop_hooks():
        return _("The room that failed is no longer there.")
    moved = run.transition
    later = PhaseTransition.objects.filter(
        phase=moved.phase, pk__gt=moved.pk, verb__in=_ENDED_BY[Verb(moved.verb)]
    ).last()
    if later is None:
        return ""
    return _("The phase has moved on: %s.") % later.get_verb_display().lower()
