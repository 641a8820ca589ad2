"""Metrics: the list, and one of them."""

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from monitoring import cards, charts, detail
from monitoring.lights import Colour, light_of, newest_reading
from monitoring.models import Metric, Reading, Target
from phases.models import ApiToken
from phases.views.base import Crumb, Here, rollout_page
from rollout_portal.lib import words
from rollout_portal.lib.decimals import UNITS
from rollout_portal.lib.digests import decimal_text
from rollout_portal.lib.spreadsheets import SafeWriter

ROWS: Final = 50
_COLUMNS: Final = (
    "at",
    "value",
    "unit",
    "n",
    "source",
    "recorded_at",
    "recorded_by",
    "token",
    "corrects",
    "why",
    "reading",
)


@require_safe
@rollout_page("rollout.view")
def metrics(request: HttpRequest, here: Here) -> HttpResponse:
    """Every metric by group, worst first."""
    found = cards.tiles(here.rollout, here.now)
    return here.render(
        "monitoring/metrics.html",
        title=_("Metrics"),
        groups=cards.groups(found),
        verdict=cards.verdict(found),
    )


@require_safe
@rollout_page("rollout.view")
def metric(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """One metric: how it is, how it was, how it would do later, and what reads it."""
    found = metric_called(here, code)
    span = request.GET.get("range", "plan")
    if span not in detail.RANGES:
        raise Http404
    phases = list(here.rollout.phases.order_by("position", "pk"))
    for phase in phases:
        phase.rollout = here.rollout
    targets = list(Target.objects.filter(metric=found).order_by("position", "pk"))
    for target in targets:
        target.metric = found
    light = light_of(found, newest_reading(found, here.now), targets, phases, here.now)
    drawing, happened = detail.chart(light, phases, targets, span)
    rows, more = _page_of_readings(found, request.GET.get("before", ""))
    return here.render(
        "monitoring/metric.html",
        title=found.name,
        crumbs=[Crumb(_("Metrics"), here.url("monitoring:metrics"))],
        metric=found,
        light=light,
        sub=_sub(found),
        headline=detail.headline(light),
        drawing=drawing,
        wide=charts.wide(drawing),
        phone=charts.phone(drawing),
        ranges=[("24h", _("24 hours")), ("7d", _("7 days")), ("plan", _("Whole plan"))],
        span=span,
        later=detail.in_phases(light),
        to_go=detail.to_go(light),
        events=happened,
        facts=detail.facts(light),
        outcome_text=_("Alert") if light.colour == Colour.RED else "",
        unit_sign=UNITS[found.unit].sign,
        noun=found.noun.capitalize() or _("From so many"),
        rows=detail.table(found, rows),
        more=more,
        opened="before" in request.GET,
        tokens=_senders(here) if light.reading is None else [],
        curl=_curl(here, found),
        may_add=here.may("reading.record"),
        may_correct=here.may("reading.correct"),
        may_edit=here.may("metric.edit"),
        target_phases=[None, *phases],
        may_make_tokens=here.may("token.manage"),
        tokens_url=here.url("monitoring:tokens"),
    )


@require_safe
@rollout_page("rollout.view")
def readings_csv(request: HttpRequest, here: Here, code: str) -> StreamingHttpResponse:
    """Every reading of a metric, oldest first, corrections included; streamed."""
    found = metric_called(here, code)
    response = StreamingHttpResponse(_csv_lines(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{here.rollout.slug}-{found.code}.csv"'
    return response


def metric_called(here: Here, code: str) -> Metric:
    """Return the metric `code` of the open rollout.

    :raises Http404: when there is none.
    """
    found = Metric.objects.filter(rollout=here.rollout, code=code).first()
    if found is None:
        raise Http404
    found.rollout = here.rollout
    return found


def _page_of_readings(metric: Metric, before: str) -> tuple[list[Reading], UUID | None]:
    """Return a page of readings, newest first, and the id of its last one when there are more."""
    rows = Reading.objects.filter(metric=metric).select_related("token", "recorded_by")
    if before:
        try:
            last = Reading.objects.get(metric=metric, uuid=UUID(before))
        except (ValueError, Reading.DoesNotExist):
            raise Http404 from None
        rows = rows.filter(at__lte=last.at).exclude(at=last.at, revision__gte=last.revision)
    found = list(rows.order_by("-at", "-revision")[: ROWS + 1])
    return found[:ROWS], found[ROWS - 1].uuid if len(found) > ROWS else None


def _sub(metric: Metric) -> str:
    said = [metric.description, str(metric.get_direction_display()) if metric.direction != "none" else ""]
    if metric.cadence:
        said.insert(1, _("every %s") % words.duration(metric.cadence))
    return " · ".join(part for part in said if part)


def _senders(here: Here) -> list[ApiToken]:
    """The tokens that could send readings now."""
    live = ApiToken.objects.filter(rollout=here.rollout).live(here.now)
    return [token for token in live.order_by("name") if "readings.write" in token.scopes]


def _curl(here: Here, metric: Metric) -> str:
    """A line that sends one reading, to be copied."""
    at = here.now.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    body = f'{{"readings": [{{"metric": "{metric.code}", "at": "{at}", "value": 1.5}}]}}'
    return (
        f"curl {settings.BASE_URL}/api/v1/rollouts/{here.rollout.slug}/readings \\\n"
        '  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n'
        f"  -d '{body}'"
    )


def _taken(buffer: io.StringIO) -> str:
    """Return what was written into `buffer`, and empty it."""
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _csv_lines(metric: Metric) -> Iterator[str]:
    buffer = io.StringIO()
    writer = SafeWriter(buffer)
    writer.row(_COLUMNS)
    yield _taken(buffer)
    rows = Reading.objects.filter(metric=metric).select_related("token", "recorded_by", "corrects")
    for row in rows.order_by("at", "revision").iterator(chunk_size=2000):
        writer.row(
            (
                row.at.isoformat(),
                None if row.value is None else Decimal(decimal_text(row.value)),
                metric.unit,
                row.n,
                row.source,
                row.recorded_at.isoformat(),
                str(row.recorded_by or ""),
                str(row.token or ""),
                str(row.corrects.uuid) if row.corrects else "",
                row.note,
                str(row.uuid),
            )
        )
        yield _taken(buffer)
