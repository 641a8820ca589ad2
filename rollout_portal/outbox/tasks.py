"""The work of the outbox, shared by worker, beat and sweeper."""

from rollout_portal.lib import wakeups
from rollout_portal.outbox import ledger, sending, services, suppressions


@wakeups.work(services.DRAIN, due=sending.waiting_since)
def drain() -> int:
    """Send what is due."""
    return sending.drain()


@wakeups.work("outbox.return_expired_leases", due=ledger.leases_over_since)
def return_expired_leases() -> int:
    """Give back what dead senders held."""
    return ledger.return_expired_leases()


@wakeups.work("outbox.announce_blocks", due=suppressions.unannounced_since)
def announce_blocks() -> int:
    """Tell the rooms about blocked addresses that one of them could not take."""
    return suppressions.announce_again()
