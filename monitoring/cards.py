"""The list of metrics as pages show it: pure reads, in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitoring.history import sparks
from monitoring.lights import Colour, Light, alert_text, in_unit_of, lights, target_text
from monitoring.models import Metric
from phases.models import Rollout
from phases.states import Outcome
from rollout_portal.lib.decimals import UNITS


@dataclass(frozen=True, slots=True)
class Tile:
    """A metric in a few words: a row of the list, a tile of the cockpit."""

    light: Light
    points: tuple[Decimal | None, ...]
    url: str

    @property
    def name(self) -> str:
        return self.light.metric.name

    @property
    def value(self) -> str:
        return self.light.value_text

    @property
    def unit(self) -> str:
        """The sign of the unit: "%", "ms"; empty for plain numbers."""
        return UNITS[self.light.metric.unit].sign

    @property
    def target(self) -> Decimal | None:
        """The target in the metric's unit, for the spark."""
        return in_unit_of(self.light.metric, self.light.target)

    @property
    def outcome(self) -> Outcome | None:
        return self.light.outcome

    @property
    def outcome_text(self) -> str:
        """The outcome in a word; an alarming value says so."""
        return _("Alert") if self.light.colour == Colour.RED else ""

    @property
    def rule(self) -> str:
        """The rule with the distance; without a target, what the next phase will ask."""
        light = self.light
        if light.rule:
            return ", ".join(part for part in (light.rule, light.distance) if part)
        if light.alert:
            return _("alert %s") % light.alert
        if light.later:
            found = light.later[0]
            return _("phase %(phase)s: %(rule)s") % {
                "phase": found.phase.code,
                "rule": target_text(found.target) or alert_text(found.target),
            }
        return _("no target")


@dataclass(frozen=True, slots=True)
class Group:
    """The metrics of one group of the plan, worst first."""

    name: str
    tiles: tuple[Tile, ...]


def tiles(rollout: Rollout, now: datetime) -> list[Tile]:
    """Return every metric of the rollout in the plan's order, with the last 14 days. Five queries."""
    found = lights(rollout, now)
    drawn = sparks(rollout, [light.metric for light in found], now)
    return [
        Tile(light, tuple(drawn.get(light.metric.pk, ())), metric_url(rollout, light.metric))
        for light in found
    ]


def groups(found: Sequence[Tile]) -> list[Group]:
    """Return the tiles by group, in the plan's order, and worst first within each."""
    names = list(dict.fromkeys(tile.light.metric.group for tile in found))
    return [
        Group(
            name,
            tuple(
                sorted(
                    (tile for tile in found if tile.light.metric.group == name),
                    key=lambda tile: tile.light.severity,
                )
            ),
        )
        for name in names
    ]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence on top of a page."""

    tone: str
    sentence: str
    detail: str = ""


def verdict(found: Sequence[Tile]) -> Verdict:
    """Say how the metrics stand, with the names of the worst."""
    names: dict[Colour, list[str]] = {}
    for tile in found:
        names.setdefault(tile.light.colour, []).append(tile.name)
    red, amber = names.get(Colour.RED, []), names.get(Colour.AMBER, [])
    silent = names.get(Colour.GREY, []) + names.get(Colour.STALE, [])
    detail = (
        ngettext("%(n)d says nothing: %(names)s.", "%(n)d say nothing: %(names)s.", len(silent))
        % {"n": len(silent), "names": _some(silent)}
        if silent
        else ""
    )
    if red:
        sentence = ngettext(
            "%(n)d metric is alarming: %(names)s.", "%(n)d metrics are alarming: %(names)s.", len(red)
        )
        return Verdict("not-met", sentence % {"n": len(red), "names": _some(red)}, detail)
    if amber:
        sentence = ngettext(
            "%(n)d metric misses its target: %(names)s.",
            "%(n)d metrics miss their target: %(names)s.",
            len(amber),
        )
        return Verdict("open", sentence % {"n": len(amber), "names": _some(amber)}, detail)
    if silent:
        return Verdict("stale", _("Nothing is alarming, as far as we know."), detail)
    if Colour.GREEN in names:
        return Verdict("met", _("Every metric that has a target now meets it."))
    return Verdict("open", _("No metric has a target in this phase."))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def metric_url(rollout: Rollout, metric: Metric) -> str:
    """Return the address of the page of a metric."""
    return reverse("monitoring:metric", args=[rollout.slug, metric.code])
