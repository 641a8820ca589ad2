"""What people decide about one criterion: judge it, waive it, end a waiver, change it, freeze a baseline."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from phases.forms import BaselineForm, CriterionForm, JudgeForm, ReasonForm, WaiveForm, criterion_version
from phases.models import Criterion, Phase
from phases.pages import effects
from phases.pages.criteria import rule_of
from phases.services import edit_criterion, end_waiver, judge_criterion, record_baseline, waive_criterion
from phases.views.base import Crumb, Here, attempt, posted, rollout_page
from phases.views.gates import find_criterion, gate_crumbs
from phases.views.phases import find_phase

form_page = require_http_methods(["GET", "HEAD", "POST"])


@form_page
@rollout_page("criterion.judge")
def judge(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Say whether a criterion holds, and why."""
    criterion = find_criterion(here, code)
    form = JudgeForm(posted(request))
    if form.is_valid() and attempt(
        form, lambda: judge_criterion(criterion=criterion, by=here.user, **form.cleaned_data)
    ):
        return _done(here, criterion, _("The judgement is recorded."))
    return _page(
        here,
        criterion,
        form,
        title=_("Judge a criterion"),
        button=_("Record the judgement"),
        steps=effects.effect_of_judging(criterion, here.now),
        history=list(criterion.judgements.select_related("by")[:5]),
    )


@form_page
@rollout_page("criterion.waive")
def waive(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Let a criterion count until a day although it is not met, in the reader's name."""
    criterion = find_criterion(here, code)
    form = WaiveForm(posted(request))
    if form.is_valid() and attempt(
        form,
        lambda: waive_criterion(
            criterion=criterion,
            by=here.user,
            reason=form.cleaned_data["reason"],
            until=form.moment(here.rollout),
        ),
    ):
        return _done(here, criterion, _("The waiver is recorded in your name."))
    return _page(
        here,
        criterion,
        form,
        title=_("Waive a criterion"),
        button=_("Waive until that day"),
        steps=effects.effect_of_waiving(criterion),
    )


@form_page
@rollout_page("criterion.waive")
def stop_waiving(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """End the waiver that is in force before its time."""
    criterion = find_criterion(here, code)
    waiver = criterion.waivers.in_force(here.now).select_related("given_by").first()
    if waiver is None:
        raise Http404
    form = ReasonForm(posted(request))
    if form.is_valid() and attempt(
        form, lambda: end_waiver(waiver=waiver, by=here.user, reason=form.cleaned_data["reason"])
    ):
        return _done(here, criterion, _("The waiver has ended."))
    return _page(
        here,
        criterion,
        form,
        title=_("End a waiver"),
        button=_("End the waiver now"),
        steps=effects.effect_of_ending_a_waiver(criterion),
        waiver=waiver,
    )


@form_page
@rollout_page("criterion.edit")
def change(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Change the rule. Somebody else's change in the meantime is shown, and nothing typed is lost."""
    criterion = find_criterion(here, code)
    version = criterion_version(criterion)
    form = CriterionForm(posted(request), criterion=criterion)
    stale = form.is_bound and request.POST.get("seen") != version
    if (
        not stale
        and form.is_valid()
        and attempt(
            form,
            lambda: edit_criterion(
                criterion=criterion, by=here.user, reason=form.cleaned_data["reason"], **form.values()
            ),
        )
    ):
        return _done(here, criterion, _("The rule is changed."))
    return _page(
        here,
        criterion,
        form,
        title=_("Change a criterion"),
        button=_("Change the rule"),
        steps=effects.effect_of_changing(criterion),
        stale=stale,
        differences=form.differences() if stale else [],
        version=version,
    )


@form_page
@rollout_page("baseline.record")
def criterion_baseline(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Freeze the figure that a criterion is held against."""
    criterion = find_criterion(here, code)
    phase = criterion.gate.from_phase or criterion.gate.to_phase
    if phase is None or not criterion.versus_baseline:
        raise Http404
    initial = {"measure": criterion.measure, "subject": criterion.subject}
    form = BaselineForm(posted(request), initial=initial)
    if _freeze(here, phase, form):
        return _done(here, criterion, _("The baseline is frozen."))
    return _page(
        here,
        criterion,
        form,
        title=_("Record a baseline"),
        button=_("Freeze the baseline"),
        steps=effects.effect_of_a_baseline([criterion.gate]),
    )


@form_page
@rollout_page("baseline.record")
def phase_baseline(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Freeze a figure of a phase, whether a criterion reads it yet or not."""
    phase = find_phase(here, code)
    form = BaselineForm(posted(request))
    back = here.url("phases:phase", phase.code)
    if _freeze(here, phase, form):
        return here.done(_("The baseline is frozen."), back)
    return here.render(
        "phases/act.html",
        title=_("Record a baseline"),
        crumbs=[Crumb(str(phase), back)],
        form=form,
        sentence=_("Freeze a figure of “%s”.") % phase,
        steps=effects.effect_of_a_baseline(
            list(here.rollout.gates.filter(criteria__measure="phases.baselines").distinct())
        ),
        button=_("Freeze the baseline"),
        back=back,
    )


def _freeze(here: Here, phase: Phase, form: BaselineForm) -> bool:
    return form.is_valid() and attempt(
        form, lambda: record_baseline(phase=phase, by=here.user, **form.cleaned_data)
    )


def _done(here: Here, criterion: Criterion, said: str) -> HttpResponse:
    """Back to the criterion's place on its gate."""
    url = here.url("phases:gate", criterion.gate.code)
    return here.done(said, f"{url}#criterion-{criterion.code}")


def _page(
    here: Here,
    criterion: Criterion,
    form: forms.Form,
    *,
    title: str,
    button: str,
    steps: list[str],
    **more: Any,
) -> HttpResponse:
    return here.render(
        "phases/criterion.html",
        title=title,
        crumbs=gate_crumbs(here, criterion.gate),
        criterion=criterion,
        rule=rule_of(criterion),
        form=form,
        button=button,
        steps=steps,
        back=here.url("phases:gate", criterion.gate.code),
        **more,
    )
