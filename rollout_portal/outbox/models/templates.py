"""What messages say. Versions and texts are written once and never change (triggers see to it)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from rollout_portal.outbox.models.channels import INSTALLATION
from rollout_portal.outbox.states import MessageKind


class MessageTemplate(models.Model):
    """The name of a text: one code in a rollout, or in the installation (no scope) for all rollouts."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scope = models.UUIDField(_("rollout"), null=True, blank=True, db_index=True)
    code = models.SlugField(_("code"), max_length=60)
    kind = models.CharField(_("kind"), max_length=20, choices=MessageKind.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ["code", "pk"]
        constraints = [
            models.UniqueConstraint(
                Coalesce("scope", INSTALLATION), "code", name="outbox_messagetemplate_code_once"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class TemplateVersion(models.Model):
    """One wording in all its languages, with the only placeholders that it may use.

    `placeholders` maps a name to `{"sample": text, "link": bool}`; `languages` are the ones that must
    be complete before anything is sent, the first of them for people whose language is not among them.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    template = models.ForeignKey(MessageTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    languages = models.JSONField(_("languages"))
    placeholders = models.JSONField(_("placeholders"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("who")
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="outbox_templateversion_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="outbox_templateversion_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.template.code} {self.number}"


class TemplateText(models.Model):
    """Subject and body of a version in one language."""

    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="texts")
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = [
            models.UniqueConstraint(fields=["version", "language"], name="outbox_templatetext_language_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.language})"
