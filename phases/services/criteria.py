"""What people decide about a criterion: judging, waiving, changing it, and freezing a baseline."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from phases import permissions
from phases.exceptions import PermissionRefused, Refused
from phases.models import Baseline, Criterion, Judgement, Phase, Waiver
from phases.permissions import RoleName
from phases.registry import find_measure
from phases.services.guards import require_changeable
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import record
from rollout_portal.lib import clock
from rollout_portal.lib.decimals import is_kept_exactly, too_many_digits

# The verb under which a changed rule stands on the record; who shaped a gate is read from there.
CHANGED: Final = "criterion.changed"

EDITABLE: Final = (
    "text",
    "side",
    "blocking",
    "measure",
    "subject",
    "window",
    "comparator",
    "threshold",
    "threshold_high",
    "unit",
    "versus_baseline",
    "min_n",
    "max_age",
    "decide_by",
    "judge_role",
)

# What belongs to a figure, and not to what a person judges.
MEASURING: Final = (
    "measure",
    "subject",
    "window",
    "comparator",
    "threshold",
    "threshold_high",
    "unit",
    "versus_baseline",
    "min_n",
    "decide_by",
)


@transaction.atomic
def judge_criterion(
    *,
    criterion: Criterion,
    by: User,
    holds: bool,
    rationale: str,
    evidence: str = "",
    expires_on: date | None = None,
) -> Judgement:
    """Record that a criterion holds or does not, with the reason. The newest judgement counts."""
    locked = _locked(criterion)
    permissions.require(by, "criterion.judge", locked.rollout)
    if not locked.is_judged:
        raise Refused(_("“%s” is measured, not judged.") % locked)
    role = _acting_role(by, locked, locked.judge_role)
    if not rationale.strip():
        raise Refused(_("Say why. Without a reason the judgement does not count."))
    given = Judgement.objects.create(
        criterion=locked,
        holds=holds,
        rationale=rationale.strip(),
        evidence=evidence.strip(),
        role=role,
        by=by,
        at=clock.now(),
        expires_on=expires_on,
    )
    record(
        actor=by,
        verb="criterion.judged",
        obj=locked,
        scope=locked.rollout.uuid,
        reason=rationale,
        after={"holds": holds, "evidence": evidence, "role": role, "expires_on": expires_on},
    )
    return given


@transaction.atomic
def waive_criterion(*, criterion: Criterion, by: User, reason: str, until: datetime) -> Waiver:
    """Let a criterion count although it is not met, until a moment, in the waiver's name."""
    locked = _locked(criterion)
    permissions.require(by, "criterion.waive", locked.rollout)
    if locked.side == Criterion.Side.NO_GO:
        raise Refused(_("What stops the gate at once cannot be waived. Change the rule, with its reason."))
    if not reason.strip():
        raise Refused(_("Say why the criterion may count although it is not met."))
    now = clock.now()
    if until <= now:
        raise Refused(_("A waiver ends in the future; name a later day."))
    if locked.waivers.in_force(now).exists():
        raise Refused(_("“%s” is waived already. End that waiver first.") % locked)
    role = _acting_role(by, locked, "", among=permissions.acts()["criterion.waive"].roles)
    given = Waiver.objects.create(
        criterion=locked, reason=reason.strip(), role=role, given_by=by, given_at=now, until=until
    )
    record(
        actor=by,
        verb="criterion.waived",
        obj=locked,
        scope=locked.rollout.uuid,
        reason=reason,
        after={"until": until, "role": role, "waiver": given.uuid},
    )
    return given


@transaction.atomic
def end_waiver(*, waiver: Waiver, by: User, reason: str) -> Waiver:
    """End a waiver before its time. The criterion counts again only by its own figure."""
    locked = (
        Waiver.objects.select_for_update(of=("self",)).select_related("criterion__rollout").get(pk=waiver.pk)
    )
    rollout = locked.criterion.rollout
    permissions.require(by, "criterion.waive", rollout)
    require_changeable(rollout)
    if locked.ended_at is not None:
        return locked
    locked.ended_at, locked.ended_by = clock.now(), by
    locked.save(update_fields=["ended_at", "ended_by"])
    record(
        actor=by,
        verb="criterion.waiver_ended",
        obj=locked.criterion,
        scope=rollout.uuid,
        reason=reason,
        before={"waiver": locked.uuid, "until": locked.until},
    )
    return locked


@transaction.atomic
def edit_criterion(*, criterion: Criterion, by: User, reason: str, **fields: Any) -> Criterion:
    """Change a criterion. In a running rollout the one who changed it cannot be the only one to sign."""
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"A criterion has no editable field {', '.join(sorted(unknown))}")
    locked = _locked(criterion)
    permissions.require(by, "criterion.edit", locked.rollout)
    if not reason.strip():
        raise Refused(_("Say why the rule is changed."))
    before = {name: getattr(locked, name) for name in fields}
    if locked.is_judged and any(before[name] != fields[name] for name in MEASURING if name in fields):
        raise Refused(_("“%s” is judged, not measured: it holds or it does not.") % locked)
    for name, value in fields.items():
        setattr(locked, name, value)
    if before == {name: getattr(locked, name) for name in fields}:
        return locked
    _require_an_interval(locked)
    if locked.rollout.state == RolloutState.ACTIVE:
        locked.edited_by, locked.edited_at = by, clock.now()
    try:
        locked.full_clean()
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    locked.save()
    record(
        actor=by,
        verb=CHANGED,
        obj=locked,
        scope=locked.rollout.uuid,
        reason=reason,
        before={name: _plain(value) for name, value in before.items()},
        after={name: _plain(getattr(locked, name)) for name in fields},
    )
    return locked


@transaction.atomic
def record_baseline(
    *,
    phase: Phase,
    by: User,
    measure: str,
    subject: str,
    value: Decimal,
    unit: str,
    n: int | None = None,
    note: str = "",
) -> Baseline:
    """Freeze a figure that later readings are held against. A new one replaces it; none is changed."""
    permissions.require(by, "baseline.record", phase.rollout)
    require_changeable(phase.rollout)
    if not value.is_finite():
        raise Refused(_("A baseline is a number; this one is not finite."))
    if not is_kept_exactly(value):
        raise Refused(too_many_digits())
    frozen = Baseline.objects.create(
        phase=phase,
        measure=measure,
        subject=subject,
        value=value,
        unit=unit,
        n=n,
        note=note,
        frozen_at=clock.now(),
        frozen_by=by,
    )
    record(
        actor=by,
        verb="baseline.recorded",
        obj=frozen,
        scope=phase.rollout.uuid,
        reason=note,
        after={"measure": measure, "subject": subject, "value": value, "unit": unit, "n": n},
    )
    return frozen


def _locked(criterion: Criterion) -> Criterion:
    locked = Criterion.objects.select_for_update(of=("self",)).select_related("rollout").get(pk=criterion.pk)
    require_changeable(locked.rollout)
    return locked


def _require_an_interval(criterion: Criterion) -> None:
    """Refuse a rule that its measure can never decide."""
    registered = find_measure(criterion.measure)
    if criterion.decide_by == Criterion.DecideBy.INTERVAL and registered and not registered.has_interval:
        raise Refused(
            _("“%s” never has an interval, so it cannot decide. Let the value decide.") % registered.label
        )


def _acting_role(
    by: User, criterion: Criterion, wanted: str, among: frozenset[RoleName] = frozenset(RoleName)
) -> RoleName:
    """Return the role in which `by` acts; refuse when the criterion names a role that they lack."""
    held = permissions.roles_of(by, criterion.rollout) & among
    if wanted and RoleName(wanted) not in held:
        raise PermissionRefused(
            _("“%(criterion)s” is judged by the %(role)s.")
            % {"criterion": criterion, "role": RoleName(wanted).label.lower()}
        )
    if wanted:
        return RoleName(wanted)
    return next(role for role in RoleName if role in held)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | str | Decimal) else str(value)
