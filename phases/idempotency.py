"""Requests that may be sent twice and are done once (`Idempotency-Key`).

    claim = idempotency.begin(token=…, key=…, digest=…)      # or an Answer: say it again
    with transaction.atomic():
        …the effect…
        idempotency.finish(claim, status=201, body=…)        # in the same transaction
    # or, when the request was refused:  idempotency.release(claim)

Only answers to requests that had an effect are kept: one that was refused may be corrected and sent again
under the same key. A request whose process died holds its key until the lease ends. Leases are compared
with the database's clock, so processes need not agree on the time.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models.functions import Now

from phases.models import ApiToken, IdempotentRequest
from rollout_portal.lib import clock

LEASE: Final = timedelta(seconds=60)
KEPT: Final = timedelta(hours=48)
LONGEST_KEY: Final = 255
_FORGET_AT_ONCE: Final = 100


class InProgress(Exception):
    """The same request is being worked on at this moment."""


class OtherRequest(Exception):
    """The key was used for a request with other content."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do the request; nobody else has it while the lease runs."""

    pk: int
    claim: uuid.UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """What the request was answered the first time."""

    status: int
    body: str


def begin(*, token: ApiToken, key: str, digest: str) -> Claim | Answer:
    """Claim the request `digest` under `key`, or return the answer that it got before.

    Call it outside of a transaction: others must see the claim.

    :raises OtherRequest: when the key stands for another request.
    :raises InProgress: when the same request is under way.
    """
    _forget_old(token)
    mine = uuid.uuid4()
    IdempotentRequest.objects.bulk_create(
        [
            IdempotentRequest(
                token=token,
                key=key,
                digest=digest,
                claim=mine,
                lease_until=Now() + LEASE,
                created_at=clock.now(),
            )
        ],
        ignore_conflicts=True,
    )
    found = IdempotentRequest.objects.filter(token=token, key=key).first()
    if found is None:  # refused and released between our two statements; the next try claims it
        raise InProgress
    if found.claim == mine:
        return Claim(found.pk, mine)
    if found.digest != digest:
        raise OtherRequest
    if found.status is not None:
        return Answer(found.status, found.body)
    taken = IdempotentRequest.objects.filter(
        pk=found.pk, answered_at__isnull=True, lease_until__lt=Now()
    ).update(claim=mine, lease_until=Now() + LEASE)
    if not taken:
        raise InProgress
    return Claim(found.pk, mine)


def finish(claim: Claim, *, status: int, body: str) -> None:
    """Keep the answer; call it inside the transaction of the effect.

    :raises InProgress: when the lease ended and another request took over. The transaction must not commit.
    """
    kept = IdempotentRequest.objects.filter(pk=claim.pk, claim=claim.claim, answered_at__isnull=True).update(
        answered_at=clock.now(), status=status, body=body
    )
    if not kept:
        raise InProgress


def release(claim: Claim) -> None:
    """Give the key back after a refusal: nothing was done under it."""
    IdempotentRequest.objects.filter(pk=claim.pk, claim=claim.claim, answered_at__isnull=True).delete()


def _forget_old(token: ApiToken) -> None:
    """Drop a few answers of this token that nobody can ask for any more."""
    old = IdempotentRequest.objects.filter(token=token, created_at__lt=clock.now() - KEPT)
    stale = list(old.values_list("pk", flat=True)[:_FORGET_AT_ONCE])
    if stale:
        IdempotentRequest.objects.filter(pk__in=stale).delete()
