"""Write to the chain, and check it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction

from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent, ChainHead
from rollout_portal.lib import clock
from rollout_portal.lib.digests import canonical_json, fingerprint

_SIGNED_COLUMNS = (
    "uuid",
    "scope",
    "seq",
    "at",
    "actor_id",
    "cause",
    "verb",
    "object_type",
    "object_id",
    "object_label",
    "reason",
    "before",
    "after",
    "previous",
)


@dataclass(frozen=True, slots=True)
class System:
    """The portal itself as an actor, with what made it act."""

    cause: str


Actor = User | System


def record(
    *,
    actor: Actor,
    verb: str,
    obj: models.Model,
    scope: UUID | None,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> AuditEvent:
    """Add one entry to the chain of `scope`.

    Call it as the last statement of the transaction that makes the change: it locks the head of the
    chain, and everybody who writes to the same rollout waits for that lock.

    :param verb: `entity.action` in the past tense, such as `phase.started`.
    :param obj: the object acted on; its uuid (or id) and its text are kept.
    :param scope: the rollout's uuid; None for the installation.
    :param at: the business moment of the act; now if absent. Stored in UTC.
    """
    with transaction.atomic():
        head, _created = ChainHead.objects.select_for_update().get_or_create(scope=scope)
        event = AuditEvent(
            scope=scope,
            seq=head.seq + 1,
            at=at or clock.now(),
            actor=actor if isinstance(actor, User) else None,
            cause=actor.cause if isinstance(actor, System) else "",
            verb=verb,
            object_type=obj._meta.label_lower,
            object_id=str(getattr(obj, "uuid", obj.pk)),
            object_label=str(obj)[:200],
            reason=reason,
            before=_plain(before),
            after=_plain(after),
            previous=head.digest,
        )
        event.digest = _digest(event)
        event.save(force_insert=True)
        head.seq, head.digest = event.seq, event.digest
        head.save(update_fields=["seq", "digest"])
    return event


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold, in words."""

    scope: UUID | None
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a walk over all chains."""

    entries: int
    chains: int
    breaks: list[Break]

    @property
    def whole(self) -> bool:
        return not self.breaks


def verify(scope: UUID | None = None, *, every_chain: bool = True) -> Verification:
    """Walk the chains and report every entry that was edited, removed, reordered or cut off.

    Compares with the anchors outside the database too, so that a cut tail is found.
    """
    chains = {scope}
    if every_chain:
        written = AuditEvent.objects.order_by().values_list("scope", flat=True).distinct()
        chains = {*ChainHead.objects.values_list("scope", flat=True), *written}
    anchors = list(_anchors())
    walks = {chain: _Walk(chain, {one.seq for one in anchors if one.scope == chain}) for chain in chains}
    for walk in walks.values():
        walk.to_the_head()
    breaks = [one for walk in walks.values() for one in walk.breaks]
    for anchor in anchors:
        if not every_chain and anchor.scope != scope:
            continue
        walked = walks.get(anchor.scope)
        if walked is None or walked.anchored.get(anchor.seq) != anchor.digest:
            breaks.append(
                Break(anchor.scope, anchor.seq, f"differs from the anchor written {anchor.at}, or is gone")
            )
    entries = sum(walk.entries for walk in walks.values())
    return Verification(entries=entries, chains=len(walks), breaks=breaks)


class _Walk:
    """A walk along one chain, while others may go on writing to it.

    :ivar anchored: the digests of the entries that the anchors name, by number.
    """

    def __init__(self, scope: UUID | None, wanted: set[int]) -> None:
        self.scope, self.wanted = scope, wanted
        self.entries, self.seq, self.digest = 0, 0, ""
        self.breaks: list[Break] = []
        self.anchored: dict[int, str] = {}

    def to_the_head(self) -> None:
        """Walk until the head names the last entry that was read; entries written meanwhile are read too."""
        while True:
            before = self.seq
            newer = AuditEvent.objects.filter(scope=self.scope, seq__gt=self.seq).order_by("seq")
            for event in newer.iterator(chunk_size=2000):
                self._step(event)
            # An entry and its head are written together, so a head read after the entries is never behind.
            head = ChainHead.objects.filter(scope=self.scope).first()
            if (head.seq, head.digest) == (self.seq, self.digest) if head else self.seq == 0:
                return
            if head is None or head.seq <= self.seq or self.seq == before:
                what = "the end of the chain is missing or was replaced"
                self.breaks.append(Break(self.scope, self.seq + 1, what))
                return

    def _step(self, event: AuditEvent) -> None:
        self.entries += 1
        if event.seq != self.seq + 1:
            missing = event.seq - self.seq - 1
            self.breaks.append(
                Break(self.scope, self.seq + 1, f"{missing} entries are missing before {event.seq}")
            )
        elif event.previous != self.digest:
            self.breaks.append(Break(self.scope, event.seq, "does not follow the entry before it"))
        if event.digest != _digest(event):
            self.breaks.append(Break(self.scope, event.seq, "was changed after it was written"))
        self.seq, self.digest = event.seq, event.digest
        if event.seq in self.wanted:
            self.anchored[event.seq] = event.digest


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest entry of a chain, as noted outside the database."""

    scope: UUID | None
    seq: int
    digest: str
    at: str


def write_anchor() -> int:
    """Note the newest entry of every chain that grew in AUDIT_ANCHOR_FILE; return how many were noted.

    The time of the file says when it was last looked at, by the machine's clock.
    """
    known = {anchor.scope: anchor.seq for anchor in _anchors()}
    grown = [head for head in ChainHead.objects.all() if head.seq and known.get(head.scope) != head.seq]
    path = Path(settings.AUDIT_ANCHOR_FILE)
    if not grown:
        if path.exists():
            path.touch()
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    moment = clock.now()
    with path.open("a", encoding="ascii") as file:
        for head in grown:
            line = {"scope": head.scope, "seq": head.seq, "digest": head.digest, "at": moment}
            file.write(canonical_json(line) + "\n")
    return len(grown)


def _anchors() -> Iterator[Anchor]:
    path = Path(settings.AUDIT_ANCHOR_FILE)
    if not path.exists():
        return
    with path.open(encoding="ascii") as file:
        for line in file:
            row = json.loads(line)
            yield Anchor(
                scope=UUID(row["scope"]) if row["scope"] else None,
                seq=row["seq"],
                digest=row["digest"],
                at=row["at"],
            )


def _plain(data: dict[str, Any] | None) -> Any:
    """Return `data` as it will come back from the database, so that the digest can be checked."""
    return None if data is None else json.loads(canonical_json(data))


def _digest(event: AuditEvent) -> str:
    return fingerprint({name: getattr(event, name) for name in _SIGNED_COLUMNS})
