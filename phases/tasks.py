"""The work of this room, shared by worker, beat and sweeper."""

from phases import services
from phases.services.stops import stop_hooks_waiting_since
from rollout_portal.lib import wakeups


@wakeups.work("phases.retry_stop_hooks", due=stop_hooks_waiting_since)
def retry_stop_hooks() -> int:
    """Do again what a room could not do when a phase was stopped."""
    return services.retry_stop_hooks()


@wakeups.work("phases.watch_gates", every=60)
def watch_gates() -> int:
    """Raise or end the alarm on criteria that cannot be read."""
    return services.watch_gates()
