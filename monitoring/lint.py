"""What a plan gets wrong in its metrics."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from monitoring.measures import MEASURE
from monitoring.plan import MetricPlan
from phases.documents.schema import Rule
from phases.lint import criteria
from phases.registry import Finding, lint_rule
from rollout_portal.lib.decimals import convert

Sections = Mapping[str, Any]


def metrics(sections: Sections) -> Iterator[tuple[int, MetricPlan]]:
    """Yield the metrics of a plan with their positions."""
    section = sections.get("monitoring")
    yield from enumerate(section.metrics if section is not None else ())


@lint_rule("monitoring.metric-without-source", why=_("A figure that comes from nowhere is never read."))
def _without_source(sections: Sections) -> Iterator[Finding]:
    for place, metric in metrics(sections):
        if not metric.source:
            yield Finding(
                (("monitoring", "metrics", place),),
                _("It is not said where “%(metric)s” is read."),
                _("Name the tool or the person it comes from, under “source”."),
                {"metric": metric.name},
            )


@lint_rule(
    "monitoring.criterion-beside-target",
    why=_("The gate and the lights of one phase should mean the same by “good”."),
)
def _criterion_beside_target(sections: Sections) -> Iterator[Finding]:
    known = {metric.code: (place, metric) for place, metric in metrics(sections)}
    for path, gate, criterion in criteria(sections):
        place, metric = known.get(criterion.of, (0, None))
        if criterion.measure != MEASURE or metric is None or criterion.holds is None:
            continue
        if criterion.against_baseline:
            continue
        for number, target in enumerate(metric.targets):
            if target.phase != gate.from_phase or target.holds is None:
                continue
            if not _same(criterion.holds, target.holds, metric.unit or ""):
                yield Finding(
                    ((*path, "holds"), ("monitoring", "metrics", place, "targets", number, "holds")),
                    _("The gate asks for %(gate)s of “%(metric)s”, the target of the same phase %(target)s."),
                    _("Make them one, or record why they differ."),
                    {"gate": str(criterion.holds), "metric": metric.name, "target": str(target.holds)},
                )


def _same(rule: Rule, other: Rule, unit: str) -> bool:
    return rule.comparator == other.comparator and _in(rule, unit) == _in(other, unit)


def _in(rule: Rule, unit: str) -> tuple[Any, Any]:
    """Return the limits of a rule in the unit of the metric."""
    own = rule.unit or unit
    high = convert(rule.high, own, unit) if rule.high is not None else None
    return convert(rule.threshold, own, unit), high
