"""What a plan gets wrong in what it watches, and in what stops it."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext_lazy as _

from monitoring.measures import MEASURE
from monitoring.plan import MetricPlan
from monitoring.plan_safety import TriggerPlan
from monitoring.rules import comparable, lies_beyond
from phases.documents.schema import Rule
from phases.lint import Sections, criteria, stages, things
from phases.models import Criterion
from phases.registry import Finding, lint_rule
from rollout_portal.lib.decimals import Comparator, convert


def metrics(sections: Sections) -> Iterator[tuple[int, MetricPlan]]:
    """Yield the metrics of a plan with their positions."""
    return things(sections, "monitoring", "metrics")


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
        # What stops a gate lies beyond the target by its nature; it does not say what is good.
        if criterion.against_baseline or criterion.side == Criterion.Side.NO_GO:
            continue
        number, limit = _target_of(metric, gate.from_phase)
        if limit is not None and not _same(criterion.holds, limit, metric.unit or ""):
            yield Finding(
                ((*path, "holds"), ("monitoring", "metrics", place, "targets", number, "holds")),
                _("The gate asks for %(gate)s of “%(metric)s”, the target of the same phase %(target)s."),
                _("Make them one, or record why they differ."),
                {"gate": str(criterion.holds), "metric": metric.name, "target": str(limit)},
            )


@lint_rule(
    "monitoring.deliverable-beside-target",
    why=_("Of two figures for one thing people keep the one that they saw last."),
)
def _deliverable_beside_target(sections: Sections) -> Iterator[Finding]:
    known = {metric.code: (place, metric) for place, metric in metrics(sections)}
    for position, one in enumerate(sections.get("deliverables", ())):
        place, metric = known.get(one.of, (0, None))
        if one.measure != MEASURE or metric is None or one.holds is None:
            continue
        number, limit = _target_of(metric, one.phase)
        if limit is not None and not _same(one.holds, limit, metric.unit or ""):
            yield Finding(
                (
                    ("deliverables", position, "holds"),
                    ("monitoring", "metrics", place, "targets", number, "holds"),
                ),
                _("“%(text)s” should bring %(holds)s of “%(metric)s”, and its target is %(target)s."),
                _("Make them one, give the phase a target of its own, or record why they differ."),
                {"text": one.text, "holds": str(one.holds), "metric": metric.name, "target": str(limit)},
            )


def _target_of(metric: MetricPlan, phase: str | None) -> tuple[int, Rule | None]:
    """Return what a metric should be in a phase, with its position: its own target, else that of the rest."""
    by_phase = {target.phase: (number, target.holds) for number, target in enumerate(metric.targets)}
    return by_phase.get(phase) or by_phase.get(None) or (0, None)


# --- What stops the rollout -------------------------------------------------------------------------
def triggers(sections: Sections) -> Iterator[tuple[int, TriggerPlan]]:
    """Yield the triggers of a plan with their positions."""
    return things(sections, "monitoring", "triggers")


@lint_rule(
    "monitoring.phase-without-limit", why=_("A trigger without a limit in a phase stops nothing there.")
)
def _phase_without_limit(sections: Sections) -> Iterator[Finding]:
    known = {metric.code: (place, metric) for place, metric in metrics(sections)}
    for place, trigger in triggers(sections):
        number, metric = known.get(trigger.of, (0, None))
        if not trigger.against_target or trigger.measure != MEASURE or metric is None:
            continue
        limited = {target.phase for target in metric.targets if target.holds is not None}
        bare = [
            phase
            for phase in stages(sections)
            if None not in limited and phase.code not in limited and trigger.phase in (None, phase.code)
        ]
        if bare:
            yield Finding(
                (("monitoring", "triggers", place), ("monitoring", "metrics", number)),
                _("“%(trigger)s” is not armed in %(phases)s: “%(metric)s” has no target there."),
                _("Give the metric a target in each phase, or say in which phase the trigger is armed."),
                {
                    "trigger": trigger.text,
                    "phases": ", ".join(f"{phase.code} {phase.name}" for phase in bare),
                    "metric": metric.name,
                },
            )


@lint_rule(
    "monitoring.limits-out-of-order",
    why=_("First a target is missed, then somebody is warned, then the rollout stops."),
)
def _limits_out_of_order(sections: Sections) -> Iterator[Finding]:
    known = {metric.code: (place, metric) for place, metric in metrics(sections)}
    for place, trigger in triggers(sections):
        number, metric = known.get(trigger.of, (0, None))
        if trigger.measure != MEASURE or metric is None or trigger.fires is None:
            continue
        for position, target in enumerate(metric.targets):
            earlier = _earlier(target.holds, target.alert, trigger.fires)
            if earlier is None or (trigger.phase and target.phase and trigger.phase != target.phase):
                continue
            yield Finding(
                (
                    ("monitoring", "triggers", place, "fires"),
                    ("monitoring", "metrics", number, "targets", position),
                ),
                _("“%(trigger)s” fires %(fires)s, before %(limit)s of “%(metric)s” is passed."),
                _("Put the limits in order: target, alert, then what stops."),
                {
                    "trigger": trigger.text,
                    "fires": str(trigger.fires),
                    "limit": str(earlier),
                    "metric": metric.name,
                },
            )


def _earlier(holds: Rule | None, alert: Rule | None, fires: Rule) -> Rule | None:
    """Return the limit that the trigger would overtake, if there is one."""
    if holds is not None and not lies_beyond(holds, fires):
        return holds
    if alert is not None and alert.comparator == fires.comparator and comparable(alert.unit, fires.unit):
        level = convert(fires.threshold, fires.unit, alert.unit)
        rising = fires.comparator in (Comparator.ABOVE, Comparator.AT_LEAST)
        if level < alert.threshold if rising else level > alert.threshold:
            return alert
    return None


@lint_rule("monitoring.on-call-alone", why=_("When the one on call does not answer, nobody does."))
def _on_call_alone(sections: Sections) -> Iterator[Finding]:
    roles = {role.code: role.name for role in sections.get("roles", ())}
    for place, shift in things(sections, "monitoring", "on_call"):
        if shift.backup is None and not shift.rotation:
            when = ", ".join(shift.days) or (str(shift.when) if shift.when else "")
            yield Finding(
                (("monitoring", "on_call", place),),
                _("“%(role)s” is on call without a stand-in%(when)s."),
                _("Name who stands in, under “backup”."),
                {
                    "role": roles.get(shift.primary, shift.primary),
                    "when": f" ({when})" if when else "",
                },
            )


@lint_rule("monitoring.on-call-gap", why=_("In a week between two others nobody expects to find nobody."))
def _on_call_gap(sections: Sections) -> Iterator[Finding]:
    weeks = {
        week: place
        for place, shift in things(sections, "monitoring", "on_call")
        if shift.when is not None and shift.when.week is not None
        for week in range(shift.when.week, (shift.when.end_week or shift.when.week) + 1)
    }
    for before, after in pairwise(sorted(weeks)):
        if after > before + 1:
            yield Finding(
                (("monitoring", "on_call", weeks[after]), ("monitoring", "on_call", weeks[before])),
                _("Somebody is on call in week %(before)s and in week %(after)s, and nobody in between."),
                _("Say who is on call then, or record that nobody need be."),
                {"before": before, "after": after},
            )


def _same(rule: Rule, other: Rule, unit: str) -> bool:
    return rule.comparator == other.comparator and _in(rule, unit) == _in(other, unit)


def _in(rule: Rule, unit: str) -> tuple[Any, Any]:
    """Return the limits of a rule in the unit of the metric."""
    own = rule.unit or unit
    high = convert(rule.high, own, unit) if rule.high is not None else None
    return convert(rule.threshold, own, unit), high
