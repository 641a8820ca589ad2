"""A message from the wish to send it to the server's word, with everything that happened to it."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollout_portal.outbox.models.channels import Channel
from rollout_portal.outbox.models.templates import TemplateVersion
from rollout_portal.outbox.querysets import MessageQuerySet
from rollout_portal.outbox.states import (
    LEASED,
    MAX_ATTEMPTS,
    NEEDS_REASON,
    WAITING,
    Happening,
    MessageKind,
    MessageState,
    Policy,
)


class Lane(models.Model):
    """One sender on one connection. It claims messages in chunks and numbers them in its order."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="lanes")
    sender = models.CharField(_("process"), max_length=120)
    opened_at = models.DateTimeField(_("since"), auto_now_add=True)
    claimed_at = models.DateTimeField(
        _("last claim"), db_index=True, help_text=_("By the database's clock: whether somebody is sending.")
    )

    class Meta:
        verbose_name = _("lane")
        verbose_name_plural = _("lanes")

    def __str__(self) -> str:
        return f"{self.channel} {self.sender}"


class Message(models.Model):
    """One message to one address. It holds what to say as references, never a body and never a link.

    The lease is a token and an end by the database's clock: only who holds the token may move the row.
    An uncertain row keeps its token, so that an answer that comes after all can still be recorded.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(_("key"), max_length=200, unique=True)
    scope = models.UUIDField(_("rollout"), null=True, blank=True, db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=MessageKind.choices)
    policy = models.CharField(_("if the answer is lost"), max_length=16, choices=Policy.choices)
    urgent = models.BooleanField(_("before others"), default=False)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="messages")

    version = models.ForeignKey(
        TemplateVersion, on_delete=models.PROTECT, related_name="messages", verbose_name=_("text")
    )
    language = models.CharField(_("language"), max_length=10)
    params = models.JSONField(default=dict)

    recipient = models.CharField(_("address"), max_length=254, blank=True)
    recipient_name = models.CharField(_("name"), max_length=150, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, help_text=_("Where the person lives, for quiet hours.")
    )
    reference = models.UUIDField(
        _("person"), null=True, blank=True, db_index=True, help_text=_("The person's pseudonym.")
    )

    state = models.CharField(
        _("state"), max_length=10, choices=MessageState.choices, default=MessageState.QUEUED
    )
    reason = models.CharField(_("because"), max_length=60, blank=True)
    error = models.CharField(_("the server's words"), max_length=500, blank=True)
    due_at = models.DateTimeField(_("due"))
    expires_at = models.DateTimeField(_("not after"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    message_id = models.CharField("Message-ID", max_length=200, unique=True, editable=False)

    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    lane = models.ForeignKey(
        Lane, on_delete=models.PROTECT, null=True, blank=True, related_name="messages", editable=False
    )
    lane_position = models.PositiveIntegerField(null=True, blank=True, editable=False)

    again_of = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="again",
        verbose_name=_("sent again for"),
    )
    created_at = models.DateTimeField(_("asked for"))
    handed_at = models.DateTimeField(_("handed to the server"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)

    objects: ClassVar[MessageQuerySet] = MessageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["-urgent", "due_at", "id"],
                name="outbox_message_due",
                condition=Q(state=MessageState.QUEUED),
            ),
            models.Index(fields=["lease_until"], name="outbox_message_leased", condition=Q(state__in=LEASED)),
            models.Index(
                fields=["state", "scope"],
                name="outbox_message_questions",
                condition=~Q(state=MessageState.SENT),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=MessageState.values), name="outbox_message_state_known"
            ),
            models.CheckConstraint(
                condition=Q(attempts__lte=MAX_ATTEMPTS), name="outbox_message_tries_are_limited"
            ),
            models.CheckConstraint(
                condition=Q(state__in=LEASED, lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state__in=LEASED) & Q(lease_until__isnull=True)),
                name="outbox_message_leased_while_in_hand",
            ),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | (~Q(state=MessageState.SENT) & Q(sent_at__isnull=True)),
                name="outbox_message_sent_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=NEEDS_REASON) | ~Q(reason=""),
                name="outbox_message_end_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(recipient="") | Q(erased_at__isnull=False),
                name="outbox_message_has_an_address_until_erased",
            ),
            models.CheckConstraint(
                condition=~Q(state=MessageState.QUEUED) | Q(erased_at__isnull=True),
                name="outbox_message_erased_never_waits",
            ),
            models.CheckConstraint(
                condition=~Q(state=MessageState.UNCERTAIN) | Q(policy=Policy.NEVER_TWICE),
                name="outbox_message_only_never_twice_is_uncertain",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.uuid)[:8]}"

    @property
    def is_waiting(self) -> bool:
        """Whether it has still to leave."""
        return self.state in WAITING


class DeliveryEvent(models.Model):
    """One thing that happened to a message; written once. `words` are the server's, without addresses."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="events")
    what = models.CharField(_("what"), max_length=16, choices=Happening.choices)
    at = models.DateTimeField(_("when"))
    code = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    words = models.CharField(_("words"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.words}".strip()
