"""Participants as a list and one by one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Prefetch, QuerySet
from django.utils.translation import gettext as _

from cohorts import attributes, languages
from cohorts.models import AttributeDefinition, ConsentEvent, Membership, Participant
from cohorts.models.people import ParticipantQuerySet
from cohorts.states import ParticipantState
from phases.models import Rollout
from rollout_portal.outbox import addresses
from rollout_portal.outbox.models import Message

PAGE: Final = 50
NUMBER: Final = re.compile(r"(?:T-?)?0*([1-9][0-9]{0,8})", re.IGNORECASE)
"""How staff write the number of a participant: T-037, t37, 37."""


@dataclass(frozen=True, slots=True)
class Line:
    """One participant in the list."""

    participant: Participant
    language: str
    facts: list[tuple[str, str]]
    phases: str


@dataclass(frozen=True, slots=True)
class PeopleList:
    """A page of the list.

    :ivar counts: (state, how many) over the whole register, whatever the filter.
    :ivar after: the number to go on after; None on the last page.
    """

    lines: list[Line]
    columns: list[str]
    counts: list[tuple[str, str, int]]
    total: int
    languages: list[tuple[str, int]]
    after: int | None


def list_people(rollout: Rollout, wanted: Mapping[str, Any], after: int, *, by_address: bool) -> PeopleList:
    """Return the participants that fit, from the number behind `after` on: six queries at most."""
    definitions = [row for row in rollout.attributedefinitions.all() if not row.sensitive][:2]
    seats = Membership.objects.current().select_related("phase").order_by("phase__position")
    rows = (
        filtered(rollout, wanted, by_address=by_address)
        .filter(number__gt=after)
        .select_related("person")
        .prefetch_related(Prefetch("memberships", queryset=seats, to_attr="seats"))
        .order_by("number")[: PAGE + 1]
    )
    found = list(rows)
    more, found = len(found) > PAGE, found[:PAGE]
    counted = dict(
        rollout.participants.order_by().values_list("state").annotate(n=Count("pk")).values_list("state", "n")
    )
    spoken = (
        rollout.participants.order_by()
        .values_list("person__language")
        .annotate(n=Count("pk"))
        .values_list("person__language", "n")
    )
    return PeopleList(
        lines=[_line(row, definitions) for row in found],
        columns=[definition.label for definition in definitions],
        counts=[
            (state.value, str(state.label), counted[state.value])
            for state in ParticipantState
            if state.value in counted
        ],
        total=sum(counted.values()),
        languages=sorted(((language_name(code), n) for code, n in spoken), key=lambda pair: -pair[1]),
        after=found[-1].number if more else None,
    )


def filtered(rollout: Rollout, wanted: Mapping[str, Any], *, by_address: bool) -> ParticipantQuerySet:
    """Return the participants that a filter asks for.

    :param by_address: whether the reader may see names, and so find a person by their address.
    """
    rows = Participant.objects.filter(rollout=rollout)
    if wanted.get("state"):
        rows = rows.filter(state=wanted["state"])
    if wanted.get("language"):
        rows = rows.filter(person__language="" if wanted["language"] == "none" else wanted["language"])
    if wanted.get("phase"):
        rows = rows.filter(memberships__phase__code=wanted["phase"], memberships__ended_at__isnull=True)
    if wanted.get("wish"):
        rows = rows.filter(opted_out_at__isnull=wanted["wish"] == "yes")
    return _searched(rows, str(wanted.get("q") or "").strip(), by_address=by_address)


def _searched(rows: ParticipantQuerySet, words: str, *, by_address: bool) -> ParticipantQuerySet:
    """Find by a whole address, by number, or by the id in the product; never by a part of an address."""
    if not words:
        return rows
    if "@" in words:
        if not by_address:
            return rows.none()
        try:
            return rows.filter(person__email_digest=addresses.digest(words))
        except UnicodeError:
            return rows.none()
    number = NUMBER.fullmatch(words)
    if number and rows.filter(number=int(number[1])).exists():
        return rows.filter(number=int(number[1]))
    return rows.filter(external_id=words)


def language_name(code: str) -> str:
    """Return what staff call a language."""
    return str(languages.LABELS.get(code, code)) if code else _("not known")


def _line(row: Participant, definitions: Sequence[AttributeDefinition]) -> Line:
    return Line(
        participant=row,
        language=language_name(row.person.language),
        facts=[
            (definition.label, attributes.shown(definition, row.attributes.get(definition.code)))
            for definition in definitions
        ],
        phases=", ".join(seat.phase.name for seat in row.seats),  # type: ignore[attr-defined]
    )


@dataclass(frozen=True, slots=True)
class PersonRead:
    """One participant with everything that is known, but for the name."""

    facts: list[dict[str, str]]
    seats: list[Membership]
    consents: list[ConsentEvent]
    invitations: QuerySet[Any]
    messages: list[Message]


def read_person(participant: Participant, *, sees_sensitive: bool) -> PersonRead:
    """Return what the page of a person shows: five queries."""
    definitions = list(participant.rollout.attributedefinitions.all())
    facts = [
        (_("State"), participant.get_state_display()),
        (_("Language"), language_name(participant.person.language)),
        (_("Time zone"), participant.person.time_zone),
        (_("Id in the product"), participant.external_id),
        (_("Came from"), participant.source),
        *(
            (row.label, attributes.shown(row, participant.attributes.get(row.code)))
            for row in definitions
            if sees_sensitive or not row.sensitive
        ),
    ]
    return PersonRead(
        facts=[{"name": name, "value": value} for name, value in facts if value],
        seats=list(participant.memberships.select_related("phase", "selection").order_by("joined_at")),
        consents=list(participant.consents.select_related("by")[:50]),
        invitations=participant.invitations.select_related("batch__phase", "message"),
        messages=list(Message.objects.filter(reference=participant.uuid).order_by("-created_at")[:50]),
    )
