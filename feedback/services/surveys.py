"""What a survey asks: drafts that may change, and versions that never change again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from feedback.languages import english_name
from feedback.models import Question, Survey, SurveyVersion
from feedback.states import SCALES, QuestionKind
from phases import permissions
from phases.exceptions import Refused, WrongState
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import record
from rollout_portal.lib import clock
from rollout_portal.lib.digests import fingerprint

LONGEST_QUESTION = 500


@dataclass(frozen=True, slots=True)
class MissingText:
    """A text that a tester would not find in a language."""

    question: str
    place: str
    language: str

    @property
    def language_name(self) -> str:
        return english_name(self.language)


def missing_texts(version: SurveyVersion) -> list[MissingText]:
    """Return every text of the version that lacks a language, in the order of the form."""
    found = [
        MissingText("", str(_("title")), language)
        for language in version.languages
        if not str(version.titles.get(language, "")).strip()
    ]
    for question in version.questions.order_by("position", "pk"):
        for place, texts in question.named_texts():
            found += [
                MissingText(question.code, place, language)
                for language in version.languages
                if not str(texts.get(language, "")).strip()
            ]
    return found


def faults(version: SurveyVersion) -> list[str]:
    """Return what keeps the questions from being asked, apart from missing translations."""
    found = []
    questions = list(version.questions.order_by("position", "pk"))
    if not questions:
        found.append(_("There is no question yet."))
    if not version.languages:
        found.append(_("There is no language yet."))
    for question in questions:
        scale = [str(mark) for mark in SCALES[QuestionKind.RATING].values]
        if question.kind == QuestionKind.RATING and sorted(question.option_codes) != scale:
            found.append(_("“%s” is a rating: it names each of the marks 1 to 5.") % question.code)
        if question.kind == QuestionKind.CHOICE and len(set(question.option_codes)) < 2:
            found.append(_("“%s” is a choice: it needs two options or more.") % question.code)
        if len(set(question.option_codes)) < len(question.option_codes):
            found.append(_("“%s” names an option twice.") % question.code)
    return found


def newest_version(survey: Survey) -> SurveyVersion | None:
    """Return the version with the highest number, draft or published."""
    return survey.versions.order_by("-number").first()


def current_version(survey: Survey) -> SurveyVersion | None:
    """Return the newest published version: what the next wave asks."""
    return survey.versions.filter(published_at__isnull=False).order_by("-number").first()


@transaction.atomic
def publish_version(*, version: SurveyVersion, by: User) -> SurveyVersion:
    """Publish a draft: from now on it never changes, and the next wave asks it.

    :raises Refused: naming what is missing, by language.
    """
    locked = _locked(version)
    rollout = locked.survey.rollout
    permissions.require(by, "survey.publish", rollout)
    if locked.is_published:
        raise WrongState(_("%s is published already.") % locked)
    wrong = faults(locked)
    if wrong:
        raise Refused(" ".join(wrong))
    missing = missing_texts(locked)
    if missing:
        languages = sorted({english_name(text.language) for text in missing})
        raise Refused(
            _("%(n)s texts are missing in %(languages)s. Complete them, then publish.")
            % {"n": len(missing), "languages": ", ".join(languages)}
        )
    locked.published_at, locked.published_by = clock.now(), by
    locked.save(update_fields=["published_at", "published_by"])
    record(
        actor=by,
        verb="survey_version.published",
        obj=locked,
        scope=rollout.uuid,
        after={"number": locked.number, "languages": locked.languages, "digest": version_digest(locked)},
    )
    return locked


def version_digest(version: SurveyVersion) -> str:
    """Return the fingerprint of everything that the version asks."""
    return fingerprint(
        {
            "languages": version.languages,
            "titles": version.titles,
            "questions": [
                question_contents(question) for question in version.questions.order_by("position", "pk")
            ],
        }
    )


def question_contents(question: Question) -> dict[str, Any]:
    """Return a question as plain data, without its place in a version."""
    names = ("code", "position", "kind", "required", "several", "texts", "hints", "low", "high", "options")
    return {name: getattr(question, name) for name in names}


@transaction.atomic
def begin_draft(*, survey: Survey, by: User) -> SurveyVersion:
    """Return the draft of a survey; made as a copy of the newest version where there is none."""
    locked = Survey.objects.select_for_update(of=("self",)).select_related("rollout").get(pk=survey.pk)
    permissions.require(by, "survey.edit", locked.rollout)
    newest = newest_version(locked)
    if newest is not None and not newest.is_published:
        return newest
    draft = write_version(
        survey=locked,
        languages=newest.languages if newest else locked.rollout.languages,
        titles=newest.titles if newest else {},
        questions=[question_contents(question) for question in newest.questions.all()] if newest else [],
    )
    record(
        actor=by,
        verb="survey_version.begun",
        obj=draft,
        scope=locked.rollout.uuid,
        after={"number": draft.number},
    )
    return draft


def write_version(
    *,
    survey: Survey,
    languages: Sequence[str],
    titles: Mapping[str, str],
    questions: Sequence[Mapping[str, Any]],
) -> SurveyVersion:
    """Write the draft of a survey whole: replace the one that is there, or add the next number.

    For the plan's importer and for `begin_draft`, which check permission and record the act.
    """
    newest = newest_version(survey)
    if newest is not None and not newest.is_published:
        draft = newest
        draft.questions.all().delete()
        draft.languages, draft.titles = list(languages), dict(titles)
        draft.save(update_fields=["languages", "titles"])
    else:
        draft = SurveyVersion.objects.create(
            survey=survey,
            number=newest.number + 1 if newest else 1,
            languages=list(languages),
            titles=dict(titles),
        )
    Question.objects.bulk_create(Question(version=draft, **contents) for contents in questions)
    return draft


@transaction.atomic
def edit_question(*, question: Question, by: User, texts: Mapping[str, Any]) -> Question:
    """Change the words of a question in a draft; its code and its kind stay.

    :param texts: any of texts, hints, low, high (language → text) and options.
    """
    unknown = set(texts) - {"texts", "hints", "low", "high", "options"}
    if unknown:
        raise TypeError(f"A question has no words called {', '.join(sorted(unknown))}")
    version = _locked(question.version)
    permissions.require(by, "survey.edit", version.survey.rollout)
    if version.is_published:
        raise WrongState(_("%s is published and never changes. Make a new version.") % version)
    locked = version.questions.get(pk=question.pk)
    if "options" in texts and [option["code"] for option in texts["options"]] != locked.option_codes:
        raise Refused(_("The options of “%s” keep their codes.") % locked.code)
    before = {name: getattr(locked, name) for name in texts}
    for name, value in texts.items():
        setattr(locked, name, value)
    if before == {name: getattr(locked, name) for name in texts}:
        return locked
    locked.save(update_fields=list(texts))
    record(
        actor=by,
        verb="question.changed",
        obj=locked,
        scope=version.survey.rollout.uuid,
        before=before,
        after={name: getattr(locked, name) for name in texts},
    )
    return locked


def _locked(version: SurveyVersion) -> SurveyVersion:
    return (
        SurveyVersion.objects.select_for_update(of=("self",))
        .select_related("survey__rollout")
        .get(pk=version.pk)
    )
