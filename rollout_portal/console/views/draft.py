"""A rollout begins to run, is put away as a draft, or is closed."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from phases.exceptions import Refused
from phases.services import close_rollout, discard_rollout, start_rollout
from phases.services.rollouts import closable
from phases.states import RolloutState
from phases.views.base import Here, attempt, posted, rollout_page
from rollout_portal.console.forms import BeginForm, ReasonForm


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("rollout.edit")
def begin(request: HttpRequest, here: Here) -> HttpResponse:
    """Start a draft: name the first day of plan week 1, from which every date of the plan follows."""
    if here.rollout.state != RolloutState.DRAFT:
        return redirect(here.url("console:cockpit"))
    next_monday = here.today + timedelta(days=7 - here.today.weekday())
    form = BeginForm(request.POST or None, initial={"anchor": here.rollout.anchor or next_monday})
    if request.method == "POST" and form.is_valid():
        try:
            start_rollout(rollout=here.rollout, by=here.user, anchor=form.cleaned_data["anchor"])
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("“%s” has started.") % here.rollout)
            return redirect(here.url("console:cockpit"))
    phases = here.rollout.phases.count()
    return here.render(
        "console/draft.html",
        title=_("Start the rollout"),
        form=form,
        consequences=[
            ngettext(
                "The plan's weeks become dates: %s phase counts from this day.",
                "The plan's weeks become dates: %s phases count from this day.",
                phases,
            )
            % phases,
            _("Nobody is invited and nothing is sent by this. The first phase starts by an act of its own."),
            _("A plan file no longer changes the rollout; rules are changed in the console, with a reason."),
        ],
        button=_("Start the rollout"),
        look="btn--primary",
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("rollout.edit")
def discard(request: HttpRequest, here: Here) -> HttpResponse:
    """Put a draft away, with a reason."""
    if here.rollout.state != RolloutState.DRAFT:
        return redirect(here.url("console:cockpit"))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        discard_rollout(rollout=here.rollout, by=here.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("The draft “%s” was put away.") % here.rollout)
        return redirect("console:rollouts")
    return here.render(
        "console/draft.html",
        title=_("Discard the draft"),
        form=form,
        consequences=[
            _("The draft leaves the lists of what runs. Nothing is deleted; it stands under “Closed”."),
            _("It cannot be started again. The plan file can be imported under another short name."),
        ],
        button=_("Discard the draft"),
        look="btn--stop",
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("rollout.close")
def close(request: HttpRequest, here: Here) -> HttpResponse:
    """Close a rollout that is done, with a reason; what keeps it from that is said instead of the form."""
    if here.rollout.is_over:
        return redirect(here.url("console:cockpit"))
    refusal = _why_not_closed(here)
    form = ReasonForm(None if refusal else posted(request))
    if form.is_valid() and attempt(
        form,
        lambda: close_rollout(rollout=here.rollout, by=here.user, reason=form.cleaned_data["reason"]),
    ):
        return here.done(_("“%s” is closed.") % here.rollout, here.url("console:cockpit"))
    return here.render(
        "console/draft.html",
        title=_("Close the rollout"),
        form=form,
        refusal=refusal,
        consequences=[
            _("It can be read then, and not changed by anybody. It stands under “Closed”."),
            _("Evidence, answers, readings and the record stay. Erasing a person stays possible."),
            _("It cannot be opened again."),
        ],
        button=_("Close the rollout"),
        look="btn--stop",
        status=422 if form.errors else 200,
    )


def _why_not_closed(here: Here) -> str:
    try:
        closable(here.rollout)
    except Refused as refusal:
        return refusal.message
    return ""
