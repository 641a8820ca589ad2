"""What a tester sees behind the link in a mail: the survey, thanks, and "report a problem".

No login and no script. GET changes nothing, whatever follows the links in a mail; only a pressed button
acts. A link that opens nothing gets one and the same answer, whatever the reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_safe

from cohorts import visits
from cohorts.states import GONE
from cohorts.visits import Visit, reading, show, switched
from feedback import asking, pictures
from feedback.answering import Given, as_kept, read_form
from feedback.models import FeedbackItem, Occasion, Question, SurveyRequest
from feedback.services import Report, keep_draft, report_item, submit_answers
from feedback.services.answers import answers_of
from feedback.services.waves import SURVEY_LINK, moment_in
from feedback.states import SCALES, ItemKind, QuestionKind, RequestState
from feedback.tester_forms import ProblemForm
from phases.exceptions import Refused
from rollout_portal.jobs import files
from rollout_portal.lib import clock

MOST_REPORTS: Final = 20
_FORM_ROOM: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Here:
    """A tester at one survey: who came, and which request the link is about."""

    http: HttpRequest
    visit: Visit
    request: SurveyRequest

    @property
    def occasion(self) -> Occasion:
        return self.request.occasion

    def to(self, page: str, **query: str) -> HttpResponse:
        """Go on to another page of this visit."""
        address = reverse(f"feedback_tester:{page}", args=[self.visit.uuid])
        return HttpResponseRedirect(f"{address}?{urlencode(query)}" if query else address)

    def show(self, name: str, *, title: str, **more: Any) -> HttpResponse:
        """Answer with a page of this visit."""
        return show(
            self.http,
            self.visit,
            f"feedback/tester/{name}.html",
            title=title,
            until=self.moment(self.occasion.closes_at),
            **more,
        )

    def moment(self, at: datetime) -> str:
        """Say a moment in the tester's language and zone."""
        zone = self.visit.participant.person.time_zone or self.visit.rollout.time_zone
        return moment_in(at, zone, reading())


def survey_page(view: Callable[[Here], HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a page of a visit that a link to a survey opened."""

    @visits.tester_page
    @wraps(view)
    def page(http: HttpRequest, visit: Visit) -> HttpResponse:
        request = (
            SurveyRequest.objects.filter(uuid=visit.uuid)
            .select_related("occasion__version", "occasion__phase", "participant__person")
            .first()
        )
        if visit.purpose != SURVEY_LINK or request is None:
            return visits.gone(http)
        return view(Here(http, visit, request))

    return page


@require_safe
def open_link(http: HttpRequest, token: str) -> HttpResponse:
    """Open the link of a survey mail; a digit that was pressed in the mail goes along. Changes nothing."""
    response = visits.enter(http, SURVEY_LINK, token, "feedback_tester:survey")
    pressed = http.GET.get("nps", "")
    if isinstance(response, HttpResponseRedirect) and pressed in _digits():
        response["Location"] += "?" + urlencode({"nps": pressed})
    return response


@survey_page
def survey(here: Here) -> HttpResponse:
    """Show the questions; on POST switch the language, keep a draft, or take the answers."""
    closed = _why_closed(here)
    if closed:
        return _closed(here, closed)
    if here.http.method != "POST":
        return _form(here, _so_far(here), {})
    questions = _questions(here)
    if switched(here.http):
        return _form(here, read_form(questions, here.http.POST, partial=True).kept, {})
    later = "later" in here.http.POST and here.request.state != RequestState.SUBMITTED
    given = read_form(questions, here.http.POST, partial=later)
    if given.errors:
        return _form(here, given.kept, given.errors)
    try:
        return _take(here, given, later=later)
    except Refused as refusal:
        return _closed(here, refusal.message)


def _take(here: Here, given: Given, *, later: bool) -> HttpResponse:
    if later:
        keep_draft(request=here.request, values=given.values)
        return here.to("survey", kept="1")
    submit_answers(request=here.request, values=given.values, language=reading())
    return here.to("thanks")


@survey_page
def thanks(here: Here) -> HttpResponse:
    """Say thank you, what happens with the answers, and how to change them."""
    if here.request.state != RequestState.SUBMITTED:
        return here.to("survey")
    return here.show("thanks", title=_("Thank you!"), is_open=not _why_closed(here))


@csrf_exempt
def problem(http: HttpRequest, visit: UUID) -> HttpResponse:
    """Refuse what is too large before it is read; the form itself is protected as every other."""
    if int(http.META.get("CONTENT_LENGTH") or 0) > pictures.LARGEST + _FORM_ROOM:
        address = reverse("feedback_tester:problem", args=[visit])
        return HttpResponseRedirect(f"{address}?too_large=1")
    return _problem(http, visit)


@csrf_protect
@survey_page
def _problem(here: Here) -> HttpResponse:
    """Ask what is wrong; take a report. A closed survey keeps nobody from telling."""
    if here.http.method != "POST":
        return _problem_page(here, ProblemForm(), too_large="too_large" in here.http.GET)
    if switched(here.http):
        typed = {name: here.http.POST.get(name, "") for name in ProblemForm.base_fields}
        return _problem_page(here, ProblemForm(initial=typed))
    form = ProblemForm(here.http.POST, here.http.FILES)
    if form.is_valid():
        if FeedbackItem.objects.filter(request=here.request).count() < MOST_REPORTS:
            _report(here, form.cleaned_data)
            return here.to("told")
        form.add_error(None, _("You have told us a lot already, thank you. Please use the next survey."))
    return _problem_page(here, form)


def _report(here: Here, told: Mapping[str, Any]) -> FeedbackItem:
    key, picture = told["form_key"], None
    if told["picture"] and not (key and FeedbackItem.objects.filter(form_key=key).exists()):
        content, content_type = told["picture"]
        picture = files.store(
            content=content,
            name=f"picture.{content_type.rpartition('/')[2]}",
            content_type=content_type,
            scope=here.visit.rollout.uuid,
            by=None,
        )
    return report_item(
        rollout=here.visit.rollout,
        report=Report(
            kind=ItemKind(told["kind"]),
            text=told["text"],
            place=told["place"],
            language=reading(),
            may_ask_back=told["may_ask_back"],
            picture=picture,
            form_key=key,
        ),
        by=None,
        reporter=here.visit.participant,
        request=here.request,
        phase=here.occasion.phase,
    )


@survey_page
def told(here: Here) -> HttpResponse:
    """Say thank you for a report."""
    newest = FeedbackItem.objects.filter(request=here.request).order_by("-pk").first()
    if newest is None:
        return here.to("problem")
    return here.show("told", title=_("Thank you!"), item=newest)


# --- Parts of pages ------------------------------------------------------------------------------------


def _digits() -> list[str]:
    return [str(mark) for mark in SCALES[QuestionKind.NPS].values]


def _questions(here: Here) -> list[Question]:
    version = here.occasion.version
    questions = list(version.questions.order_by("position", "pk"))
    for question in questions:
        question.version = version
    return questions


def _so_far(here: Here) -> dict[str, list[str]]:
    """Return what stands in the fields when the page is opened: sent answers, the draft, the mail's digit."""
    if here.request.state == RequestState.SUBMITTED:
        return as_kept(answers_of(here.request.response.submissions.order_by("-number")[0]))
    kept = as_kept(here.request.draft)
    pressed = here.http.GET.get("nps", "")
    asked = [question.code for question in _questions(here) if question.kind == QuestionKind.NPS]
    if pressed in _digits() and len(asked) == 1:
        kept.setdefault(asked[0], [pressed])
    return kept


def _form(here: Here, kept: Mapping[str, Sequence[str]], errors: Mapping[str, str]) -> HttpResponse:
    asked = asking.as_asked(_questions(here), reading(), kept, errors)
    answered = here.request.response if here.request.state == RequestState.SUBMITTED else None
    return here.show(
        "survey",
        title=here.occasion.version.title(reading()),
        switch_form="form",
        questions=asked,
        errors=bool(errors),
        wrong=[question for question in asked if question.error],
        answered_at=here.moment(answered.edited_at or answered.submitted_at) if answered else "",
        just_kept=here.http.method == "GET" and here.http.GET.get("kept") == "1",
    )


def _problem_page(here: Here, form: ProblemForm, *, too_large: bool = False) -> HttpResponse:
    return here.show(
        "problem",
        title=_("Report a problem"),
        switch_form="form",
        form=form,
        errors=bool(form.errors) or too_large,
        too_large=too_large,
    )


def _why_closed(here: Here) -> str:
    if clock.now() >= here.occasion.closes_at:
        return _("This survey is closed. Thank you for looking in.")
    if here.visit.participant.state in GONE:
        return _("You have left the test, so nothing more is collected. Thank you.")
    return ""


def _closed(here: Here, why: str) -> HttpResponse:
    return here.show("closed", title=_("This survey is closed"), why=why)
