"""Rules about many rows: what is due, what waits, what needs a person."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from rollout_portal.outbox.states import LEASED, WAITING, MessageState

if TYPE_CHECKING:
    # mypy reads the names in the bases below; ruff does not.
    from rollout_portal.outbox.models import Message, Suppression  # noqa: F401


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages by the questions that senders and staff ask."""

    def of_scope(self, scope: UUID | None) -> "MessageQuerySet":
        """Return the messages of one rollout, or of the installation for None."""
        return self.filter(scope=scope)

    def due(self, now: datetime) -> "MessageQuerySet":
        """Return what may be claimed at the business moment `now`, the most urgent and oldest first."""
        return self.filter(state=MessageState.QUEUED, due_at__lte=now).order_by("-urgent", "due_at", "pk")

    def on_open_channels(self) -> "MessageQuerySet":
        """Leave out channels whose server could not be reached and rests, by the database's clock."""
        return self.filter(Q(channel__paused_until__isnull=True) | Q(channel__paused_until__lte=Now()))

    def lease_over(self) -> "MessageQuerySet":
        """Return the messages whose sender went away, by the database's clock."""
        return self.filter(state__in=LEASED, lease_until__lt=Now())

    def waiting(self) -> "MessageQuerySet":
        """Return what has still to leave."""
        return self.filter(state__in=WAITING)

    def undecided(self) -> "MessageQuerySet":
        """Return the uncertain messages that wait for a person's decision."""
        return self.filter(state=MessageState.UNCERTAIN, again__isnull=True)


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """Blocked addresses."""

    def in_force(self) -> "SuppressionQuerySet":
        """Return the blocks that were not lifted."""
        return self.filter(lifted_at__isnull=True)
