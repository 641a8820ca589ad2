"""The list of surveys, and one survey: what it asks, in which languages, and what is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.languages import english_name
from feedback.models import Occasion, Question, Survey, SurveyVersion
from feedback.services.surveys import MissingText, faults, missing_texts
from feedback.states import RequestState, Rhythm
from phases.models import Rollout
from rollout_portal.lib import words


@dataclass(frozen=True, slots=True)
class WaveLine:
    """How a wave stands: how many were asked, how many answered."""

    occasion: Occasion
    asked: int
    answered: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class SurveyLine:
    """One survey in the list."""

    survey: Survey
    rhythm: str
    newest: SurveyVersion | None
    published: SurveyVersion | None
    wave: WaveLine | None


def list_surveys(rollout: Rollout, now: datetime) -> list[SurveyLine]:
    """Return the surveys in the plan's order with their newest wave; four queries."""
    surveys = list(Survey.objects.filter(rollout=rollout).select_related("phase").order_by("position", "pk"))
    versions: dict[int, list[SurveyVersion]] = {}
    for version in SurveyVersion.objects.filter(survey__in=surveys).order_by("-number"):
        versions.setdefault(version.survey_id, []).append(version)
    newest: dict[int, WaveLine] = {}
    for line in waves_of(surveys, now):
        newest.setdefault(line.occasion.survey_id, line)
    return [
        SurveyLine(
            survey=survey,
            rhythm=rhythm_words(survey),
            newest=next(iter(versions.get(survey.pk, [])), None),
            published=next((row for row in versions.get(survey.pk, []) if row.is_published), None),
            wave=newest.get(survey.pk),
        )
        for survey in surveys
    ]


def waves_of(surveys: Sequence[Survey], now: datetime) -> list[WaveLine]:
    """Return the waves of these surveys, the newest first, with how many were asked and answered."""
    rows = (
        Occasion.objects.filter(survey__in=surveys, opens_at__lte=now)
        .select_related("survey", "version")
        .annotate(
            asked=Count("requests", filter=Q(requests__sent_at__isnull=False)),
            answered=Count("requests", filter=Q(requests__state=RequestState.SUBMITTED)),
        )
        .order_by("-opens_at", "-pk")
    )
    return [WaveLine(row, row.asked, row.answered, row.closes_at > now) for row in rows]


def rhythm_words(survey: Survey) -> str:
    """Say when a survey is held: "weekly, day 3 at 09:00, open for 5 days"."""
    often = _("weekly") if survey.rhythm == Rhythm.WEEKLY else _("once")
    return _("%(often)s, day %(day)s at %(time)s, open for %(days)s") % {
        "often": often,
        "day": survey.opens_on_day,
        "time": f"{survey.opens_at:%H:%M}",
        "days": ngettext("%s day", "%s days", survey.open_days) % survey.open_days,
    }


def list_verdict(lines: Sequence[SurveyLine], zone: str, now: datetime) -> dict[str, str]:
    """Return the sentence on top of the list."""
    for line in lines:
        if line.wave is not None and line.wave.is_open:
            return {
                "tone": "open",
                "sentence": _("%(answered)s of %(asked)s have answered %(wave)s.")
                % {
                    "answered": line.wave.answered,
                    "asked": line.wave.asked,
                    "wave": line.wave.occasion,
                },
                "detail": _("It closes %s.") % words.moment(line.wave.occasion.closes_at, zone, now=now).text,
            }
    drafts = sum(line.published is None for line in lines)
    if drafts:
        text = ngettext(
            "%s survey is not published yet, so nobody can be asked.",
            "%s surveys are not published yet, so nobody can be asked.",
            drafts,
        )
        return {"tone": "open", "sentence": text % drafts}
    return {"tone": "open", "sentence": _("No survey is open now.")}


@dataclass(frozen=True, slots=True)
class Part:
    """A text of a question in the language that is being read, and whether it is missing there."""

    name: str
    text: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question as the builder shows it."""

    number: int
    question: Question
    parts: list[Part]

    @property
    def missing(self) -> int:
        return sum(part.is_missing for part in self.parts)


@dataclass(frozen=True, slots=True)
class SurveyPage:
    """One version of a survey in one language."""

    survey: Survey
    version: SurveyVersion
    versions: list[SurveyVersion]
    language: str
    questions: list[QuestionLine]
    missing: list[MissingText]
    faults: list[str]

    @property
    def per_language(self) -> list[tuple[str, int]]:
        """How many texts are missing, by the name of the language, in the survey's order."""
        return [
            (english_name(language), sum(text.language == language for text in self.missing))
            for language in self.version.languages
        ]

    @property
    def is_complete(self) -> bool:
        return not self.missing and not self.faults


def read_survey(survey: Survey, version: SurveyVersion, language: str) -> SurveyPage:
    """Return a version for its page."""
    shown = language if language in version.languages else (version.languages or ["en"])[0]
    questions = list(version.questions.order_by("position", "pk"))
    return SurveyPage(
        survey=survey,
        version=version,
        versions=list(survey.versions.select_related("published_by").order_by("-number")),
        language=shown,
        questions=[
            QuestionLine(number, question, list(_parts(question, shown)))
            for number, question in enumerate(questions, start=1)
        ],
        missing=missing_texts(version),
        faults=faults(version),
    )


def _parts(question: Question, language: str) -> Iterator[Part]:
    for name, texts in question.named_texts():
        text = str(texts.get(language, ""))
        yield Part(name, text, not text.strip())
