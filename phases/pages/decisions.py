"""What a signer sees before signing, and the record afterwards.

The evidence table is made from the very data that the fingerprint covers, never from a second reading.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from phases import gates
from phases.evidence import Change, as_evidence, changes, evidence_digest
from phases.models import Criterion, Evidence, Gate, PhaseTransition, SignOff
from phases.pages.criteria import Proof, proofs_in
from phases.pages.gates import GateRead, stopper_text, target_text
from phases.permissions import RoleName
from phases.registry import consequences_of
from phases.services import decisions
from phases.services.gates import Shown, current_evidence
from phases.states import COUNTS, OPENED, RUNNING, WORST_FIRST, Decision, GateState, Outcome, Verb
from rollout_portal.accounts.models import User
from rollout_portal.lib import words
from rollout_portal.lib.decimals import shown, with_unit


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One line of the evidence table, for `phases/_evidence.html`; `cited` is what its sources say."""

    sentence: str
    outcome: str
    outcome_text: str
    value: str
    note: str
    rule: str
    source: str
    measured_at: datetime | None
    part: bool
    cited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """What a fingerprint covers, as it is shown."""

    rows: tuple[EvidenceRow, ...]
    waivers: tuple[str, ...]
    signers: tuple[str, ...]
    as_of: datetime
    digest: str
    files: tuple[Proof, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the four decisions: its words, and why it is switched off."""

    decision: Decision
    label: str
    hint: str
    off: str
    button: str


@dataclass(frozen=True, slots=True)
class DecideRead:
    """What the page of a decision shows beside the gate itself."""

    shown: Shown
    body: dict[str, Any]
    table: EvidenceTable
    frozen: Evidence | None
    first_signature: SignOff | None
    choices: tuple[Choice, ...]
    steps: dict[str, tuple[str, ...]]
    seat: str
    may_hold: bool


def read_decision(read: GateRead, user: User) -> DecideRead:
    """Read what `user` would sign now: the frozen evidence, or the reading of this moment."""
    gate, evidence = read.gate, read.evidence
    if evidence is not None:
        body: dict[str, Any] = decisions.frozen_body(evidence)
        seen = Shown(as_of=evidence.as_of, digest=evidence.digest)
    else:
        body = as_evidence(read.report)
        seen = Shown(as_of=read.report.as_of, digest=evidence_digest(read.report))
    places = decisions.seats(gate, evidence)
    others = [place for place in places if place.signoff is None][1:]
    first = next((place.signoff for place in places if place.signoff is not None), None)
    return DecideRead(
        shown=seen,
        body=body,
        table=evidence_table(body, seen.digest, gate.rollout.zone),
        frozen=evidence,
        first_signature=first,
        choices=_choices(read, user),
        steps=_steps(read, others, forward=True) | _steps(read, others, forward=False),
        seat=_seat_of(places, user, read),
        may_hold=gate.from_phase is not None and gate.from_phase.state in RUNNING,
    )


def decide_text(read: GateRead) -> str:
    """Return the sentence on top of a decision: why “Go” cannot be signed now, or what still is to sign."""
    report = read.report
    whole, wanting = len(report.deciding), len(report.deciding) - report.counting
    if not whole:
        return _("“Go” cannot be signed: this gate has no criterion.")
    if not wanting and read.needed - read.signed == 1:
        counted = ngettext("The one criterion counts.", "All %(all)s criteria count.", whole)
        return counted % {"all": whole} + " " + _("Your signature is the last one needed.")
    if not wanting:
        return read.verdict.sentence
    return ngettext(
        "“Go” cannot be signed now: %(n)s of %(all)s criteria does not count.",
        "“Go” cannot be signed now: %(n)s of %(all)s criteria do not count.",
        wanting,
    ) % {"n": wanting, "all": whole}


def _seat_of(places: list[decisions.Seat], user: User, read: GateRead) -> str:
    """Say in which role `user` would sign."""
    held = {str(role) for role in RoleName if role in read.rights.roles}
    mine = next((row.requirement for row in places if not row.signoff and row.requirement.role in held), None)
    return str(mine.get_role_display()).lower() if mine else ""


def _choices(read: GateRead, user: User) -> tuple[Choice, ...]:
    report, gate = read.report, read.gate
    whole, wanting = len(report.deciding), len(report.deciding) - report.counting
    alone = decisions.would_be_alone(gate, read.evidence, user) if report.ready else ""
    if not whole:
        go_off = conditional_off = _("This gate has no criterion, so it can never open. Add one.")
    elif wanting:
        go_off = _("Needs all %(all)s criteria met or waived. %(wanting)s are not.") % {
            "all": whole,
            "wanting": wanting,
        }
        conditional_off = _("Needs a waiver with a name and an end for each of the %s.") % wanting
    else:
        go_off = conditional_off = alone
    target = target_text(gate)
    stays = _("“%s” goes on.") % gate.from_phase if gate.from_phase else ""
    hints = {
        Decision.GO: _("%s may start.") % target + (f" {_planned(gate)}" if _planned(gate) else ""),
        Decision.CONDITIONAL: _("Name what must be done, by whom, and by when."),
        Decision.NOT_YET: f"{stays} " + _("You name the day to look again."),
        Decision.NO_GO: _("%s does not start.") % target + (f" {stays}" if stays else ""),
    }
    off = {Decision.GO: go_off, Decision.CONDITIONAL: conditional_off}
    return tuple(
        Choice(
            decision=decision,
            label=str(decision.label),
            hint=hints[decision].strip(),
            off=off.get(decision, ""),
            button=(_("Sign “%s”") if decision in off else _("Record “%s”")) % decision.label,
        )
        for decision in Decision
    )


def _planned(gate: Gate) -> str:
    phase = gate.to_phase
    if phase is None:
        return ""
    size = phase.planned_size
    people = ngettext("%s person", "%s people", size) % words.number(size) if size else ""
    planned = ", ".join(part for part in (phase.audience, people) if part)
    return _("Planned: %s.") % planned if planned else ""


def _steps(read: GateRead, others: list[decisions.Seat], *, forward: bool) -> dict[str, tuple[str, ...]]:
    """What happens then, by decision, in the order in which it happens."""
    gate = read.gate
    bound = _("Your signature is bound to the fingerprint of this evidence.")
    if not forward:
        again = _("What was signed so far counts no more; a new decision is signed on new evidence.")
        stay = _("Nothing changes for the people of “%s”.") % gate.from_phase if gate.from_phase else ""
        look = _("The criteria go on being read; the gate is looked at again on the day you name.")
        hold = _("“%s” goes on, unless you also hold it.") % gate.from_phase if gate.from_phase else ""
        not_yet = (_("“Not yet” is recorded with the fingerprint of this evidence."), look, again, stay)
        no_go = (_("“No-go” is recorded with the fingerprint of this evidence."), again, hold)
        return {
            Decision.NOT_YET.value: tuple(step for step in not_yet if step),
            Decision.NO_GO.value: tuple(step for step in no_go if step),
        }
    if others:
        roles = ", ".join(str(place.requirement).lower() for place in others)
        then = ngettext(
            "One more signature is needed: %(roles)s.",
            "%(n)s more signatures are needed: %(roles)s.",
            len(others),
        ) % {"n": len(others), "roles": roles}
    else:
        then = _("It is the last signature: %(target)s gets its Start.") % {"target": target_text(gate)}
    nobody = _("Nothing goes out by signing. Starting is an act of its own.")
    stale = _("If an outcome changes before the start, every signature becomes stale and is asked for again.")
    told = tuple(consequences_of(gate.to_phase, Verb.AWAIT_GO)) if gate.to_phase else ()
    kept = _("Your conditions stand on the record, with names and days.")
    return {
        Decision.GO.value: (bound, then, nobody, *told, stale),
        Decision.CONDITIONAL.value: (bound, kept, then, nobody, *told, stale),
    }


# --- The table ----------------------------------------------------------------------------------------


def evidence_table(body: dict[str, Any], digest: str, zone: ZoneInfo) -> EvidenceTable:
    """Return what the fingerprint covers, row by row, from the data that was hashed; days are in `zone`."""
    rows: list[EvidenceRow] = []
    waivers: list[str] = []
    for row in body["criteria"]:
        for each, part in _flat(row):
            rows.append(_row(each, part=part))
            if each["waiver"]:
                waivers.append(
                    _("“%(text)s” counts by a waiver of %(who)s until %(until)s: “%(why)s”")
                    % {
                        "text": each["text"],
                        "who": each["waiver"]["name"],
                        "until": words.day(moment_of(each["waiver"]["until"]).astimezone(zone).date()),
                        "why": each["waiver"]["reason"],
                    }
                )
    signers = tuple(
        ngettext("%(role)s: %(n)s signature", "%(role)s: %(n)s signatures", row["people"])
        % {"role": RoleName(row["role"]).label, "n": row["people"]}
        for row in body["requirements"]
    )
    every = [each for row in body["criteria"] for each, _part in _flat(row)]
    files = tuple(proof for each in every for proof in proofs_in(each.get("cited", {})) if proof.file)
    return EvidenceTable(tuple(rows), tuple(waivers), signers, moment_of(body["as_of"]), digest, files)


def moment_of(value: datetime | str) -> datetime:
    """Return a moment of the evidence: data just read has it as such, frozen data as text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _flat(row: dict[str, Any]) -> Iterable[tuple[dict[str, Any], bool]]:
    yield row, False
    for member in row["members"]:
        yield member, True


def _row(row: dict[str, Any], *, part: bool) -> EvidenceRow:
    members = row["members"]
    value = row["value_text"]
    if members:
        deciding = [member for member in members if member["rule"]["blocking"]]
        counting = sum(member["outcome"] in COUNTS for member in deciding)
        value = _("%(counting)s of %(all)s") % {"counting": counting, "all": len(deciding)}
    return EvidenceRow(
        sentence=row["text"],
        outcome=row["outcome"],
        outcome_text=stopper_text(row["outcome"]) if row["rule"]["side"] == Criterion.Side.NO_GO else "",
        value=value or str(Outcome(row["outcome"]).label),
        note=_members_note(members) if members else _count_note(row),
        rule=row["rule_text"],
        source=row["source"],
        measured_at=moment_of(row["measured_at"]) if row["measured_at"] else None,
        part=part,
        cited=tuple(_cited_line(said) for said in row.get("cited", {}).values()),
    )


def _cited_line(said: dict[str, Any]) -> str:
    """Say a tick or a judgement in one line: what, who, why, and the proof."""
    parts = (said.get("text"), said.get("name"), said.get("reason"), said.get("evidence"))
    return " · ".join(str(part) for part in parts if part)


def _members_note(members: list[dict[str, Any]]) -> str:
    found = Counter(Outcome(member["outcome"]) for member in members)
    del found[Outcome.MET]
    return ", ".join(
        f"{found[outcome]} {str(outcome.label).lower()}"
        for outcome in sorted(found, key=WORST_FIRST.__getitem__)
    )


def _count_note(row: dict[str, Any]) -> str:
    found = []
    if row["n"] is not None and row["hits"] is not None:
        found.append(_("%(hits)s of %(n)s %(noun)s") % row)
    elif row["n"] is not None and row["noun"]:
        found.append(f"{words.number(row['n'])} {row['noun']}")
    if row["rule"]["min_n"] and (row["n"] or 0) < row["rule"]["min_n"]:
        found.append(_("at least %s") % row["rule"]["min_n"])
    if row["interval"]:
        unit = "%" if row["rule"]["versus_baseline"] else row["rule"]["unit"]
        low, high = (shown(Decimal(end), places=1) for end in row["interval"])
        found.append(f"{low} … {with_unit(high, unit)}")
    return ", ".join(found)


# --- The record ---------------------------------------------------------------------------------------


RECORD_WORDS: Final = {
    "open": gettext_lazy("not complete"),
    "valid": gettext_lazy("valid"),
    "stale": gettext_lazy("stale"),
    "void": gettext_lazy("void"),
    "decided": gettext_lazy("decided"),
    "used": gettext_lazy("used"),
}


@dataclass(frozen=True, slots=True)
class Record:
    """A piece of evidence with everything that was signed on it, and whether it still holds.

    :ivar state: open · valid · decided (refused or put off) · stale · void · used.
    :ivar whole: whether the stored bytes still hash to the fingerprint that everybody signed.
    """

    evidence: Evidence
    table: EvidenceTable
    signoffs: tuple[SignOff, ...]
    decision: str
    state: str
    because: str
    since: datetime | None
    broken: tuple[Change, ...]
    whole: bool


def read_record(evidence: Evidence, now: datetime) -> Record:
    """Read a record at `now`; open evidence is held against the gate as it stands."""
    gate = evidence.gate
    signoffs = tuple(evidence.signoffs.select_related("signer", "requirement"))
    state, because, since, broken = _standing(evidence, now)
    digests = {evidence.digest, *(signoff.digest for signoff in signoffs)}
    return Record(
        evidence=evidence,
        table=evidence_table(decisions.frozen_body(evidence), evidence.digest, gate.rollout.zone),
        signoffs=signoffs,
        decision=str(decisions.state_of(gate, evidence).label),
        state=state,
        because=because,
        since=since,
        broken=broken,
        whole=digests == {hashlib.sha256(evidence.body.encode()).hexdigest()},
    )


def _standing(evidence: Evidence, now: datetime) -> tuple[str, str, datetime | None, tuple[Change, ...]]:
    gate = evidence.gate
    used = _used_by(evidence)
    if used is not None:
        back = PhaseTransition.objects.filter(phase_id=used.phase_id, verb=Verb.ROLL_BACK, at__gte=used.at)
        undone = back.order_by("at").first()
        if undone is not None:
            return "void", _("the phase was rolled back: “%s”") % undone.reason, undone.at, ()
        return "used", _("%s started on it") % target_text(gate), used.at, ()
    if (
        evidence.closed_at is not None
        and gate.to_phase is None
        and evidence.closed_at == gate.rollout.ended_at
    ):
        return "used", _("the rollout was closed on it"), evidence.closed_at, ()
    if evidence.closed_at is not None:
        return "void", evidence.closed_because or "", evidence.closed_at, ()
    report = gates.evaluate(gate, now)
    if gate.state in (GateState.NO_GO, GateState.NOT_YET):
        return "decided", _("a new decision is signed on new evidence"), gate.decided_at, ()
    if current_evidence(gate, report) is None:
        broken = tuple(changes(decisions.frozen_body(evidence), report))
        return "stale", "; ".join(change.text for change in broken), now, broken
    if gate.state in OPENED:
        return "valid", str(GateState(gate.state).label), gate.decided_at, ()
    missing = [str(seat.requirement).lower() for seat in decisions.seats(gate, evidence) if not seat.signoff]
    return "open", _("still to sign: %s") % ", ".join(missing), evidence.frozen_at, ()


def _used_by(evidence: Evidence) -> PhaseTransition | None:
    """Return the start that rested on the evidence, alone or with that of other gates."""
    starts = PhaseTransition.objects.filter(phase=evidence.gate.to_phase, verb=Verb.START)
    return next(
        (
            start
            for start in starts
            if start.evidence_id == evidence.pk or evidence.digest in start.options.get("evidences", ())
        ),
        None,
    )
