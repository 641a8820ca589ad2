"""Batches of invitations, each person's invitation, and the links that open it."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from cohorts.models.people import Participant
from cohorts.models.selections import Selection
from cohorts.states import Answer, BatchState, InvitationState, LinkPurpose
from phases.models import Phase, Rollout
from rollout_portal.lib.constraints import known_values
from rollout_portal.outbox.models import DeliveryEvent, Message
from rollout_portal.outbox.states import Happening, MessageState


class Batch(models.Model):
    """Some people of a selection who are asked at one time. Approving it is what sends.

    `template` is the code of the message template; the version is fixed in each message at approval.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="batches")
    phase = models.ForeignKey(Phase, on_delete=models.PROTECT, related_name="batches")
    selection = models.ForeignKey(Selection, on_delete=models.PROTECT, related_name="batches")
    number = models.PositiveIntegerField(_("number"))
    template = models.SlugField(_("text"), max_length=60, default="invitation")
    send_at = models.DateTimeField(_("goes out"))
    answer_until = models.DateTimeField(_("answer until"))
    state = models.CharField(_("state"), max_length=9, choices=BatchState.choices, default=BatchState.DRAFT)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    held_because = models.TextField(_("held because"), blank=True)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["phase", "number"]
        constraints = [
            known_values("cohorts_batch_state_known", "state", BatchState),
            models.UniqueConstraint(fields=["phase", "number"], name="cohorts_batch_number_once"),
            models.CheckConstraint(
                condition=~Q(state=BatchState.APPROVED)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="cohorts_batch_approved_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, held_because="")
                | (Q(held_at__isnull=False) & ~Q(held_because="")),
                name="cohorts_batch_held_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(answer_until__gt=models.F("send_at")), name="cohorts_batch_leaves_time_to_answer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.phase.code}-{self.number}"

    @property
    def is_held(self) -> bool:
        return self.held_at is not None


_FROM_MESSAGE = {
    MessageState.QUEUED: InvitationState.QUEUED,
    MessageState.CLAIMED: InvitationState.QUEUED,
    MessageState.SENDING: InvitationState.SENDING,
    MessageState.SENT: InvitationState.SENT,
    MessageState.UNCERTAIN: InvitationState.UNCERTAIN,
    MessageState.FAILED: InvitationState.FAILED,
    MessageState.SKIPPED: InvitationState.SKIPPED,
    MessageState.CANCELLED: InvitationState.CANCELLED,
}


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Return the invitations that still ask somebody."""
        return self.filter(answer=Answer.NONE, closed_at__isnull=True)

    def with_state(self, now: datetime) -> Self:
        """Add `standing`: an InvitationState, read from the answer, the message and the clock."""
        bounced = DeliveryEvent.objects.filter(
            message=OuterRef("message"), what__in=[Happening.BOUNCED, Happening.COMPLAINED]
        )
        return self.annotate(
            standing=Case(
                When(answer=Answer.ACCEPTED, then=Value(InvitationState.ACCEPTED.value)),
                When(answer=Answer.DECLINED, then=Value(InvitationState.DECLINED.value)),
                When(message__isnull=True, then=Value(InvitationState.DRAFT.value)),
                When(Exists(bounced), then=Value(InvitationState.BOUNCED.value)),
                When(
                    Q(message__state=MessageState.SENT) & Q(batch__answer_until__lte=now),
                    then=Value(InvitationState.EXPIRED.value),
                ),
                *(
                    When(message__state=state, then=Value(standing.value))
                    for state, standing in _FROM_MESSAGE.items()
                ),
                output_field=models.CharField(),
            )
        )

    def on_their_way(self) -> Self:
        """Return the invitations whose message was handed over, or is being handed over right now."""
        return self.filter(
            message__state__in=[MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN]
        )

    def unsent(self) -> Self:
        """Return the invitations whose message can still be stopped."""
        return self.filter(message__state__in=[MessageState.QUEUED, MessageState.CLAIMED])


class Invitation(models.Model):
    """One person's invitation. Delivery is read from its message, the answer is kept here."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="invitations")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="invitations")
    message = models.OneToOneField(
        Message, on_delete=models.PROTECT, null=True, blank=True, related_name="invitation"
    )
    answer = models.CharField(_("answer"), max_length=8, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    closed_at = models.DateTimeField(
        _("closed"), null=True, blank=True, help_text=_("No answer is taken any more; the person is out.")
    )

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "participant"], name="cohorts_invitation_person_once"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="cohorts_invitation_answer_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant} {self.batch}"


class PersonalLink(models.Model):
    """A link that was mailed to somebody: only the digest of its token. Several may be live at once.

    While the person takes part it stays live past `expires_at` (links.py), so that she reaches her data.
    """

    purpose = models.CharField(max_length=30, choices=LinkPurpose.choices)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="links")
    invitation = models.ForeignKey(
        Invitation, on_delete=models.PROTECT, null=True, blank=True, related_name="links"
    )
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("personal link")
        verbose_name_plural = _("personal links")

    def __str__(self) -> str:
        return f"{self.purpose} {self.digest[:8]}"
