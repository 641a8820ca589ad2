"""Who may use the API of a rollout, and what was already answered."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from phases.models.rollouts import Rollout


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self, at: datetime) -> Self:
        """Return the tokens that open something at `at`: neither revoked nor expired."""
        return self.filter(Q(revoked_at__isnull=True) | Q(revoked_at__gt=at), expires_at__gt=at)


class ApiToken(models.Model):
    """A key with which a program speaks for one rollout, for some purposes, until a day.

    The secret is shown once, when it is made; the table keeps its SHA-256 and the first letters, by
    which people tell their tokens apart. `last_used_at` is exact to an hour: a token that is used every
    few seconds does not write its row every few seconds.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(_("starts with"), max_length=12)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("may"), default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("good until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects: ClassVar[ApiTokenQuerySet] = ApiTokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="phases_apitoken_expires_later"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="phases_apitoken_revoked_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_live(self, at: datetime) -> bool:
        """Whether the token opens something at `at`."""
        return self.expires_at > at and (self.revoked_at is None or self.revoked_at > at)


class IdempotentRequest(models.Model):
    """A request that may be sent twice and is done once: its key, its content, and the answer it got.

    The answer is written in the transaction of the effect, so that both are there or neither. Until then
    `lease_until` (by the database's clock) says how long others are told to wait; `claim` names the
    request that holds the lease.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="requests")
    key = models.CharField(_("key"), max_length=255)
    digest = models.CharField(_("fingerprint of the request"), max_length=64)
    claim = models.UUIDField(default=uuid.uuid4)
    lease_until = models.DateTimeField()
    created_at = models.DateTimeField(_("first sent"), db_index=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    body = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("repeatable request")
        verbose_name_plural = _("repeatable requests")
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="phases_idempotentrequest_key_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, status__isnull=True)
                | Q(answered_at__isnull=False, status__isnull=False),
                name="phases_idempotentrequest_answer_has_a_status",
            ),
        ]

    def __str__(self) -> str:
        return self.key
