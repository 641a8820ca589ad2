"""A phase, what may be done with it, and the plan over time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from phases import services
from phases.forms import ReasonForm
from phases.models import Phase, PhaseTransition
from phases.pages.acts import steps_of
from phases.pages.phases import StartRead, phase_verdict, read_phase, read_start
from phases.pages.timeline import read_timeline
from phases.registry import phase_cards
from phases.states import MOVES, STOPPING, Verb
from phases.views.base import Crumb, Here, attempt, posted, rollout_page


@dataclass(frozen=True, slots=True)
class Act:
    """A verb that has a page of its own: the service behind it, and its words."""

    service: Callable[..., PhaseTransition]
    title: Promise
    done: Promise
    needs_reason: bool = False


ACTS: Final = {
    Verb.PREPARE: Act(
        services.prepare_phase,
        gettext_lazy("Prepare “%s”"),
        gettext_lazy("“%s” is being prepared."),
    ),
    Verb.START: Act(
        services.start_phase,
        gettext_lazy("Start “%s”"),
        gettext_lazy("“%s” has started."),
    ),
    Verb.COMPLETE: Act(
        services.complete_phase,
        gettext_lazy("Complete “%s”"),
        gettext_lazy("“%s” is done."),
    ),
    Verb.SKIP: Act(
        services.skip_phase,
        gettext_lazy("Skip “%s”"),
        gettext_lazy("“%s” is left out."),
        needs_reason=True,
    ),
    Verb.RESUME: Act(
        services.resume_phase,
        gettext_lazy("Resume “%s”"),
        gettext_lazy("“%s” goes on."),
        needs_reason=True,
    ),
    Verb.OPEN_INTAKE: Act(
        services.open_intake,
        gettext_lazy("Open the intake of “%s”"),
        gettext_lazy("“%s” takes new people again."),
        needs_reason=True,
    ),
}


@require_safe
@rollout_page()
def timeline(request: HttpRequest, here: Here) -> HttpResponse:
    """What comes when: planned and real."""
    return here.render(
        "phases/timeline.html", title=_("Timeline"), timeline=read_timeline(here.rollout, here.now)
    )


@require_safe
@rollout_page()
def phase(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """What is this phase, and how far is it?"""
    found = find_phase(here, code)
    read = read_phase(found, here.rights, here.now)
    return here.render(
        "phases/phase.html",
        title=str(found),
        crumbs=[Crumb(_("Timeline"), here.url("phases:timeline"))],
        shown=found,
        read=read,
        verbs=[_button(here, found, verb) for verb in read.verbs],
        cards=phase_cards(found, here.rights),
        can_freeze=here.may("baseline.record"),
    )


@dataclass(frozen=True, slots=True)
class Button:
    """A verb of the page header."""

    title: str
    url: str
    look: str


def _button(here: Here, phase: Phase, verb: Verb) -> Button:
    if verb in STOPPING:
        url = f"{here.url('phases:stop')}?verb={verb.value}&phase={phase.code}"
        return Button(f"{verb.label}…", url, "btn--stop")
    url = here.url(f"phases:phase_{verb.value}", phase.code)
    return Button(f"{verb.label}…", url, "btn--primary" if verb == Verb.START else "")


def _page_of(verb: Verb) -> Callable[..., HttpResponseBase]:
    words = ACTS[verb]

    @require_http_methods(["GET", "HEAD", "POST"])
    @rollout_page(MOVES[verb].act)
    def page(request: HttpRequest, here: Here, code: str) -> HttpResponse:
        found = find_phase(here, code)
        ungated = verb == Verb.START and not found.gates_in.exists()
        form = ReasonForm(posted(request), optional=not (words.needs_reason or ungated))
        back = here.url("phases:phase", found.code)
        if form.is_valid() and attempt(
            form, lambda: words.service(phase=found, by=here.user, reason=form.cleaned_data["reason"])
        ):
            return here.done(words.done % found, back)
        start = read_start(found) if verb == Verb.START else StartRead("", ())
        stands = phase_verdict(found, list(found.gates_in.all()), (), here.now)
        return here.render(
            "phases/act.html",
            title=words.title % found,
            crumbs=[Crumb(str(found), back)],
            form=form,
            sentence=start.refusal or stands.sentence,
            reasons=start.reasons or [stands.detail],
            off=bool(start.refusal),
            ways=_ways(here, found) if start.refusal else [],
            steps=steps_of(found, verb),
            button=words.title % found,
            back=back,
        )

    return page


prepare = _page_of(Verb.PREPARE)
start = _page_of(Verb.START)
complete = _page_of(Verb.COMPLETE)
skip = _page_of(Verb.SKIP)
resume = _page_of(Verb.RESUME)
open_intake = _page_of(Verb.OPEN_INTAKE)


def _ways(here: Here, phase: Phase) -> list[Button]:
    """Where somebody goes on when a phase cannot start: to its gates."""
    return [
        Button(_("Open “%s”") % gate.name, here.url("phases:gate", gate.code), "")
        for gate in phase.gates_in.order_by("position", "pk")
    ]


def find_phase(here: Here, code: str) -> Phase:
    """Return the phase called `code`, or 404."""
    found = here.rollout.phases.select_related("parent", "base", "held_by").filter(code=code).first()
    if found is None:
        raise Http404
    found.rollout = here.rollout
    return found
