"""What waits for people in this room: selections to approve, batches to approve."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from cohorts.models import Batch, Selection
from cohorts.states import BatchState, SelectionState
from phases.models import Rollout
from phases.permissions import acts
from phases.registry import Wait, waits


@waits
def selections(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Selections that were sent for approval: anybody who may approve and did not draw or send them."""
    roles = frozenset(role.value for role in acts()["selection.approve"].roles)
    rows = Selection.objects.filter(rollout__in=rollouts, state=SelectionState.PROPOSED)
    for row in rows.select_related("rollout", "phase", "drafted_by", "proposed_by"):
        without = {str(person.uuid) for person in (row.drafted_by, row.proposed_by) if person is not None}
        yield Wait(
            rollout=row.rollout,
            title=_("Approve the selection of %(n)s for “%(phase)s”")
            % {"n": row.taken, "phase": row.phase.name},
            url=reverse("cohorts:selection", args=[row.rollout.slug, row.uuid]),
            roles=roles,
            without=frozenset(without),
            seen_by=frozenset(role.value for role in acts()["selection.view"].roles),
            note=_("sent by %s") % row.proposed_by,
        )


@waits
def batches(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Batches that are prepared and not approved."""
    roles = frozenset(role.value for role in acts()["batch.approve"].roles)
    rows = Batch.objects.filter(rollout__in=rollouts, state=BatchState.DRAFT)
    for row in rows.select_related("rollout", "phase"):
        yield Wait(
            rollout=row.rollout,
            title=_("Approve batch %(n)s of “%(phase)s”") % {"n": row.number, "phase": row.phase.name},
            url=reverse("cohorts:batch", args=[row.rollout.slug, row.uuid]),
            roles=roles,
            seen_by=frozenset(role.value for role in acts()["invitation.view"].roles),
            due=row.send_at,
        )
