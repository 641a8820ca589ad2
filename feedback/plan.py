"""The section `feedback` of a plan file: surveys with their questions, and who is told about reports."""

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Annotated, Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import AfterValidator, Field, model_validator

from feedback.models import PriorityRule, Question, Survey, SurveyVersion
from feedback.services.surveys import newest_version, question_contents, write_version
from feedback.states import SCALES, ItemKind, QuestionKind, Rhythm, Severity
from phases.documents.rows import Path, Wanted, remove_others, unknown, upsert, written
from phases.documents.schema import (
    Code,
    Coded,
    KeyRefused,
    Line,
    PlanModel,
    Role,
    TimeOfDay,
    filled,
    nearest,
    one_of,
)
from phases.models import Phase, Rollout
from phases.registry import PlanProblem, PlanSection, plan_section
from rollout_portal.accounts.models import User

_MOST_QUESTIONS = 30


def _texts(value: dict[str, str]) -> dict[str, str]:
    if not value:
        raise ValueError(_("Give the text in at least one language: en: …"))
    return value


Translated = Annotated[dict[str, Annotated[Line, Field(max_length=500)]], AfterValidator(_texts)]
"""A text by language: `{en: Very good, ms: Sangat baik}`."""


class OptionPlan(PlanModel):
    """One option of a choice, or the name of one mark of a rating."""

    code: Code
    text: Translated


class QuestionPlan(Coded):
    """One question of a survey, in all its languages."""

    counted_as: ClassVar = gettext_lazy("questions")

    kind: Annotated[str, one_of(QuestionKind)]
    required: bool = False
    several: bool = False
    text: Translated
    hint: Translated | None = None
    lowest: Translated | None = None
    highest: Translated | None = None
    options: list[OptionPlan] = []

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        marks = [str(mark) for mark in SCALES[QuestionKind.RATING].values]
        codes = [option.code for option in self.options]
        if self.kind == QuestionKind.NPS and (self.lowest is None or self.highest is None):
            raise KeyRefused("kind", _("Name both ends of the scale from 0 to 10: lowest, highest."))
        if self.kind != QuestionKind.NPS and (self.lowest or self.highest):
            raise KeyRefused("kind", _("Only a question of the kind nps0_10 names lowest and highest."))
        if self.kind == QuestionKind.RATING and sorted(codes) != marks:
            raise KeyRefused("options", _('A rating names each of its marks: codes "1" to "5".'))
        if self.kind == QuestionKind.CHOICE and len(set(codes)) < 2:
            raise KeyRefused("options", _("A choice has two options or more."))
        if self.kind not in (QuestionKind.RATING, QuestionKind.CHOICE) and codes:
            raise KeyRefused("options", _("Only a choice or a rating has options."))
        if len(set(codes)) < len(codes):
            raise KeyRefused("options", _("An option is there twice."))
        if self.several and self.kind != QuestionKind.CHOICE:
            raise KeyRefused("several", _("Only a choice lets people give several answers."))
        return self

    def every_text(self) -> Iterator[tuple[Path, Mapping[str, str]]]:
        """Yield every text with its place in the question."""
        for name in ("text", "hint", "lowest", "highest"):
            texts = getattr(self, name)
            if texts is not None:
                yield (name,), texts
        for place, option in enumerate(self.options):
            yield ("options", place, "text"), option.text


class SurveyPlan(Coded):
    """A survey of the people in a phase."""

    counted_as: ClassVar = gettext_lazy("surveys")

    name: Annotated[Line, Field(max_length=200)]
    phase: Code
    rhythm: Annotated[str, one_of(Rhythm)] = Rhythm.WEEKLY.value
    day: Annotated[int, Field(ge=1, le=366)] = 1
    at: TimeOfDay = time(9)
    open_days: Annotated[int, Field(ge=1, le=90)] = 7
    languages: list[Line] = []
    title: Translated
    questions: Annotated[list[QuestionPlan], Field(min_length=1, max_length=_MOST_QUESTIONS)]

    @model_validator(mode="after")
    def _week_holds_the_wave(self) -> Self:
        if self.rhythm == Rhythm.WEEKLY and self.day + self.open_days > 8:
            raise KeyRefused(
                "open_days", _("A weekly survey closes in its week: day and open_days make 8 at most.")
            )
        return self


class RulePlan(Coded):
    """Who is told at once about which reports; the first rule that fits decides."""

    counted_as: ClassVar = gettext_lazy("triage rules")

    name: Annotated[Line, Field(max_length=200)]
    kinds: list[Annotated[str, one_of(ItemKind)]] = []
    severities: list[Annotated[str, one_of(Severity)]] = []
    tell: Role | None = None


class FeedbackPlan(PlanModel):
    """Everything that this room plans."""

    surveys: list[SurveyPlan] = []
    triage: list[RulePlan] = []


def load(rollout: Rollout, plan: FeedbackPlan, by: User | None) -> list[PlanProblem]:
    """Write surveys, the drafts of their questions, and triage rules. Nothing is published by a file."""
    phases = written(Phase, rollout)
    problems = []
    wanted = []
    for place, survey in enumerate(plan.surveys):
        if survey.phase not in phases:
            problems.append(unknown(survey.phase, phases, ("surveys", place, "phase"), _("phase")))
            continue
        problems += _language_problems(rollout, survey, ("surveys", place))
        values = {
            "phase": phases[survey.phase],
            "name": survey.name,
            "rhythm": survey.rhythm,
            "opens_on_day": survey.day,
            "opens_at": survey.at,
            "open_days": survey.open_days,
        }
        wanted.append(Wanted(survey.code, values, ("surveys", place)))
    rows, refused = upsert(Survey, rollout, wanted, settled=_asked)
    for survey in plan.surveys:
        if survey.code in rows:
            _write_questions(rows[survey.code], survey)
    rules = [
        Wanted(
            rule.code,
            {
                "name": rule.name,
                "kinds": rule.kinds,
                "severities": rule.severities,
                "notify": rule.tell or "",
            },
            ("triage", place),
        )
        for place, rule in enumerate(plan.triage)
    ]
    return [*problems, *refused, *upsert(PriorityRule, rollout, rules)[1]]


def _asked(survey: Survey) -> str:
    """Say why a survey is history: people were asked."""
    if survey.pk is None or not survey.occasions.exists():
        return ""
    return _("“%s” was sent to people already: its phase and its days are on record.") % survey.name


def _languages(rollout: Rollout, plan: SurveyPlan) -> list[str]:
    return list(plan.languages or rollout.languages)


def _language_problems(rollout: Rollout, plan: SurveyPlan, path: Path) -> list[PlanProblem]:
    """Find languages that the rollout does not have; a missing translation only keeps from publishing."""
    known = list(rollout.languages)
    problems = [
        PlanProblem((*path, "languages", place), _no_language(language, known))
        for place, language in enumerate(plan.languages)
        if language not in known
    ]
    texts: list[tuple[Path, Mapping[str, str]]] = [((*path, "title"), plan.title)]
    for number, question in enumerate(plan.questions):
        texts += [((*path, "questions", number, *place), found) for place, found in question.every_text()]
    languages = _languages(rollout, plan)
    for place, found in texts:
        problems += [
            PlanProblem((*place, language), _no_language(language, languages))
            for language in found
            if language not in languages
        ]
        missing = [language for language in languages if language not in found]
        if missing:
            words = _("Not translated into %s; the survey cannot be published before it is.")
            problems.append(PlanProblem(place, words % ", ".join(missing), is_warning=True))
    return problems


def _no_language(language: str, known: list[str]) -> str:
    return _("“%s” is not a language of this survey.") % language + " " + nearest(language, known)


def _write_questions(survey: Survey, plan: SurveyPlan) -> None:
    """Bring the draft to what the file says; a published version that says the same stays the newest."""
    languages = _languages(survey.rollout, plan)
    questions = [_contents(question, place) for place, question in enumerate(plan.questions)]
    newest = newest_version(survey)
    if newest is not None and _same(newest, languages, plan.title, questions):
        return
    write_version(survey=survey, languages=languages, titles=plan.title, questions=questions)


def _same(
    version: SurveyVersion, languages: list[str], titles: Mapping[str, str], questions: list[dict[str, Any]]
) -> bool:
    there = [question_contents(question) for question in version.questions.order_by("position", "pk")]
    return (version.languages, version.titles, there) == (languages, dict(titles), questions)


def _contents(plan: QuestionPlan, place: int) -> dict[str, Any]:
    return {
        "code": plan.code,
        "position": place,
        "kind": plan.kind,
        "required": plan.required,
        "several": plan.several,
        "texts": dict(plan.text),
        "hints": dict(plan.hint or {}),
        "low": dict(plan.lowest or {}),
        "high": dict(plan.highest or {}),
        "options": [{"code": option.code, "texts": dict(option.text)} for option in plan.options],
    }


def dump(rollout: Rollout) -> FeedbackPlan | None:
    """Return the surveys with the questions of their newest version, and the triage rules."""
    surveys = Survey.objects.filter(rollout=rollout).select_related("phase").order_by("position", "pk")
    rules = PriorityRule.objects.filter(rollout=rollout).order_by("position", "pk")
    dumped = [_dumped(rollout, survey) for survey in surveys]
    if not dumped and not rules:
        return None
    return FeedbackPlan(
        surveys=[survey for survey in dumped if survey is not None],
        triage=[
            filled(
                RulePlan,
                code=rule.code,
                name=rule.name,
                kinds=rule.kinds,
                severities=rule.severities,
                tell=rule.notify or None,
            )
            for rule in rules
        ],
    )


def _dumped(rollout: Rollout, survey: Survey) -> SurveyPlan | None:
    version = newest_version(survey)
    if version is None:
        return None
    return filled(
        SurveyPlan,
        code=survey.code,
        name=survey.name,
        phase=survey.phase.code,
        rhythm=survey.rhythm,
        day=survey.opens_on_day,
        at=survey.opens_at,
        open_days=survey.open_days,
        languages=[] if version.languages == list(rollout.languages) else version.languages,
        title=_ordered(version.titles, version),
        questions=[
            _dumped_question(question, version) for question in version.questions.order_by("position", "pk")
        ],
    )


def _dumped_question(question: Question, version: SurveyVersion) -> QuestionPlan:
    return filled(
        QuestionPlan,
        code=question.code,
        kind=question.kind,
        required=question.required,
        several=question.several,
        text=_ordered(question.texts, version),
        hint=_ordered(question.hints, version) or None,
        lowest=_ordered(question.low, version) or None,
        highest=_ordered(question.high, version) or None,
        options=[
            OptionPlan(code=option["code"], text=_ordered(option["texts"], version))
            for option in question.options
        ],
    )


def _ordered(texts: Mapping[str, str], version: SurveyVersion) -> dict[str, str]:
    """Return texts in the order of the version's languages: a database may keep them in another."""
    return {language: texts[language] for language in version.languages if texts.get(language)}


def prune(rollout: Rollout, plan: FeedbackPlan) -> list[PlanProblem]:
    """Remove surveys and rules that the file no longer has; a survey that was published stays."""
    kept = {survey.code for survey in plan.surveys}
    gone = Survey.objects.filter(rollout=rollout).exclude(code__in=kept)
    drafts = SurveyVersion.objects.filter(survey__in=gone, published_at__isnull=True)
    Question.objects.filter(version__in=drafts).delete()
    drafts.delete()
    return [
        *remove_others(Survey.objects.filter(rollout=rollout), kept),
        *remove_others(PriorityRule.objects.filter(rollout=rollout), {rule.code for rule in plan.triage}),
    ]


plan_section(PlanSection("feedback", FeedbackPlan, load, dump, prune))
