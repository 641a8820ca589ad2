"""The gates of a rollout: the list, one gate with what is missing, and its evaluation as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from phases import gates as reading
from phases.evidence import as_evidence, evidence_digest
from phases.gates import GateReport, flat
from phases.models import Criterion, Gate
from phases.pages.criteria import CriterionLine, Proof
from phases.pages.gates import GateRead, adopt, list_gates, read_gate, way_text
from phases.registry import Need
from phases.states import Outcome
from phases.views.base import Crumb, Here, rollout_page
from rollout_portal.lib.digests import canonical_json

SEEN: Final = "phases.gates_seen"
# Whoever comes back within this time is still looking: the comparison stays with the look before.
STILL_LOOKING: Final = timedelta(minutes=15)
# A look is noted at most so often, so that a page that reloads itself does not write each time.
A_MINUTE: Final = timedelta(minutes=1)

# What a reader may do about a criterion: the words of the link, and the page behind it.
_VERBS: Final = {
    "judge": (gettext_lazy("Judge…"), "phases:judge"),
    "baseline": (gettext_lazy("Record a baseline…"), "phases:criterion_baseline"),
    "waive": (gettext_lazy("Waive…"), "phases:waive"),
    "end_waiver": (gettext_lazy("End the waiver…"), "phases:end_waiver"),
    "change": (gettext_lazy("Change the rule…"), "phases:criterion"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link with its words."""

    title: str
    url: str


@require_safe
@rollout_page()
def gates(request: HttpRequest, here: Here) -> HttpResponse:
    """All gates in the plan's order; the next one is read."""
    found = list_gates(here.rollout, here.user, here.rights, here.now)
    return here.render("phases/gates.html", title=_("Gates"), gates=found)


@require_safe
@rollout_page()
def gate(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """May the next phase start, and if not, what exactly is missing?"""
    found = find_gate(here, code)
    read = read_gate(found, here.user, here.rights, here.now)
    return here.render(
        "phases/gate.html",
        title=_("Gate: %s") % found.name,
        crumbs=[gates_crumb(here)],
        gate=found,
        read=read,
        way=way_text(found),
        lines=[_with_links(here, line) for line in read.lines],
        stoppers=[(stopper, links(here, stopper.code, stopper.verbs)) for stopper in read.stoppers],
        fingerprint=evidence_digest(read.report),
        since=since_last_look(request, read.report),
        records=list(found.evidences.order_by("-frozen_at", "-pk")[:5]),
        can_ask=_can_ask(here, read),
        can_start=here.may("phase.start"),
    )


@require_safe
@rollout_page()
def evaluation(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """The reading of this moment as canonical JSON, with the fingerprint that a signer would sign."""
    found = find_gate(here, code)
    report = reading.evaluate(found, here.now)
    body = {
        "evidence": as_evidence(report),
        "fingerprint": evidence_digest(report),
        "ready": report.ready,
        "counting": report.counting,
        "deciding": len(report.deciding),
        "missing": [_need(need) for need in report.needs],
    }
    return HttpResponse(canonical_json(body), content_type="application/json; charset=utf-8")


def find_gate(here: Here, code: str) -> Gate:
    """Return the gate called `code` with its phases, or 404."""
    rows = here.rollout.gates.select_related("from_phase__base", "to_phase__base", "requested_by")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404
    return adopt(found, here.rollout)


def gates_crumb(here: Here) -> Crumb:
    """The step from the rollout to its gates."""
    return Crumb(_("Gates"), here.url("phases:gates"))


def gate_crumbs(here: Here, gate: Gate) -> list[Crumb]:
    """The steps from the rollout to what is done at one gate."""
    return [gates_crumb(here), Crumb(gate.name, here.url("phases:gate", gate.code))]


def links(here: Here, code: str, verbs: tuple[str, ...]) -> list[Link]:
    """Return the links behind what a reader may do about the criterion `code`."""
    return [Link(str(_VERBS[verb][0]), here.url(_VERBS[verb][1], code)) for verb in verbs]


def _with_links(here: Here, line: CriterionLine) -> dict[str, Any]:
    """A criterion with its links, for `parts/_criterion.html`."""
    change = links(here, line.code, ("change",))[0] if "change" in line.verbs else None
    verbs = tuple(verb for verb in line.verbs if verb != "change" or not line.why)
    actions = links(here, line.code, verbs)
    if line.checklist:
        actions.append(Link(_("Open the checklist"), here.url("phases:checklist", line.checklist)))
    proofs = [proof_link(here, proof) for proof in line.proofs]
    own = {"evidence": _evidence(line.proof), "change": change, "proofs": proofs}
    return asdict(line) | {"actions": actions, **own}


def _evidence(proof: str) -> Link | None:
    """A proof that is a link becomes one; other words stay words."""
    if not proof:
        return None
    is_link = proof.startswith(("https://", "http://")) and " " not in proof
    return Link(proof, proof if is_link else "")


@dataclass(frozen=True, slots=True)
class ProofLink:
    """What was given as evidence for a thing, with the address where it can be opened, if there is one."""

    about: str
    title: str
    url: str
    digest: str
    is_file: bool


def proof_link(here: Here, proof: Proof) -> ProofLink:
    """Return a proof with its address: a file's for who may open it, a link's own; words have none."""
    if proof.file:
        url = here.url("phases:proof", proof.file) if here.may("proof.open") else ""
        return ProofLink(proof.about, proof.text, url, proof.digest, is_file=True)
    link = _evidence(proof.text)
    return ProofLink(proof.about, proof.text, link.url if link else "", "", is_file=False)


def _can_ask(here: Here, read: GateRead) -> bool:
    return not read.closed and read.signed == 0 and here.may("gate.request")


def _need(need: Need) -> dict[str, Any]:
    return {"kind": need.kind, "text": need.text, "amount": need.amount, "subject": need.subject}


# --- Since you last looked ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SinceLook:
    """When the reader last looked, and which outcomes are others since."""

    at: datetime
    changes: tuple[str, ...]


def since_last_look(request: HttpRequest, report: GateReport) -> SinceLook | None:
    """Compare with the reader's look before, and remember this one in the session.

    Several looks in a row are one: the comparison stays with the look before them. None on the first.
    """
    seen: dict[str, Any] = request.session.get(SEEN, {})
    key = str(report.gate.uuid)
    entry: Mapping[str, Any] = seen.get(key, {})
    outcomes = _outcomes(report)
    now = {"at": report.as_of.isoformat(), "outcomes": outcomes}
    latest = entry.get("latest")
    base = entry.get("base")
    if latest and _older(latest, report, STILL_LOOKING):
        base = latest
    if not latest or base is latest or latest["outcomes"] != outcomes or _older(latest, report, A_MINUTE):
        request.session[SEEN] = seen | {key: {"base": base, "latest": now}}
    if base is None:
        return None
    before: dict[str, str] = base["outcomes"]
    labels = {each.criterion.code: each.criterion.text for each in flat(report.results)}
    changes = tuple(
        f"{labels[code]}: {_word(before.get(code))} → {_word(outcome)}"
        for code, outcome in outcomes.items()
        if before.get(code) != outcome
    )
    return SinceLook(datetime.fromisoformat(base["at"]), changes)


def _older(look: Mapping[str, Any], report: GateReport, than: timedelta) -> bool:
    return report.as_of - datetime.fromisoformat(look["at"]) > than


def _outcomes(report: GateReport) -> dict[str, str]:
    return {each.criterion.code: each.outcome.value for each in flat(report.results)}


def _word(outcome: str | None) -> str:
    return str(Outcome(outcome).label).lower() if outcome else _("not there")


def find_criterion(here: Here, code: str) -> Criterion:
    """Return the criterion called `code` with its gate, or 404."""
    rows = here.rollout.criterions.select_related("gate__from_phase", "gate__to_phase", "edited_by")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404
    adopt(found.gate, here.rollout)
    found.rollout = here.rollout
    return found
