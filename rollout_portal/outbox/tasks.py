"""The work of the outbox, shared by worker, beat and sweeper."""

from rollout_portal.lib import wakeups
from rollout_portal.outbox import ledger, sending, services


@wakeups.work(services.DRAIN, due=sending.waiting_since)
def drain() -> int:
    """Send what is due."""
    return sending.drain()


@wakeups.work("outbox.return_expired_leases", due=ledger.leases_over_since)
def return_expired_leases() -> int:
    """Give back what dead senders held."""
    return ledger.return_expired_leases()
