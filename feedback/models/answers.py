"""Who was asked, and what was answered. Answers are written once; a change is a new submission."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cohorts.models import Participant
from feedback.models.surveys import Occasion, Question
from feedback.states import RequestState
from rollout_portal.outbox.models import Message


class SurveyRequest(models.Model):
    """One person asked in one wave. `draft` keeps what was written before "Save and go on later"."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    occasion = models.ForeignKey(Occasion, on_delete=models.PROTECT, related_name="requests")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="survey_requests")
    state = models.CharField(
        _("state"), max_length=9, choices=RequestState.choices, default=RequestState.QUEUED
    )
    message = models.OneToOneField(
        Message, on_delete=models.PROTECT, null=True, blank=True, related_name="survey_request"
    )
    draft = models.JSONField(_("kept for later"), default=dict, blank=True)
    created_at = models.DateTimeField(_("asked"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("survey request")
        verbose_name_plural = _("survey requests")
        ordering = ["occasion", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["occasion", "participant"], name="feedback_surveyrequest_person_once"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[RequestState.SENT, RequestState.STARTED, RequestState.SUBMITTED])
                | Q(sent_at__isnull=False),
                name="feedback_surveyrequest_sent_before_answered",
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.SUBMITTED) | Q(draft={}),
                name="feedback_surveyrequest_draft_ends_with_the_answer",
            ),
        ]
        indexes = [models.Index(fields=["occasion", "state"], name="feedback_request_by_state")]

    def __str__(self) -> str:
        return f"{self.occasion} {self.participant}"


class SurveyLink(models.Model):
    """The SHA-256 of a link that was put into a mail. One request may have several."""

    request = models.ForeignKey(SurveyRequest, on_delete=models.PROTECT, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    minted_at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("survey link")
        verbose_name_plural = _("survey links")

    def __str__(self) -> str:
        return self.digest[:12]


class Response(models.Model):
    """That a request was answered; once. It names no person: language and stratum are copied."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    request = models.OneToOneField(SurveyRequest, on_delete=models.PROTECT, related_name="response")
    occasion = models.ForeignKey(Occasion, on_delete=models.PROTECT, related_name="responses")
    language = models.CharField(_("language"), max_length=10)
    stratum = models.CharField(_("group"), max_length=120, blank=True)
    submitted_at = models.DateTimeField(_("answered"))
    edited_at = models.DateTimeField(_("changed"), null=True, blank=True)

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["-submitted_at", "-pk"]
        indexes = [models.Index(fields=["occasion", "submitted_at"], name="feedback_response_by_wave")]

    def __str__(self) -> str:
        return str(self.uuid)


class Submission(models.Model):
    """One press of "Send my answers". Number 1 is the answer, later ones are its changes. Never changed."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField(_("number"))
    language = models.CharField(_("language of the form"), max_length=10)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ["response", "number"]
        constraints = [
            models.UniqueConstraint(fields=["response", "number"], name="feedback_submission_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.response} {self.number}"


class Answer(models.Model):
    """What a submission says to one question: a number, an option, or words. Never changed.

    `slot` is empty, except where several options may be chosen: then each has a row of its own. Only
    erasure may empty `text`.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="answers")
    slot = models.CharField(max_length=60, blank=True)
    number = models.SmallIntegerField(_("mark"), null=True, blank=True)
    choice = models.CharField(_("option"), max_length=60, blank=True)
    text = models.TextField(_("words"), blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "question", "slot"], name="feedback_answer_question_once"
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=True) | Q(choice="", text=""), name="feedback_answer_one_value"
            ),
        ]
        indexes = [models.Index(fields=["question", "number"], name="feedback_answer_by_question")]

    def __str__(self) -> str:
        return self.choice or self.text[:40] or str(self.number)
