"""The drawing of a metric over time: pure, data in, SVG out, twice: for a wide screen and for a phone.

Class names and geometry only, so that it prints and holds under the content security policy. The phone has
a drawing of its own because text that is scaled down cannot be read.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from monitoring.history import History
from rollout_portal.lib.decimals import shown, with_unit

_LETTER = 6.6  # how wide a letter of 12 px is, about


@dataclass(frozen=True, slots=True)
class Band:
    """A phase in the drawing."""

    code: str
    name: str
    start: datetime
    end: datetime
    now: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A target or an alert from when to when; `words` say it ("under 0.5 %")."""

    start: datetime
    end: datetime
    value: Decimal
    words: str
    alert: bool = False
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, with the letter by which the list below the drawing explains it."""

    letter: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Chart:
    """All that a drawing shows."""

    name: str
    unit: str
    zone: ZoneInfo
    start: datetime
    end: datetime
    now: datetime
    history: History
    bands: tuple[Band, ...] = ()
    limits: tuple[Limit, ...] = ()
    marks: tuple[Mark, ...] = ()
    from_zero: bool = False

    def sentence(self) -> str:
        """Say the drawing to somebody who cannot see it."""
        points = self.history.points
        said = [self.name]
        if points:
            highest = max(points, key=lambda point: point.value)
            said.append(_("%s now") % with_unit(shown(points[-1].value), self.unit))
            said.append(
                _("highest %(value)s on %(day)s")
                % {
                    "value": with_unit(shown(highest.value), self.unit),
                    "day": dateformat.format(highest.at.astimezone(self.zone), "j M"),
                }
            )
        else:
            said.append(_("no data"))
        said += [(_("alert: %s") if limit.alert else _("target: %s")) % limit.words for limit in self.limits]
        for start, end in self.history.gaps:
            said.append(_("no data from %(start)s to %(end)s") % self._days(start, end))
        return ", ".join(said)

    def _days(self, start: datetime, end: datetime) -> dict[str, str]:
        form = "j M, H:i"
        return {
            "start": dateformat.format(start.astimezone(self.zone), form),
            "end": dateformat.format(end.astimezone(self.zone), form),
        }


@dataclass(frozen=True, slots=True)
class _Frame:
    """The measures of one drawing, and where a moment and a value stand in it."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    phone: bool
    start: datetime
    end: datetime
    low: float
    high: float

    def x(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def y(self, value: Decimal | float) -> float:
        share = (float(value) - self.low) / (self.high - self.low)
        return self.bottom - min(1.0, max(0.0, share)) * (self.bottom - self.top)


def wide(chart: Chart) -> SafeString:
    """Return the drawing for a wide screen, with the pattern that both drawings use for gaps."""
    return _draw(chart, _frame(chart, (1070, 322), (48, 1058), (62, 270), phone=False))


def phone(chart: Chart) -> SafeString:
    """Return the drawing for a phone."""
    return _draw(chart, _frame(chart, (340, 236), (36, 335), (34, 190), phone=True))


def _frame(
    chart: Chart,
    size: tuple[float, float],
    across: tuple[float, float],
    down: tuple[float, float],
    *,
    phone: bool,
) -> _Frame:
    values = [float(point.value) for point in chart.history.points]
    values += [float(limit.value) for limit in chart.limits]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if chart.from_zero or 0 <= low <= high * 0.7:
        low = min(low, 0.0)
    steps = ticks(low, high, 4)
    return _Frame(*size, *across, *down, phone, chart.start, chart.end, steps[0], steps[-1])


def ticks(low: float, high: float, count: int) -> list[float]:
    """Return round numbers from below `low` to above `high`, about `count` steps apart."""
    span = (high - low) or abs(high) or 1.0
    rough = span / count
    scale = 10 ** math.floor(math.log10(rough))
    step = next(size * scale for size in (1, 2, 2.5, 5, 10) if size * scale >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last += last == first
    return [round(step * number, 10) for number in range(first, last + 1)]


def _draw(chart: Chart, frame: _Frame) -> SafeString:
    parts = [
        *_bands(chart, frame),
        *_grid(chart, frame),
        *_gaps(chart, frame),
        *_limits(chart, frame),
        *_series(chart, frame),
        *_marks(chart, frame),
    ]
    css = "plot-phone" if frame.phone else "plot-wide"
    return mark_safe(  # noqa: S308 -- every part is a number of ours or escaped
        f'<svg class="plot {css}" viewBox="0 0 {_c(frame.width)} {_c(frame.height)}" role="img" '
        f'aria-label="{escape(chart.sentence())}">{"".join(parts)}</svg>'
    )


def _bands(chart: Chart, frame: _Frame) -> Iterator[str]:
    for band in chart.bands:
        left, right = frame.x(band.start), frame.x(band.end)
        if right - left < 1:
            continue
        css = "band band--now" if band.now else "band"
        yield (
            f'<rect class="{css}" x="{_c(left)}" y="6" width="{_c(right - left - 2)}" '
            f'height="{_c(frame.bottom - 6)}"/>'
        )
        room = int((right - left - 16) / _LETTER)
        full = f"{band.code} {band.name}"
        text = full if len(full) <= room else band.code if len(band.code) <= room + 1 else ""
        if text:
            yield _text(left + (6 if frame.phone else 8), 24, text, css="strong" if band.now else "")


def _grid(chart: Chart, frame: _Frame) -> Iterator[str]:
    numbers = ticks(frame.low, frame.high, 2 if frame.phone else 4)
    for place, number in enumerate(numbers):
        if not frame.low <= number <= frame.high:
            continue
        y = _c(frame.y(number))
        last = place == len(numbers) - 1
        text = shown(Decimal(str(number)), places=6)
        label = with_unit(text, chart.unit) if last and len(text) < 5 else text
        css = "axis" if number == frame.low else "grid"
        yield f'<path class="{css}" d="M{_c(frame.left)} {y}H{_c(frame.right)}"/>'
        yield _text(frame.left - 6, frame.y(number) + 4, label, anchor="end")
    if frame.low > 0:
        words = _("the axis begins at %s") % with_unit(shown(Decimal(str(frame.low)), places=6), chart.unit)
        yield _text(frame.left + 6, frame.bottom - 6, words)
    for at, text in _dates(chart, 3 if frame.phone else 9):
        anchor = "end" if frame.right - frame.x(at) < 5 * _LETTER else ""
        yield _text(frame.x(at), frame.bottom + 17, text, anchor=anchor)


def _dates(chart: Chart, most: int) -> Iterator[tuple[datetime, str]]:
    """Yield the moments that the time axis names: whole hours or whole days in the rollout's zone."""
    span = chart.end - chart.start
    hours = next((size for size in (1, 2, 3, 6, 12) if span <= timedelta(hours=size * most)), None)
    first = chart.start.astimezone(chart.zone).replace(minute=0, second=0, microsecond=0)
    if hours is not None:
        first = first.replace(hour=first.hour - first.hour % hours)
        step, form = timedelta(hours=hours), "H:i"
    else:
        first = first.replace(hour=0)
        days = math.ceil(span / timedelta(days=1) / most)
        step, form = timedelta(days=days if days < 5 else 7 * math.ceil(days / 7)), "j M"
    at = first
    while at <= chart.end:
        if at >= chart.start:
            yield at, dateformat.format(at, form)
        at += step


def _gaps(chart: Chart, frame: _Frame) -> Iterator[str]:
    for start, end in chart.history.gaps:
        left, right = frame.x(start), frame.x(end)
        if right - left >= 1:
            yield (
                f'<rect fill="url(#nodata)" x="{_c(left)}" y="{_c(frame.top)}" width="{_c(right - left)}" '
                f'height="{_c(frame.bottom - frame.top)}"/>'
            )


def _limits(chart: Chart, frame: _Frame) -> Iterator[str]:
    for limit in chart.limits:
        left, right = frame.x(limit.start), frame.x(limit.end)
        if right - left < 2:
            continue
        y = frame.y(limit.value)
        kind = "alert" if limit.alert else "target target--planned" if limit.planned else "target"
        yield f'<path class="{kind}" d="M{_c(left)} {_c(y)}H{_c(right - 2)}"/>'
        text = limit.words if frame.phone else _limit_words(limit)
        room = right - left - 8
        text = next((each for each in (text, limit.words) if len(each) * _LETTER <= room), "")
        if text:
            css = "alert-text" if limit.alert else "target-text"
            # At the right end stands the newest value; the words then go to the left.
            if chart.history.points and right - frame.x(chart.history.points[-1].at) < 170 < room:
                yield _text(left + 6, y - 7, text, css=css)
            else:
                yield _text(right - 6, y - 7, text, css=css, anchor="end")


def _limit_words(limit: Limit) -> str:
    if limit.alert:
        return _("alert: %s") % limit.words
    return limit.words if limit.planned else _("target: %s") % limit.words


def _series(chart: Chart, frame: _Frame) -> Iterator[str]:
    for run in chart.history.runs():
        line = " ".join(f"{_c(frame.x(point.at))} {_c(frame.y(point.value))}" for point in run)
        if len(run) == 1:
            x, y = line.split()
            yield f'<circle class="point point--sure" cx="{x}" cy="{y}" r="2.5"/>'
        else:
            yield f'<path class="series" d="M{line}"/>'
    if chart.start <= chart.now <= chart.end:
        x = _c(frame.x(chart.now))
        yield f'<path class="now" d="M{x} {_c(frame.top - 28)}V{_c(frame.bottom)}"/>'
    if chart.history.points:
        yield from _newest(chart, frame)


def _newest(chart: Chart, frame: _Frame) -> Iterator[str]:
    point = chart.history.points[-1]
    x, y = frame.x(point.at), frame.y(point.value)
    yield f'<circle class="point" cx="{_c(x)}" cy="{_c(y)}" r="{4.5 if frame.phone else 5}"/>'
    text = with_unit(shown(point.value), chart.unit)
    side, anchor = (12, "start") if frame.right - x > 90 else (-12, "end")
    below = y + 18 if y + 18 < frame.bottom - 2 else y - 10
    yield _text(x + side, below, text, css="strong", anchor=anchor)


def _marks(chart: Chart, frame: _Frame) -> Iterator[str]:
    top = frame.bottom + (21 if frame.phone else 24)
    for mark in chart.marks:
        x = frame.x(mark.at)
        yield f'<path class="mark" d="M{_c(x)} {_c(top)}l5 9h-10z"/>'
        yield _text(x, top + 23, mark.letter, css="strong", anchor="middle")


def _text(x: float, y: float, text: str, *, css: str = "", anchor: str = "") -> str:
    kind = f' class="{css}"' if css else ""
    side = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{kind} x="{_c(x)}" y="{_c(y)}"{side}>{escape(text)}</text>'


def _c(value: float) -> str:
    """A coordinate: at most one place, without trailing zeros."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def lettered(moments: Sequence[datetime]) -> list[Mark]:
    """Return marks A, B, C … for moments, in their order."""
    return [Mark(chr(ord("A") + place), at) for place, at in enumerate(moments[:26])]
