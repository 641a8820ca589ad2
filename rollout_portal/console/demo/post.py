"""The demo's post office: it really hands messages over, as files in var/outbox/, never to a server."""

import time
from collections.abc import Collection

from rollout_portal.lib import clock
from rollout_portal.outbox import ledger
from rollout_portal.outbox.models import Lane, Message
from rollout_portal.outbox.transports import Outcome, Result
from rollout_portal.outbox.transports.local import FileTransport

MESSAGE_SECONDS = 10
BOUNCED = Outcome(Result.REFUSED, 550, "5.1.1 No such mailbox here", bounce=True)


def deliver(bouncing: Collection[str] = ()) -> int:
    """Send everything that is due; addresses in `bouncing` answer that there is no such mailbox."""
    transport, sent = FileTransport(), 0
    for channel_id in set(Message.objects.due(clock.now()).order_by().values_list("channel", flat=True)):
        lane = Lane.objects.create(channel_id=channel_id, sender="demo", claimed_at=clock.now())
        while claimed := ledger.claim(lane=lane, size=1, position=sent + 1):
            for message in claimed:
                sent += 1
                _hand_over(message, transport, bouncing)
    return sent


def _hand_over(claimed: Message, transport: FileTransport, bouncing: Collection[str]) -> None:
    begun = ledger.begin(claimed.pk, claimed.lease_token) if claimed.lease_token else None
    if begun is None:
        return
    message, envelope = begun
    if message.recipient in bouncing:
        ledger.record(message, BOUNCED)
    else:
        until = time.monotonic() + MESSAGE_SECONDS
        ledger.record(message, transport.send(envelope, message.uuid.hex, until))
