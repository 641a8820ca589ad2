"""Readings by hand: adding one, correcting one."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import services
from monitoring.cards import metric_url
from monitoring.detail import value_text
from monitoring.exceptions import ReadingsConflict, ReadingsRefused
from monitoring.forms import CorrectionForm, ReadingForm
from monitoring.intake import NewReading
from monitoring.models import Reading
from monitoring.views.metrics import metric_called
from phases.exceptions import PermissionRefused, Refused
from phases.views.base import Crumb, Here, rollout_page
from rollout_portal.lib import words


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("reading.record")
def add(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Add one reading to a metric."""
    metric = metric_called(here, code)
    # Times are typed and shown in the zone of the plan.
    with timezone.override(here.zone):
        form = ReadingForm(metric, request.POST or None, initial={"at": here.now.replace(second=0)})
        if request.method == "POST" and form.is_valid() and _recorded(here, form):
            messages.success(request, _("The reading is recorded."))
            return redirect(metric_url(here.rollout, metric))
        return here.render(
            "monitoring/add_reading.html",
            title=_("Add a reading"),
            crumbs=[
                Crumb(_("Metrics"), here.url("monitoring:metrics")),
                Crumb(metric.name, metric_url(here.rollout, metric)),
            ],
            metric=metric,
            form=form,
            status=422 if form.errors else 200,
        )


def _recorded(here: Here, form: ReadingForm) -> bool:
    data = form.cleaned_data
    reading = NewReading(
        metric=form.metric.code,
        at=data["at"],
        value=data["value"],
        n=data["n"],
        unit=data.get("unit", ""),
        source=data["source"],
    )
    try:
        services.record_readings(rollout=here.rollout, readings=[reading], by=here.user)
    except ReadingsRefused as refusal:
        form.add_problems(refusal.problems)
    except ReadingsConflict:
        form.add_error("at", _("There is another reading at this moment. Correct that one instead."))
    except PermissionRefused:
        raise
    except Refused as refusal:
        form.add_error(None, refusal.message)
    return not form.errors


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("reading.correct")
def correct(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """Correct one reading, with what follows from it, and why."""
    reading = (
        Reading.objects.filter(uuid=uuid, metric__rollout=here.rollout)
        .select_related("metric", "token", "recorded_by")
        .first()
    )
    if reading is None:
        raise Http404
    metric = reading.metric
    form = CorrectionForm(reading, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.correct_reading(
                reading=reading,
                value=None if data["take_back"] else data["value"],
                n=data["n"],
                by=here.user,
                reason=data["reason"],
            )
        except PermissionRefused:
            raise
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The reading is corrected."))
            return redirect(metric_url(here.rollout, metric))
    at = words.moment(reading.at, here.rollout.time_zone, now=here.now, seconds=True)
    return here.render(
        "monitoring/correct_reading.html",
        title=_("Correct a reading"),
        crumbs=[
            Crumb(_("Metrics"), here.url("monitoring:metrics")),
            Crumb(metric.name, metric_url(here.rollout, metric)),
        ],
        metric=metric,
        reading=reading,
        sub=_("%(metric)s, %(value)s on %(at)s")
        % {"metric": metric.name, "value": value_text(metric, reading.value), "at": at.text},
        form=form,
        consequences=[
            _("The old reading stays in the table, and says that it was corrected."),
            _("Lights, gates and drawings take the new one from now on."),
            _("Signatures that rest on the old one no longer hold; those gates are signed again."),
        ],
        status=422 if form.errors else 200,
    )
