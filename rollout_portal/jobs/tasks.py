"""The work of this room, shared by worker and sweeper."""

from rollout_portal.jobs import files, services
from rollout_portal.lib import wakeups


@wakeups.work(services.RUN_DUE, due=services.waiting_since)
def run_due() -> int:
    """Do the jobs that wait."""
    return services.run_due()


@wakeups.work(files.FORGET, every=3600)
def forget_files() -> int:
    """Throw away the content of expired files."""
    return files.forget_expired()
