"""What the owner of a plan decided about findings of the linter."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from phases.models.rollouts import Rollout


class SettledFindingQuerySet(models.QuerySet["SettledFinding"]):
    """Acceptances, by whether they still hold."""

    def in_force(self) -> Self:
        return self.filter(reopened_at__isnull=True)


class SettledFinding(models.Model):
    """A finding that is accepted, with the reason. It lasts as long as its figures: others, another `key`.

    `key` is the fingerprint of rule, codes and figures (`phases.documents.linter`); `words` are those that
    stood on the page.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="settledfindings")
    key = models.CharField(max_length=64)
    rule = models.CharField(_("rule"), max_length=80)
    words = models.TextField(_("finding"))
    reason = models.TextField(_("why it is accepted"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("who")
    )
    at = models.DateTimeField(_("when"))
    reopened_at = models.DateTimeField(_("opened again"), null=True, blank=True)

    objects: ClassVar[SettledFindingQuerySet] = SettledFindingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("settled finding")
        verbose_name_plural = _("settled findings")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rollout", "key"],
                condition=Q(reopened_at__isnull=True),
                name="phases_settledfinding_once",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="phases_settledfinding_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.words}"[:200]
