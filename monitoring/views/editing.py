"""Changing a metric, and what it should be in a phase."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from monitoring import services
from monitoring.cards import metric_url
from monitoring.exceptions import TargetRefused
from monitoring.forms import MetricForm, TargetForm
from monitoring.models import Metric, Target
from monitoring.rules import rules_of
from monitoring.views.metrics import metric_called
from phases.exceptions import PermissionRefused, Refused
from phases.models import Phase
from phases.views.base import Crumb, Here, rollout_page


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("metric.edit")
def change(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Change what is said about a metric."""
    metric = metric_called(here, code)
    form = MetricForm(request.POST or None, instance=metric)
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_metric(
                metric=metric, changes=form.changes(), by=here.user, reason=form.cleaned_data["reason"]
            )
        except PermissionRefused:
            raise
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The metric is changed."))
            return redirect(metric_url(here.rollout, metric))
    return here.render(
        "monitoring/edit.html",
        title=_("Change a metric"),
        crumbs=_crumbs(here, metric),
        sub=_("%(metric)s · its code, unit and kind stay, for its readings rest on them")
        % {"metric": metric.name},
        form=form,
        back=metric_url(here.rollout, metric),
        button=_("Record the change"),
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("metric.edit")
def target(request: HttpRequest, here: Here, code: str, phase: str = "") -> HttpResponse:
    """Say what a metric should be in a phase, or in every phase that has no target of its own."""
    metric = metric_called(here, code)
    place = _phase(here, phase)
    known = Target.objects.filter(metric=metric, phase=place).first()
    holds, alert = rules_of(known) if known else (None, None)
    form = TargetForm(request.POST or None, initial={"holds": str(holds or ""), "alert": str(alert or "")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.set_target(
                metric=metric,
                phase=place,
                holds=data["holds"],
                alert=data["alert"],
                by=here.user,
                reason=data["reason"],
            )
        except PermissionRefused:
            raise
        except TargetRefused as refusal:
            form.add_error(refusal.field, refusal.message)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("The target is recorded."))
            return redirect(metric_url(here.rollout, metric))
    where = _("in phase %s") % place if place else _("in every phase that has no target of its own")
    return here.render(
        "monitoring/edit.html",
        title=_("Change a target") if known else _("Set a target"),
        crumbs=_crumbs(here, metric),
        sub=f"{metric.name}, {where}",
        form=form,
        consequences=[
            _("The light of the metric follows at once, and the drawing with it."),
            _("Gates keep their own rules; those are changed at the gate."),
        ],
        back=metric_url(here.rollout, metric),
        button=_("Record the target"),
        status=422 if form.errors else 200,
    )


def _phase(here: Here, code: str) -> Phase | None:
    if not code:
        return None
    found = Phase.objects.filter(rollout=here.rollout, code=code).first()
    if found is None:
        raise Http404
    return found


def _crumbs(here: Here, metric: Metric) -> list[Crumb]:
    return [
        Crumb(_("Metrics"), here.url("monitoring:metrics")),
        Crumb(metric.name, metric_url(here.rollout, metric)),
    ]
