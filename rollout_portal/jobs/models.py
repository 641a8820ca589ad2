"""Long work with progress, private files, and signs of life of processes."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rollout_portal.jobs.states import JobState


class StoredFile(models.Model):
    """A private file: kept outside the web root, served only by a view that checks permission."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scope = models.UUIDField(_("rollout"), null=True, blank=True, db_index=True)
    name = models.CharField(_("file name"), max_length=255)
    content = models.FileField(upload_to="%Y/%m/", max_length=255)
    content_type = models.CharField(max_length=127)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    digest = models.CharField("SHA-256", max_length=64, db_index=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """A piece of work that takes longer than a page: what it does, how far it is, how it ended."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scope = models.UUIDField(_("rollout"), null=True, blank=True, db_index=True)
    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.QUEUED)
    params = models.JSONField(default=dict)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(
                fields=["created_at"],
                name="jobs_job_due",
                condition=Q(state__in=[JobState.QUEUED, JobState.RUNNING]),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(total__isnull=True) | Q(done__lte=F("total")), name="jobs_job_done_within_total"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[JobState.QUEUED, JobState.RUNNING], ended_at__isnull=True)
                | Q(state__in=[JobState.DONE, JobState.FAILED, JobState.CANCELLED], ended_at__isnull=False),
                name="jobs_job_ended_when_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class Heartbeat(models.Model):
    """The last sign of life of a process: what /readyz and the band in the console go by."""

    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.name
