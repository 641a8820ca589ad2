"""Empty the queue: one lane on one connection, one message after the other."""

import contextlib
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Max, Min
from django.db.models.functions import Now

from rollout_portal.lib import clock, wakeups
from rollout_portal.outbox import ledger, transports
from rollout_portal.outbox.leases import MESSAGE_DEADLINE, ahead
from rollout_portal.outbox.models import Channel, Lane, Message
from rollout_portal.outbox.services import DRAIN
from rollout_portal.outbox.transports import Transport, Unreachable

log = structlog.get_logger("outbox")

# How many messages a lane claims at once.
CHUNK: Final = 1
# One wake-up sends for so long at most and then asks for another: whoever stops a process waits no longer.
DRAIN_LIMIT: Final = 500
DRAIN_SECONDS: Final = 2.0
# How long a server that cannot be reached is left alone, after failure 1, 2, …
PAUSES: Final = tuple(timedelta(seconds=s) for s in (2, 5, 10, 30, 60))
# Seconds between tries to record the server's answer while the database is away; within the lease.
_RECORD_PAUSES: Final = (0.2, 1.0, 2.0, 4.0, 5.0)


def drain(limit: int = DRAIN_LIMIT, seconds: float = DRAIN_SECONDS) -> int:
    """Send what is due, one at a time; return how many messages were taken in hand.

    Safe to run any number of times at once: whoever claims a message has it alone. Stops claiming after
    `limit` messages or `seconds`, and asks for another wake-up then.
    """
    handled, until = 0, time.monotonic() + seconds
    for channel in _channels_with_due_messages():
        handled += _Sender(channel, until).run(limit - handled)
        if handled >= limit or time.monotonic() >= until:
            wakeups.kick(DRAIN)
            break
    return handled


def waiting_since() -> datetime | None:
    """Return a moment that stays the same while due messages wait and nobody claims one; None without any.

    It is the last claim of any sender, or the oldest due time before the first claim ever.
    """
    due = Message.objects.due(clock.now()).on_open_channels().order_by()
    oldest: datetime | None = due.aggregate(oldest=Min("due_at"))["oldest"]
    if oldest is None:
        return None
    claimed: datetime | None = Lane.objects.aggregate(last=Max("claimed_at"))["last"]
    return claimed or oldest


class _Sender:
    """One lane: one process on one connection of one channel."""

    def __init__(self, channel: Channel, until: float) -> None:
        self._channel = channel
        self._until = until
        self._lane: Lane | None = None
        self._sent = 0

    def run(self, limit: int) -> int:
        """Send up to `limit` due messages; return how many were taken in hand."""
        try:
            transport = transports.for_channel(self._channel)
        except Unreachable as error:
            self._pause(str(error))
            return 0
        with contextlib.closing(transport):
            while self._sent < limit and time.monotonic() < self._until:
                # Connect before claiming: a server that is away costs no message a try.
                if not self._is_ready(transport):
                    break
                messages = self._claim(min(CHUNK, limit - self._sent))
                if not messages:
                    break
                for message in messages:
                    self._sent += 1
                    if not self._send(message, transport):
                        return self._sent
        return self._sent

    def _is_ready(self, transport: Transport) -> bool:
        try:
            transport.ready()
        except Unreachable as error:
            self._pause(str(error))
            return False
        if self._channel.failures:
            self._channel.failures = 0
            Channel.objects.filter(pk=self._channel.pk).update(failures=0, paused_until=None, last_error="")
        return True

    def _claim(self, size: int) -> list[Message]:
        if self._lane is None:
            if not Message.objects.due(clock.now()).filter(channel=self._channel).exists():
                return []
            self._lane = Lane.objects.create(
                channel=self._channel, sender=f"{socket.gethostname()[:80]}:{os.getpid()}", claimed_at=Now()
            )
        return ledger.claim(lane=self._lane, size=size, position=self._sent + 1)

    def _send(self, claimed: Message, transport: Transport) -> bool:
        """Send one claimed message; return whether the server is still worth talking to."""
        if claimed.lease_token is None:
            return True
        # Counted from before the lease is taken anew: whatever holds this process up, it gives up first.
        until = time.monotonic() + MESSAGE_DEADLINE
        begun = ledger.begin(claimed.pk, claimed.lease_token)
        if begun is None:
            return True
        message, envelope = begun
        outcome = transport.send(envelope, message.uuid.hex, until)
        log.info(
            "message.handed_over", message=str(message.uuid), result=outcome.result.value, code=outcome.code
        )
        _while_the_database_is_away(lambda: ledger.record(message, outcome))
        if outcome.away:
            self._pause(outcome.words)
        return not outcome.away

    def _pause(self, words: str) -> None:
        """Leave the server alone for a while, all senders together."""
        pause = PAUSES[min(self._channel.failures, len(PAUSES) - 1)]
        log.warning("channel.paused", channel=self._channel.code, seconds=pause.seconds, words=words)
        self._channel.failures += 1
        Channel.objects.filter(pk=self._channel.pk).update(
            failures=F("failures") + 1, paused_until=ahead(pause), last_error=words[:500]
        )


def _channels_with_due_messages() -> list[Channel]:
    due = Message.objects.due(clock.now()).on_open_channels().order_by()
    return list(Channel.objects.filter(pk__in=due.values("channel")).order_by("pk"))


def _while_the_database_is_away(write: Callable[[], None]) -> None:
    """Write what must not be forgotten; try again on a new connection while the database is away."""
    for pause in _RECORD_PAUSES:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            log.warning("message.answer_not_recorded_yet", exc_info=True)
            connection.close()
            time.sleep(pause)
    return write()
