"""The work of this room, shared by worker and sweeper."""

from feedback.services import ensure_occasions, waves_due
from rollout_portal.lib import wakeups


@wakeups.work("feedback.hold_waves", due=waves_due)
def hold_waves() -> int:
    """Open the waves that are due, ask the people of the phase, close what is over."""
    return ensure_occasions()
