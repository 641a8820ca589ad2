"""Addresses that get nothing: put on the list by a bounce, a complaint or staff, and lifted by staff."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.lib import clock
from rollout_portal.outbox import addresses, hooks
from rollout_portal.outbox.exceptions import WrongState
from rollout_portal.outbox.models import DeliveryEvent, Message, Suppression
from rollout_portal.outbox.states import Happening, SuppressionReason

_ANNOUNCE_AT_ONCE: Final = 100
_HAPPENINGS: Final = {
    SuppressionReason.BOUNCE: Happening.BOUNCED,
    SuppressionReason.COMPLAINT: Happening.COMPLAINED,
}


def is_blocked(address: str) -> bool:
    """Tell whether nothing may be sent to the address."""
    return Suppression.objects.in_force().filter(address_digest=addresses.digest(address)).exists()


def block(
    *,
    address: str,
    reason: SuppressionReason,
    by: User | audit.System,
    words: str = "",
    why: str = "",
    message: Message | None = None,
) -> Suppression:
    """Block an address and tell the rooms that keep a ledger; a block that is there already is returned.

    :param words: the server's words, stored without any address.
    :param why: the reason of a person who does this by hand.
    :param message: the message that bounced; the event is added to its record.
    """
    moment = clock.now()
    with transaction.atomic():
        if message is not None and reason in _HAPPENINGS:
            DeliveryEvent.objects.create(
                message=message, what=_HAPPENINGS[reason], at=moment, words=addresses.redact(words)
            )
        suppression, created = Suppression.objects.get_or_create(
            address_digest=addresses.digest(address),
            lifted_at=None,
            defaults={"reason": reason, "words": addresses.redact(words), "since": moment},
        )
        if created:
            if hooks.announce(suppression, message):
                suppression.announced_at = moment
                suppression.save(update_fields=["announced_at"])
            audit.record(
                actor=by,
                verb="address.blocked",
                obj=suppression,
                scope=None,
                reason=why,
                after={"because": reason, "message": message.uuid if message else None},
            )
    return suppression


def lift(*, suppression: Suppression, by: User, reason: str) -> None:
    """Allow messages to the address again; the row stays as history.

    :raises WrongState: when it was lifted already.
    """
    with transaction.atomic():
        row = Suppression.objects.select_for_update().get(pk=suppression.pk)
        if row.lifted_at is not None:
            raise WrongState(_("The block was lifted already."))
        row.lifted_at = clock.now()
        row.save(update_fields=["lifted_at"])
        audit.record(
            actor=by,
            verb="address.unblocked",
            obj=row,
            scope=None,
            reason=reason,
            before={"because": row.reason, "since": row.since},
        )


def unannounced_since() -> datetime | None:
    """Return since when a room has not taken a block; None when every block got through."""
    oldest: datetime | None = Suppression.objects.filter(announced_at__isnull=True).aggregate(
        oldest=Min("since")
    )["oldest"]
    return oldest


def announce_again() -> int:
    """Tell the rooms about blocks that one of them could not take; return how many got through."""
    told = 0
    waiting = Suppression.objects.filter(announced_at__isnull=True).values_list("pk", flat=True)
    for pk in list(waiting[:_ANNOUNCE_AT_ONCE]):
        with transaction.atomic():
            row = Suppression.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if row is None or row.announced_at is not None or not hooks.announce(row, None):
                continue
            row.announced_at = clock.now()
            row.save(update_fields=["announced_at"])
            told += 1
    return told
