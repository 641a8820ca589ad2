"""What is done to metrics and readings. Each function checks, changes, and puts it on the record."""

import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import intake
from monitoring.exceptions import ItemProblem, ReadingsConflict, ReadingsRefused, TargetRefused
from monitoring.intake import Checked, NewReading
from monitoring.models import Metric, Reading, Target
from monitoring.rules import columns_of, problems_of_pair, problems_of_units, rules_of
from phases import permissions
from phases.documents.schema import Rule
from phases.exceptions import Refused, WrongState
from phases.models import ApiToken, Phase, Rollout
from phases.states import RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.lib import bulk, clock
from rollout_portal.lib.digests import fingerprint

MOST_AT_ONCE: Final = 10_000
EDITABLE: Final = (
    "name", "description", "group", "direction", "noun", "source", "owner_role", "cadence", "max_age",
)  # fmt: skip
_MOMENTS_AT_ONCE: Final = 1000
_COLUMNS: Final = (
    "uuid",
    "metric_id",
    "at",
    "revision",
    "value",
    "n",
    "source",
    "note",
    "token_id",
    "recorded_by_id",
    "recorded_at",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch.

    :ivar new: how many readings were added.
    :ivar known: how many were there already, the same to the digit; a batch may be sent again.
    :ivar at: when the portal recorded them, UTC.
    :ivar uuids: the ids of the new ones, in the order of the batch.
    """

    new: int
    known: int
    at: datetime
    uuids: tuple[UUID, ...]


def record_readings(
    *,
    rollout: Rollout,
    readings: Sequence[NewReading],
    by: User | None = None,
    token: ApiToken | None = None,
) -> Recorded:
    """Record a batch of readings, all or none, from a person (`by`) or a program (`token`).

    The metrics of the batch are locked in one order, so that of two batches with the same moment one
    is first and the other sees it. The right of a token (its scope) is checked where it came in.

    :raises ReadingsRefused: with every reading that is wrong, its place and field.
    :raises ReadingsConflict: when a moment is known with another value.
    """
    if (by is None) == (token is None):
        raise ValueError("A batch comes from a person or from a token")
    if not 0 < len(readings) <= MOST_AT_ONCE:
        raise Refused(_("Send 1 to %(most)s readings at once.") % {"most": f"{MOST_AT_ONCE:,}"})
    now = clock.now()
    with transaction.atomic():
        _require_open(rollout)
        if by is not None:
            permissions.require(by, "reading.record", rollout)
        codes = {reading.metric for reading in readings}
        metrics = {metric.code: metric for metric in _lock_metrics(rollout, codes)}
        checked, problems = intake.check(readings, metrics, now)
        if problems:
            raise ReadingsRefused(problems)
        new = _without_known(checked)
        rows = [
            (
                uuid.uuid4(),
                reading.metric.pk,
                reading.at,
                0,
                reading.value,
                reading.n,
                reading.source,
                "",
                token.pk if token else None,
                by.pk if by else None,
                now,
            )
            for reading in new
        ]
        bulk.insert_rows(Reading, _COLUMNS, rows)
        if rows:
            audit.record(
                actor=by or audit.System(cause=f"API token {token.prefix}…" if token else ""),
                verb="readings.recorded",
                obj=rollout,
                scope=rollout.uuid,
                after={
                    "readings": len(new),
                    "metrics": _counts(new),
                    "digest": fingerprint([[r.metric.code, r.at, r.value, r.n] for r in new]),
                    **({"token": token.uuid, "token_name": token.name} if token else {}),
                },
                at=now,
            )
    return Recorded(len(new), len(checked) - len(new), now, tuple(row[0] for row in rows))


def correct_reading(
    *, reading: Reading, value: Decimal | None, n: int | None = None, by: User, reason: str
) -> Reading:
    """Replace a reading by a new one at the same moment; without a value it is taken back.

    The old one stays where it is. A signature that rests on it becomes stale.

    :raises Refused: without a right or a reason, for a wrong value, or when it was corrected already.
    """
    now = clock.now()
    with transaction.atomic():
        metric = Metric.objects.select_for_update(no_key=True).get(pk=reading.metric_id)
        _require_open(metric.rollout)
        permissions.require(by, "reading.correct", metric.rollout)
        if not reason.strip():
            raise Refused(_("Say why the reading was wrong."))
        old = Reading.objects.filter(metric=metric, at=reading.at).order_by("-revision")[0]
        if old.pk != reading.pk:
            raise WrongState(_("This reading was corrected already. Correct the newest one."))
        if value is None and old.value is None:
            raise WrongState(_("This reading was taken back already."))
        problems = intake.value_problems(metric, value) if value is not None else []
        problems += intake.observation_problems(n)
        if problems:
            raise Refused(_("The value %(problem)s.") % {"problem": problems[0]})
        if (value, n) == (old.value, old.n):
            raise Refused(_("This is what the reading says already."))
        new = Reading.objects.create(
            metric=metric,
            at=old.at,
            revision=old.revision + 1,
            value=value,
            n=n if value is not None else None,
            source=old.source,
            note=reason.strip()[:300],
            recorded_by=by,
            recorded_at=now,
            corrects=old,
        )
        audit.record(
            actor=by,
            verb="reading.corrected" if value is not None else "reading.taken_back",
            obj=new,
            scope=metric.rollout.uuid,
            reason=reason.strip(),
            before={"reading": old.uuid, "at": old.at, "value": old.value, "n": old.n},
            after={"reading": new.uuid, "at": new.at, "value": new.value, "n": new.n},
            at=now,
        )
    return new


def set_target(
    *,
    metric: Metric,
    phase: Phase | None,
    holds: Rule | None,
    alert: Rule | None,
    by: User,
    reason: str,
) -> Target:
    """Say what a metric should be in `phase` (None: in every phase without a target of its own).

    :raises TargetRefused: with the field, when target and alert make no sense.
    :raises Refused: without a right or a reason, or when the rollout is over.
    """
    with transaction.atomic():
        locked = Metric.objects.select_for_update(no_key=True).get(pk=metric.pk)
        _require_open(locked.rollout)
        permissions.require(by, "metric.edit", locked.rollout)
        if not reason.strip():
            raise Refused(_("Say why the target changes."))
        if phase is not None and phase.rollout_id != locked.rollout_id:
            raise Refused(_("The phase belongs to another rollout."))
        for field, words in (
            *problems_of_pair(holds, alert),
            *problems_of_units(locked.code, locked.unit, holds, alert),
        ):
            raise TargetRefused(field, words)
        target = Target.objects.filter(metric=locked, phase=phase).first() or Target(
            rollout=locked.rollout,
            metric=locked,
            phase=phase,
            code=_target_code(locked, phase),
            position=locked.rollout.targets.count(),
        )
        before = None if target.pk is None else _said(target)
        for name, value in columns_of(holds, alert).items():
            setattr(target, name, value)
        target.save()
        audit.record(
            actor=by,
            verb="target.changed" if before else "target.added",
            obj=target,
            scope=locked.rollout.uuid,
            reason=reason.strip(),
            before=before,
            after=_said(target),
        )
    return target


def edit_metric(*, metric: Metric, changes: Mapping[str, Any], by: User, reason: str) -> Metric:
    """Change what is said about a metric; its code, unit and kind stay, for its readings rest on them.

    :param changes: new values of some of EDITABLE.
    :raises Refused: without a right or a reason, or when nothing differs.
    """
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise ValueError(f"Not to be changed here: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        locked = Metric.objects.select_for_update(no_key=True).get(pk=metric.pk)
        _require_open(locked.rollout)
        permissions.require(by, "metric.edit", locked.rollout)
        if not reason.strip():
            raise Refused(_("Say why the metric changes."))
        before = {name: getattr(locked, name) for name in changes if getattr(locked, name) != changes[name]}
        if not before:
            raise Refused(_("Nothing differs from what is there."))
        for name in before:
            setattr(locked, name, changes[name])
        locked.save(update_fields=list(before))
        audit.record(
            actor=by,
            verb="metric.changed",
            obj=locked,
            scope=locked.rollout.uuid,
            reason=reason.strip(),
            before=before,
            after={name: changes[name] for name in before},
        )
    return locked


def _target_code(metric: Metric, phase: Phase | None) -> str:
    """Return a code that no target of the rollout has or had."""
    stem = f"{metric.code}-{phase.code if phase else 'all'}"[:56]
    used = set(metric.rollout.targets.values_list("code", flat=True))
    numbered = (f"{stem}-{number}" for number in itertools.count(2))
    return next(code for code in itertools.chain([stem], numbered) if code not in used)


def _said(target: Target) -> dict[str, str]:
    """A target in words, for the record."""
    holds, alert = rules_of(target)
    return {
        "metric": target.metric.code,
        "phase": target.phase.code if target.phase else "",
        "holds": str(holds or ""),
        "alert": str(alert or ""),
    }


def _require_open(rollout: Rollout) -> None:
    state = Rollout.objects.values_list("state", flat=True).get(pk=rollout.pk)
    if state not in (RolloutState.DRAFT, RolloutState.ACTIVE):
        raise WrongState(_("The rollout is over; its readings stand as they are."))


def _lock_metrics(rollout: Rollout, codes: set[str]) -> list[Metric]:
    """Lock the metrics called `codes`, always in the same order; unknown codes are left to the check."""
    locked = Metric.objects.select_for_update(no_key=True).filter(rollout=rollout)
    # A batch may name thousands of wrong codes; the metrics of a rollout are few.
    return [metric for metric in locked.order_by("pk") if metric.code in codes]


def _without_known(checked: Sequence[Checked]) -> list[Checked]:
    """Return the readings that are not there yet.

    :raises ReadingsConflict: when one is there with another value or number of observations.
    """
    known = _known_values(checked)
    new: list[Checked] = []
    conflicts: list[ItemProblem] = []
    for index, reading in enumerate(checked):
        was = known.get((reading.metric.pk, reading.at))
        if was is None:
            new.append(reading)
        elif was != (reading.value, reading.n):
            conflicts.append(
                ItemProblem(
                    index,
                    "value",
                    _("%(metric)s has another reading at this moment") % {"metric": reading.metric.code},
                )
            )
    if conflicts:
        raise ReadingsConflict(conflicts)
    return new


def _known_values(
    checked: Sequence[Checked],
) -> Mapping[tuple[int, datetime], tuple[Decimal | None, int | None]]:
    """Return what was first read at the moments of the batch, by metric and moment."""
    wanted = {(reading.metric.pk, reading.at) for reading in checked}
    metrics = {metric for metric, _at in wanted}
    moments = sorted({at for _metric, at in wanted})
    earlier = Reading.objects.filter(metric__in=metrics, at__range=(moments[0], moments[-1]), revision=0)
    if not earlier.exists():  # as it is with every batch of fresh readings
        return {}
    known = {}
    for start in range(0, len(moments), _MOMENTS_AT_ONCE):
        rows = Reading.objects.filter(
            metric__in=metrics, at__in=moments[start : start + _MOMENTS_AT_ONCE], revision=0
        )
        for metric, at, value, n in rows.values_list("metric_id", "at", "value", "n").order_by():
            if (metric, at) in wanted:
                known[metric, at] = (value, n)
    return known


def _counts(readings: Sequence[Checked]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reading in readings:
        counts[reading.metric.code] = counts.get(reading.metric.code, 0) + 1
    return counts
