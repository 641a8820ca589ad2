"""Small makers of rollouts, people and lists for the tests of this room."""

import datetime as dt
import itertools
from typing import Any

from django.db import transaction

from cohorts.keys import lock_register, take_numbers
from cohorts.models import Participant, Person, Quota, SelectionRule
from cohorts.states import Method, ParticipantState
from phases.models import Phase, Rollout
from phases.permissions import RoleName
from phases.states import PhaseState
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.outbox import addresses
from tests import factories

LANGUAGES = ["en", "ms", "zh-hans", "ta"]
SEATS = {"ms": 20, "zh-hans": 15, "ta": 10, "en": 5}

_numbers = itertools.count(1)


def make_rollout(**fields: Any) -> Rollout:
    """A running rollout with testers in four languages."""
    return factories.make_rollout(languages=LANGUAGES, **fields)


def make_role(rollout: Rollout, role: RoleName = RoleName.PRODUCT_OWNER) -> User:
    """Somebody who holds `role` in `rollout`."""
    return factories.make_member(rollout, role)


def make_phase(rollout: Rollout, code: str = "2", **fields: Any) -> Phase:
    """A running phase, unless told otherwise."""
    fields.setdefault("state", PhaseState.ACTIVE)
    return factories.make_phase(rollout, code, position=int(code), **fields)


def make_rule(phase: Phase, seats: dict[str, int] | None = None, **fields: Any) -> SelectionRule:
    rule = SelectionRule.objects.create(
        rollout=phase.rollout,
        phase=phase,
        code=f"selection-{phase.code}",
        **{"method": Method.QUOTA, **fields},
    )
    for place, (value, number) in enumerate((SEATS if seats is None else seats).items(), 1):
        Quota.objects.create(
            rollout=phase.rollout,
            rule=rule,
            code=f"{phase.code}-{value}",
            position=place,
            value=value,
            seats=number,
        )
    return rule


def make_participant(
    rollout: Rollout, email: str = "", *, state: ParticipantState = ParticipantState.REGISTERED, **fields: Any
) -> Participant:
    email = email or f"tester{next(_numbers)}@example.org"
    known = {name: fields.pop(name) for name in ("name", "language", "time_zone") if name in fields}
    person = Person.objects.create(email=email, email_digest=addresses.digest(email), **known)
    with transaction.atomic():
        number = take_numbers(lock_register(rollout), 1)[0]
    return Participant.objects.create(
        rollout=rollout,
        person=person,
        number=number,
        state=state,
        **{"selection_key": fields.get("external_id") or addresses.normalise(email), **fields},
    )


def make_pool(rollout: Rollout, **sizes: int) -> None:
    """Put people into the register, so many of each language (`zh_hans=120`); addresses tell them apart."""
    for language, size in sizes.items():
        code = language.replace("_", "-")
        people = Person.objects.bulk_create(
            Person(
                email=f"{language}{number}@example.org",
                email_digest=addresses.digest(f"{language}{number}@example.org"),
                name=f"{language} {number}",
                language="" if code == "unknown" else code,
            )
            for number in range(size)
        )
        with transaction.atomic():
            numbers = take_numbers(lock_register(rollout), size)
        Participant.objects.bulk_create(
            Participant(rollout=rollout, person=person, number=number, selection_key=person.email)
            for person, number in zip(people, numbers, strict=True)
        )


def entry(verb: str) -> dict[str, Any]:
    """What the one entry of the record with this verb says was so afterwards."""
    after = AuditEvent.objects.get(verb=verb).after
    assert isinstance(after, dict)
    return after


def csv(*lines: str, header: str = "email,name,language") -> bytes:
    return "\n".join([header, *lines, ""]).encode()


AGREED_ON = dt.date(2026, 11, 2)
