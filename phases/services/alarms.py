"""Alarms on gates: a criterion that cannot be read is said to people, whether or not anybody looks at it."""

import structlog
from django.db import transaction

from phases import gates
from phases.models import Gate, ReadingFailure
from rollout_portal.lib import clock

log = structlog.get_logger("gates")


def watch_gates() -> int:
    """Read every gate that can be decided now; note what cannot be read, and what can be again.

    Returns how many criteria cannot be read. Reading happens outside of any transaction, so that it holds
    no lock however long a measure takes.
    """
    now = clock.now()
    failing: dict[int, str] = {}
    for gate in Gate.objects.ahead().select_related("rollout", "from_phase", "to_phase"):
        for result in gates.flat(gates.evaluate(gate, now).results):
            if result.error:
                failing[result.criterion.pk] = result.error
    with transaction.atomic():
        standing = ReadingFailure.objects.select_for_update().filter(ended_at__isnull=True)
        known = {row.criterion_id: row for row in standing}
        over = [row.pk for criterion, row in known.items() if criterion not in failing]
        ReadingFailure.objects.filter(pk__in=over).update(ended_at=now)
        ReadingFailure.objects.bulk_create(
            [
                ReadingFailure(criterion_id=criterion, since=now, error=error)
                for criterion, error in failing.items()
                if criterion not in known
            ],
            ignore_conflicts=True,
        )
    return len(failing)
