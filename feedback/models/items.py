"""What testers told us, what became of it, and who talked about it."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cohorts.languages import html_code
from cohorts.models import Participant
from feedback.languages import english_name
from feedback.models.answers import SurveyRequest
from feedback.states import (
    OPEN,
    Area,
    ItemKind,
    ItemState,
    ItemVerb,
    Origin,
    Severity,
)
from phases.models import Phase, PlanItem, Rollout
from phases.permissions import RoleName
from rollout_portal.jobs.models import StoredFile
from rollout_portal.lib.constraints import known_values
from rollout_portal.outbox.models import Message


class ItemCounter(models.Model):
    """The last number given to an item of a rollout; locked while the next one is given."""

    rollout = models.OneToOneField(Rollout, on_delete=models.PROTECT, related_name="+")
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.rollout}: {self.last}"


class FeedbackItemQuerySet(models.QuerySet["FeedbackItem"]):
    def open(self) -> Self:
        """Return what still asks for work: not resolved, closed, declined or merged."""
        return self.filter(state__in=OPEN)


class FeedbackItem(models.Model):
    """One report: the original words, what kind it is, how bad, and where it stands.

    `severity` is empty until staff judged it. `changed_at` is the moment of the newest transition: what the
    item was before that stands in its transitions.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="feedback_items")
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=10, choices=ItemKind.choices)
    area = models.CharField(_("area"), max_length=10, choices=Area.choices, blank=True)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices, blank=True)
    state = models.CharField(_("state"), max_length=11, choices=ItemState.choices, default=ItemState.NEW)
    origin = models.CharField(_("came by"), max_length=6, choices=Origin.choices)
    phase = models.ForeignKey(
        Phase, on_delete=models.PROTECT, null=True, blank=True, related_name="feedback_items"
    )
    reporter = models.ForeignKey(
        Participant, on_delete=models.PROTECT, null=True, blank=True, related_name="feedback_items"
    )
    request = models.ForeignKey(
        SurveyRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="feedback_items"
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    text = models.TextField(_("words"))
    place = models.CharField(_("where"), max_length=300, blank=True)
    translation = models.TextField(_("in English"), blank=True)
    translated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    translated_at = models.DateTimeField(_("translated"), null=True, blank=True)
    may_ask_back = models.BooleanField(_("may be asked back"), default=False)
    picture = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    duplicate_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="duplicates"
    )
    form_key = models.UUIDField(
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text=_("Of the form it came by: the same form sent twice is one report."),
    )
    reported_at = models.DateTimeField(_("came in"))
    changed_at = models.DateTimeField(_("last change"))
    notified_at = models.DateTimeField(_("team told"), null=True, blank=True)

    objects: ClassVar[FeedbackItemQuerySet] = FeedbackItemQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("feedback item")
        verbose_name_plural = _("feedback")
        ordering = ["-reported_at", "-pk"]
        constraints = [
            known_values("feedback_item_state_known", "state", ItemState),
            known_values("feedback_item_severity_known", "severity", Severity, blank=True),
            models.UniqueConstraint(fields=["rollout", "number"], name="feedback_item_number_once"),
            models.CheckConstraint(
                condition=Q(state=ItemState.DUPLICATE, duplicate_of__isnull=False)
                | (~Q(state=ItemState.DUPLICATE) & Q(duplicate_of__isnull=True)),
                name="feedback_item_duplicate_of_something",
            ),
            models.CheckConstraint(
                condition=Q(duplicate_of__isnull=True) | ~Q(duplicate_of=F("pk")),
                name="feedback_item_not_its_own_duplicate",
            ),
            models.CheckConstraint(
                condition=Q(translation="") | Q(translated_by__isnull=False, translated_at__isnull=False),
                name="feedback_item_translated_by_someone",
            ),
        ]
        indexes = [
            models.Index(fields=["rollout", "state", "reported_at", "id"], name="feedback_item_queue"),
            models.Index(fields=["rollout", "severity", "state"], name="feedback_item_by_severity"),
            models.Index(fields=["rollout", "changed_at"], name="feedback_item_changed"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The number that people say: "FB-0398"."""
        return f"FB-{self.number:04}"

    @property
    def lang(self) -> str:
        """The value of the `lang` attribute of its words."""
        return html_code(self.language)

    @property
    def language_name(self) -> str:
        """What the console calls the language of its words."""
        return english_name(self.language)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def headline(self) -> str:
        """The beginning of the translation, else of the original words: one line that names it."""
        return " ".join((self.translation or self.text).split())[:120]


class FeedbackItemTransition(models.Model):
    """One act on an item, with how it stood afterwards. Never changed: counts of any past day rest on it."""

    item = models.ForeignKey(FeedbackItem, on_delete=models.PROTECT, related_name="transitions")
    verb = models.CharField(_("act"), max_length=8, choices=ItemVerb.choices)
    from_state = models.CharField(max_length=11, choices=ItemState.choices, blank=True)
    to_state = models.CharField(max_length=11, choices=ItemState.choices)
    kind = models.CharField(max_length=10, choices=ItemKind.choices)
    area = models.CharField(max_length=10, choices=Area.choices, blank=True)
    severity = models.CharField(max_length=8, choices=Severity.choices, blank=True)
    duplicate_of = models.ForeignKey(
        FeedbackItem, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("who"),
        help_text=_("Empty: the tester."),
    )
    reason = models.TextField(_("why"), blank=True)

    class Meta:
        verbose_name = _("act on feedback")
        verbose_name_plural = _("acts on feedback")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["item", "at"], name="feedback_transition_by_item")]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.item}"


class Comment(models.Model):
    """A note of the team about an item. Testers never see it. Never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(FeedbackItem, on_delete=models.PROTECT, related_name="comments")
    text = models.TextField(_("note"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class Reply(models.Model):
    """An answer to the tester, in a table of its own so that no note is ever taken for one. Never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(FeedbackItem, on_delete=models.PROTECT, related_name="replies")
    text = models.TextField(_("answer"))
    language = models.CharField(_("language"), max_length=10)
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="feedback_reply")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("answer to a tester")
        verbose_name_plural = _("answers to testers")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:60]


class PriorityRule(PlanItem):
    """Who is told at once about what comes in. The first rule that fits decides.

    An empty list fits everything. Lists hold kinds and severities by their codes.
    """

    name = models.CharField(_("name"), max_length=200)
    kinds = models.JSONField(_("kinds"), default=list, blank=True)
    severities = models.JSONField(_("severities"), default=list, blank=True)
    notify = models.CharField(_("tell"), max_length=20, choices=RoleName.choices, blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("triage rule")
        verbose_name_plural = _("triage rules")

    def __str__(self) -> str:
        return self.name

    def fits(self, item: FeedbackItem) -> bool:
        """Tell whether this rule is about `item`."""
        return (not self.kinds or item.kind in self.kinds) and (
            not self.severities or item.severity in self.severities
        )
