"""What a survey found: scores per wave, counts per question, words. Small groups are never shown."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.languages import html_code
from feedback import scoring
from feedback.languages import english_name
from feedback.models import Answer, Occasion, Question, Response, Submission, Survey
from feedback.pages.surveys import WaveLine, waves_of
from feedback.scoring import SMALLEST_GROUP
from feedback.states import SCALES, QuestionKind
from phases.models import Criterion
from rollout_portal.lib.decimals import shown
from rollout_portal.lib.digests import decimal_text
from rollout_portal.lib.statistics import Interval

MOST_WORDS: Final = 200


@dataclass(frozen=True, slots=True)
class WavePoint:
    """One wave in the drawing; its fields are those that the drawing reads."""

    label: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    n: int
    enough: bool
    current: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was answered."""

    label: str
    count: int
    n: int

    @property
    def percent(self) -> str:
        return shown(Decimal(100 * self.count) / self.n, places=0) if self.n else ""


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote; never who. `submission` is what a report is made from.

    :ivar language: empty where it would tell that the words are from a group too small to show.
    """

    text: str
    language: str
    submission: UUID

    @property
    def language_name(self) -> str:
        return english_name(self.language) if self.language else ""

    @property
    def lang(self) -> str:
        """The value of the `lang` attribute; empty: not told."""
        return html_code(self.language) if self.language else ""


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What was answered to one question in one wave. A score of too few answers is not there."""

    question: Question
    title: str
    n: int
    summary: str
    interval: Interval | None
    tallies: list[Tally]
    words: list[Words]
    more_words: int = 0

    @property
    def is_hidden(self) -> bool:
        """Whether somebody answered, and too few for marks to be shown."""
        return 0 < self.n < SMALLEST_GROUP and self.question.kind != QuestionKind.TEXT


@dataclass(frozen=True, slots=True)
class GroupRate:
    """Answers of one language; hidden where the group is small."""

    code: str
    name: str
    answered: int
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Results:
    """Everything on the page of results."""

    survey: Survey
    wave: WaveLine | None
    waves: list[WaveLine]
    points: list[WavePoint]
    threshold: Decimal | None
    groups: list[GroupRate]
    language: str
    n: int
    is_hidden: bool
    questions: list[QuestionResult]

    @property
    def nps(self) -> QuestionResult | None:
        return next((row for row in self.questions if row.question.kind == QuestionKind.NPS), None)


def read_results(survey: Survey, now: datetime, *, wave: int | None, language: str) -> Results:
    """Return the results of a wave (the newest one with an answer) and of all waves beside it.

    :param language: of the testers; empty for everybody.
    """
    lines = waves_of([survey], now)
    line = _chosen(lines, wave)
    criterion = _criterion(survey)
    groups = _groups(line) if line else []
    allowed = {group.code for group in groups if not group.is_hidden}
    language = language if language in allowed else ""
    counted = _counted(line.occasion, language) if line else Answer.objects.none()
    n = _n(line, groups, language)
    return Results(
        survey=survey,
        wave=line,
        waves=lines,
        points=_points(survey, lines, line, criterion),
        threshold=_plain(criterion.threshold) if criterion and criterion.threshold is not None else None,
        groups=groups,
        language=language,
        n=n,
        is_hidden=n < SMALLEST_GROUP,
        questions=_questions(line.occasion, counted, allowed) if line and n >= SMALLEST_GROUP else [],
    )


def _chosen(lines: Sequence[WaveLine], number: int | None) -> WaveLine | None:
    if number is not None:
        return next((line for line in lines if line.occasion.number == number), None)
    return next((line for line in lines if line.answered), next(iter(lines), None))


def _criterion(survey: Survey) -> Criterion | None:
    """Return the criterion that reads the score of this survey: its threshold stands in the drawing."""
    rows = Criterion.objects.filter(rollout=survey.rollout_id, measure="feedback.nps")
    mine = [row for row in rows if row.subject == survey.code or row.subject.startswith(f"{survey.code}.")]
    return mine[0] if mine else None


def _plain(value: Decimal) -> Decimal:
    """Return a number without the zeros that the database keeps behind it."""
    return Decimal(decimal_text(value))


def _groups(line: WaveLine) -> list[GroupRate]:
    """Return the answers by language. A small group is hidden, and with it a second one if need be.

    One hidden group alone could be found by taking the others from the whole.
    """
    rows = (
        Response.objects.filter(occasion=line.occasion)
        .values_list("language")
        .annotate(answered=Count("pk"))
        .order_by("language")
    )
    counts = dict(rows)
    hidden = {code for code, count in counts.items() if count < SMALLEST_GROUP}
    if len(hidden) == 1 and len(counts) > 1:
        hidden.add(min(counts.keys() - hidden, key=lambda code: (counts[code], code)))
    return [GroupRate(code, english_name(code), count, code in hidden) for code, count in counts.items()]


def _n(line: WaveLine | None, groups: Iterable[GroupRate], language: str) -> int:
    if line is None:
        return 0
    if language:
        return next(group.answered for group in groups if group.code == language)
    return line.answered


def _counted(occasion: Occasion, language: str) -> QuerySet[Answer]:
    later = Submission.objects.filter(
        response=OuterRef("submission__response"), number__gt=OuterRef("submission__number")
    )
    answers = Answer.objects.filter(~Exists(later), submission__response__occasion=occasion)
    return answers.filter(submission__response__language=language) if language else answers


def _points(
    survey: Survey, lines: Sequence[WaveLine], current: WaveLine | None, criterion: Criterion | None
) -> list[WavePoint]:
    """Return the score of every wave, the oldest first; one query for all of them."""
    later = Submission.objects.filter(
        response=OuterRef("submission__response"), number__gt=OuterRef("submission__number")
    )
    rows = (
        Answer.objects.filter(
            ~Exists(later),
            question__version__survey=survey,
            question__kind=QuestionKind.NPS,
            number__isnull=False,
        )
        .values_list("submission__response__occasion_id", "number")
        .annotate(times=Count("pk"))
    )
    marks: dict[int, list[int]] = {}
    for occasion, number, times in rows:
        marks.setdefault(occasion, []).extend([number] * times)
    least = max(SMALLEST_GROUP, (criterion.min_n or 0) if criterion else 0)
    return [
        _point(line, scoring.nps_groups(marks.get(line.occasion.pk, [])), least, line is current)
        for line in reversed(lines)
    ]


def _point(line: WaveLine, groups: scoring.Groups, least: int, is_current: bool) -> WavePoint:
    low, high = groups.interval or (None, None)
    hidden = groups.n < SMALLEST_GROUP
    return WavePoint(
        label=_("Wave %s") % line.occasion.number,
        value=None if hidden or groups.score is None else round(groups.score, 2),
        low=None if hidden else low,
        high=None if hidden else high,
        n=groups.n,
        enough=groups.n >= least,
        current=is_current,
    )


def _questions(occasion: Occasion, answers: QuerySet[Answer], named: Container[str]) -> list[QuestionResult]:
    """Return what was answered; `named` are the languages of the groups that are large enough to show."""
    questions = list(occasion.version.questions.order_by("position", "pk"))
    for question in questions:
        question.version = occasion.version
    counts: dict[int, dict[str, int]] = {}
    rows = answers.exclude(number__isnull=True, choice="").values_list("question_id", "number", "choice")
    for question_id, number, choice, times in rows.annotate(times=Count("pk")):
        counts.setdefault(question_id, {})[choice or str(number)] = times
    people = dict(answers.values_list("question_id").annotate(people=Count("submission", distinct=True)))
    words: dict[int, list[Words]] = {}
    written = answers.exclude(text="").order_by("-submission__at", "-pk")
    fields = (
        "question_id",
        "text",
        "submission__language",
        "submission__response__language",
        "submission__uuid",
    )
    for question_id, text, language, group, submission in written.values_list(*fields):
        told = language if language in named and group in named else ""
        words.setdefault(question_id, []).append(Words(text, told, submission))
    return [
        _result(question, counts.get(question.pk, {}), people.get(question.pk, 0), words.get(question.pk, []))
        for question in questions
    ]


def _result(question: Question, counts: Mapping[str, int], n: int, words: Sequence[Words]) -> QuestionResult:
    enough = n >= SMALLEST_GROUP
    summary, interval = _summary(question, counts) if enough else ("", None)
    return QuestionResult(
        question=question,
        title=question.in_language(question.texts, "en"),
        n=n,
        summary=summary,
        interval=interval,
        tallies=[Tally(label, counts.get(code, 0), n) for code, label in _labels(question)] if enough else [],
        words=list(words[:MOST_WORDS]),
        more_words=max(0, len(words) - MOST_WORDS),
    )


def _labels(question: Question) -> list[tuple[str, str]]:
    if question.kind == QuestionKind.NPS:
        return [(str(mark), str(mark)) for mark in SCALES[QuestionKind.NPS].values]
    return [(str(option["code"]), question.in_language(option["texts"], "en")) for option in question.options]


def _summary(question: Question, counts: Mapping[str, int]) -> tuple[str, Interval | None]:
    """Return the score of a question in words, with its interval."""
    marks = [int(code) for code, times in counts.items() for _time in range(times) if code.isdigit()]
    if question.kind == QuestionKind.NPS and marks:
        groups = scoring.nps_groups(marks)
        assert groups.score is not None
        text = _("NPS %(score)s: %(promoters)s promoters, %(passives)s passives, %(detractors)s detractors")
        return text % {
            "score": shown(groups.score),
            "promoters": groups.promoters,
            "passives": groups.passives,
            "detractors": groups.detractors,
        }, groups.interval
    if question.kind == QuestionKind.RATING and marks:
        share = scoring.satisfied(marks)
        assert share.percent is not None
        return _("%(percent)s %% satisfied: %(hits)s of %(n)s") % {
            "percent": shown(share.percent),
            "hits": share.hits,
            "n": share.n,
        }, share.interval
    return "", None


def verdict(results: Results) -> dict[str, str]:
    """Return the sentence on top of the page."""
    if results.wave is None:
        return {"tone": "open", "sentence": _("No wave of this survey has opened yet.")}
    if results.is_hidden:
        text = ngettext(
            "%(n)s answer in wave %(wave)s: fewer than %(least)s are not shown.",
            "%(n)s answers in wave %(wave)s: fewer than %(least)s are not shown.",
            results.n,
        )
        return {
            "tone": "open",
            "sentence": text
            % {"n": results.n, "wave": results.wave.occasion.number, "least": SMALLEST_GROUP},
        }
    nps = results.nps
    sentence = _("No score is asked for")
    if nps is not None:
        sentence = nps.summary.split(":")[0] if nps.summary else _("No score: too few gave a mark")
    return {
        "tone": "open",
        "sentence": _("%(score)s from %(n)s answers in wave %(wave)s.")
        % {"score": sentence, "n": results.n, "wave": results.wave.occasion.number},
        "detail": _("%(answered)s of %(asked)s people who were asked have answered.")
        % {"answered": results.wave.answered, "asked": results.wave.asked},
    }
