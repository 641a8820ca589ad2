"""The section “monitoring” of a plan file: metrics, what they should be in each phase, and what stops it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field, model_validator

from monitoring.measures import MEASURE
from monitoring.models import Metric, Reading, Target
from monitoring.plan_safety import TABLES, ContactPlan, RunbookPlan, ShiftPlan, TriggerPlan
from monitoring.rules import columns_of, comparable, problems_of_pair, problems_of_units, rules_of
from phases.documents.rows import Path, Wanted, remove_others, unknown, upsert, written
from phases.documents.schema import (
    Code,
    Coded,
    KeyRefused,
    Length,
    Line,
    PlanModel,
    Role,
    RuleText,
    Unit,
    filled,
    nearest,
    one_of,
)
from phases.documents.tables import Group
from phases.models import Criterion, Phase, Rollout
from phases.registry import PlanProblem, PlanSection, plan_section
from rollout_portal.accounts.models import User


class TargetPlan(Coded):
    """What a metric should be in a phase, and what is alarming; without a phase, in every other one."""

    counted_as: ClassVar = gettext_lazy("targets")

    phase: Code | None = None
    holds: RuleText | None = None
    alert: RuleText | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for field, words in problems_of_pair(self.holds, self.alert):
            raise KeyRefused(field if getattr(self, field) is not None else "code", words)
        return self


class MetricPlan(Coded):
    """A figure that is watched."""

    counted_as: ClassVar = gettext_lazy("metrics")

    name: Annotated[Line, Field(max_length=120)]
    about: Annotated[Line, Field(max_length=300)] = ""
    group: Annotated[Line, Field(max_length=80)] = ""
    unit: Unit | None = None
    kind: Annotated[str, one_of(Metric.Kind)] = Metric.Kind.GAUGE.value
    better: Annotated[str, one_of(Metric.Direction)] = Metric.Direction.NONE.value
    counted_from: Annotated[Line, Field(max_length=40)] = ""
    source: Annotated[Line, Field(max_length=80)] = ""
    owner: Role | None = None
    every: Length | None = None
    too_old_after: Length | None = None
    targets: list[TargetPlan] = []

    @model_validator(mode="after")
    def _has_one_target_in_each_phase(self) -> Self:
        phases = [target.phase for target in self.targets]
        for phase in phases:
            if phases.count(phase) > 1:
                where = _("phase %s") % phase if phase else _("every other phase")
                raise KeyRefused("targets", _("There are two targets for %s. Keep one.") % where)
        return self


class MonitoringPlan(PlanModel):
    """What is watched in a rollout."""

    metrics: list[MetricPlan] = []
    runbooks: list[RunbookPlan] = []
    triggers: list[TriggerPlan] = []
    escalation: list[ContactPlan] = []
    on_call: list[ShiftPlan] = []


SAFETY: Final = Group(MonitoringPlan, TABLES)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A target with its metric and its place in the section."""

    metric: MetricPlan
    target: TargetPlan
    path: Path


def _targets(plan: MonitoringPlan) -> Iterator[_Placed]:
    for position, metric in enumerate(plan.metrics):
        for place, target in enumerate(metric.targets):
            yield _Placed(metric, target, ("metrics", position, "targets", place))


# --- Into rows -------------------------------------------------------------------------------------
def load(rollout: Rollout, plan: MonitoringPlan, by: User | None) -> list[PlanProblem]:
    """Write the metrics with their targets, and what stops the rollout."""
    return [*_load_metrics(rollout, plan), *SAFETY.load(rollout, plan), *_problems_of_subjects(rollout, plan)]


def _load_metrics(rollout: Rollout, plan: MonitoringPlan) -> list[PlanProblem]:
    phases = written(Phase, rollout)
    problems = [*_problems_of_targets(plan, phases), *_changed_units(rollout, plan)]
    if problems:
        return problems
    metrics, refused = upsert(
        Metric, rollout, [_metric(metric, place) for place, metric in enumerate(plan.metrics)]
    )
    wanted = [_target(placed, metrics, phases) for placed in _targets(plan) if placed.metric.code in metrics]
    return [*refused, *upsert(Target, rollout, wanted)[1], *_problems_of_criteria(rollout, metrics)]


def _metric(plan: MetricPlan, position: int) -> Wanted:
    return Wanted(
        plan.code,
        {
            "name": plan.name,
            "description": plan.about,
            "group": plan.group,
            "unit": plan.unit or "",
            "kind": plan.kind,
            "direction": plan.better,
            "noun": plan.counted_from,
            "source": plan.source,
            "owner_role": plan.owner or "",
            "cadence": plan.every,
            "max_age": plan.too_old_after,
        },
        ("metrics", position),
    )


def _target(placed: _Placed, metrics: dict[str, Metric], phases: dict[str, Phase]) -> Wanted:
    return Wanted(
        placed.target.code,
        {
            "metric": metrics[placed.metric.code],
            "phase": phases[placed.target.phase] if placed.target.phase else None,
            **columns_of(placed.target.holds, placed.target.alert),
        },
        placed.path,
    )


def _problems_of_targets(plan: MonitoringPlan, phases: dict[str, Phase]) -> list[PlanProblem]:
    """Find phases that are not there, and thresholds in a unit that the metric cannot be turned into."""
    found = []
    for placed in _targets(plan):
        target = placed.target
        if target.phase is not None and target.phase not in phases:
            found.append(unknown(target.phase, phases, (*placed.path, "phase"), _("phase")))
        found += [
            PlanProblem((*placed.path, field), words)
            for field, words in problems_of_units(
                placed.metric.code, placed.metric.unit or "", target.holds, target.alert
            )
        ]
    return found


def _changed_units(rollout: Rollout, plan: MonitoringPlan) -> list[PlanProblem]:
    """A metric that was read keeps its unit: its readings would mean something else."""
    read = {
        metric.code: metric.unit
        for metric in Metric.objects.filter(rollout=rollout)
        if Reading.objects.filter(metric=metric).exists()
    }
    return [
        PlanProblem(
            ("metrics", position, "unit"),
            _("“%(metric)s” has readings in %(unit)s. Keep the unit, or add a metric with another code.")
            % {"metric": metric.code, "unit": read[metric.code] or _("plain numbers")},
        )
        for position, metric in enumerate(plan.metrics)
        if metric.code in read and read[metric.code] != (metric.unit or "")
    ]


def _problems_of_subjects(rollout: Rollout, plan: MonitoringPlan) -> list[PlanProblem]:
    """Find triggers on a metric that is not here, or with a limit in a unit that it cannot be turned into."""
    units = {metric.code: metric.unit or "" for metric in plan.metrics}
    found = []
    for place, trigger in enumerate(plan.triggers):
        path: Path = ("triggers", place)
        if trigger.measure != MEASURE:
            continue
        if trigger.of not in units:
            found.append(unknown(trigger.of, units, (*path, "of"), _("metric")))
        elif trigger.fires is not None and not comparable(trigger.fires.unit, units[trigger.of]):
            message = _("The limit is in %(unit)s, and the metric in %(own)s.") % {
                "unit": trigger.fires.unit or _("plain numbers"),
                "own": units[trigger.of] or _("plain numbers"),
            }
            found.append(PlanProblem((*path, "fires"), message))
    return found


def _problems_of_criteria(rollout: Rollout, metrics: dict[str, Metric]) -> list[PlanProblem]:
    """Tell of criteria that read a metric which is not here, or in a unit that it cannot be turned into."""
    found = []
    for row in Criterion.objects.filter(rollout=rollout, measure=MEASURE).order_by("position", "pk"):
        metric = metrics.get(row.subject)
        if metric is None:
            message = _("Criterion “%(code)s” reads a metric “%(metric)s” that is not in the plan.") % {
                "code": row.code,
                "metric": row.subject,
            }
            found.append(PlanProblem((), f"{message} {nearest(row.subject, metrics)}", is_warning=True))
        elif not row.versus_baseline and not comparable(row.unit, metric.unit):
            message = _("Criterion “%(code)s” is in %(unit)s, and its metric in %(own)s.") % {
                "code": row.code,
                "unit": row.unit or _("plain numbers"),
                "own": metric.unit or _("plain numbers"),
            }
            found.append(PlanProblem((), message))
    return found


# --- From rows -------------------------------------------------------------------------------------
def dump(rollout: Rollout) -> MonitoringPlan | None:
    """Return the metrics of a rollout with their targets."""
    targets: dict[int, list[TargetPlan]] = {}
    rows = Target.objects.filter(rollout=rollout).select_related("phase").order_by("position", "pk")
    for row in rows:
        holds, alert = rules_of(row)
        phase = row.phase.code if row.phase else None
        plan = filled(TargetPlan, code=row.code, phase=phase, holds=holds, alert=alert)
        targets.setdefault(row.metric_id, []).append(plan)
    metrics = Metric.objects.filter(rollout=rollout).order_by("position", "pk")
    found: dict[str, list[Any]] = {
        "metrics": [_dumped(metric, targets.get(metric.pk, [])) for metric in metrics]
    }
    found |= SAFETY.dumped(rollout)
    return MonitoringPlan(**found) if any(found.values()) else None


def _dumped(row: Metric, targets: list[TargetPlan]) -> MetricPlan:
    return filled(
        MetricPlan,
        code=row.code,
        name=row.name,
        about=row.description,
        group=row.group,
        unit=row.unit,
        kind=row.kind,
        better=row.direction,
        counted_from=row.noun,
        source=row.source,
        owner=row.owner_role,
        every=row.cadence,
        too_old_after=row.max_age,
        targets=targets,
    )


# --- What the file no longer has -------------------------------------------------------------------
def prune(rollout: Rollout, plan: MonitoringPlan) -> list[PlanProblem]:
    """Remove what the file no longer has; a metric that was read stays."""
    safety = SAFETY.prune(rollout, plan)
    targets = remove_others(
        Target.objects.filter(rollout=rollout), {placed.target.code for placed in _targets(plan)}
    )
    metrics = remove_others(Metric.objects.filter(rollout=rollout), {metric.code for metric in plan.metrics})
    return [*safety, *targets, *metrics]


plan_section(PlanSection("monitoring", MonitoringPlan, load, dump, prune))
