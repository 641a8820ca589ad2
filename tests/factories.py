"""Small factories: each makes one thing with sensible values and lets a test name what matters."""

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from phases import gates
from phases.evidence import evidence_digest
from phases.models import (
    Checklist,
    ChecklistItem,
    Criterion,
    Gate,
    Phase,
    PopulationBase,
    Role,
    Rollout,
    SignOffRequirement,
)
from phases.permissions import RoleName
from phases.services import Chosen, Confirmation, Shown
from phases.services.gates import current_evidence
from phases.states import Decision, PhaseState, RolloutState
from rollout_portal.accounts.models import User
from rollout_portal.lib import clock

PASSWORD = "a long enough password"

_numbers = itertools.count(1)


def make_user(name: str = "", **fields: Any) -> User:
    number = next(_numbers)
    name = name or f"Person {number}"
    email = fields.pop("email", f"person{number}@example.org")
    return User.objects.create_user(email, fields.pop("password", PASSWORD), name=name, **fields)


def make_rollout(**fields: Any) -> Rollout:
    """A running rollout whose plan week 1 starts on Monday, 2 November 2026."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "slug": f"rollout-{number}",
        "name": f"Rollout {number}",
        "time_zone": "Asia/Kuala_Lumpur",
        "languages": ["en"],
        "state": RolloutState.ACTIVE,
        "anchor": date(2026, 11, 2),
        "started_at": datetime(2026, 11, 2, tzinfo=UTC),
    }
    return Rollout.objects.create(**values | fields)


def make_member(rollout: Rollout, role: RoleName, name: str = "", **fields: Any) -> User:
    """A person who holds `role` in `rollout`."""
    user = make_user(name, **fields)
    Role.objects.create(rollout=rollout, user=user, role=role, given_at=datetime(2026, 1, 1, tzinfo=UTC))
    return user


def make_base(rollout: Rollout, **fields: Any) -> PopulationBase:
    return PopulationBase.objects.create(
        **{"rollout": rollout, "code": "active-users", "name": "Active users", "size": 5000} | fields
    )


def make_phase(rollout: Rollout, code: str = "", **fields: Any) -> Phase:
    position = rollout.phases.count() + 1
    values: dict[str, Any] = {
        "code": code or str(position),
        "name": f"Phase {position}",
        "position": position,
    }
    if fields.get("state") in (PhaseState.ACTIVE, PhaseState.EXIT_REVIEW, PhaseState.COMPLETED):
        values["started_at"] = datetime(2026, 11, 2, tzinfo=UTC)
    return Phase.objects.create(rollout=rollout, **values | fields)


def make_gate(
    rollout: Rollout,
    from_phase: Phase | None = None,
    to_phase: Phase | None = None,
    signed_by: dict[RoleName, int] | None = None,
    **fields: Any,
) -> Gate:
    """A gate between two phases that needs the product owner's signature unless told otherwise."""
    position = rollout.gates.count() + 1
    values: dict[str, Any] = {"code": f"gate-{position}", "name": f"Gate {position}", "position": position}
    gate = Gate.objects.create(rollout=rollout, from_phase=from_phase, to_phase=to_phase, **values | fields)
    wanted = {RoleName.PRODUCT_OWNER: 1} if signed_by is None else signed_by
    for place, (role, people) in enumerate(wanted.items()):
        SignOffRequirement.objects.create(
            rollout=rollout, gate=gate, code=f"{gate.code}-{role}", role=role, people=people, position=place
        )
    return gate


def make_criterion(gate: Gate, code: str = "", **fields: Any) -> Criterion:
    """A criterion that a person judges, unless a measure is named."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "code": code or f"criterion-{number}",
        "text": f"Rule {number} holds",
        "measure": "phases.judgement",
        "comparator": "=",
        "threshold": Decimal(1),
        "position": number,
    }
    return Criterion.objects.create(rollout=gate.rollout, gate=gate, **values | fields)


def make_group(gate: Gate, code: str, **fields: Any) -> Criterion:
    """A criterion that holds when all its members do."""
    return make_criterion(gate, code, **{"measure": "", "comparator": "", "threshold": None} | fields)


def make_checklist(rollout: Rollout, code: str = "ready", items: int = 2, **fields: Any) -> Checklist:
    checklist = Checklist.objects.create(rollout=rollout, code=code, name=f"List {code}", **fields)
    for number in range(1, items + 1):
        ChecklistItem.objects.create(
            rollout=rollout,
            checklist=checklist,
            code=f"{code}-{number}",
            text=f"Thing {number}",
            position=number,
        )
    return checklist


def confirmation(user: User, **fields: Any) -> Confirmation:
    """What a signer who typed the right name just now gives."""
    values: dict[str, Any] = {
        "typed_name": user.name,
        "confirmed_at": clock.now(),
        "method": "password",
    }
    return Confirmation(**values | fields)


def shown(gate: Gate) -> Shown:
    """What the page of `gate` shows a signer now: the frozen evidence, or a fresh reading."""
    report = gates.evaluate(gate)
    evidence = current_evidence(gate, report)
    if evidence is not None:
        return Shown(as_of=evidence.as_of, digest=evidence.digest)
    return Shown(as_of=report.as_of, digest=evidence_digest(report))


def go(reason: str = "") -> Chosen:
    return Chosen(decision=Decision.GO, reason=reason)
