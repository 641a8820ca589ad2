"""Template tags of the console: `{% load portal %}`. Thin: the words come from `rollout_portal.lib.words`.

Outcomes and states are looked up in tables here, so that a shape and a word never part.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum

from django import template
from django.contrib import admin
from django.forms import BoundField
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from rollout_portal.console import frame, svg
from rollout_portal.lib import clock as business_clock
from rollout_portal.lib import words

register = template.Library()

# The six outcomes: word, what it means for the gate. The key is also the name of shape and class.
OUTCOMES = {
    "met": _("Met"),
    "not-met": _("Not met"),
    "no-data": _("No data"),
    "stale": _("Stale"),
    "undecidable": _("Cannot tell yet"),
    "waived": _("Waived"),
}

# States of objects: the look (class and mark) and the word. Several states share a look.
STATES = {
    "draft": ("draft", _("Draft")),
    "planned": ("draft", _("Planned")),
    "open": ("draft", _("Open")),
    "not-ready": ("draft", _("Not ready yet")),
    "preparing": ("waiting", _("Preparing")),
    "awaiting-go": ("waiting", _("Waits for go")),
    "exit-review": ("waiting", _("In review")),
    "waiting": ("waiting", _("Waiting")),
    "queued": ("waiting", _("Queued")),
    "active": ("running", _("Running")),
    "running": ("running", _("Running")),
    "ready": ("running", _("Ready")),
    "sending": ("running", _("Sending")),
    "held": ("held", _("On hold")),
    "stopped": ("held", _("Stopped")),
    "rolled-back": ("rolled-back", _("Rolled back")),
    "void": ("rolled-back", _("Void")),
    "blocked": ("blocked", _("Blocked")),
    "failed": ("blocked", _("Failed")),
    "completed": ("done", _("Done")),
    "done": ("done", _("Done")),
    "closed": ("done", _("Closed")),
    "signed": ("done", _("Signed")),
    "skipped": ("done", _("Skipped")),
    "archived": ("done", _("Archived")),
}


def _key(value: object) -> str:
    """The key of an outcome or a state given as text, member of an enumeration, or object with `.value`."""
    raw = value.value if isinstance(value, Enum) else value
    return str(raw).strip().lower().replace("_", "-").replace(" ", "-")


def _outcome_key(value: object) -> str:
    key = _key(value)
    if key not in OUTCOMES:
        raise ValueError(f"“{value}” is not one of the six outcomes: {', '.join(OUTCOMES)}")
    return key


@register.simple_tag(takes_context=True)
def portal_frame(context: Context) -> str:
    """Give every page what the frame needs, whichever view renders it. The skeleton calls it once.

    A page passes only its own content; site title, sidebar, switcher, bands and Stop… come from here.
    What the view set itself stays.
    """
    request = context.get("request")
    if request is None:
        return ""
    given = context.flatten()
    added = frame.of(request).context()
    if "site_title" not in given:
        added = {**admin.site.each_context(request), **added}
    context.update({name: value for name, value in added.items() if name not in given})
    return ""


@register.simple_tag
def outcome_mark(value: object) -> SafeString:
    """Only the shape of an outcome, for a place where the word stands beside it."""
    return format_html(
        '<svg viewBox="0 0 20 20" aria-hidden="true"><use href="#o-{}"/></svg>', _outcome_key(value)
    )


@register.simple_tag
def outcome(value: object, text: str = "") -> SafeString:
    """An outcome as shape, word and colour: `{% outcome line.outcome %}`, `{% outcome "met" "None" %}`."""
    key = _outcome_key(value)
    return format_html(
        '<span class="outcome outcome--{}">{}{}</span>', key, outcome_mark(key), text or OUTCOMES[key]
    )


@register.simple_tag
def chip(state: object, text: str = "") -> SafeString:
    """The state of an object as a chip: `{% chip phase.state %}`, `{% chip "active" "Phase 2 running" %}`.

    A state that has no look of its own is shown plain, with the given text or its own name.
    """
    look, word = STATES.get(_key(state), ("", str(state)))
    if not look:
        return format_html('<span class="chip">{}</span>', text or word)
    mark = format_html('<svg viewBox="0 0 10 10" aria-hidden="true"><use href="#s-{}"/></svg>', look)
    return format_html('<span class="chip chip--{}">{}{}</span>', look, mark, text or word)


@register.simple_tag(takes_context=True)
def clock(
    context: Context,
    due: dt.datetime | words.Clock,
    whole: dt.timedelta | None = None,
    paused: str = "",
    text: str = "",
) -> SafeString:
    """How much time is left: `{% clock item.due %}`, `{% clock item.due whole=allowance paused=item.why %}`.

    Takes a time or a ready `words.Clock`; `text` replaces the words, the kind stays computed.
    """
    made = (
        due
        if isinstance(due, words.Clock)
        else words.clock(due, now=_now(context), whole=whole, paused=paused, zone=_zone(context))
    )
    mark = format_html('<svg viewBox="0 0 14 14" aria-hidden="true"><use href="#c-{}"/></svg>', made.kind)
    said = text or made.text
    if isinstance(due, words.Clock):
        return format_html('<span class="clock clock--{}">{}{}</span>', made.kind, mark, said)
    shown = words.moment(due, _zone(context), now=_now(context))
    return format_html(
        '<time class="clock clock--{}" datetime="{}" title="{}">{}{}</time>',
        made.kind,
        shown.iso,
        shown.title,
        mark,
        said,
    )


@register.simple_tag(takes_context=True)
def moment(
    context: Context, at: dt.datetime | None, zone: str = "", seconds: bool = False, paper: bool = False
) -> SafeString:
    """A point in time in the rollout's zone, which is named: `{% moment due %}`, `{% moment at "UTC" %}`.

    Without `zone` it is that of the page's rollout, else the reader's. `seconds=True` for readings and
    records, `paper=True` for print (year always, nothing relative). Nothing is shown for None.
    """
    if at is None:
        return mark_safe("")
    reader = "" if paper else _reader_zone(context)
    shown = words.moment(
        at, zone or _zone(context), now=_now(context), reader_zone=reader, seconds=seconds, paper=paper
    )
    return format_html('<time datetime="{}" title="{}">{}</time>', shown.iso, shown.title, shown.text)


@register.simple_tag(takes_context=True)
def ago(context: Context, at: dt.datetime | None) -> SafeString:
    """Only the distance of a point in time, exact on hover: "6 min ago", "in 9 days"."""
    if at is None:
        return mark_safe("")
    shown = words.moment(at, _zone(context), now=_now(context))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        shown.iso,
        shown.title,
        words.relative(at, now=_now(context)),
    )


@register.simple_tag(takes_context=True)
def short(context: Context, at: dt.datetime) -> SafeString:
    """A time in a log, as short as it can be: "13:41", "Tue 17:30", "2 Nov"; exact on hover."""
    shown = words.moment(at, _zone(context), now=_now(context))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        shown.iso,
        shown.title,
        words.short(at, _zone(context), now=_now(context)),
    )


@register.simple_tag(name="input")
def input_tag(field: BoundField) -> SafeString:
    """The widget of a form field with our class; Django adds the links to hint and error by itself."""
    attrs: dict[str, str | bool] = {"class": f"input {field.field.widget.attrs.get('class', '')}".strip()}
    return field.as_widget(attrs=attrs)


@register.simple_tag
def digest(value: str) -> SafeString:
    """A fingerprint in groups of eight."""
    return format_html('<span class="digest">{}</span>', words.grouped(value))


@register.filter
def number(value: Decimal | int | float | None, places: int | None = None) -> str:
    """`{{ 12400|number }}` gives "12,400"; `{{ value|number:2 }}` fixes the places."""
    return "" if value is None else words.number(value, places)


@register.filter
def unit(value: Decimal | int | float | str | None, name: str) -> str:
    """`{{ 612|unit:"ms" }}` gives "612 ms" with a narrow space; text is taken as it is."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"{value}{words.NARROW_SPACE}{name}" if name else value
    return words.with_unit(value, name)


@register.filter
def signed(value: Decimal | int | float | None) -> str:
    """A difference with its sign: "+3.1", "−0.2"."""
    return "" if value is None else words.signed(value)


@register.filter
def duration(value: dt.timedelta | None) -> str:
    """A length of time: "2 h 4 min"."""
    return "" if value is None else words.duration(value)


# Drawings: data in, SVG out. The arguments are those of the functions in `rollout_portal.console.svg`.
register.simple_tag(svg.scale, name="svg_scale")
register.simple_tag(svg.waves, name="svg_waves")
register.simple_tag(svg.ring, name="svg_ring")
register.simple_tag(svg.bar, name="svg_bar")
register.simple_tag(svg.today, name="svg_today")
register.simple_tag(svg.plan, name="svg_plan")


@register.simple_tag
def svg_spark(
    values: Sequence[svg.Number | None] | str, target: svg.Number | str | None = None
) -> SafeString:
    """The small line of a tile; a value that the template does not have arrives as "" and means none."""
    points = [] if isinstance(values, str) else values
    return svg.spark(points, None if isinstance(target, str) else target)


def _now(context: Context) -> dt.datetime:
    moment_now: dt.datetime | None = context.get("frame_now")
    return moment_now or business_clock.now()


def _zone(context: Context) -> str:
    """The zone of the page: of its rollout, else the reader's, else UTC."""
    return getattr(context.get("rollout"), "time_zone", "") or _reader_zone(context) or "UTC"


def _reader_zone(context: Context) -> str:
    request = context.get("request")
    user = getattr(request, "user", None)
    return getattr(user, "time_zone", "") if user is not None and user.is_authenticated else ""
