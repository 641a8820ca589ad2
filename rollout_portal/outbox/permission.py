"""The question before every message: may it still go out? And: may this person decide?

Rooms above register what they know: held, rolled back, opted out, quiet hours, blackout. The question is
asked inside the transaction that moves the message from claimed to sending, after its row is locked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog
from django.db import transaction

from rollout_portal.accounts.models import User
from rollout_portal.lib import clock
from rollout_portal.outbox.states import Reason

if TYPE_CHECKING:
    from rollout_portal.outbox.models import Message

log = structlog.get_logger("outbox")

ASK_AGAIN_AFTER: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message may not go out.

    :ivar reason: a short code such as "held" or "opted_out"; it is shown with the message.
    :ivar retry_at: when to ask again; None means never: the message is skipped for good.
    """

    reason: str
    retry_at: datetime | None = None


Question = Callable[["Message"], Refusal | None]
Decider = Callable[[User, UUID | None], bool]

_questions: list[Question] = []
_deciders: list[Decider] = []


def register(question: Question) -> Question:
    """Add a question that is asked about every message before it leaves."""
    _questions.append(question)
    return question


def register_decider(decider: Decider) -> Decider:
    """Add a rule that lets a person decide about messages of a scope; without any, nobody may."""
    _deciders.append(decider)
    return decider


def ask(message: "Message") -> Refusal | None:
    """Return the first refusal; a final one wins over "later".

    A question that fails is a refusal for a minute: when in doubt, nothing goes out.
    """
    later: Refusal | None = None
    for question in _questions:
        try:
            with transaction.atomic():
                refusal = question(message)
        except Exception:
            log.exception("message.question_failed", message=str(message.uuid))
            refusal = Refusal(Reason.QUESTION_FAILED, clock.now() + ASK_AGAIN_AFTER)
        if refusal is None:
            continue
        if refusal.retry_at is None:
            return refusal
        if later is None or later.retry_at is None or refusal.retry_at > later.retry_at:
            later = refusal
    return later


def may_decide(user: User, scope: UUID | None) -> bool:
    """Tell whether `user` may decide about uncertain messages of `scope`."""
    return user.is_active and any(decider(user, scope) for decider in _deciders)
