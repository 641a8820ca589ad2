"""What staff decide about a message whose fate nobody knows: it went out, or send it again."""

import re
import uuid
from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.lib import clock, wakeups
from rollout_portal.outbox import hooks, permission, services
from rollout_portal.outbox.exceptions import NotAllowed, OutboxError, WrongState
from rollout_portal.outbox.models import DeliveryEvent, Message
from rollout_portal.outbox.states import Happening, MessageState

_SUFFIX = re.compile(r"#(\d+)$")


def mark_as_sent(*, message: Message, by: User, reason: str) -> Message:
    """Record that the message did go out, as the server's own log shows.

    :raises NotAllowed: when `by` may not decide in this rollout.
    :raises WrongState: when it is not uncertain, or was decided already.
    """
    with transaction.atomic():
        row = _decidable(message, by, reason, {MessageState.UNCERTAIN})
        row.state = MessageState.SENT
        row.sent_at = row.handed_at or clock.now()
        row.lease_token = None
        row.save(update_fields=["state", "sent_at", "lease_token"])
        _note(row, Happening.MARKED_SENT)
        audit.record(
            actor=by,
            verb="message.marked_sent",
            obj=row,
            scope=row.scope,
            reason=reason,
            before={"state": MessageState.UNCERTAIN},
            after={"state": MessageState.SENT},
        )
    return row


def send_again(*, message: Message, by: User, reason: str) -> Message:
    """Ask for the same message once more, as a new row with a new key; return it.

    The person may get it twice: that is what `by` decides. For an uncertain or a failed message.

    :raises NotAllowed: when `by` may not decide in this rollout.
    :raises WrongState: when it is in another state, was sent again already, or its address was erased.
    """
    with transaction.atomic():
        row = _decidable(message, by, reason, {MessageState.UNCERTAIN, MessageState.FAILED})
        if row.erased_at is not None:
            raise WrongState(_("The address was erased; there is nobody to send to."))
        moment = clock.now()
        identity = uuid.uuid4()
        again = Message.objects.create(
            uuid=identity,
            key=_next_key(row.key),
            scope=row.scope,
            kind=row.kind,
            policy=row.policy,
            urgent=row.urgent,
            channel=row.channel,
            version=row.version,
            language=row.language,
            params=row.params,
            recipient=row.recipient,
            recipient_name=row.recipient_name,
            time_zone=row.time_zone,
            reference=row.reference,
            due_at=moment,
            expires_at=row.expires_at,
            message_id=services.new_message_id(identity),
            again_of=row,
            created_at=moment,
        )
        _note(row, Happening.SENT_AGAIN)
        _note(again, Happening.QUEUED)
        hooks.follow(row, again)
        wakeups.kick(services.DRAIN)
        audit.record(
            actor=by,
            verb="message.sent_again",
            obj=row,
            scope=row.scope,
            reason=reason,
            before={"state": row.state},
            after={"new_message": again.uuid},
        )
    return again


def _decidable(message: Message, by: User, reason: str, states: Collection[MessageState]) -> Message:
    """Return the locked row, or say why nothing can be decided about it."""
    row = Message.objects.select_for_update().get(pk=message.pk)
    if not permission.may(by, permission.DECIDE, row.scope):
        raise NotAllowed(_("You may not decide about messages here."))
    if not reason.strip():
        raise OutboxError(_("Say why; the reason is kept on the record."))
    if row.state not in states:
        raise WrongState(
            _("The message is “%(state)s” now; look again.") % {"state": row.get_state_display().lower()}
        )
    if Message.objects.filter(again_of=row).exists():
        raise WrongState(_("It was sent again already; look at the new message."))
    return row


def _next_key(key: str) -> str:
    found = _SUFFIX.search(key)
    return f"{key[: found.start()]}#{int(found[1]) + 1}" if found else f"{key}#2"


def _note(message: Message, what: Happening) -> None:
    DeliveryEvent.objects.create(message=message, what=what, at=clock.now())
