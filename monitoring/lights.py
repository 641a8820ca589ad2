"""How every metric of a rollout stands, in colours: pure, and in a constant number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from monitoring.models import Metric, Reading, Target
from phases.models import Phase, Rollout
from phases.states import OVER, Outcome
from rollout_portal.lib import clock
from rollout_portal.lib.decimals import convert, holds, rule_text, shown, with_unit
from rollout_portal.lib.words import NARROW_SPACE


class Colour(models.TextChoices):
    """The light of a metric, worst first. Grey ones are not known; white ones have nothing to keep."""

    RED = "red", gettext_lazy("Alert")
    AMBER = "amber", gettext_lazy("Not met")
    STALE = "stale", gettext_lazy("Stale")
    GREY = "grey", gettext_lazy("No data")
    WHITE = "white", gettext_lazy("No target in this phase")
    GREEN = "green", gettext_lazy("Met")


OUTCOMES = {
    Colour.RED: Outcome.NOT_MET,
    Colour.AMBER: Outcome.NOT_MET,
    Colour.STALE: Outcome.STALE,
    Colour.GREY: Outcome.NO_DATA,
    Colour.GREEN: Outcome.MET,
}
_WORST_FIRST = {colour: place for place, colour in enumerate(Colour)}


@dataclass(frozen=True, slots=True)
class PhaseTarget:
    """The target that holds in a phase: its own, that of a phase it is part of, or the general one."""

    phase: Phase
    target: Target


@dataclass(frozen=True, slots=True)
class Light:
    """How one metric stands at `as_of`.

    :ivar reading: the newest in force; None when there was none.
    :ivar target: what it is held against; None when no running phase asks anything of it.
    :ivar later: the targets of phases that have not started, in the plan's order.
    """

    metric: Metric
    colour: Colour
    reading: Reading | None
    target: Target | None
    phase: Phase | None
    later: tuple[PhaseTarget, ...]
    as_of: datetime

    @property
    def outcome(self) -> Outcome | None:
        """The light as one of the six outcomes; None when there is nothing to keep."""
        return OUTCOMES.get(self.colour)

    @property
    def word(self) -> str:
        """The light in a word."""
        return str(self.colour.label)

    @property
    def value(self) -> Decimal | None:
        return self.reading.value if self.reading else None

    @property
    def value_text(self) -> str:
        """The value without its unit, on the same side of the target as it is; empty without one."""
        if self.value is None:
            return ""
        return shown(self.value, in_unit_of(self.metric, self.target))

    @property
    def rule(self) -> str:
        """What it should be, in words: "under 0.5 %"; empty without a target."""
        return target_text(self.target) if self.target else ""

    @property
    def alert(self) -> str:
        """What is alarming, in words; empty without an alert."""
        return alert_text(self.target) if self.target else ""

    @property
    def distance(self) -> str:
        """How far the value is from its target: "by 0.19 points"; empty where there is no distance."""
        return distance_text(self.metric, self.value, self.target)

    @property
    def is_stale(self) -> bool:
        return is_too_old(self.metric, self.reading, self.as_of)

    @property
    def severity(self) -> int:
        """Smaller is worse; for sorting."""
        return _WORST_FIRST[self.colour]


def lights(rollout: Rollout, as_of: datetime | None = None) -> list[Light]:
    """Return the light of every metric of `rollout` at `as_of` (now), in the plan's order.

    A metric is held against the target of each phase that runs; the worst one shows. Four queries, however
    many metrics and readings there are.
    """
    moment = as_of or clock.now()
    phases = list(rollout.phases.order_by("position", "pk"))
    targets = _by_metric(
        Target.objects.filter(metric__rollout=rollout).select_related("metric").order_by("position", "pk")
    )
    newest = newest_readings(rollout, moment)
    return [
        light_of(metric, newest.get(metric.pk), targets.get(metric.pk, []), phases, moment)
        for metric in Metric.objects.filter(rollout=rollout).order_by("position", "pk")
    ]


def newest_readings(rollout: Rollout, as_of: datetime) -> dict[int, Reading]:
    """Return the newest reading in force of every metric, by metric; one index lookup each."""
    newest = (
        Reading.objects.filter(metric=OuterRef("pk"))
        .evidence(as_of)
        .order_by("-at", "-revision")
        .values("pk")
    )
    latest = Metric.objects.filter(rollout=rollout).values(latest=Subquery(newest[:1]))
    rows = Reading.objects.filter(pk__in=latest)
    return {reading.metric_id: reading for reading in rows.select_related("token", "recorded_by")}


def newest_reading(metric: Metric, as_of: datetime) -> Reading | None:
    """Return the newest reading of `metric` in force."""
    rows = Reading.objects.filter(metric=metric).evidence(as_of).select_related("token", "recorded_by")
    return rows.order_by("-at", "-revision").first()


def light_of(
    metric: Metric,
    reading: Reading | None,
    targets: Sequence[Target],
    phases: Sequence[Phase],
    as_of: datetime,
) -> Light:
    """Return the light of one metric; pure. `phases` are all phases of the rollout in the plan's order."""
    running = [phase for phase in phases if phase.is_running]
    general = [(None, target) for target in targets if target.phase_id is None]
    in_force: list[tuple[Phase | None, Target]] = [
        (found.phase, found.target) for phase in running if (found := target_in(phase, targets, phases))
    ]
    # While nothing runs, only what holds in every phase is asked.
    seen = [
        (colour_of(metric, reading, target, as_of), phase, target)
        for phase, target in (in_force if running else general)
    ]
    nothing_asked = (colour_of(metric, reading, None, as_of), None, None)
    colour, phase, target = min(seen, key=lambda each: _WORST_FIRST[each[0]], default=nothing_asked)
    return Light(
        metric=metric,
        colour=colour,
        reading=reading,
        target=target,
        phase=phase,
        later=tuple(
            found
            for later in phases
            if not later.is_running and later.state not in OVER
            if (found := target_in(later, targets, phases)) and found.target.phase_id is not None
        ),
        as_of=as_of,
    )


def colour_of(metric: Metric, reading: Reading | None, target: Target | None, as_of: datetime) -> Colour:
    """Return the light of a reading against a target.

    Red when the alert is reached, green when the target is kept (without one: when the alert is not
    reached), amber between the two. No reading is grey, one that is too old is stale: neither is ever
    green.
    """
    if reading is None or reading.value is None:
        return Colour.GREY
    if is_too_old(metric, reading, as_of):
        return Colour.STALE
    if target is None:
        return Colour.WHITE
    if alert_reached(metric, reading.value, target):
        return Colour.RED
    return Colour.GREEN if target_kept(metric, reading.value, target) is not False else Colour.AMBER


def is_too_old(metric: Metric, reading: Reading | None, as_of: datetime) -> bool:
    """Whether the reading says nothing about now any more."""
    return bool(reading and metric.max_age is not None and as_of - reading.at > metric.max_age)


def target_kept(metric: Metric, value: Decimal, target: Target) -> bool | None:
    """Tell whether `value`, in the metric's unit, keeps the target; None when it has only an alert."""
    if target.value is None:
        return None
    here = convert(value, metric.unit, target.unit or metric.unit)
    return holds(here, target.comparator, target.value, target.value_high)


def alert_reached(metric: Metric, value: Decimal, target: Target) -> bool:
    """Tell whether `value`, in the metric's unit, is alarming."""
    if target.alert_value is None:
        return False
    here = convert(value, metric.unit, target.alert_unit or metric.unit)
    return holds(here, target.alert_comparator, target.alert_value)


def target_in(phase: Phase, targets: Iterable[Target], phases: Sequence[Phase]) -> PhaseTarget | None:
    """Return the target that holds in `phase`: nearest first, up the tree, then the general one."""
    by_phase = {target.phase_id: target for target in targets}
    parents = {each.pk: each.parent_id for each in phases}
    place: int | None = phase.pk
    while place is not None:
        if place in by_phase:
            return PhaseTarget(phase, by_phase[place])
        place = parents.get(place)
    return PhaseTarget(phase, by_phase[None]) if None in by_phase else None


def in_unit_of(metric: Metric, target: Target | None) -> Decimal | None:
    """Return the target's value in the metric's unit."""
    if target is None or target.value is None:
        return None
    return convert(target.value, target.unit or metric.unit, metric.unit)


def target_text(target: Target) -> str:
    """The target in words: "under 0.5 %"; empty when it has only an alert."""
    if target.value is None:
        return ""
    return rule_text(target.comparator, target.value, target.value_high, target.unit or target.metric.unit)


def alert_text(target: Target) -> str:
    """The alert in words: "above 1 s"; empty without one."""
    if target.alert_value is None:
        return ""
    return rule_text(
        target.alert_comparator, target.alert_value, None, target.alert_unit or target.metric.unit
    )


def distance_text(metric: Metric, value: Decimal | None, target: Target | None) -> str:
    """How far `value` is from the target, in the metric's unit: "by 0.19 points"."""
    wanted = in_unit_of(metric, target)
    if value is None or wanted is None or target is None or target.value_high is not None:
        return ""
    if value == wanted:
        return _("exactly")
    gap = shown(abs(value - wanted), Decimal(0))  # a gap is never shown as none
    # The difference of two percentages is not a percentage.
    text = f"{gap}{NARROW_SPACE}{_('points')}" if metric.unit == "%" else with_unit(gap, metric.unit)
    return _("by %(gap)s") % {"gap": text}


def _by_metric(targets: Iterable[Target]) -> dict[int, list[Target]]:
    found: dict[int, list[Target]] = {}
    for target in targets:
        found.setdefault(target.metric_id, []).append(target)
    return found
