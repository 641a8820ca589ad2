"""One import of a list: the file, how it is read, what the look at it found, and what was written."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cohorts.states import ImportState
from phases.models import Rollout
from rollout_portal.jobs.models import Job, StoredFile


class ParticipantImport(models.Model):
    """A list on its way in, page by page. Nothing is written before the last one.

    `columns` maps the name of each column to what it means (importing/columns.py). `report` is the
    result of the newest look or of the import itself.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="imports")
    state = models.CharField(_("state"), max_length=8, choices=ImportState.choices, default=ImportState.READ)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="imports")
    encoding = models.CharField(_("encoding"), max_length=12)
    delimiter = models.CharField(_("delimiter"), max_length=1)
    columns = models.JSONField(_("columns"), default=dict)
    source = models.CharField(_("where the people come from"), max_length=120, blank=True)
    consent_wording = models.CharField(_("what they agreed to"), max_length=200, blank=True)
    consent_on = models.DateField(_("when they agreed"), null=True, blank=True)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, blank=True, related_name="imports")
    report = models.JSONField(default=dict)
    bad_lines = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="imports_with_bad_lines"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file.name
