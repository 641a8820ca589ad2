"""Every move of a message that is on its way, each in one short transaction.

    claim    queued → claimed          a token and a lease, for a chunk of the lane
    begin    claimed → sending         row locked, questions asked, limits counted, links minted
    (the mail server)
    record   sending → sent | …        by the token

A sender that dies in the first two leaves a message that certainly did not go out; one that dies between
the second and the third leaves one of which nobody knows, and its policy decides.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Min
from django.db.models.functions import Now

from rollout_portal.audit import services as audit
from rollout_portal.lib import clock, wakeups
from rollout_portal.outbox import addresses, caps, permission, quiet, suppressions
from rollout_portal.outbox.envelopes import Envelope, compose
from rollout_portal.outbox.leases import LEASE, ahead
from rollout_portal.outbox.models import DeliveryEvent, Lane, Message
from rollout_portal.outbox.services import DRAIN
from rollout_portal.outbox.states import (
    MAX_ATTEMPTS,
    TRANSITIONS,
    Happening,
    MessageState,
    Policy,
    Reason,
    SuppressionReason,
)
from rollout_portal.outbox.transports import Outcome, Result

log = structlog.get_logger("outbox")

# After try 1, 2, …: a greylisting server wants minutes, a full mailbox hours.
RETRY_PLAN: Final = tuple(timedelta(seconds=s) for s in (60, 180, 600, 1800, 3600, 7200, 14400))
_RETURN_AT_ONCE: Final = 500


def claim(*, lane: Lane, size: int, position: int) -> list[Message]:
    """Claim up to `size` due messages for a lane; its order in the chunk is its order of sending.

    :param position: the number of the first one in the lane.
    """
    token = uuid.uuid4()
    with transaction.atomic():
        pks = list(
            Message.objects.due(clock.now())
            .filter(channel_id=lane.channel_id)
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:size]
        )
        if not pks:
            return []
        for offset, pk in enumerate(pks):
            Message.objects.filter(pk=pk, state=MessageState.QUEUED).update(
                state=MessageState.CLAIMED,
                lease_token=token,
                lease_until=ahead(LEASE),
                lane=lane,
                lane_position=position + offset,
            )
        rows = list(Message.objects.filter(lease_token=token).order_by("lane_position"))
        Lane.objects.filter(pk=lane.pk).update(claimed_at=Now())
    return rows


def begin(pk: int, token: uuid.UUID) -> tuple[Message, Envelope] | None:
    """Move a claimed message to "sending" if it may still go out; return it with its envelope.

    None when it was taken away (the lease ran out, it was cancelled), or was put off or skipped here.
    Everything that is asked, counted and minted belongs to this one transaction.
    """
    with transaction.atomic():
        message = (
            Message.objects.select_for_update(of=("self",))
            .select_related("version__template")
            .prefetch_related("version__texts")
            .filter(pk=pk, lease_token=token, state=MessageState.CLAIMED, lease_until__gt=Now())
            .first()
        )
        if message is None:
            return None
        refusal = _own_refusal(message) or permission.ask(message) or _at_night(message)
        if refusal is not None:
            _turn_down(message, refusal)
            return None
        made = _count_and_compose(message)
        if isinstance(made, Envelope):
            _hand_out(message)
            return message, made
        if isinstance(made, Exception):
            words = addresses.redact(f"{type(made).__name__}: {made}")
            _move(message, MessageState.FAILED, reason=Reason.RENDERING, error=words)
            return None
        _turn_down(message, permission.Refusal(Reason.CAP, made.until))
    # Outside of the lock on the limit: what it covers need not be claimed one by one to learn the same.
    _put_off(message.channel_id, None if made.everybody else message.scope, made)
    return None


def record(message: Message, outcome: Outcome) -> None:
    """Write down how the handing over ended; by the token, so that nobody else's row is touched."""
    with transaction.atomic():
        row = (
            Message.objects.select_for_update()
            .filter(pk=message.pk, lease_token=message.lease_token)
            .filter(state__in=[MessageState.SENDING, MessageState.UNCERTAIN])
            .first()
        )
        if row is None:
            # The lease ran out and the message is on its way again: this answer is history only.
            what = Happening.SENT if outcome.result is Result.TAKEN else Happening.REFUSED_FOR_NOW
            _note_all([message.pk], what, outcome.code, outcome.words)
            return
        if row.state == MessageState.UNCERTAIN and outcome.result is not Result.TAKEN:
            _note_all([row.pk], Happening.UNCERTAIN, outcome.code, outcome.words)
            return
        _RECORDERS[outcome.result](row, outcome)


def return_expired_leases() -> int:
    """Give back what dead senders held; return how many rows moved.

    Claimed goes back to the queue. Sending goes back if the message may double, under the same
    Message-ID; else it is uncertain and waits for a person.
    """
    moved = 0
    while True:
        with transaction.atomic():
            rows = list(
                Message.objects.lease_over()
                .select_for_update(skip_locked=True)
                .order_by("lease_until")[:_RETURN_AT_ONCE]
            )
            for row in rows:
                _return_one(row)
        moved += len(rows)
        if len(rows) < _RETURN_AT_ONCE:
            break
    if moved:
        wakeups.kick(DRAIN)
    return moved


def leases_over_since() -> datetime | None:
    """Return the end of the oldest lease that ran out; None when every sender lives."""
    oldest: datetime | None = Message.objects.lease_over().aggregate(oldest=Min("lease_until"))["oldest"]
    return oldest


def _own_refusal(message: Message) -> permission.Refusal | None:
    """Return what the outbox itself has against a message."""
    if message.expires_at is not None and message.expires_at <= clock.now():
        return permission.Refusal(Reason.TOO_LATE)
    if suppressions.is_blocked(message.recipient):
        return permission.Refusal(Reason.SUPPRESSED)
    return None


def _at_night(message: Message) -> permission.Refusal | None:
    """Put a message off that would arrive in quiet hours; asked last, because "never" wins over "later"."""
    until = quiet.quiet_until(message, clock.now())
    return permission.Refusal(Reason.QUIET, until) if until else None


def _count_and_compose(message: Message) -> Envelope | caps.Full | Exception:
    """Return the envelope, or which limit is full, or why the text cannot be made.

    Without an envelope nothing was counted and no link minted.
    """
    try:
        with transaction.atomic():
            full = caps.take(channel_id=message.channel_id, scope=message.scope)
            return full or compose(message)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Whatever a minter or a text does wrong is this message's trouble, never the next one's.
        log.exception("message.rendering_failed", message=str(message.uuid))
        return error


def _hand_out(message: Message) -> None:
    _note_all([message.pk], Happening.CLAIMED)
    message.attempts += 1
    message.handed_at = clock.now()
    _move(
        message,
        MessageState.SENDING,
        lease_until=ahead(LEASE),
        attempts=message.attempts,
        handed_at=message.handed_at,
        reason="",
        error="",
    )


def _put_off(channel_id: int, scope: uuid.UUID | None, full: caps.Full) -> None:
    """Put the whole queue behind a full limit off until it is free."""
    with transaction.atomic():
        due = Message.objects.due(clock.now()).filter(channel_id=channel_id)
        if scope is not None:
            due = due.filter(scope=scope)
        free = due.order_by("pk").select_for_update(skip_locked=True).values("pk")
        Message.objects.filter(pk__in=free).update(due_at=full.until, reason=Reason.CAP)


def _turn_down(message: Message, refusal: permission.Refusal) -> None:
    if refusal.retry_at is None:
        _move(message, MessageState.SKIPPED, reason=refusal.reason)
        return
    # A hold of days is asked about every minute; only the first answer of a kind is worth a line.
    known = message.reason == refusal.reason
    _move(message, MessageState.QUEUED, quiet=known, reason=refusal.reason, due_at=refusal.retry_at)


def _return_one(row: Message) -> None:
    if row.state == MessageState.CLAIMED:
        _move(row, MessageState.QUEUED, happening=Happening.LEASE_EXPIRED, reason="")
    elif row.policy == Policy.NEVER_TWICE:
        _move(row, MessageState.UNCERTAIN, reason=Reason.WORKER_LOST)
    else:
        _later(row, Outcome(Result.LOST), Reason.WORKER_LOST, at=clock.now())


def _taken(row: Message, outcome: Outcome) -> None:
    _move(
        row,
        MessageState.SENT,
        code=outcome.code,
        words=outcome.words,
        sent_at=clock.now(),
        reason="",
        error="",
    )


def _refused_for_now(row: Message, outcome: Outcome) -> None:
    caps.give_back(row)
    _later(row, outcome, Reason.SERVER_BUSY)


def _not_handed(row: Message, outcome: Outcome) -> None:
    caps.give_back(row)
    _later(row, outcome, Reason.UNREACHABLE)


def _refused(row: Message, outcome: Outcome) -> None:
    caps.give_back(row)
    reason = Reason.NO_SMTPUTF8 if outcome.result is Result.UNSUITABLE else Reason.REFUSED
    _move(
        row, MessageState.FAILED, reason=reason, error=outcome.words, code=outcome.code, words=outcome.words
    )
    if outcome.bounce and row.recipient:
        suppressions.block(
            address=row.recipient,
            reason=SuppressionReason.BOUNCE,
            by=audit.System(cause="The mail server refused the address."),
            words=outcome.words,
            message=row,
        )


def _lost(row: Message, outcome: Outcome) -> None:
    if row.policy == Policy.NEVER_TWICE:
        _move(
            row,
            MessageState.UNCERTAIN,
            reason=Reason.ANSWER_LOST,
            error=outcome.words,
            words=outcome.words,
        )
        return
    _later(row, outcome, Reason.ANSWER_LOST)


_RECORDERS: Final[dict[Result, Callable[[Message, Outcome], None]]] = {
    Result.TAKEN: _taken,
    Result.REFUSED_FOR_NOW: _refused_for_now,
    Result.NOT_HANDED: _not_handed,
    Result.REFUSED: _refused,
    Result.UNSUITABLE: _refused,
    Result.LOST: _lost,
}


def _later(row: Message, outcome: Outcome, reason: Reason, at: datetime | None = None) -> None:
    """Put a message that was tried back into the queue, or give it up after the last try."""
    changes: dict[str, Any] = {"error": outcome.words, "reason": reason}
    happening = Happening.REFUSED_FOR_NOW if at is None else Happening.LEASE_EXPIRED
    to = MessageState.QUEUED
    if row.erased_at is not None:
        to, happening = MessageState.CANCELLED, Happening.CANCELLED
        changes["reason"] = Reason.ERASED
    elif row.attempts >= MAX_ATTEMPTS:
        to, happening = MessageState.FAILED, Happening.FAILED
        changes["reason"] = Reason.GIVEN_UP
    else:
        changes["due_at"] = at or clock.now() + RETRY_PLAN[row.attempts - 1]
    _move(row, to, happening=happening, code=outcome.code, words=outcome.words, **changes)


_HAPPENINGS: Final = {
    MessageState.QUEUED: Happening.DEFERRED,
    MessageState.SENDING: Happening.SENDING,
    MessageState.SENT: Happening.SENT,
    MessageState.UNCERTAIN: Happening.UNCERTAIN,
    MessageState.FAILED: Happening.FAILED,
    MessageState.SKIPPED: Happening.SKIPPED,
    MessageState.CANCELLED: Happening.CANCELLED,
}


def _move(
    row: Message,
    to: MessageState,
    *,
    happening: Happening | None = None,
    code: int | None = None,
    words: str = "",
    quiet: bool = False,
    **changes: Any,
) -> None:
    """Move a locked row to another state and note it: the one place where a sender changes a state.

    :param quiet: leave it off the record, because nothing is new about it.
    :raises RuntimeError: when the table of transitions has no such move.
    """
    if to not in TRANSITIONS[MessageState(row.state)]:
        raise RuntimeError(f"A message cannot go from {row.state} to {to}")
    if to != MessageState.SENDING:
        changes["lease_until"] = None
        if to != MessageState.UNCERTAIN:
            changes["lease_token"] = None
    Message.objects.filter(pk=row.pk).update(state=to, **changes)
    row.state = to
    if not quiet:
        _note_all([row.pk], happening or _HAPPENINGS[to], code, words or str(changes.get("reason") or ""))


def _note_all(pks: list[int], what: Happening, code: int | None = None, words: str = "") -> None:
    moment = clock.now()
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(message_id=pk, what=what, at=moment, code=code, words=words[:500]) for pk in pks
    )
