"""The audit chain. Rows are written by `services.record()` only; triggers refuse everything else."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

# NULLs are distinct in a unique index; the installation's own chain (no scope) counts as this one.
_INSTALLATION = Value(uuid.UUID(int=0), output_field=models.UUIDField())


class ChainHead(models.Model):
    """The newest entry of one chain; locked while an entry is added, so that a chain never forks."""

    scope = models.UUIDField(_("rollout"), null=True)
    seq = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Coalesce("scope", _INSTALLATION), name="audit_chainhead_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scope or 'installation'} at {self.seq}"


class AuditEvent(models.Model):
    """One entry: an act, its actor, its object, the reason, and the state before and after.

    `digest` is the SHA-256 of the canonical JSON of all other columns with the digest of the entry
    before it, so that an edit, a deletion or a new order breaks the chain.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    scope = models.UUIDField(_("rollout"), null=True, db_index=True)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField(_("when"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("who")
    )
    cause = models.CharField(
        _("cause"), max_length=200, blank=True, help_text=_("What made the system act, when nobody did.")
    )
    verb = models.CharField(_("act"), max_length=60, db_index=True)
    object_type = models.CharField(_("kind"), max_length=60)
    object_id = models.CharField(_("object"), max_length=64, db_index=True)
    object_label = models.CharField(_("name"), max_length=200, blank=True)
    reason = models.TextField(_("why"), blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(_("fingerprint"), max_length=64)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                Coalesce("scope", _INSTALLATION), "seq", name="audit_auditevent_seq_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_label or self.object_id}"
