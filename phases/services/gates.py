"""Signing a gate: who may, what exactly is signed, and what the signatures add up to."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from phases import gates, permissions, signals
from phases.evidence import changes, evidence_digest, evidence_text, open_evidence
from phases.exceptions import (
    EvidenceChanged,
    GateNotReady,
    NotConfirmed,
    PermissionRefused,
    Refused,
    WrongState,
)
from phases.gates import GateReport
from phases.models import Evidence, Gate, Rollout, SignOff
from phases.permissions import RoleName, why_over
from phases.services import decisions
from phases.services.guards import same_name
from phases.services.phases import await_go
from phases.states import FORWARD, OPENED, OVER, RUNNING, Decision, GateState, PhaseState
from rollout_portal.accounts.models import User
from rollout_portal.audit.services import record
from rollout_portal.lib import clock

# How long the page with the evidence may be open before the signer must look again.
LOOK_AGAIN_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How the signer showed who they are.

    :ivar typed_name: the name as typed under the decision.
    :ivar confirmed_at: when the signer last gave password or second factor, UTC.
    :ivar method: what was given: "password", "totp".
    """

    typed_name: str
    confirmed_at: datetime
    method: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the signer saw: the moment of the reading, and its fingerprint."""

    as_of: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the signer decided, with what the decision asks for."""

    decision: Decision
    reason: str = ""
    conditions: tuple[dict[str, str], ...] = ()
    look_again_on: date | None = None


@transaction.atomic
def request_signatures(*, gate: Gate, by: User) -> Gate:
    """Ask the people who must sign. Who asks cannot sign this time."""
    locked = _lock(gate)
    permissions.require(by, "gate.request", locked.rollout)
    _require_undecided(locked)
    if locked.requested_by_id is not None:
        raise WrongState(_("%s has asked for the signatures already.") % locked.requested_by)
    evidence = open_evidence(locked)
    if evidence is not None:
        raise WrongState(_("Signing has begun; there is nothing to ask for."))
    locked.requested_by, locked.requested_at = by, clock.now()
    locked.save(update_fields=["requested_by", "requested_at"])
    record(actor=by, verb="gate.signatures_requested", obj=locked, scope=locked.rollout.uuid)
    return locked


@transaction.atomic
def withdraw_request(*, gate: Gate, by: User, reason: str) -> Gate:
    """Take the question back, as long as nobody has signed; who asked may then sign again."""
    locked = _lock(gate)
    permissions.require(by, "gate.request", locked.rollout)
    if locked.requested_by_id is None:
        raise WrongState(_("Nobody has asked for signatures."))
    if open_evidence(locked) is not None:
        raise WrongState(_("Somebody has signed already."))
    locked.requested_by, locked.requested_at = None, None
    locked.save(update_fields=["requested_by", "requested_at"])
    record(actor=by, verb="gate.request_withdrawn", obj=locked, scope=locked.rollout.uuid, reason=reason)
    return locked


def why_not(gate: Gate, user: User, report: GateReport | None = None) -> str:
    """Say why `user` cannot sign `gate` now; empty when they can. The page asks the same as the service."""
    closed = why_closed(gate)
    if closed:
        return closed
    evidence = current_evidence(gate, report or gates.evaluate(gate))
    return _why_not(gate, user, evidence)


def why_closed(gate: Gate) -> str:
    """Say why nobody decides at `gate` now: it is history, or the phase before it does not run."""
    over = why_over(gate.rollout)
    if over:
        return over
    if gate.to_phase is not None and gate.to_phase.state in RUNNING | OVER:
        return _("“%s” has started; this gate is history.") % gate.to_phase
    closing = gate.to_phase is None and gate.from_phase and gate.from_phase.state == PhaseState.COMPLETED
    if gate.from_phase is not None and gate.from_phase.state not in RUNNING and not closing:
        return _("“%(phase)s” is %(state)s. A gate is decided while the phase before it runs.") % {
            "phase": gate.from_phase,
            "state": gate.from_phase.get_state_display().lower(),
        }
    return ""


def current_evidence(gate: Gate, report: GateReport) -> Evidence | None:
    """Return the frozen evidence that a signer would join; None when a new one would be frozen."""
    evidence = open_evidence(gate)
    if evidence is None or gate.state in (GateState.NO_GO, GateState.NOT_YET):
        return None
    return None if changes(decisions.frozen_body(evidence), report) else evidence


@transaction.atomic
def sign_gate(*, gate: Gate, by: User, chosen: Chosen, shown: Shown, confirmation: Confirmation) -> SignOff:
    """Sign exactly what was shown.

    The first signer freezes the evidence; later ones sign the same. Before anything is written the gate
    is read again: if what was shown is not what holds now, EvidenceChanged tells the difference and
    nothing is signed. Go needs every criterion to count. A no-go or not-yet decides at once.
    """
    locked = _lock(gate)
    now = clock.now()
    permissions.require(by, "gate.sign", locked.rollout)
    _require_undecided(locked)
    report = gates.evaluate(locked, now)
    evidence = current_evidence(locked, report)
    refusal = _why_not(locked, by, evidence)
    if refusal:
        raise PermissionRefused(refusal)
    _require_confirmed(by, confirmation, now)
    _require_complete(chosen, now, locked.rollout)
    evidence = _evidence_to_sign(locked, by, evidence, report, shown, now)
    if chosen.decision in FORWARD:
        _require_ready(locked, by, evidence, report)
    requirement = decisions.open_requirement(locked, evidence, _signing_roles(by, locked.rollout))
    if requirement is None:
        raise WrongState(_("Every signature that you could give is there already."))
    signoff = SignOff.objects.create(
        evidence=evidence,
        requirement=requirement,
        signer=by,
        requester=evidence.requested_by,
        role=requirement.role,
        decision=chosen.decision,
        reason=chosen.reason.strip(),
        conditions=list(chosen.conditions),
        look_again_on=chosen.look_again_on,
        typed_name=confirmation.typed_name.strip(),
        meaning=meaning(locked, chosen.decision),
        digest=evidence.digest,
        confirmed_by=confirmation.method,
        signed_at=now,
    )
    _settle(locked, evidence, by, chosen, now)
    record(
        actor=by,
        verb="gate.signed",
        obj=locked,
        scope=locked.rollout.uuid,
        reason=chosen.reason,
        after={
            "decision": chosen.decision,
            "role": requirement.role,
            "evidence": evidence.digest,
            "signature": signoff.uuid,
            "state": locked.state,
        },
        at=now,
    )
    return signoff


def meaning(gate: Gate, decision: Decision) -> str:
    """Return what a signature under `decision` states, in one sentence."""
    target = _("“%s” may start") % gate.to_phase if gate.to_phase else _("the rollout may be closed")
    return {
        Decision.GO: _("I have read this evidence and approve: %s."),
        Decision.CONDITIONAL: _("I have read this evidence and approve under my conditions: %s."),
        Decision.NOT_YET: _("I have read this evidence. It is too early to decide whether %s."),
        Decision.NO_GO: _("I have read this evidence and refuse that %s."),
    }[decision] % target


def _lock(gate: Gate) -> Gate:
    """Lock the rollout and then the gate, the order in which everything that decides locks."""
    Rollout.objects.select_for_update().get(pk=gate.rollout_id)
    return (
        Gate.objects.select_for_update(of=("self",))
        .select_related("rollout", "from_phase__rollout", "to_phase__rollout", "requested_by")
        .get(pk=gate.pk)
    )


def _signing_roles(user: User, rollout: Rollout) -> frozenset[str]:
    held = permissions.roles_of(user, rollout) & permissions.acts()["gate.sign"].roles
    return frozenset(role.value for role in held)


def _why_not(gate: Gate, user: User, evidence: Evidence | None) -> str:
    """The order of the questions: role, own request, own signature, nothing left to sign, alone."""
    if not permissions.allows(user, "gate.sign", gate.rollout):
        return permissions.refusal("gate.sign", gate.rollout)
    requester = evidence.requested_by_id if evidence else gate.requested_by_id
    if requester == user.pk:
        return _("You asked for the signatures, so somebody else must sign.")
    if evidence is not None and evidence.signoffs.filter(signer=user).exists():
        return _("You have signed this evidence already.")
    roles = _signing_roles(user, gate.rollout)
    if decisions.open_requirement(gate, evidence, roles) is None:
        wanted = [str(row).lower() for row in gate.requirements.order_by("position", "pk")]
        if not wanted:
            return _("Nobody is named to sign this gate. Name a role in the plan.")
        if not roles & set(gate.requirements.values_list("role", flat=True)):
            mine = " / ".join(sorted(str(RoleName(role).label).lower() for role in roles))
            return _("This gate is signed by: %(wanted)s. You are %(mine)s.") % {
                "wanted": ", ".join(wanted),
                "mine": mine,
            }
        return _("Every signature that you could give is there already.")
    return ""


def _require_undecided(gate: Gate) -> None:
    closed = why_closed(gate)
    if closed:
        raise WrongState(closed)


def _require_confirmed(by: User, confirmation: Confirmation, now: datetime) -> None:
    if now - confirmation.confirmed_at > timedelta(seconds=settings.REAUTHENTICATION_MAX_AGE):
        raise NotConfirmed(_("Confirm who you are again: the last time was more than 5 minutes ago."))
    if not same_name(confirmation.typed_name, by.name):
        raise NotConfirmed(_("Type your name as in your account: %s.") % by.name)


def _require_complete(chosen: Chosen, now: datetime, rollout: Rollout) -> None:
    if chosen.decision != Decision.GO and not chosen.reason.strip():
        raise Refused(_("Say why. Only a plain “Go” needs no reason."))
    if chosen.decision == Decision.CONDITIONAL:
        _require_conditions(chosen.conditions)
    if chosen.decision == Decision.NOT_YET and (
        chosen.look_again_on is None or chosen.look_again_on < now.astimezone(rollout.zone).date()
    ):
        raise Refused(_("Name the day on which the gate is looked at again, today or later."))


def _require_conditions(conditions: Sequence[dict[str, str]]) -> None:
    """Refuse to sign under conditions unless each says what must be done, by whom, and until which day."""
    if not conditions or not all(_is_complete(condition) for condition in conditions):
        raise Refused(_("Name each condition: what, who, until when."))


def _is_complete(condition: dict[str, str]) -> bool:
    what, who, until = (str(condition.get(part) or "").strip() for part in ("what", "who", "until"))
    try:
        date.fromisoformat(until)
    except ValueError:
        return False
    return bool(what and who)


def _evidence_to_sign(
    gate: Gate, by: User, evidence: Evidence | None, report: GateReport, shown: Shown, now: datetime
) -> Evidence:
    """Return the evidence that was shown: the frozen one, or a new one frozen from the shown moment."""
    if evidence is not None:
        if not hmac.compare_digest(evidence.digest, shown.digest):
            raise EvidenceChanged(changes(decisions.frozen_body(evidence), report))
        return evidence
    # The moment is part of the fingerprint, so one that was frozen before is a page from before a decision:
    # a second click on the same button, or somebody else's decision in between.
    before = gate.evidences.filter(digest=shown.digest).first()
    if before is not None:
        if before.signoffs.filter(signer=by).exists():
            raise PermissionRefused(_("You have signed this evidence already."))
        raise EvidenceChanged(changes(decisions.frozen_body(before), report))
    if now - shown.as_of > LOOK_AGAIN_AFTER or shown.as_of > now:
        raise EvidenceChanged()
    seen = gates.evaluate(gate, shown.as_of)
    body = evidence_text(seen)
    difference = changes(json.loads(body), report)
    if difference or not hmac.compare_digest(evidence_digest(seen), shown.digest):
        raise EvidenceChanged(difference)
    for old in gate.evidences.open():
        decisions.close(old, _("replaced by new evidence"))
    return Evidence.objects.create(
        gate=gate,
        body=body,
        digest=evidence_digest(seen),
        as_of=shown.as_of,
        frozen_at=now,
        frozen_by=by,
        requested_by=gate.requested_by,
    )


def _require_ready(gate: Gate, by: User, evidence: Evidence, report: GateReport) -> None:
    if not report.deciding:
        raise GateNotReady(_("This gate has no criterion, so it can never open. Add one."))
    if not report.ready:
        raise GateNotReady(
            _("“Go” is not possible: %(counting)s of %(all)s criteria count.")
            % {"counting": report.counting, "all": len(report.deciding)},
            [need.text for need in report.needs],
        )
    alone = decisions.would_be_alone(gate, evidence, by)
    if alone:
        raise PermissionRefused(alone)


def _settle(gate: Gate, evidence: Evidence, by: User, chosen: Chosen, now: datetime) -> None:
    """Write down what the signatures add up to, and give the next phase its Start."""
    gate.state = decisions.state_of(gate, evidence)
    gate.decided_at = now if gate.state != GateState.OPEN else None
    gate.look_again_on = chosen.look_again_on if gate.state == GateState.NOT_YET else None
    if gate.state in (GateState.NO_GO, GateState.NOT_YET):
        gate.requested_by, gate.requested_at = None, None
    gate.save()
    if gate.state in OPENED and gate.to_phase is not None:
        await_go(phase=gate.to_phase, by=by, gate=gate)
    transaction.on_commit(lambda: signals.gate_decided.send_robust(sender=Gate, gate=gate), robust=True)
