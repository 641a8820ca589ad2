"""The face of the outbox: ask for a message, cancel it, look again, forget a person.

Nothing here talks to a mail server. The rows are the queue; `sending.py` empties it.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from rollout_portal.accounts.models import User
from rollout_portal.audit import services as audit
from rollout_portal.lib import clock, wakeups
from rollout_portal.outbox import addresses, builtin, links, templates
from rollout_portal.outbox.exceptions import MessageRefused
from rollout_portal.outbox.models import Channel, DeliveryEvent, Message, TemplateVersion
from rollout_portal.outbox.rendering import check_params, clean_value, used_names
from rollout_portal.outbox.states import (
    KINDS,
    WAITING,
    Happening,
    MessageKind,
    MessageState,
    Policy,
    Reason,
)

DRAIN = "outbox.drain"
DEFAULT_CHANNEL = "default"

_CHUNK = 500
# Put off by ourselves; every other reason is another room's, and may be over when a hold is lifted.
_NOT_A_HOLD = set(Reason.values) - {Reason.QUESTION_FAILED.value}
# Leaves room for "#2" and so on of messages that staff send again.
_LONGEST_KEY = 190


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A wish to send one message.

    :ivar key: unique for ever, without "#"; asking twice with one key makes one message.
    :ivar template: code of the template; the rollout's own goes before the installation's.
    :ivar params: text, whole numbers, and links made by `links.to()`, by placeholder.
    :ivar to: one mail address.
    :ivar scope: the rollout's uuid; None for the installation.
    :ivar language: what the person reads; the template's first language if it has no such text.
    :ivar due_at: business moment before which it does not leave; now if absent.
    :ivar expires_at: business moment after which it no longer leaves ("too late").
    :ivar time_zone: where the person lives, for quiet hours; empty when it is not known.
    :ivar reference: the person's pseudonym, for erasure and for the permission question.
    :ivar kind: what the caller believes to send; refused if the template is of another kind.
    :ivar policy: the kind's own if absent.
    """

    key: str
    template: str
    to: str
    params: Mapping[str, Any]
    scope: UUID | None
    language: str = "en"
    to_name: str = ""
    due_at: datetime | None = None
    expires_at: datetime | None = None
    reference: UUID | None = None
    kind: MessageKind | None = None
    policy: Policy | None = None
    channel: str = DEFAULT_CHANNEL
    time_zone: str = ""


def enqueue(
    *,
    key: str,
    template: str,
    to: str,
    params: Mapping[str, Any],
    scope: UUID | None,
    language: str = "en",
    to_name: str = "",
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    reference: UUID | None = None,
    kind: MessageKind | None = None,
    policy: Policy | None = None,
    channel: str = DEFAULT_CHANNEL,
    time_zone: str = "",
) -> Message:
    """Ask for one message and return its row; the row of an earlier wish with the same key, if any.

    Runs in the caller's transaction: the message exists if and only if the caller's change does. The
    fields are those of `Draft`.

    :raises TemplateIncomplete: naming the languages that have no complete text.
    :raises UnknownTemplate: when there is no such template.
    :raises MessageRefused: when the address or a parameter cannot be used.
    """
    draft = Draft(
        key=key,
        template=template,
        to=to,
        params=params,
        scope=scope,
        language=language,
        to_name=to_name,
        due_at=due_at,
        expires_at=expires_at,
        reference=reference,
        kind=kind,
        policy=policy,
        channel=channel,
        time_zone=time_zone,
    )
    return enqueue_many([draft])[0]


def enqueue_many(drafts: Sequence[Draft]) -> list[Message]:
    """Ask for many messages at once, all or none; return their rows in the order of the wishes.

    Raises as `enqueue` does, at the first draft that cannot become a message.
    """
    moment = clock.now()
    versions: dict[tuple[str, UUID | None], TemplateVersion] = {}
    channels: dict[str, Channel] = {}
    with transaction.atomic():
        wanted: dict[str, Message] = {}
        for draft in drafts:
            place = (draft.template, draft.scope)
            if place not in versions:
                versions[place] = templates.current(*place)
                templates.require_complete(versions[place], draft.scope)
            if draft.channel not in channels:
                channels[draft.channel] = channel_called(draft.channel)
            if draft.key not in wanted:
                wanted[draft.key] = _row(draft, versions[place], channels[draft.channel], moment)
        rows = list(wanted.values())
        Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_CHUNK)
        stored = _by_key(list(wanted))
        DeliveryEvent.objects.bulk_create(
            (
                DeliveryEvent(message=stored[row.key], what=Happening.QUEUED, at=moment)
                for row in rows
                if stored[row.key].uuid == row.uuid
            ),
            batch_size=_CHUNK,
        )
    wakeups.kick(DRAIN)
    return [stored[draft.key] for draft in drafts]


def send_staff_invitation(
    *,
    key: str,
    to: str,
    name: str,
    invited_by: str,
    role: str,
    rollout: str,
    accept_link: Mapping[str, Any],
    valid_until: str,
    scope: UUID | None,
    reference: UUID | None = None,
    language: str = "en",
) -> Message:
    """Ask a new member of staff by mail to choose a password.

    :param accept_link: made by `links.to()`; the address is minted when the message leaves.
    :param valid_until: the end of the link in words, with the time zone's name.
    """
    return enqueue(
        key=key,
        template=builtin.STAFF_INVITATION,
        to=to,
        to_name=name,
        language=language,
        scope=scope,
        reference=reference,
        params={
            "name": name,
            "invited_by": invited_by,
            "role": role,
            "rollout": rollout,
            "accept_link": accept_link,
            "valid_until": valid_until,
        },
    )


def cancel(*, keys: Sequence[str], reason: str) -> int:
    """Withdraw messages that have not been handed to the server; return how many.

    :param reason: a short code, shown with the message.
    """
    with transaction.atomic():
        return sum(
            _cancel(list(Message.objects.filter(key__in=chunk).values_list("pk", flat=True)), reason)
            for chunk in _chunks(sorted(set(keys)))
        )


def look_again(*, scope: UUID | None) -> int:
    """Make every message of `scope` that was put off due now, after a hold was lifted; return how many."""
    changed = (
        Message.objects.of_scope(scope)
        .filter(state=MessageState.QUEUED, due_at__gt=clock.now())
        .exclude(reason__in=["", *_NOT_A_HOLD])
        .update(due_at=clock.now())
    )
    wakeups.kick(DRAIN)
    return changed


def erase(*, reference: UUID, by: User | audit.System, reason: str) -> int:
    """Remove address, name and parameters from every message to a person; return how many.

    What has not left is cancelled; a message that is being sent right now keeps its fate. State, times
    and the server's words, which never hold an address, stay.
    """
    moment = clock.now()
    with transaction.atomic():
        touched = list(
            Message.objects.select_for_update()
            .filter(reference=reference, erased_at__isnull=True)
            .values_list("pk", flat=True)
        )
        _cancel(touched, Reason.ERASED)
        Message.objects.filter(pk__in=touched).update(
            recipient="", recipient_name="", params={}, erased_at=moment
        )
        DeliveryEvent.objects.bulk_create(
            DeliveryEvent(message_id=pk, what=Happening.ERASED, at=moment) for pk in touched
        )
        first = Message.objects.filter(pk__in=touched).first()
        if first is not None:
            audit.record(
                actor=by,
                verb="message.addresses_erased",
                obj=first,
                scope=first.scope,
                reason=reason,
                after={"messages": len(touched), "person": reference},
            )
    return len(touched)


def channel_called(code: str) -> Channel:
    """Return the channel `code`; the default one is made when it is first needed.

    :raises MessageRefused: when there is no such channel.
    """
    if code == DEFAULT_CHANNEL:
        return Channel.objects.get_or_create(code=code)[0]
    channel = Channel.objects.filter(code=code).first()
    if channel is None:
        raise MessageRefused(f"There is no channel {code!r}.")
    return channel


def new_message_id(identity: UUID) -> str:
    """Return the Message-ID that every try to send the message will carry."""
    return f"<{identity.hex}@{addresses.own_domain()}>"


def _row(draft: Draft, version: TemplateVersion, channel: Channel, moment: datetime) -> Message:
    kind = MessageKind(version.template.kind)
    if draft.kind is not None and draft.kind != kind:
        raise MessageRefused(
            f"The template {draft.template!r} is of the kind {kind.value!r}, not {draft.kind.value!r}."
        )
    if not draft.key or len(draft.key) > _LONGEST_KEY or "#" in draft.key:
        raise MessageRefused(f"A message needs a key of 1 to {_LONGEST_KEY} characters without “#”.")
    text = templates.text_for(version, draft.language)
    check_params(draft.params, templates.parameters(version))
    needed = used_names(text.subject, text.body) | ({links.LEAVE} if KINDS[kind].leave else set())
    missing = needed - set(draft.params)
    if missing:
        raise MessageRefused(f"No value for the parameters: {', '.join(sorted(missing))}.")
    identity = uuid.uuid4()
    return Message(
        uuid=identity,
        key=draft.key,
        scope=draft.scope,
        kind=kind,
        policy=draft.policy or KINDS[kind].policy,
        urgent=KINDS[kind].urgent,
        channel=channel,
        version=version,
        language=text.language,
        params={name: _storable(value) for name, value in draft.params.items()},
        recipient=addresses.check(draft.to),
        recipient_name=" ".join(clean_value(draft.to_name).split())[:150],
        time_zone=draft.time_zone,
        reference=draft.reference,
        due_at=draft.due_at or moment,
        expires_at=draft.expires_at,
        message_id=new_message_id(identity),
        created_at=moment,
    )


def _storable(value: Any) -> Any:
    """Return a parameter without characters that nobody can see; PostgreSQL refuses some of them."""
    return clean_value(value) if isinstance(value, str) else value


def _by_key(keys: list[str]) -> dict[str, Message]:
    found: dict[str, Message] = {}
    for chunk in _chunks(keys):
        found.update({row.key: row for row in Message.objects.filter(key__in=chunk)})
    return found


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    """Cut a list into pieces that fit into one statement."""
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]


def _cancel(pks: list[int], reason: str) -> int:
    """Cancel what is not being sent; the compare-and-set of a sender that had claimed it then fails."""
    cancellable = [state for state in WAITING if state != MessageState.SENDING]
    pks = list(
        Message.objects.select_for_update()
        .filter(pk__in=pks, state__in=cancellable)
        .values_list("pk", flat=True)
    )
    Message.objects.filter(pk__in=pks).update(
        state=MessageState.CANCELLED, reason=reason, lease_token=None, lease_until=None
    )
    moment = clock.now()
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(message_id=pk, what=Happening.CANCELLED, at=moment, words=reason) for pk in pks
    )
    return len(pks)
