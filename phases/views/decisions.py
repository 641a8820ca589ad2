"""Deciding at a gate: the evidence again, the signature, and the record of it.

Whoever signs has shown who they are within the last minutes, then sees the evidence, then signs by a POST
of this page. A POST that comes too late is refused and its words are kept; it is never replayed.
"""

from typing import Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from phases.evidence import changes
from phases.exceptions import EvidenceChanged, GateNotReady, NotConfirmed, Refused
from phases.forms import DecideForm, ReasonForm, Seen, pack_shown, unpack_shown
from phases.models import Evidence, Gate, SignOff
from phases.pages.decisions import RECORD_WORDS, decide_text, read_decision, read_record
from phases.pages.gates import adopt, read_gate, role_holders, way_text
from phases.services import (
    Confirmation,
    hold_phase,
    request_signatures,
    sign_gate,
    withdraw_request,
)
from phases.states import OPENED, Decision
from phases.views.base import Here, posted, rollout_page
from phases.views.gates import find_gate, gate_crumbs, proof_link
from rollout_portal.accounts.confirmation import last_confirmed

DRAFTS: Final = "phases.decision_drafts"


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page()
def decide(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """What exactly do I put my name to?"""
    gate = find_gate(here, code)
    if request.method == "POST":
        here.require("gate.sign")
        return _sign(request, here, gate)
    draft = request.session.get(DRAFTS, {}).get(str(gate.uuid))
    return _decide_page(request, here, gate, DecideForm(name=here.user.name, initial=draft))


def _sign(request: HttpRequest, here: Here, gate: Gate) -> HttpResponse:
    form = DecideForm(request.POST, name=here.user.name)
    seen = unpack_shown(gate, request.POST.get("shown", ""))
    if not form.is_valid():
        return _decide_page(request, here, gate, form)
    if seen is None:
        return _decide_page(request, here, gate, _look_again(form), changed=True)
    confirmed = last_confirmed(request)
    if confirmed is None or not confirmed.recent:
        _keep_draft(request, gate, form)
        return _decide_page(request, here, gate, _look_again(form), late=True)
    confirmation = Confirmation(
        typed_name=form.cleaned_data["typed_name"], confirmed_at=confirmed.at, method=confirmed.method
    )
    try:
        signed = sign_gate(
            gate=gate, by=here.user, chosen=form.chosen(), shown=seen.shown, confirmation=confirmation
        )
    except EvidenceChanged:
        now = find_gate(here, gate.code)
        return _decide_page(request, here, now, _look_again(form), changed=True, seen=seen)
    except NotConfirmed as refusal:
        form.add_error("typed_name", refusal.message)
    except GateNotReady as refusal:
        form.add_error("decision", " ".join([refusal.message, *refusal.reasons]))
    except Refused as refusal:
        form.add_error(None, refusal.message)
    else:
        return _signed(request, here, gate, form, signed)
    return _decide_page(request, here, find_gate(here, gate.code), form)


def _signed(request: HttpRequest, here: Here, gate: Gate, form: DecideForm, signed: SignOff) -> HttpResponse:
    """Say what was recorded, hold the phase if the signer asked for it, and lead to the record."""
    drafts = request.session.get(DRAFTS, {})
    drafts.pop(str(gate.uuid), None)
    request.session[DRAFTS] = drafts
    decision = Decision(signed.decision)
    said = _("“%(decision)s” is recorded with your name.") % {"decision": decision.label}
    messages.success(request, said)
    if form.cleaned_data["hold"] and decision == Decision.NO_GO and gate.from_phase is not None:
        try:
            hold_phase(phase=gate.from_phase, by=here.user, reason=signed.reason)
        except Refused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("“%s” is on hold.") % gate.from_phase)
    return redirect(here.url("phases:record", gate.code, signed.evidence.uuid))


def _decide_page(
    request: HttpRequest,
    here: Here,
    gate: Gate,
    form: DecideForm,
    *,
    changed: bool = False,
    seen: Seen | None = None,
    late: bool = False,
) -> HttpResponse:
    """Show the page. `changed`: what was `seen` is not what holds now; `late`: the proof grew too old."""
    read = read_gate(gate, here.user, here.rights, here.now)
    decision = read_decision(read, here.user)
    confirmed = last_confirmed(request)
    url = here.url("phases:decide", gate.code)
    return here.render(
        "phases/decide.html",
        title=_("Decide: %s") % gate.name,
        crumbs=gate_crumbs(here, gate),
        crumb=_("Decide"),
        gate=gate,
        way=way_text(gate),
        read=read,
        decision=decision,
        files=[proof_link(here, proof) for proof in decision.table.files],
        sentence=decide_text(read),
        form=form,
        packed=pack_shown(gate, decision.shown, decision.body),
        changed=changed,
        changes=changes(seen.body, read.report) if seen and changed else [],
        late=late,
        confirmed=confirmed if confirmed and confirmed.recent else None,
        confirm_url=f"{reverse('account_reauthenticate')}?{urlencode({'next': url})}",
        may_hold=decision.may_hold and here.may("phase.hold"),
    )


def _look_again(form: DecideForm) -> DecideForm:
    """Give the words back, but neither decision nor name: what they were for is not there any more."""
    return DecideForm(initial=form.draft(), name=form.name)


def _keep_draft(request: HttpRequest, gate: Gate, form: DecideForm) -> None:
    """Keep the words in the session while the signer confirms who they are on another page."""
    request.session[DRAFTS] = request.session.get(DRAFTS, {}) | {str(gate.uuid): form.draft()}


# --- Asking for signatures ----------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("gate.request")
def ask(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """Ask the people who must sign, or take the question back."""
    gate = find_gate(here, code)
    asked = gate.requested_by is not None
    form = ReasonForm(posted(request), optional=not asked)
    if request.method == "POST" and form.is_valid():
        try:
            if asked:
                withdraw_request(gate=gate, by=here.user, reason=form.cleaned_data["reason"])
                messages.success(request, _("The question is taken back."))
            else:
                request_signatures(gate=gate, by=here.user)
                messages.success(request, _("The signatures are asked for."))
            return redirect(here.url("phases:gate", gate.code))
        except Refused as refusal:
            form.add_error(None, refusal.message)
    requirements = list(gate.requirements.order_by("position", "pk"))
    holders = role_holders(here.rollout, [row.role for row in requirements])
    return here.render(
        "phases/ask.html",
        title=_("Take the question back") if asked else _("Ask for signatures"),
        crumbs=gate_crumbs(here, gate),
        gate=gate,
        form=form,
        asked=asked,
        requirements=[(row, holders.get(row.role, [])) for row in requirements],
    )


# --- The record ---------------------------------------------------------------------------------------


@require_safe
@rollout_page()
def record(request: HttpRequest, here: Here, code: str, evidence: str) -> HttpResponse:
    """What was signed, by whom, on what, and whether it still holds."""
    found = _find_evidence(here, code, evidence)
    read = read_record(found, here.now)
    path = here.url("phases:record", code, found.uuid)
    return here.render(
        "phases/record.html",
        title=_("Record of “%s”") % found.gate.name,
        crumbs=gate_crumbs(here, found.gate),
        crumb=_("Record"),
        gate=found.gate,
        way=way_text(found.gate),
        record=read,
        files=[proof_link(here, proof) for proof in read.table.files],
        state_word=RECORD_WORDS[read.state],
        address=request.build_absolute_uri(path),
        file_name=_file_name(found),
        startable=read.state == "valid" and found.gate.state in OPENED and here.may("phase.start"),
    )


@require_safe
@rollout_page()
def evidence_file(request: HttpRequest, here: Here, code: str, evidence: str) -> HttpResponse:
    """The evidence as it was signed: the very bytes that hash to the fingerprint."""
    found = _find_evidence(here, code, evidence)
    answer = HttpResponse(found.body.encode(), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(found)}"'
    return answer


def _find_evidence(here: Here, code: str, uuid: str) -> Evidence:
    rows = Evidence.objects.select_related(
        "gate__from_phase__base", "gate__to_phase__base", "frozen_by", "requested_by"
    )
    found = rows.filter(gate__rollout=here.rollout, gate__code=code, uuid=uuid).first()
    if found is None:
        raise Http404
    adopt(found.gate, here.rollout)
    return found


def _file_name(evidence: Evidence) -> str:
    return f"{evidence.gate.rollout.slug}-gate-{evidence.gate.code}-{evidence.digest[:8]}.json"
