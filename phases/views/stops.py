"""Stopping, in a hurry: one page for the four verbs, and the way back from a hold."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from phases.forms import StopForm
from phases.models import Phase
from phases.pages.acts import StopOption, stop_options
from phases.pages.phases import phase_look
from phases.services import hold_phase, roll_back_phase, shrink_phase, stop_intake
from phases.states import MOVES, STOPPING, Verb
from phases.views.base import Here, attempt, rollout_page

Service = Callable[[Here, Phase, StopForm], object]

_SERVICES: Final[dict[Verb, Service]] = {
    Verb.HOLD: lambda here, phase, form: hold_phase(phase=phase, by=here.user, reason=form.reason()),
    Verb.STOP_INTAKE: lambda here, phase, form: stop_intake(phase=phase, by=here.user, reason=form.reason()),
    Verb.SHRINK: lambda here, phase, form: shrink_phase(
        phase=phase, by=here.user, reason=form.reason(), keep=form.cleaned_data["keep"]
    ),
    Verb.ROLL_BACK: lambda here, phase, form: roll_back_phase(
        phase=phase, by=here.user, reason=form.reason(), typed_name=form.cleaned_data["typed_name"]
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page()
def stop(request: HttpRequest, here: Here) -> HttpResponse:
    """Hold, stop intake, shrink or roll back. Only the verb in the address is chosen, and nothing else."""
    asked = request.POST if request.method == "POST" else request.GET
    phase = _phase(here, asked.get("phase", ""))
    if phase is None:
        return here.render("phases/stop.html", title=_("Stop"))
    options = stop_options(phase, here.rights)
    verb = _verb(asked.get("verb", ""))
    if request.method == "POST":
        here.require(MOVES[verb or Verb.HOLD].act)
        form = StopForm(request.POST, phase=phase)
        if verb and form.is_valid() and attempt(form, lambda: _SERVICES[verb](here, phase, form)):
            said = next(option.done for option in options if option.verb == verb)
            return here.done(said, here.url("phases:phase", phase.code))
    else:
        form = StopForm(phase=phase, initial={"verb": _to_choose(verb, options)})
    return here.render(
        "phases/stop.html",
        title=_("Stop"),
        shown=phase,
        look=phase_look(phase),
        options=options,
        form=form,
        chosen=form["verb"].value() or "",
        others=[other for other in here.running if other != phase],
        possible=any(not option.off for option in options),
    )


@require_safe
@rollout_page()
def resume(request: HttpRequest, here: Here) -> HttpResponse:
    """Lead to the hold that is to end: the named phase's, else the newest one's."""
    held = [phase for phase in here.running if phase.is_held]
    named = [phase for phase in held if phase.code == request.GET.get("phase")]
    if not held:
        return here.render("phases/stop.html", title=_("Resume"), resume=True)
    return redirect(here.url("phases:phase_resume", (named or held)[-1].code))


def _phase(here: Here, code: str) -> Phase | None:
    """Return the running phase called `code`, else the newest that runs; None when nothing does."""
    named = [phase for phase in here.running if phase.code == code]
    return named[0] if named else here.phase


def _verb(name: str) -> Verb | None:
    return next((verb for verb in STOPPING if verb.value == name), None)


def _to_choose(asked: Verb | None, options: list[StopOption]) -> str:
    """Return the asked verb where it is possible now; nothing is chosen for the reader otherwise."""
    return next((option.verb.value for option in options if option.verb == asked and not option.off), "")
