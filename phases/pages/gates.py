"""A gate as its pages show it: the one sentence, who must sign, and what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases import gates
from phases.evidence import Change, changes, open_evidence
from phases.gates import GateReport
from phases.models import Evidence, Gate, Role, Rollout, SignOff
from phases.pages.criteria import CriterionLine, Reader, lines_of
from phases.permissions import Rights
from phases.services import decisions
from phases.services.gates import current_evidence, why_closed, why_not
from phases.states import OPENED, OVER, RUNNING, Decision, GateState
from rollout_portal.accounts.models import User
from rollout_portal.lib import words

# A gate that is not ready is red only from so long before it is due: then somebody must act.
ACT_NOW_WITHIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one sentence on top of a page, for `parts/_verdict.html`."""

    tone: str
    sentence: str
    detail: str = ""
    done: int = 0
    whole: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """The chip of a state: how it looks, and its word."""

    state: str
    text: str


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One required signature, for `parts/_signatures.html`."""

    name: str
    line: str
    state: str
    state_text: str
    at: datetime | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Stopper:
    """One line of the no-go list."""

    code: str
    title: str
    outcome: str
    outcome_text: str
    note: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateRead:
    """Everything about a gate that its pages need, read at one moment.

    :ivar evidence: what signers sign now, if one is frozen and still holds.
    :ivar broken: what is no longer as it was signed; empty while the signatures hold.
    :ivar closed: why nobody decides here now; empty while one can.
    :ivar refusal: why this reader cannot sign now; empty when they can.
    """

    gate: Gate
    rights: Rights
    report: GateReport
    evidence: Evidence | None
    broken: tuple[Change, ...]
    closed: str
    refusal: str
    verdict: Verdict
    look: Look
    lines: tuple[CriterionLine, ...]
    stoppers: tuple[Stopper, ...]
    seats: tuple[SeatLine, ...]
    due: str
    needed: int
    signed: int

    @property
    def opened(self) -> bool:
        """Whether the phase behind may start now, as far as the gate goes."""
        return self.gate.state in OPENED and not self.broken and not self.closed and self.report.ready


def read_gate(gate: Gate, user: User, rights: Rights, now: datetime) -> GateRead:
    """Read a gate at `now`: measures once, then a constant number of queries."""
    rollout = gate.rollout
    report = gates.evaluate(gate, now)
    closed = why_closed(gate)
    frozen = open_evidence(gate)
    evidence = current_evidence(gate, report) if frozen else None
    broken = tuple(changes(decisions.frozen_body(frozen), report)) if frozen and not evidence else ()
    reader = Reader(rights=rights, zone=rollout.time_zone, now=now, closed=bool(closed))
    places = decisions.seats(gate, frozen)
    signed = sum(place.signoff is not None for place in places)
    return GateRead(
        gate=gate,
        rights=rights,
        report=report,
        evidence=evidence,
        broken=broken,
        closed=closed,
        refusal=why_not(gate, user, report),
        verdict=_verdict(gate, report, closed, broken, places, now),
        look=_look(gate, report, closed, broken),
        lines=tuple(lines_of(report, report.worst_first, reader)),
        stoppers=_stoppers(report, reader),
        seats=_seats(gate, places, user, stale=bool(broken)),
        due=due_text(gate, now),
        needed=len(places),
        signed=signed,
    )


def due_text(gate: Gate, now: datetime) -> str:
    """Say when a gate is due: a day, or a moment where the plan names an hour; empty without one."""
    due = gate.due
    if due is None:
        return ""
    if gate.due_at is not None:
        return words.moment(due, gate.rollout.time_zone, now=now).text
    last = (due - timedelta(seconds=1)).astimezone(gate.rollout.zone).date()
    return words.day(last, now=now.astimezone(gate.rollout.zone).date())


def target_text(gate: Gate) -> str:
    """Name what the gate opens: the phase behind it, or the close of the rollout."""
    return f"“{gate.to_phase}”" if gate.to_phase else _("The close of the rollout")


# --- The sentence on top ------------------------------------------------------------------------------


def _verdict(
    gate: Gate,
    report: GateReport,
    closed: str,
    broken: Sequence[Change],
    places: Sequence[decisions.Seat],
    now: datetime,
) -> Verdict:
    done, whole = report.counting, len(report.deciding)
    if closed:
        used = gate.to_phase is not None and gate.to_phase.state in RUNNING | OVER
        return Verdict("met" if used else "open", closed, "" if used else _missing(report), done, whole)
    if not whole:
        return Verdict(
            "open", _("This gate has no criterion, so it can never open."), _("Add one to the plan.")
        )
    refused = _refused(gate, report, places, now)
    if refused is not None:
        return refused
    missing = sum(place.signoff is None for place in places)
    if broken:
        sentence = _("The signatures are stale: something they rest on has changed.")
        return Verdict("stale", sentence, "; ".join(_change_text(change) for change in broken))
    if gate.state in OPENED and report.ready:
        sentence = _("Every signature is there: %(target)s may start.") % {"target": target_text(gate)}
        return Verdict("met", sentence, _("It starts when somebody presses Start."))
    if report.ready:
        counted = ngettext("The one criterion counts.", "All %(all)s criteria count.", whole) % {"all": whole}
        left = ngettext("%s signature is missing.", "%s signatures are missing.", missing) % missing
        return Verdict("met", f"{counted} {left}", _waived_text(report))
    late = gate.due is not None and now > gate.due - ACT_NOW_WITHIN
    counts = ngettext("%(done)s of %(all)s criteria counts", "%(done)s of %(all)s criteria count", done) % {
        "done": done,
        "all": whole,
    }
    sentence = _("%(target)s cannot start: %(counts)s.") % {"target": target_text(gate), "counts": counts}
    return Verdict("not-met" if late else "open", sentence, _missing(report), done, whole)


def _refused(
    gate: Gate, report: GateReport, places: Sequence[decisions.Seat], now: datetime
) -> Verdict | None:
    """Return what one signer's no-go or not-yet means for everybody."""
    if gate.state not in (GateState.NO_GO, GateState.NOT_YET):
        return None
    deciding = [place.signoff for place in places if place.signoff and place.signoff.decision == gate.state]
    said = deciding[-1] if deciding else None
    who = str(said.signer) if said else ""
    why = said.reason if said else ""
    if gate.state == GateState.NO_GO:
        sentence = _("No-go, says %(who)s: “%(why)s”") % {"who": who, "why": why}
        return Verdict("not-met", sentence, _("A new decision is signed on new evidence."))
    day = words.day(gate.look_again_on, now=now.date()) if gate.look_again_on else ""
    sentence = _("Not yet, says %(who)s: “%(why)s” Look again on %(day)s.") % {
        "who": who,
        "why": why,
        "day": day,
    }
    return Verdict("open", sentence, _missing(report), report.counting, len(report.deciding))


def _missing(report: GateReport) -> str:
    needs = [need.text for need in report.needs]
    return _("To open it: %s.") % ", ".join(dict.fromkeys(needs)) if needs else ""


def _waived_text(report: GateReport) -> str:
    waived = [result.criterion.text for result in report.waived]
    if not waived:
        return ""
    return ngettext(
        "One of them counts by a waiver: %(names)s.",
        "%(n)s of them count by waivers: %(names)s.",
        len(waived),
    ) % {"n": len(waived), "names": ", ".join(f"“{text}”" for text in waived)}


def _change_text(change: Change) -> str:
    if change.before or change.after:
        return f"{change.text}: {change.before} → {change.after}"
    return change.text


def _look(gate: Gate, report: GateReport, closed: str, broken: Sequence[Change]) -> Look:
    if gate.to_phase is not None and gate.to_phase.state in RUNNING | OVER:
        return Look("done", _("Used"))
    if broken and gate.state in OPENED:
        return Look("held", _("Stale"))
    if gate.state in OPENED:
        return Look("ready", str(GateState(gate.state).label))
    if gate.state == GateState.NO_GO:
        return Look("blocked", _("No-go"))
    if gate.state == GateState.NOT_YET:
        return Look("waiting", _("Not yet"))
    return Look("ready", _("Ready")) if report.ready and not closed else Look("not-ready", _("Not ready yet"))


# --- Beside the criteria ------------------------------------------------------------------------------


def _seats(gate: Gate, places: Sequence[decisions.Seat], user: User, *, stale: bool) -> tuple[SeatLine, ...]:
    holders = role_holders(gate.rollout, [place.requirement.role for place in places])
    return tuple(_seat(place, holders, user, stale=stale) for place in places)


def _seat(place: decisions.Seat, holders: dict[str, list[User]], user: User, *, stale: bool) -> SeatLine:
    role = place.requirement.get_role_display()
    if place.signoff is None:
        people = holders.get(place.requirement.role, [])
        mine = user in people
        return SeatLine(
            name=_(" or ").join(str(person) for person in people) or _("Nobody has this role yet"),
            line=_("%(role)s, you") % {"role": role} if mine and len(people) == 1 else str(role),
            state="open",
            state_text=_("open"),
        )
    signed = place.signoff
    return SeatLine(
        name=str(signed.signer),
        line=_("%(role)s, you") % {"role": role} if signed.signer_id == user.pk else str(role),
        state="held" if stale else _DECISION_LOOKS[Decision(signed.decision)],
        state_text=_("stale") if stale else str(Decision(signed.decision).label),
        at=signed.signed_at,
        said=signed.reason,
    )


_DECISION_LOOKS = {
    Decision.GO: "ready",
    Decision.CONDITIONAL: "ready",
    Decision.NOT_YET: "waiting",
    Decision.NO_GO: "blocked",
}


def role_holders(rollout: Rollout, roles: Sequence[str]) -> dict[str, list[User]]:
    """Return who holds each of `roles` now, in one query."""
    found: dict[str, list[User]] = {}
    held = Role.objects.current().filter(rollout=rollout, role__in=set(roles)).select_related("user")
    for row in held.order_by("user__name", "pk"):
        found.setdefault(row.role, []).append(row.user)
    return found


def stopper_text(outcome: str) -> str:
    """Say how a line of the no-go list stands; its rule describes what must not be the case."""
    return {"met": _("Not the case"), "not_met": _("It is the case")}.get(outcome, "")


def _stoppers(report: GateReport, reader: Reader) -> tuple[Stopper, ...]:
    lines = lines_of(report, report.stoppers, reader)
    return tuple(
        Stopper(
            code=line.code,
            title=line.sentence,
            outcome=line.outcome,
            outcome_text=stopper_text(line.outcome),
            note=" · ".join(part for part in (*line.facts, line.quote) if part),
            verbs=line.verbs,
        )
        for line in lines
    )


# --- The list of gates --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GateLine:
    """One gate of the list. Only the next one is read; the others say their state."""

    gate: Gate
    look: Look
    way: str
    due: str
    signatures: str
    next: bool


@dataclass(frozen=True, slots=True)
class GateList:
    """All gates of a rollout and the sentence about the next one."""

    lines: tuple[GateLine, ...]
    verdict: Verdict | None


def list_gates(rollout: Rollout, user: User, rights: Rights, now: datetime) -> GateList:
    """Return every gate in the plan's order; the next one is evaluated, and only that one."""
    rows = list(
        rollout.gates.select_related("from_phase", "to_phase", "to_phase__base").order_by("position", "pk")
    )
    needed, signed = _signature_counts(rollout)
    for row in rows:
        adopt(row, rollout)
    ahead = rollout.gates.ahead().values_list("pk", flat=True).first()
    coming = next((row for row in rows if row.pk == ahead), None)
    read = read_gate(coming, user, rights, now) if coming else None
    lines = []
    for row in rows:
        here = read is not None and row is coming
        lines.append(
            GateLine(
                gate=row,
                look=read.look if read is not None and here else _plain_look(row),
                way=way_text(row),
                due=due_text(row, now),
                signatures=_("%(signed)s of %(needed)s")
                % {"signed": signed.get(row.pk, 0), "needed": needed.get(row.pk, 0)},
                next=here,
            )
        )
    return GateList(tuple(lines), read.verdict if read else None)


def adopt(gate: Gate, rollout: Rollout) -> Gate:
    """Give a gate and its phases the rollout that is open, so that none is read again."""
    gate.rollout = rollout
    for phase in (gate.from_phase, gate.to_phase):
        if phase is not None:
            phase.rollout = rollout
    return gate


def way_text(gate: Gate) -> str:
    """Say from where to where a gate leads, in the plan's names."""
    if gate.from_phase is None:
        return _("To “%(to)s”") % {"to": gate.to_phase}
    if gate.to_phase is None:
        return _("From “%(from)s” to the close of the rollout") % {"from": gate.from_phase}
    return _("From “%(from)s” to “%(to)s”") % {"from": gate.from_phase, "to": gate.to_phase}


def _plain_look(gate: Gate) -> Look:
    if gate.to_phase is not None and gate.to_phase.state in RUNNING | OVER:
        return Look("done", _("Used"))
    if gate.state == GateState.OPEN:
        return Look("planned", _("Not its turn yet"))
    return Look(
        {GateState.NO_GO: "blocked", GateState.NOT_YET: "waiting"}.get(GateState(gate.state), "ready"),
        str(GateState(gate.state).label),
    )


def _signature_counts(rollout: Rollout) -> tuple[dict[int, int], dict[int, int]]:
    """Return how many signatures each gate needs, and how many stand, by gate.

    Those stand that are on open evidence, and of a gate that was used those that opened it: its newest ones.
    """
    needed = rollout.signoffrequirements.order_by("gate_id").values("gate_id").annotate(whole=Sum("people"))
    was_used = Q(evidence__gate__to_phase__state__in=RUNNING | OVER)
    standing = SignOff.objects.filter(
        Q(evidence__closed_at__isnull=True) | was_used, evidence__gate__rollout=rollout
    )
    signed = (
        standing.order_by("evidence_id")
        .values("evidence__gate_id", "evidence_id")
        .annotate(whole=Count("pk"))
    )
    return (
        {row["gate_id"]: row["whole"] for row in needed},
        {row["evidence__gate_id"]: row["whole"] for row in signed},
    )


def plan_day(day: date | None, today: date) -> str:
    """Say a planned day; empty without one."""
    return words.day(day, now=today) if day else ""
