"""The question before every message: may it still go out? And: may this person do that?

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
Rule = Callable[[User, str, UUID | None], bool]

DECIDE: Final = "message.decide"
WRITE: Final = "text.write"
LIMIT: Final = "limit.set"

_questions: list[Question] = []
_rules: list[Rule] = []


def register(question: Question) -> Question:
    """Add a question that is asked about every message before it leaves."""
    _questions.append(question)
    return question


def register_rule(rule: Rule) -> Rule:
    """Add a rule that lets a person do an act (DECIDE, WRITE, LIMIT) in a scope; without any, nobody may."""
    _rules.append(rule)
    return rule


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


def may(user: User, act: str, scope: UUID | None) -> bool:
    """Tell whether `user` may do `act` in `scope`."""
    return user.is_active and any(rule(user, act, scope) for rule in _rules)
