"""Drawings as SVG text: pure functions, data in, markup out.

Only class names and geometry, no style and no script, so that they print and hold under the content security
policy. A drawing that says something has role=img and a sentence; one that repeats the text beside it is
hidden from assistive technology. Everything that comes from outside is escaped.
"""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.utils import dateformat
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from rollout_portal.lib import words

Number = Decimal | int | float


@dataclass(frozen=True)
class Wave:
    """One row of `waves`: a label, the value and its interval (None: no or too few answers)."""

    label: str
    value: Number | None
    low: Number | None = None
    high: Number | None = None
    n: int = 0
    enough: bool = True
    current: bool = False


def _c(value: Number) -> str:
    """A coordinate: at most two places, without trailing zeros, so that golden files stay readable."""
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _svg(
    view: tuple[Number, Number], body: str, *, css: str, sentence: str = "", stretch: bool = False
) -> SafeString:
    role = f'role="img" aria-label="{escape(sentence)}"' if sentence else 'aria-hidden="true"'
    ratio = ' preserveAspectRatio="none"' if stretch else ""
    return mark_safe(  # noqa: S308 -- every part is a number of ours or escaped
        f'<svg class="{css}" viewBox="0 0 {_c(view[0])} {_c(view[1])}"{ratio} {role}>{body}</svg>'
    )


def _text(said: str, x: float, y: float, *, anchor: str = "start", css: str = "") -> str:
    look = f' class="{css}"' if css else ""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text{look} x="{_c(x)}" y="{_c(y)}"{side}>{escape(said)}</text>'


def _place(value: Number, low: Number, high: Number, left: float, right: float) -> float:
    """Where a value stands between `left` and `right`, kept inside the scale."""
    span = float(high) - float(low)
    share = (float(value) - float(low)) / span if span else 0.0
    return left + min(1.0, max(0.0, share)) * (right - left)


def scale(
    value: Number | None,
    threshold: Number,
    *,
    low: Number,
    high: Number,
    interval_low: Number | None = None,
    interval_high: Number | None = None,
    enough: bool = True,
    name: str = "",
    threshold_text: str = "",
) -> SafeString:
    """An interval on its scale: thick bar, point (hollow while `enough` is False), threshold with its number.

    `low` and `high` are the ends of the scale, for instance −100 and 100 for NPS.
    """
    left, right, axis_y, text_y = 2.0, 352.0, 14.0, 42.0
    mark = _place(threshold, low, high, left, right)
    label = threshold_text or words.number(threshold)
    parts = [f'<path class="axis" d="M{_c(left)} {_c(axis_y)}H{_c(right)}"/>']
    if interval_low is not None and interval_high is not None:
        start = _place(interval_low, low, high, left, right)
        end = _place(interval_high, low, high, left, right)
        parts.append(f'<path class="ci" d="M{_c(start)} {_c(axis_y)}H{_c(end)}"/>')
    parts.append(f'<path class="target" d="M{_c(mark)} 2V26"/>')
    if value is not None:
        point = "point" if not enough else "point point--sure"
        x = _place(value, low, high, left, right)
        parts.append(f'<circle class="{point}" cx="{_c(x)}" cy="{_c(axis_y)}" r="5.5"/>')
    parts.append(_scale_numbers(low, high, mark, left, right, text_y))
    anchor = "start" if mark < 40 else "end" if mark > 312 else "middle"
    parts.append(_text(label, mark, text_y, anchor=anchor, css="target-text"))
    said = _sentence(name, value, interval_low, interval_high, label)
    return _svg((360, 46), "".join(parts), css="plot", sentence=said)


def _scale_numbers(low: Number, high: Number, mark: float, left: float, right: float, text_y: float) -> str:
    """The numbers under a scale: both ends, and zero inside; not one under the threshold's label."""
    ends: list[tuple[Number, float, str]] = [(low, left, "start"), (high, right, "end")]
    if low < 0 < high:
        ends.insert(1, (0, _place(0, low, high, left, right), "middle"))
    return "".join(
        _text(words.number(number), x, text_y, anchor=anchor)
        for number, x, anchor in ends
        if abs(x - mark) > 46
    )


def _sentence(
    name: str, value: Number | None, low: Number | None, high: Number | None, threshold: str
) -> str:
    said = [
        f"{name} {words.number(value)}".strip()
        if value is not None
        else _("%(name)s: no value") % {"name": name}
    ]
    if low is not None and high is not None:
        said.append(
            _("interval %(low)s to %(high)s") % {"low": words.number(low), "high": words.number(high)}
        )
    said.append(_("threshold %(threshold)s") % {"threshold": threshold})
    return ", ".join(said)


def spark(values: Sequence[Number | None], target: Number | None = None) -> SafeString:
    """A small line of the last readings with the target dashed; None breaks the line.

    Decorative: the number, the rule and the outcome stand beside it in words.
    """
    known = [float(value) for value in values if value is not None]
    if not known:
        return _svg((100, 34), "", css="spark", stretch=True)
    limits = [*known, float(target)] if target is not None else known
    low, high = min(limits), max(limits)
    if low == high:
        low, high = low - 1, high + 1
    step = 100 / max(1, len(values) - 1)
    parts = []
    if target is not None:
        y = _c(_place(target, low, high, 32, 2))
        parts.append(f'<line x1="0" x2="100" y1="{y}" y2="{y}"/>')
    path, pen_down = [], False
    for index, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        place = f"{_c(index * step)} {_c(_place(value, low, high, 32, 2))}"
        # A line of no length after each start makes a lone reading a dot.
        path.append(f"L{place}" if pen_down else f"M{place}h0")
        pen_down = True
    parts.append(f'<path d="{"".join(path)}"/>')
    return _svg((100, 34), "".join(parts), css="spark", stretch=True)


def waves(
    rows: Sequence[Wave], threshold: Number, *, low: Number = 0, high: Number = 100, name: str = "NPS"
) -> SafeString:
    """One interval per survey wave on a common scale, with the target as a line.

    The scale grows to hold every interval, so that nothing is cut off silently.
    """
    known = [float(x) for row in rows for x in (row.low, row.value, row.high) if x is not None]
    start = min([float(low), *(math.floor(x / 50) * 50 for x in known)])
    end = max([float(high), *(math.ceil(x / 50) * 50 for x in known)])
    left, right, step = 70.0, 280.0, 25.0
    bottom = 20 + step * len(rows)
    steps = [start + (end - start) * k / 4 for k in range(5)]
    grid = "".join(f"M{_c(_place(x, start, end, left, right))} 8V{_c(bottom - 9)}" for x in steps)
    mark = _place(threshold, start, end, left, right)
    parts = [
        f'<path class="grid" d="{grid}"/>',
        f'<path class="target" d="M{_c(mark)} 4V{_c(bottom - 7)}"/>',
        _text(words.number(threshold), mark, bottom + 6, anchor="middle", css="target-text"),
    ]
    parts += [
        _text(words.number(int(x)), place, bottom + 6, anchor="middle")
        for x in (start, end)
        if abs((place := _place(x, start, end, left, right)) - mark) > 24
    ]
    said = []
    for index, row in enumerate(rows):
        parts.append(_wave_row(row, 20 + step * index, start, end, left, right))
        said.append(
            _("%(label)s %(value)s from %(n)s answers")
            % {"label": row.label, "value": words.number(row.value), "n": row.n}
            if row.value is not None
            else f"{row.label} {_nothing(row)}"
        )
    return _svg((300, bottom + 10), "".join(parts), css="plot", sentence=f"{name}: {', '.join(said)}")


def _wave_row(row: Wave, y: float, start: float, end: float, left: float, right: float) -> str:
    parts = [_text(row.label, 0, y + 4, css="strong" if row.current else "")]
    if row.low is not None and row.high is not None:
        x1, x2 = (_place(x, start, end, left, right) for x in (row.low, row.high))
        parts.append(f'<path class="ci" d="M{_c(x1)} {_c(y)}H{_c(x2)}"/>')
    if row.value is not None:
        point = "point point--sure" if row.enough else "point"
        x = _place(row.value, start, end, left, right)
        parts.append(f'<circle class="{point}" cx="{_c(x)}" cy="{_c(y)}" r="4.5"/>')
    else:
        parts.append(_text(_nothing(row), left, y + 4))
    return "".join(parts)


def _nothing(row: Wave) -> str:
    return _("too few answers to show") if row.n else _("no answers")


def ring(done: int, whole: int) -> SafeString:
    """How many of how many, as a ring that starts at twelve o'clock. Decorative: the sentence says it."""
    track = '<circle class="ring-track" cx="13" cy="13" r="10.5"/>'
    if whole <= 0 or done <= 0:
        return _svg((26, 26), track, css="ring")
    if done >= whole:
        return _svg((26, 26), '<circle class="ring-part" cx="13" cy="13" r="10.5"/>', css="ring")
    angle = 2 * math.pi * done / whole
    x, y = 13 + 10.5 * math.sin(angle), 13 - 10.5 * math.cos(angle)
    large = 1 if done * 2 > whole else 0
    arc = f'<path class="ring-part" d="M13 2.5A10.5 10.5 0 {large} 1 {_c(x)} {_c(y)}"/>'
    return _svg((26, 26), track + arc, css="ring")


def bar(done: Number, whole: Number, least: Number | None = None) -> SafeString:
    """A bar of `done` in `whole`, with the least that is asked for as a mark. Decorative."""
    parts = [f'<rect width="{_c(_place(done, 0, whole, 0, 100))}" height="8"/>']
    if least is not None:
        parts.append(f'<rect class="least" x="{_c(_place(least, 0, whole, 0, 99))}" width="1" height="8"/>')
    return _svg((100, 8), "".join(parts), css="bar", stretch=True)


def today(percent: Number) -> SafeString:
    """The line of today over a strip of phases, `percent` of it from the left, with its word. Decorative."""
    x = f"{_c(min(100.0, max(0.0, float(percent))))}%"
    anchor = "end" if float(percent) > 85 else "start"
    shift = "-5" if anchor == "end" else "5"
    return mark_safe(  # noqa: S308 -- numbers of ours and a translated word, escaped
        '<svg class="timeline__today" width="100%" height="100%" aria-hidden="true">'
        f'<line x1="{x}" y1="14" x2="{x}" y2="100%"/>'
        f'<text x="{x}" dx="{shift}" y="12" text-anchor="{anchor}">{escape(_("Today"))}</text></svg>'
    )


# --- The plan over time -------------------------------------------------------------------------------

PLAN_WIDTH, PLAN_LEFT, PLAN_TOP, PLAN_ROW = 1080.0, 210.0, 30.0, 36.0
# Names longer than these do not fit beside the bars; the table below the drawing has them whole.
PLAN_NAME = 28


class PlanGate(Protocol):
    """A gate on the plan: the day when it is due, and whether it was passed."""

    @property
    def day(self) -> dt.date: ...
    @property
    def passed(self) -> bool: ...


class PlanRow(Protocol):
    """One phase on the plan; a day is None where the plan names none, or nothing happened yet."""

    @property
    def name(self) -> str: ...
    @property
    def depth(self) -> int: ...
    @property
    def start(self) -> dt.date | None: ...
    @property
    def end(self) -> dt.date | None: ...
    @property
    def real_start(self) -> dt.date | None: ...
    @property
    def real_end(self) -> dt.date | None: ...
    @property
    def open_ended(self) -> bool: ...
    @property
    def gates(self) -> Sequence[PlanGate]: ...


def plan(rows: Sequence[PlanRow], start: dt.date, end: dt.date, today: dt.date) -> SafeString:
    """The plan as bars: planned thin, real full, gates as diamonds, today as a line, an open end faded.

    Days are both included: a bar ends where the next day begins. The table beside it says the same.
    """
    days = (end - start).days + 1
    bottom = PLAN_TOP + PLAN_ROW * len(rows)

    def x(day: dt.date) -> float:
        return _place((day - start).days, 0, days, PLAN_LEFT, PLAN_WIDTH)

    parts = [
        '<defs><linearGradient id="plan-fade"><stop offset="0"/>'
        '<stop offset="1" stop-opacity="0"/></linearGradient></defs>',
        _plan_weeks(start, end, x, bottom),
    ]
    for index, row in enumerate(rows):
        parts.append(_plan_row(row, PLAN_TOP + PLAN_ROW * index, end, x))
    if start <= today <= end:
        middle = (x(today) + x(today + dt.timedelta(days=1))) / 2
        anchor = "end" if middle > PLAN_WIDTH - 60 else "start"
        shift = -5 if anchor == "end" else 5
        parts.append(
            f'<path class="now" d="M{_c(middle)} {_c(PLAN_TOP - 8)}V{_c(bottom)}"/>'
            f'<text class="strong" x="{_c(middle + shift)}" y="{_c(bottom + 14)}" text-anchor="{anchor}">'
            f"{escape(_('Today'))}</text>"
        )
    said = _("Plan from %(start)s to %(end)s; the table below says the same in words.") % {
        "start": words.day(start),
        "end": words.day(end),
    }
    return _svg((PLAN_WIDTH, bottom + 20), "".join(parts), css="plot plan", sentence=said)


def _plan_weeks(start: dt.date, end: dt.date, x: Callable[[dt.date], float], bottom: float) -> str:
    """A line on every Monday; as many of them carry their date as have room."""
    first = start + dt.timedelta(days=-start.weekday() % 7)
    mondays = [first + dt.timedelta(weeks=number) for number in range((end - first).days // 7 + 1)]
    each = max(1, math.ceil(len(mondays) / 12))
    grid = "".join(f"M{_c(x(day))} {_c(PLAN_TOP - 8)}V{_c(bottom)}" for day in mondays)
    dates = "".join(
        f'<text x="{_c(x(day))}" y="12">{escape(dateformat.format(day, "j M"))}</text>'
        for day in mondays[::each]
        if x(day) < PLAN_WIDTH - 40
    )
    return f'<path class="grid" d="{grid}"/>{dates}'


def _plan_row(row: PlanRow, top: float, end: dt.date, x: Callable[[dt.date], float]) -> str:
    day = dt.timedelta(days=1)
    name = row.name if len(row.name) <= PLAN_NAME else f"{row.name[: PLAN_NAME - 1].rstrip()}…"
    strong = ' class="strong"' if row.depth == 0 else ""
    parts = [f'<text{strong} x="{_c(row.depth * 14)}" y="{_c(top + 18)}">{escape(name)}</text>']
    if row.real_start is not None:
        right = x((row.real_end or row.real_start) + day)
        parts.append(_plan_bar("plan-real", x(row.real_start), right, top + 5, 14))
    if row.start is not None and row.open_ended:
        parts.append(_plan_bar("plan-open", x(row.start), x(end + day), top + 22, 5))
    elif row.start is not None:
        parts.append(_plan_bar("plan-planned", x(row.start), x((row.end or row.start) + day), top + 22, 5))
    for gate in row.gates:
        at, middle = x(gate.day + day), top + 12
        look = "plan-gate plan-gate--passed" if gate.passed else "plan-gate"
        parts.append(f'<path class="{look}" d="M{_c(at)} {_c(middle - 8)}l8 8l-8 8l-8 -8z"/>')
    return "".join(parts)


def _plan_bar(look: str, left: float, right: float, top: float, height: float) -> str:
    return (
        f'<rect class="{look}" x="{_c(left)}" y="{_c(top)}" width="{_c(max(2.0, right - left))}"'
        f' height="{_c(height)}" rx="2"/>'
    )
