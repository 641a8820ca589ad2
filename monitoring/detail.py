"""One metric as its page shows it: pure reads, ready for the template."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from django.utils import dateformat
from django.utils.translation import gettext as _

from monitoring.charts import Band, Chart, Limit, lettered
from monitoring.history import History, history
from monitoring.lights import (
    Light,
    PhaseTarget,
    alert_text,
    in_unit_of,
    target_in,
    target_kept,
    target_text,
)
from monitoring.measures import MEASURE
from monitoring.models import Metric, Reading, Target
from phases.models import Criterion, Phase, PhaseTransition, Role, Rollout
from phases.states import Outcome
from phases.views.base import address
from rollout_portal.lib import words
from rollout_portal.lib.decimals import Comparator, convert, rule_text, shown, with_unit
from rollout_portal.lib.words import NARROW_SPACE

MOST_EVENTS: Final = 8
RANGES: Final = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "plan": None}


@dataclass(frozen=True, slots=True)
class Would:
    """How the present value would do in a phase."""

    title: str
    outcome: Outcome
    outcome_text: str


def in_phases(light: Light) -> list[Would]:
    """Return how the present value does now and would do in the phases to come."""
    found = []
    if light.target is not None and light.rule and light.outcome is not None:
        title = (
            _("%(phase)s, now: %(rule)s") % {"phase": light.phase, "rule": light.rule}
            if light.phase
            else _("now: %(rule)s") % {"rule": light.rule}
        )
        found.append(Would(title, light.outcome, ""))
    return found + [_would(light, later) for later in light.later if target_text(later.target)]


def _would(light: Light, later: PhaseTarget) -> Would:
    title = f"{later.phase}: {target_text(later.target)}"
    if light.value is None:
        return Would(title, Outcome.NO_DATA, "")
    if target_kept(light.metric, light.value, later.target):
        return Would(title, Outcome.MET, _("Would be met"))
    return Would(title, Outcome.NOT_MET, _("Would not"))


def to_go(light: Light) -> str:
    """Say how far the value has to move, and until when, for the first phase whose target it misses."""
    if light.value is None:
        return ""
    for later in light.later:
        wanted = in_unit_of(light.metric, later.target)
        ways = _WAYS.get(later.target.comparator)
        if wanted is None or ways is None or target_kept(light.metric, light.value, later.target):
            continue
        gap = shown(abs(light.value - wanted), Decimal(0))
        unit = light.metric.unit
        by = f"{gap}{NARROW_SPACE}{_('points')}" if unit == "%" else with_unit(gap, unit)
        said = _sentences()[ways] % {"gap": by, "phase": later.phase}
        start = later.phase.planned_start
        return f"{said} {_('It starts on %s.') % dateformat.format(start, 'j M')}" if start else said
    return ""


_WAYS: Final[dict[str, str]] = {
    Comparator.BELOW: "fall more",
    Comparator.AT_MOST: "fall",
    Comparator.ABOVE: "rise more",
    Comparator.AT_LEAST: "rise",
}


def _sentences() -> dict[str, str]:
    return {
        "fall more": _("It has to fall by more than %(gap)s for phase %(phase)s."),
        "fall": _("It has to fall by at least %(gap)s for phase %(phase)s."),
        "rise more": _("It has to rise by more than %(gap)s for phase %(phase)s."),
        "rise": _("It has to rise by at least %(gap)s for phase %(phase)s."),
    }


def headline(light: Light) -> str:
    """What stands behind the value: rule, distance, from how many, and how old."""
    reading, metric = light.reading, light.metric
    if reading is None:
        return ""
    said = [", ".join(part for part in (light.rule, light.distance) if part)]
    if light.alert:
        said.append(_("alert %s") % light.alert)
    if reading.n is not None:
        said.append(f"{words.number(reading.n)} {metric.noun or _('observations')}")
    said.append(words.relative(reading.at, now=light.as_of))
    return " · ".join(part for part in said if part)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened while the metric was watched."""

    letter: str
    at: datetime
    when: str
    text: str


def events(metric: Metric, drawn: History, start: datetime, end: datetime) -> list[Event]:
    """Return what happened to the phases and to the readings, oldest first; the newest few of them."""
    found: list[tuple[datetime, str]] = []
    transitions = PhaseTransition.objects.filter(phase__rollout=metric.rollout, at__range=(start, end))
    for transition in transitions.select_related("phase").order_by("-at")[:MOST_EVENTS]:
        found.append((transition.at, f"{transition.get_verb_display()}: {transition.phase}"))
    corrected = Reading.objects.filter(metric=metric, corrects__isnull=False, at__range=(start, end))
    for reading in corrected.select_related("corrects").order_by("-at")[:MOST_EVENTS]:
        found.append((reading.at, _correction_words(metric, reading)))
    for gap_start, gap_end in drawn.gaps[-MOST_EVENTS:]:
        found.append((gap_start, _("No data for %s") % words.duration(gap_end - gap_start)))
    newest = sorted(found, key=lambda event: event[0])[-MOST_EVENTS:]
    form = "H:i" if end - start <= timedelta(hours=24) else "j M"
    return [
        Event(mark.letter, at, dateformat.format(at.astimezone(metric.rollout.zone), form), text)
        for mark, (at, text) in zip(lettered([at for at, _text in newest]), newest, strict=True)
    ]


def _correction_words(metric: Metric, reading: Reading) -> str:
    said = {
        "old": value_text(metric, reading.corrects.value if reading.corrects else None),
        "new": value_text(metric, reading.value),
        "why": reading.note,
    }
    if reading.value is None:
        return _("%(old)s was taken back: %(why)s") % said
    return _("%(old)s was corrected to %(new)s: %(why)s") % said


def value_text(metric: Metric, value: Decimal | None) -> str:
    """A value with its unit, exact."""
    return _("nothing") if value is None else with_unit(shown(value, places=9), metric.unit)


def chart(
    light: Light, phases: Sequence[Phase], targets: Sequence[Target], span: str
) -> tuple[Chart, list[Event]]:
    """Return the drawing of a metric over `span` (a key of RANGES), and the list that explains its marks."""
    metric, now = light.metric, light.as_of
    bands = _bands(phases, metric.rollout)
    start, end = _range(metric, bands, span, now)
    drawn = history(metric, start, end, now)
    happened = events(metric, drawn, start, min(end, now))
    return (
        Chart(
            name=metric.name,
            unit=metric.unit,
            zone=metric.rollout.zone,
            start=start,
            end=end,
            now=now,
            history=drawn,
            bands=tuple(band for _phase, band in bands),
            limits=tuple(_limits(metric, bands, targets, phases, start, end)),
            marks=tuple(lettered([event.at for event in happened])),
            # What should be small is seen against nothing; a share near 100 % is not.
            from_zero=metric.kind != Metric.Kind.GAUGE and metric.direction == Metric.Direction.DOWN,
        ),
        happened,
    )


def _bands(phases: Sequence[Phase], rollout: Rollout) -> list[tuple[Phase, Band]]:
    """Phases without parts, from their real or planned start to their real or planned end."""
    whole = {phase.parent_id for phase in phases}
    found = []
    for phase in phases:
        start = phase.started_at or _midnight(phase.planned_start, rollout)
        end = phase.ended_at or _midnight(phase.planned_end, rollout, days=1)
        if phase.pk in whole or start is None or end is None or end <= start:
            continue
        found.append((phase, Band(phase.code, phase.name, start, end, phase.is_running)))
    return found


def _midnight(day: date | None, rollout: Rollout, days: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=days), time(0), tzinfo=rollout.zone)


def _range(
    metric: Metric, bands: Sequence[tuple[Phase, Band]], span: str, now: datetime
) -> tuple[datetime, datetime]:
    length = RANGES[span]
    if length is not None:
        return now - length, now
    first = metric.readings.order_by("at").values_list("at", flat=True).first()
    starts = [band.start for _phase, band in bands] + ([first] if first else [])
    ends = [band.end for _phase, band in bands] + [now]
    start = min(starts, default=now - timedelta(days=7))
    return min(start, now - timedelta(hours=1)), max(ends)


def _limits(
    metric: Metric,
    bands: Sequence[tuple[Phase, Band]],
    targets: Sequence[Target],
    phases: Sequence[Phase],
    start: datetime,
    end: datetime,
) -> list[Limit]:
    """The targets and alerts of the phases in sight; alerts that stay the same are one line."""
    places: list[tuple[Target, datetime, datetime, bool]] = []
    for phase, band in bands:
        found = target_in(phase, targets, phases)
        if found and band.end > start and band.start < end:
            planned = not phase.is_running and phase.started_at is None
            places.append((found.target, max(band.start, start), min(band.end, end), planned))
    if not bands:
        places = [(target, start, end, False) for target in targets if target.phase_id is None]
    limits: list[Limit] = []
    for target, begins, ends, planned in places:
        wanted = in_unit_of(metric, target)
        if wanted is not None:
            limits.append(Limit(begins, ends, wanted, target_text(target), planned=planned))
            if target.value_high is not None:
                high = convert(target.value_high, target.unit or metric.unit, metric.unit)
                limits.append(Limit(begins, ends, high, "", planned=planned))
    for target, begins, ends, _planned in places:
        if target.alert_value is None:
            continue
        level = convert(target.alert_value, target.alert_unit or metric.unit, metric.unit)
        last = limits[-1] if limits else None
        if last is not None and last.alert and (last.value, last.end) == (level, begins):
            limits[-1] = replace(last, end=ends)
        else:
            limits.append(Limit(begins, ends, level, alert_text(target), alert=True))
    return limits


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value, with where it leads."""

    name: str
    value: str
    url: str = ""


def facts(light: Light) -> list[Fact]:
    """Return the rules that read the metric, and what belongs to it."""
    metric = light.metric
    rows = Criterion.objects.filter(rollout=metric.rollout, measure=MEASURE, subject=metric.code)
    found = []
    for row in rows.select_related("gate").order_by("gate__position", "position"):
        unit = "%" if row.versus_baseline else row.unit
        rule = (
            rule_text(row.comparator, row.threshold, row.threshold_high, unit)
            if row.threshold is not None
            else ""
        )
        said = [
            rule,
            _("as a change of the baseline") if row.versus_baseline else "",
            _window_words(row.window),
        ]
        found.append(
            Fact(
                row.gate.name,
                ", ".join(part for part in said if part),
                address("phases:gate", metric.rollout.slug, row.gate.code),
            )
        )
    if metric.cadence:
        found.append(Fact(_("Read every"), words.duration(metric.cadence)))
    found.append(
        Fact(_("Too old"), _("after %s") % words.duration(metric.max_age) if metric.max_age else _("never"))
    )
    found.append(Fact(_("Source"), _source_words(light)))
    if metric.owner_role:
        found.append(Fact(_("Owner"), _owner_words(metric)))
    return found


def _window_words(window: str) -> str:
    return {"latest": "", "": "", "phase": _("mean of the phase")}.get(window, _("mean of %s") % window)


def _source_words(light: Light) -> str:
    reading = light.reading
    source = (reading.source if reading else "") or light.metric.source
    if reading is not None and reading.token is not None:
        token = _("token “%s”") % reading.token.name
        return f"{source}, {token}" if source else token
    return source or _("by hand")


def _owner_words(metric: Metric) -> str:
    held = (
        Role.objects.current().filter(rollout=metric.rollout, role=metric.owner_role).select_related("user")
    )
    people = ", ".join(str(role.user) for role in held.order_by("user__name"))
    role = metric.get_owner_role_display()
    return f"{people} ({role.lower()})" if people else role


@dataclass(frozen=True, slots=True)
class Row:
    """A reading in the table; a corrected one stays, struck through."""

    reading: Reading
    value_text: str
    source: str
    corrected: bool


def table(metric: Metric, readings: Sequence[Reading]) -> list[Row]:
    """Return the rows of the table of readings, in the order given."""
    replaced = set(
        Reading.objects.filter(corrects__in=[reading.pk for reading in readings]).values_list(
            "corrects_id", flat=True
        )
    )
    return [
        Row(
            reading,
            value_text(metric, reading.value),
            reading.source or str(reading.token or reading.recorded_by or ""),
            reading.pk in replaced,
        )
        for reading in readings
    ]
