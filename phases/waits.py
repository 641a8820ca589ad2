"""What waits for people in this room: signatures, starts, judgements, checklist items, holds to review."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from phases.models import (
    ChecklistItem,
    Criterion,
    Evidence,
    Gate,
    Judgement,
    Phase,
    ReadingFailure,
    Rollout,
    SignOff,
)
from phases.models.gates import JUDGEMENT
from phases.permissions import RoleName, acts
from phases.registry import Wait, waits
from phases.states import OPENED, ItemState, PhaseState

# Checklist items show up on Start when they are due within so many days.
SOON = timedelta(days=14)


@waits
def signatures(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Gates for which somebody asked for signatures, or at which somebody has signed already."""
    gates = (
        Gate.objects.ahead()
        .filter(rollout__in=rollouts)
        .filter(Q(requested_at__isnull=False) | Exists(Evidence.objects.open().filter(gate=OuterRef("pk"))))
        .exclude(state__in=OPENED)
        .select_related("rollout", "from_phase__rollout", "requested_by")
        .prefetch_related("requirements")
    )
    signed: dict[int, list[SignOff]] = {}
    for signoff in SignOff.objects.filter(
        evidence__gate__in=[gate.pk for gate in gates], evidence__closed_at__isnull=True
    ).select_related("evidence", "signer"):
        signed.setdefault(signoff.evidence.gate_id, []).append(signoff)
    for gate in gates:
        done = signed.get(gate.pk, [])
        without = {str(signoff.signer.uuid) for signoff in done}
        if gate.requested_by is not None:
            without.add(str(gate.requested_by.uuid))
        for requirement in gate.requirements.all():
            if sum(signoff.requirement_id == requirement.pk for signoff in done) >= requirement.people:
                continue
            yield Wait(
                rollout=gate.rollout,
                title=_("Decide: %s") % gate.name,
                url=reverse("phases:decide", args=[gate.rollout.slug, gate.code]),
                roles=frozenset({requirement.role}),
                without=frozenset(without),
                due=gate.due,
                note=requirement.get_role_display(),
            )


@waits
def starts(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Phases whose gate is signed: somebody presses Start."""
    roles = frozenset(role.value for role in acts()["phase.start"].roles)
    ready = Phase.objects.filter(rollout__in=rollouts, state=PhaseState.AWAITING_GO)
    for phase in ready.select_related("rollout"):
        yield Wait(
            rollout=phase.rollout,
            title=_("Start phase %s") % phase,
            url=reverse("phases:phase_start", args=[phase.rollout.slug, phase.code]),
            roles=roles,
            due=_first_moment(phase),
            note=_("the gate is signed"),
        )


@waits
def judgements(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Criteria of running phases that a person must judge and that nobody has judged."""
    open_rows = (
        Criterion.objects.filter(
            rollout__in=rollouts, measure=JUDGEMENT, gate__in=Gate.objects.ahead().values("pk")
        )
        .exclude(gate__state__in=OPENED)
        .filter(~Exists(Judgement.objects.filter(criterion=OuterRef("pk"))))
        .select_related("rollout", "gate__rollout", "gate__from_phase__rollout")
    )
    for row in open_rows:
        role = RoleName(row.judge_role) if row.judge_role else None
        yield Wait(
            rollout=row.rollout,
            title=_("Judge: %s") % row.text,
            url=reverse("phases:judge", args=[row.rollout.slug, row.code]),
            roles=frozenset({role.value} if role else {r.value for r in acts()["criterion.judge"].roles}),
            due=row.gate.due,
            note=str(role.label) if role else _("any role that may judge"),
        )


@waits
def failed_readings(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Criteria of gates ahead that cannot be read: somebody mends what they are read from."""
    roles = frozenset({RoleName.RELEASE_ENGINEER.value, RoleName.PRODUCT_OWNER.value})
    failing = ReadingFailure.objects.filter(criterion__rollout__in=rollouts, ended_at__isnull=True)
    for failure in failing.select_related("criterion__rollout", "criterion__gate"):
        row = failure.criterion
        yield Wait(
            rollout=row.rollout,
            title=_("Mend the reading of: %s") % row.text,
            url=reverse("phases:gate", args=[row.rollout.slug, row.gate.code]),
            roles=roles,
            due=failure.since,
            note=_("It cannot be read, so it does not count."),
        )


@waits
def checklist_items(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Open required items that are late or due soon, by the days of their rollout's zone."""
    # No zone is more than a day ahead of UTC.
    items = ChecklistItem.objects.filter(
        rollout__in=rollouts,
        state=ItemState.OPEN,
        required=True,
        due_on__lte=(now + SOON).date() + timedelta(days=1),
    ).select_related("rollout", "checklist")
    for item in items:
        if item.due_on and item.due_on > (now + SOON).astimezone(item.rollout.zone).date():
            continue
        owner = item.owner_role or RoleName.PRODUCT_OWNER.value
        last = datetime.combine(item.due_on, time.max, tzinfo=item.rollout.zone) if item.due_on else None
        page = reverse("phases:checklist", args=[item.rollout.slug, item.checklist.code])
        yield Wait(
            rollout=item.rollout,
            title=_("Tick: %s") % item.text,
            url=f"{page}#item-{item.code}",
            roles=frozenset({owner}),
            due=last.astimezone(UTC) if last else None,
            note=str(RoleName(owner).label),
        )


@waits
def holds(rollouts: Sequence[Rollout], now: datetime) -> Iterator[Wait]:
    """Held phases: somebody reviews the hold and resumes, or rolls back."""
    roles = frozenset(role.value for role in acts()["phase.resume"].roles)
    for phase in Phase.objects.filter(rollout__in=rollouts, held_at__isnull=False).select_related("rollout"):
        yield Wait(
            rollout=phase.rollout,
            title=_("Review the hold of phase %s") % phase,
            url=reverse("phases:phase", args=[phase.rollout.slug, phase.code]),
            roles=roles,
            due=phase.held_at,
            note=phase.held_because,
        )


def _first_moment(phase: Phase) -> datetime | None:
    day = phase.planned_start
    return datetime.combine(day, time(0), tzinfo=phase.rollout.zone) if day else None
