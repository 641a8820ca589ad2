"""What a target and its alert must be to make sense together: one check for plan files and the console."""

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _

from monitoring.models import Target
from phases.documents.schema import Rule
from rollout_portal.lib.decimals import UNITS, Comparator, convert

_BELOW: Final = (Comparator.BELOW, Comparator.AT_MOST)
_ABOVE: Final = (Comparator.ABOVE, Comparator.AT_LEAST)


def problems_of_pair(holds: Rule | None, alert: Rule | None) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a target and its alert as (field, words); fields are `holds` and `alert`."""
    if holds is None and alert is None:
        yield "holds", _("A target says what should hold, what is alarming, or both.")
    if alert is not None and alert.comparator == Comparator.BETWEEN:
        yield "alert", _("An alert has one side: above 2 %.")
    elif holds is not None and alert is not None and not lies_beyond(holds, alert):
        yield (
            "alert",
            _("“%(alert)s” would alarm while “%(holds)s” holds. The alert lies beyond the target.")
            % {"alert": alert, "holds": holds},
        )


def problems_of_units(
    metric: str, unit: str, holds: Rule | None, alert: Rule | None
) -> Iterator[tuple[str, str]]:
    """Yield where a rule is in a unit that the metric cannot be turned into."""
    for field, rule in (("holds", holds), ("alert", alert)):
        if rule is not None and not comparable(rule.unit, unit):
            yield (
                field,
                _("“%(metric)s” is measured in %(own)s; write this with a unit that fits.")
                % {"metric": metric, "own": unit or _("plain numbers")},
            )


def comparable(unit: str, other: str) -> bool:
    """Whether the two measure the same thing; a rule without a unit means the metric's own."""
    return not unit or UNITS[unit].dimension == UNITS[other].dimension


def rules_of(target: Target) -> tuple[Rule | None, Rule | None]:
    """Return the target and the alert of a row as rules."""
    holds = (
        Rule(Comparator(target.comparator), target.value, target.value_high, target.unit)
        if target.value is not None
        else None
    )
    alert = (
        Rule(Comparator(target.alert_comparator), target.alert_value, None, target.alert_unit)
        if target.alert_value is not None
        else None
    )
    return holds, alert


def columns_of(holds: Rule | None, alert: Rule | None) -> dict[str, object]:
    """Return the columns of a row that say a target and its alert."""
    return {
        "comparator": holds.comparator if holds else "",
        "value": holds.threshold if holds else None,
        "value_high": holds.high if holds else None,
        "unit": holds.unit if holds else "",
        "alert_comparator": alert.comparator if alert else "",
        "alert_value": alert.threshold if alert else None,
        "alert_unit": alert.unit if alert else "",
    }


def lies_beyond(holds: Rule, alert: Rule) -> bool:
    """Whether nothing that keeps the target is alarming; unknown where their units do not fit."""
    if UNITS[holds.unit].dimension != UNITS[alert.unit].dimension:
        return True
    level = convert(alert.threshold, alert.unit, holds.unit)
    if holds.comparator in _BELOW:
        return alert.comparator in _ABOVE and level >= holds.threshold
    if holds.comparator in _ABOVE:
        return alert.comparator in _BELOW and level <= holds.threshold
    return True
