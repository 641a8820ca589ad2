"""Surveys: what is asked, in which version and languages, and on which occasions."""

import uuid
from datetime import time
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from feedback.states import QuestionKind, Rhythm
from phases.models import Phase, PlanItem
from phases.models.base import validate_code

Texts = dict[str, str]
"""One text in several languages, by language code."""


def text_in(texts: Texts, language: str, languages: list[str]) -> str:
    """Return the text for a reader of `language`, else in the first of `languages` that has one."""
    for candidate in (language, language.split("-")[0], *languages):
        if texts.get(candidate):
            return texts[candidate]
    return next(iter(texts.values()), "")


class Survey(PlanItem):
    """A survey of the people in a phase: when it is held. What it asks stands in its versions.

    Weekly: on day `opens_on_day` (1 to 7) of every week of the phase, at `opens_at` in the rollout's zone,
    open for `open_days` days including that one, never beyond the week. Once: on that day of the phase.
    """

    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="surveys")
    name = models.CharField(_("name"), max_length=200)
    rhythm = models.CharField(_("rhythm"), max_length=8, choices=Rhythm.choices, default=Rhythm.WEEKLY)
    opens_on_day = models.PositiveSmallIntegerField(
        _("opens on day"), default=1, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    opens_at = models.TimeField(_("opens at"), default=time(9))
    open_days = models.PositiveSmallIntegerField(
        _("open for days"), default=7, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )

    class Meta(PlanItem.Meta):
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(opens_on_day__gte=1, open_days__gte=1), name="feedback_survey_open_for_a_day"
            ),
            models.CheckConstraint(
                condition=~Q(rhythm=Rhythm.WEEKLY) | Q(opens_on_day__lte=8 - F("open_days")),
                name="feedback_survey_week_holds_the_wave",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SurveyVersion(models.Model):
    """What a survey asks, in all its languages. Published, it never changes: the database sees to it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    languages = models.JSONField(_("languages"), default=list)
    titles = models.JSONField(_("title"), default=dict)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)

    class Meta:
        verbose_name = _("survey version")
        verbose_name_plural = _("survey versions")
        ordering = ["survey", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="feedback_surveyversion_number_once"),
            models.UniqueConstraint(
                fields=["survey"],
                condition=Q(published_at__isnull=True),
                name="feedback_surveyversion_one_draft",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="feedback_surveyversion_published_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return _("%(survey)s, version %(number)s") % {"survey": self.survey.name, "number": self.number}

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    def title(self, language: str) -> str:
        """Return what the tester reads on top, in `language`."""
        return text_in(self.titles, language, self.languages) or self.survey.name


class Question(models.Model):
    """One question of a version. Its `code` names the same question in every version of the survey.

    `options` is a list of `{"code": …, "texts": {language: text}}`: the marks 1 to 5 of a rating, or what
    can be chosen. `low` and `high` name the ends of the scale 0 to 10. `several` lets a person choose more
    than one option.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="questions")
    code = models.CharField(_("code"), max_length=60, validators=[validate_code])
    position = models.PositiveIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=8, choices=QuestionKind.choices)
    required = models.BooleanField(_("required"), default=False)
    several = models.BooleanField(_("several answers"), default=False)
    texts = models.JSONField(_("question"), default=dict)
    hints = models.JSONField(_("hint"), default=dict, blank=True)
    low = models.JSONField(_("lowest mark"), default=dict, blank=True)
    high = models.JSONField(_("highest mark"), default=dict, blank=True)
    options = models.JSONField(_("options"), default=list, blank=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="feedback_question_code_once"),
            models.CheckConstraint(
                condition=Q(several=False) | Q(kind=QuestionKind.CHOICE),
                name="feedback_question_several_of_a_choice",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def in_language(self, texts: Texts, language: str) -> str:
        """Return one of this question's texts for a reader of `language`."""
        return text_in(texts, language, self.version.languages)

    @property
    def option_codes(self) -> list[str]:
        return [option["code"] for option in self.options]

    def named_texts(self) -> list[tuple[str, Texts]]:
        """Return every text that a tester reads, each with the name of its place; all must be translated."""
        found: list[tuple[str, Texts]] = [(str(_("question")), self.texts)]
        if self.kind == QuestionKind.NPS:
            found += [(str(_("lowest mark")), self.low), (str(_("highest mark")), self.high)]
        if self.kind in (QuestionKind.RATING, QuestionKind.CHOICE):
            found += [(_option_name(option), option.get("texts", {})) for option in self.options]
        if self.hints:
            found.append((str(_("hint")), self.hints))
        return found


def _option_name(option: dict[str, Any]) -> str:
    return str(_("option %s") % option["code"])


class Occasion(models.Model):
    """One wave of a survey: when it is open. Weekly waves carry the number of the phase's week."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="occasions")
    version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="occasions")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="occasions")
    number = models.PositiveIntegerField(_("wave"))
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    created_at = models.DateTimeField(_("made"))
    finished_at = models.DateTimeField(
        _("finished"), null=True, blank=True, help_text=_("When what was not answered was written off.")
    )

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        ordering = ["-opens_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "phase", "number"], name="feedback_occasion_once"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="feedback_occasion_closes_after_it_opens"
            ),
        ]
        indexes = [
            models.Index(
                fields=["closes_at"], name="feedback_occasion_open", condition=Q(finished_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return _("%(survey)s, wave %(number)s") % {"survey": self.survey.name, "number": self.number}
