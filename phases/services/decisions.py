"""What the signatures on a piece of evidence add up to. Used by signing and by starting."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases import gates
from phases.evidence import changes, open_evidence
from phases.exceptions import GateNotReady
from phases.models import (
    Baseline,
    Evidence,
    Gate,
    Phase,
    PhaseTransition,
    SignOff,
    SignOffRequirement,
    Waiver,
)
from phases.services.criteria import CHANGED
from phases.states import FORWARD, OPENED, Decision, GateState, Verb
from rollout_portal.accounts.models import User
from rollout_portal.audit.models import AuditEvent
from rollout_portal.lib import clock


@dataclass(frozen=True, slots=True)
class Seat:
    """One required signature: for which role, and who signed it, if anybody did."""

    requirement: SignOffRequirement
    signoff: SignOff | None


def seats(gate: Gate, evidence: Evidence | None) -> list[Seat]:
    """Return every required signature of `gate` with the one that fills it."""
    signed = list(evidence.signoffs.select_related("signer", "requirement")) if evidence else []
    found = []
    for requirement in gate.requirements.order_by("position", "pk"):
        mine = [signoff for signoff in signed if signoff.requirement_id == requirement.pk]
        found += [Seat(requirement, signoff) for signoff in mine]
        found += [Seat(requirement, None)] * max(0, requirement.people - len(mine))
    return found


def state_of(gate: Gate, evidence: Evidence) -> GateState:
    """Return what the signatures add up to: one veto decides, a go needs every seat."""
    signed = list(evidence.signoffs.all())
    decisions = {Decision(signoff.decision) for signoff in signed}
    if Decision.NO_GO in decisions:
        return GateState.NO_GO
    if Decision.NOT_YET in decisions:
        return GateState.NOT_YET
    forward = Counter(signoff.requirement_id for signoff in signed)
    requirements = list(gate.requirements.all())
    if not requirements or any(forward[row.pk] < row.people for row in requirements):
        return GateState.OPEN
    return GateState.CONDITIONAL_GO if Decision.CONDITIONAL in decisions else GateState.GO


def require_open(gate: Gate) -> Evidence:
    """Return the signed evidence on which the phase behind `gate` may start, or refuse with the reasons.

    Reads the gate again at this moment: every signature must still rest on what holds now.
    """
    evidence = open_evidence(gate)
    if evidence is None or gate.state not in OPENED:
        missing = [str(seat.requirement) for seat in seats(gate, evidence) if seat.signoff is None]
        if not gate.requirements.exists():
            raise GateNotReady(_("Nobody is named to sign “%s”. Name a role in the plan.") % gate)
        raise GateNotReady(
            _("“%(gate)s” is not signed. Missing: %(roles)s.")
            % {"gate": gate, "roles": ", ".join(missing).lower()}
        )
    report = gates.evaluate(gate)
    found = changes(frozen_body(evidence), report)
    if found:
        raise GateNotReady(
            _("The signatures on “%s” are stale. They are asked for again.") % gate,
            [change.text for change in found],
        )
    if not report.ready:
        raise GateNotReady(_("“%s” does not hold any more.") % gate, [need.text for need in report.needs])
    return evidence


def frozen_body(evidence: Evidence) -> dict[str, object]:
    """Return the evidence as data, as it was signed."""
    body: dict[str, object] = json.loads(evidence.body)
    return body


def close(evidence: Evidence, because: str, at: datetime | None = None) -> None:
    """Close evidence: nobody signs it any more, and no act rests on it after this one."""
    Evidence.objects.filter(pk=evidence.pk, closed_at__isnull=True).update(
        closed_at=at or clock.now(), closed_because=because[:200]
    )


def void(phase: Phase, because: str) -> None:
    """Void every open signature for or from `phase`, and open its gates again."""
    touched = Gate.objects.filter(Q(to_phase=phase) | Q(from_phase=phase))
    Evidence.objects.filter(gate__in=touched, closed_at__isnull=True).update(
        closed_at=clock.now(), closed_because=because[:200]
    )
    touched.update(state=GateState.OPEN, decided_at=None, requested_by=None, requested_at=None)


def authors(gate: Gate) -> dict[int, str]:
    """Return who shaped what is signed, by account: changed a criterion, its baseline, or waived one.

    Everybody who did so counts, since the rollout began or a phase last started through this gate; what
    others changed later takes nobody off the list.
    """
    since = _shaped_since(gate)
    criteria = {str(row.uuid): row for row in gate.criteria.all()}
    edits = AuditEvent.objects.filter(
        scope=gate.rollout.uuid, verb=CHANGED, object_id__in=criteria, actor__isnull=False, at__gte=since
    )
    found = {edit.actor_id: _("changed “%s”") % criteria[edit.object_id] for edit in edits if edit.actor_id}
    against = {(row.measure, row.subject) for row in criteria.values() if row.versus_baseline}
    for frozen in Baseline.objects.filter(phase__rollout=gate.rollout, frozen_at__gte=since):
        if (frozen.measure, frozen.subject) in against:
            found[frozen.frozen_by_id] = _("recorded the baseline of “%s”") % frozen.subject
    waivers = Waiver.objects.filter(criterion__gate=gate).in_force(clock.now()).select_related("criterion")
    return found | {row.given_by_id: _("waived “%s”") % row.criterion for row in waivers}


def _shaped_since(gate: Gate) -> datetime:
    """Return from when on shaping counts: a start through the gate settled what came before it."""
    moments = [gate.rollout.started_at or gate.rollout.created_at]
    if gate.to_phase_id is not None:
        starts = PhaseTransition.objects.filter(phase_id=gate.to_phase_id, verb=Verb.START)
        moments += starts.values_list("at", flat=True)
    return max(moments)


def open_requirement(
    gate: Gate, evidence: Evidence | None, roles: frozenset[str]
) -> SignOffRequirement | None:
    """Return the first required signature that is still missing and that one of `roles` can give."""
    for seat in seats(gate, evidence):
        if seat.signoff is None and seat.requirement.role in roles:
            return seat.requirement
    return None


def would_be_alone(gate: Gate, evidence: Evidence | None, signer: User) -> str:
    """Say why `signer` cannot complete the gate: every forward signature would be by its authors.

    Empty when somebody else signed too, or still must.
    """
    shaped = authors(gate)
    if signer.pk not in shaped:
        return ""
    places = seats(gate, evidence)
    others_missing = sum(seat.signoff is None for seat in places) > 1
    signed_by_others = any(
        seat.signoff is not None and seat.signoff.decision in FORWARD and seat.signoff.signer_id not in shaped
        for seat in places
    )
    if others_missing or signed_by_others:
        return ""
    return (
        _("You %s, so you cannot be the only one to sign. A second person must sign this gate.")
        % (shaped[signer.pk])
    )


def seats_text(gate: Gate) -> str:
    """Return how many signatures the gate needs, in words."""
    needed = sum(row.people for row in gate.requirements.all())
    return ngettext("%s signature needed", "%s signatures needed", needed) % needed
