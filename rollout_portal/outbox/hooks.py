"""What other rooms must hear of, inside the transaction in which it happens.

`suppressed`: an address was blocked; for the rooms that keep a ledger of consent. It runs in a savepoint. One
that fails never undoes the block: it is logged, the block stays unannounced, and the sweeper asks again.

`sent_again`: staff asked for a message once more, as a new row; for rooms that point to the old one. One
that fails undoes the decision, which a person is waiting for.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

if TYPE_CHECKING:
    from rollout_portal.outbox.models import Message, Suppression

log = structlog.get_logger("outbox")

Hook = Callable[["Suppression", "Message | None"], None]
Follower = Callable[["Message", "Message"], None]

_suppressed: list[Hook] = []
_sent_again: list[Follower] = []


def suppressed(hook: Hook) -> Hook:
    """Register a function that is called with a new block and the message that led to it, if any.

    It must be safe to run twice.
    """
    _suppressed.append(hook)
    return hook


def sent_again(follower: Follower) -> Follower:
    """Register a function that is called with the old message and the new one that takes its place."""
    _sent_again.append(follower)
    return follower


def follow(old: "Message", new: "Message") -> None:
    """Tell all rooms that a new message takes the place of an old one."""
    for follower in _sent_again:
        follower(old, new)


def announce(suppression: "Suppression", message: "Message | None") -> bool:
    """Tell all hooks; return whether all of them took it."""
    whole = True
    for hook in _suppressed:
        try:
            with transaction.atomic():
                hook(suppression, message)
        except Exception:
            whole = False
            log.exception("suppression.hook_failed", suppression=str(suppression.uuid))
    return whole
