"""Entering what a tester told staff by telephone or mail: the same report, by other hands."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cohorts.models import Participant
from feedback import services
from feedback.forms import EnterForm
from feedback.models import FeedbackItem
from feedback.pages import entering as pages
from feedback.pages.inbox import effects_of_new
from feedback.services import Judged, Report
from feedback.states import ItemKind, Origin
from phases.exceptions import Refused
from phases.models import Phase
from phases.views.base import Crumb, Here, rollout_page


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("feedback.enter")
def enter(request: HttpRequest, here: Here) -> HttpResponse:
    """Enter a report for a tester or for nobody in the register; `look` only says what it would do."""
    languages = here.rollout.languages
    if request.method != "POST":
        return _page(here, EnterForm(languages=languages))
    form = EnterForm(request.POST, languages=languages)
    form.is_valid()
    tester = _tester(here, form)
    if request.POST.get("act") == "look":
        return _look(here, form, tester)
    if not form.errors:
        try:
            item = _report(here, form.cleaned_data, tester)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return here.done(_("%s is entered.") % item.label, here.url("feedback:item", item.number))
    return _page(here, form)


def _tester(here: Here, form: EnterForm) -> Participant | None:
    words = form.cleaned_data.get("tester", "")
    if not words:
        return None
    try:
        return pages.find_tester(here.rollout, words, by_address=here.may("person.reveal"))
    except Refused as refusal:
        form.add_error("tester", refusal.message)
        return None


def _look(here: Here, form: EnterForm, tester: Participant | None) -> HttpResponse:
    """Say whom it is for and what it does at the gate, as far as the form says; nothing is missed yet."""
    told, phase = form.cleaned_data, _phase(here, tester)
    shown = {"kind", "tester"} if form["tester"].value() else {"kind"}
    for name in set(form.errors) - shown:
        del form.errors[name]
    if not told.get("kind"):
        return _page(here, form)
    judged = Judged(told["kind"], told.get("area", ""), told.get("severity", ""))
    return _page(
        here,
        form,
        looks=True,
        about=pages.in_words(tester, phase) if tester else "",
        effects=effects_of_new(here.rollout, phase, judged),
    )


def _report(here: Here, told: dict[str, Any], tester: Participant | None) -> FeedbackItem:
    return services.report_item(
        rollout=here.rollout,
        report=Report(
            kind=ItemKind(told["kind"]),
            text=told["text"],
            place=told["place"],
            language=told["language"],
            may_ask_back=told["may_ask_back"] and tester is not None,
            area=told["area"],
            severity=told["severity"],
            form_key=told["form_key"],
        ),
        by=here.user,
        reporter=tester,
        phase=_phase(here, tester),
        origin=Origin(told["origin"]),
    )


def _phase(here: Here, tester: Participant | None) -> Phase | None:
    return (pages.phase_of(tester) if tester else None) or here.phase


def _page(here: Here, form: EnterForm, **more: Any) -> HttpResponse:
    return here.render(
        "feedback/enter.html",
        title=_("Enter a report"),
        crumbs=[Crumb(_("Feedback"), here.url("feedback:feedback"))],
        form=form,
        steps=pages.what_happens(here.rollout),
        back=here.url("feedback:feedback"),
        **more,
    )
