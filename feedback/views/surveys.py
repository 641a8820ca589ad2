"""Surveys in the console: the list, what one asks, publishing it, what it found."""

import io
from uuid import UUID, uuid5

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cohorts.languages import html_code, own_name
from feedback import asking
from feedback.forms import TextsForm
from feedback.models import Answer, Survey, SurveyVersion
from feedback.pages import results as found
from feedback.pages.surveys import list_surveys, list_verdict, read_survey, rhythm_words
from feedback.scoring import SMALLEST_GROUP
from feedback.services import Report, begin_draft, edit_question, publish_version, report_item
from feedback.services.surveys import newest_version
from feedback.states import ItemKind, Origin
from phases.exceptions import Refused
from phases.views.base import Crumb, Here, rollout_page
from rollout_portal.lib.spreadsheets import SafeWriter


@require_safe
@rollout_page("survey.results")
def surveys(request: HttpRequest, here: Here) -> HttpResponse:
    """All surveys of the rollout with their newest wave."""
    lines = list_surveys(here.rollout, here.now)
    return here.render(
        "feedback/surveys.html",
        title=_("Surveys"),
        lines=lines,
        verdict=list_verdict(lines, here.rollout.time_zone, here.now) if lines else None,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("survey.results")
def survey(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """What a survey asks, in one of its languages; POST begins a new version of it."""
    row = _survey(here, code)
    if request.method == "POST":
        draft = begin_draft(survey=row, by=here.user)
        said = _("Version %s is a draft. Nobody is asked by it before it is published.") % draft.number
        return here.done(said, here.url("feedback:survey", row.code))
    version = _version(row, request.GET.get("version", ""))
    if version is None:
        raise Http404
    return here.render(
        "feedback/survey.html",
        title=row.name,
        crumbs=[_surveys(here)],
        read=read_survey(row, version, request.GET.get("lang", "")),
        rhythm=rhythm_words(row),
        languages=[(language, own_name(language)) for language in version.languages],
        has_draft=newest_version(row) == version and not version.is_published,
        may_edit=here.may("survey.edit"),
        may_publish=here.may("survey.publish"),
        why_not_publish=here.why_not("survey.publish"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("survey.edit")
def edit(request: HttpRequest, here: Here, code: str, question: str) -> HttpResponse:
    """Change the words of a question of the draft, in every language."""
    row = _survey(here, code)
    draft = newest_version(row)
    asked = draft.questions.filter(code=question).first() if draft else None
    if draft is None or asked is None or draft.is_published:
        raise Http404
    asked.version = draft
    form = TextsForm(request.POST if request.method == "POST" else None, question=asked)
    back = here.url("feedback:survey", row.code)
    if request.method == "POST" and form.is_valid():
        try:
            edit_question(question=asked, by=here.user, texts=form.texts())
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            return here.done(_("“%s” is changed.") % asked.code, back)
    return here.render(
        "feedback/question.html",
        title=_("Question “%s”") % asked.code,
        crumbs=[_surveys(here), Crumb(row.name, back)],
        form=form,
        back=back,
        version=draft,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("survey.publish")
def publish(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Publish the draft: what happens then, what is missing, one button."""
    row = _survey(here, code)
    draft = newest_version(row)
    back = here.url("feedback:survey", row.code)
    if draft is None or draft.is_published:
        return here.done(_("There is nothing to publish: the newest version is published."), back)
    refused = ""
    if request.method == "POST":
        try:
            publish_version(version=draft, by=here.user)
        except Refused as refusal:
            refused = refusal.message
        else:
            return here.done(_("%s is published.") % draft, back)
    read = read_survey(row, draft, "")
    return here.render(
        "feedback/publish.html",
        title=_("Publish version %s") % draft.number,
        crumbs=[_surveys(here), Crumb(row.name, back)],
        read=read,
        refused=refused,
        steps=[
            _("From the next wave on, people are asked these %s questions.") % len(read.questions),
            _("The version never changes again. “Change” begins a new one."),
            _("Questions with the same code stay comparable from version to version."),
            _("Nobody is written to by publishing."),
        ],
        back=back,
    )


@require_safe
@csp_replace({"style-src": [SELF]})
@rollout_page("survey.results")
def preview(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """The survey as a tester gets it, in one of its languages. Its buttons are off."""
    row = _survey(here, code)
    version = _version(row, request.GET.get("version", ""))
    if version is None:
        raise Http404
    languages = version.languages or ["en"]
    language = request.GET.get("lang", "")
    language = language if language in languages else languages[0]
    questions = list(version.questions.order_by("position", "pk"))
    for question in questions:
        question.version = version
    with translation.override(language):
        return render(
            request,
            "feedback/tester/survey.html",
            {
                "title": version.title(language),
                "brand": here.rollout.product or here.rollout.name,
                "language": html_code(language),
                "choices": [(one, own_name(one), html_code(one), one == language) for one in languages],
                "questions": asking.as_asked(questions, language, {}, {}),
                "is_preview": True,
            },
        )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("survey.results")
def results(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """What the survey found in a wave, and from wave to wave; POST makes a report of somebody's words."""
    row = _survey(here, code)
    if request.method == "POST":
        return _report_words(request, here, row)
    read = _results(request, here, row)
    return here.render(
        "feedback/results.html",
        title=_("Results: %s") % row.name,
        crumbs=[_surveys(here), Crumb(row.name, here.url("feedback:survey", row.code))],
        read=read,
        verdict=found.verdict(read),
        smallest=SMALLEST_GROUP,
        may_report=here.may("feedback.enter"),
    )


@require_safe
@rollout_page("survey.results")
def results_csv(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """The counts of a wave as a table for spreadsheets; no row is one person."""
    row = _survey(here, code)
    read = _results(request, here, row)
    buffer = io.StringIO()
    writer = SafeWriter(buffer)
    writer.row(("survey", "wave", "language", "question", "option", "answers", "of"))
    wave = read.wave.occasion.number if read.wave else None
    for result in read.questions:
        for tally in result.tallies:
            writer.row(
                (row.code, wave, read.language, result.question.code, tally.label, tally.count, tally.n)
            )
    response = HttpResponse(buffer.getvalue(), content_type="text/csv; charset=utf-8")
    name = f"{here.rollout.slug}-{row.code}-{wave or 'no-wave'}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _report_words(request: HttpRequest, here: Here, survey: Survey) -> HttpResponse:
    """Make a report of what somebody wrote in an answer; pressed twice it is one report. It names nobody."""
    try:
        submission = UUID(request.POST.get("submission", ""))
    except ValueError:
        raise Http404 from None
    answer = (
        Answer.objects.filter(
            submission__uuid=submission,
            submission__response__occasion__survey=survey,
            question__code=request.POST.get("question", ""),
        )
        .exclude(text="")
        .select_related("question", "submission__response__occasion__phase")
        .first()
    )
    if answer is None:
        raise Http404
    item = report_item(
        rollout=here.rollout,
        report=Report(
            kind=ItemKind.IDEA,
            text=answer.text,
            language=answer.submission.language,
            form_key=uuid5(submission, answer.question.code),
        ),
        by=here.user,
        phase=answer.submission.response.occasion.phase,
        origin=Origin.SURVEY,
    )
    return here.done(_("%s is made.") % item.label, here.url("feedback:item", item.number))


def _results(request: HttpRequest, here: Here, survey: Survey) -> found.Results:
    number = request.GET.get("wave", "")
    read = found.read_results(
        survey,
        here.now,
        wave=int(number) if number.isascii() and number.isdigit() and len(number) < 6 else None,
        language=request.GET.get("language", ""),
    )
    if number and read.wave is None:
        raise Http404
    return read


def _surveys(here: Here) -> Crumb:
    return Crumb(_("Surveys"), here.url("feedback:surveys"))


def _survey(here: Here, code: str) -> Survey:
    row = Survey.objects.filter(rollout=here.rollout, code=code).select_related("phase").first()
    if row is None:
        raise Http404
    row.rollout = here.rollout
    return row


def _version(survey: Survey, number: str) -> SurveyVersion | None:
    """Return the version with this number, else the newest one."""
    if number.isascii() and number.isdigit() and len(number) < 6:
        version = survey.versions.filter(number=int(number)).first()
    else:
        version = newest_version(survey) if not number else None
    if version is not None:
        version.survey = survey
    return version
