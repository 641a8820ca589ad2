"""Accept, decline, leave, my data: pages for people without a login. GET changes nothing; buttons act."""

import json

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cohorts import visits
from cohorts.attributes import name_for_testers, shown
from cohorts.exceptions import InvitationOver
from cohorts.models import ConsentText, Invitation, Participant
from cohorts.services import invitations, people
from cohorts.states import GONE, IN, Answer, ConsentChange, How, LinkPurpose, Purpose
from cohorts.visits import Visit, reading, show, switched, tester_page
from phases.exceptions import Refused
from rollout_portal.lib import clock
from rollout_portal.lib.digests import canonical_json

_ONE_CLICK = ("List-Unsubscribe", "One-Click")


@require_safe
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Open the link in an invitation."""
    return visits.enter(request, LinkPurpose.INVITATION.value, token, "testers:visit")


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def open_leave(request: HttpRequest, token: str) -> HttpResponse:
    """Open the link to leave; or opt out at once, when a mail program posts for its reader (RFC 8058).

    The program sends no cookie and gets no redirect. It takes back the consent to be written to; a seat in
    the test is given up on the page only.
    """
    if request.method != "POST":
        return visits.enter(request, LinkPurpose.LEAVE.value, token, "testers:leave")
    visit = visits.find(LinkPurpose.LEAVE.value, token)
    if visit is None or request.POST.get(_ONE_CLICK[0]) != _ONE_CLICK[1]:
        return visits.gone(request)
    people.opt_out(participant=visit.participant, how=How.ONE_CLICK)
    return HttpResponse(_("You will get no more messages about this test."), content_type="text/plain")


@tester_page
def visit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The invitation: what it is, what is collected, and two buttons; or what was answered."""
    invitation = visit.invitation
    if invitation is None:
        return HttpResponseRedirect(reverse("testers:data", args=[visit.uuid]))
    error = ""
    if request.method == "POST" and not switched(request):
        try:
            _answer(request, invitation)
        except InvitationOver as over:
            error = over.message
        else:
            return HttpResponseRedirect(visit.path)
    texts = invitations.consent_texts(visit.rollout)
    ticked = request.POST.getlist("consent")
    person = visit.participant
    can_answer = not invitation.answer and invitation.closed_at is None and person.state not in GONE
    return show(
        request,
        visit,
        "tester/invitation.html",
        title=_("Your invitation"),
        error=error,
        invitation=invitation,
        phase=invitation.batch.phase,
        can_answer=can_answer,
        in_time=invitation.batch.answer_until > clock.now(),
        is_paused=invitations.paused(invitation.batch.phase),
        until=invitations.last_day(invitation.batch.answer_until, person, reading()),
        takes_part=person.state in IN,
        said_no=invitation.answer == Answer.DECLINED,
        is_gone=person.state in GONE,
        switch_form="answer" if can_answer else "",
        required=[_in_language(text) for text in texts if text.required],
        optional=[
            {"code": text.code, "text": _in_language(text), "is_ticked": text.code in ticked}
            for text in texts
            if not text.required
        ],
    )


def _answer(request: HttpRequest, invitation: Invitation) -> None:
    wanted = {"accept": Answer.ACCEPTED, "decline": Answer.DECLINED}.get(request.POST.get("answer", ""))
    if wanted is None:
        raise InvitationOver(_("Press one of the two buttons."))
    ticked = request.POST.getlist("consent")
    texts = invitations.consent_texts(invitation.batch.rollout)
    invitations.answer_invitation(
        invitation=invitation,
        answer=wanted,
        consents=[text for text in texts if text.code in ticked],
        language=reading(),
    )


@tester_page
def leave(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Leave the test, or only stop the messages: one page, a reason if she likes, what is kept."""
    if request.method == "POST" and not switched(request):
        if request.POST.get("do") == "quiet":
            people.opt_out(participant=visit.participant, how=How.PAGE, language=reading())
        elif request.POST.get("do") == "leave":
            people.leave(
                participant=visit.participant,
                how=How.PAGE,
                reason=request.POST.get("reason", "").replace("\x00", "")[:1000],
                language=reading(),
            )
        return HttpResponseRedirect(reverse("testers:leave", args=[visit.uuid]))
    return show(
        request,
        visit,
        "tester/leave.html",
        title=_("Leave the test"),
        has_left=visit.participant.state in GONE,
        is_quiet=visit.participant.opted_out_at is not None,
        takes_part=visit.participant.state in IN,
        reason=request.POST.get("reason", ""),
        switch_form="" if visit.participant.state in GONE else "leave",
    )


@tester_page
def data(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What we hold of her: see it, put it right, agree or take it back."""
    participant, error = visit.participant, ""
    if request.method == "POST" and not switched(request):
        try:
            _change_data(request, visit)
        except Refused as refusal:
            error = refusal.message
        else:
            return HttpResponseRedirect(reverse("testers:data", args=[visit.uuid]) + "?saved=1")
    newest = people.consents_of(participant)
    return show(
        request,
        visit,
        "tester/data.html",
        title=_("My data"),
        error=error,
        is_saved="saved" in request.GET and not error,
        name=request.POST.get("name", participant.person.name),
        own_language=request.POST.get("language", participant.person.language),
        facts=_facts(participant),
        purposes=[
            {
                "value": purpose.value,
                "label": purpose.label,
                "is_given": newest[purpose].change == ConsentChange.GIVEN,
                "at": newest[purpose].at,
            }
            for purpose in Purpose
            if purpose in newest and purpose != Purpose.TAKE_PART
        ],
        zone=participant.person.time_zone or visit.rollout.time_zone,
        has_left=participant.state in GONE,
        switch_form="" if participant.state in GONE else "data",
    )


def _change_data(request: HttpRequest, visit: Visit) -> None:
    participant = visit.participant
    purpose, wanted = request.POST.get("purpose", ""), request.POST.get("wanted", "")
    if purpose in Purpose.values and wanted in ConsentChange.values:
        newest = people.consents_of(participant).get(purpose)
        # The button says what she wants, so that a second tap finds it done.
        if newest is not None:
            people.set_consent(
                participant=participant,
                purpose=Purpose(purpose),
                given=wanted == ConsentChange.GIVEN,
                how=How.PAGE,
                language=reading(),
                wording=newest.wording,
            )
        return
    name = "".join(letter for letter in request.POST.get("name", "") if letter.isprintable())
    people.correct(participant=participant, name=name[:150], language=request.POST.get("language", ""))


@tester_page
def download(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everything that we hold of her, as a file."""
    participant = visit.participant
    person = participant.person
    held = {
        "number": participant.label,
        "name": person.name,
        "email": person.email,
        "language": person.language,
        "time_zone": person.time_zone,
        "id_in_the_product": participant.external_id,
        "came_from": participant.source,
        "state": participant.state,
        "attributes": participant.attributes,
        "consents": [
            {
                "purpose": row.purpose,
                "change": row.change,
                "wording": row.wording,
                "how": row.how,
                "at": row.at,
            }
            for row in participant.consents.order_by("at", "pk")
        ],
        "invitations": [
            {"asked_by": str(row.batch.uuid), "answer": row.answer, "answered_at": row.answered_at}
            for row in participant.invitations.select_related("batch")
        ],
        "seats": [
            {"phase": row.phase.name, "because": row.reason, "from": row.joined_at, "until": row.ended_at}
            for row in participant.memberships.select_related("phase")
        ],
    }
    text = json.dumps(json.loads(canonical_json(held)), ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@tester_page
def erase(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Erase me: what goes, what stays without a name, and one button."""
    if request.method == "POST" and request.POST.get("do") == "erase" and not switched(request):
        people.erase(participant=visit.participant, reason="asked on the own page")
        return show(request, visit, "tester/erased.html", title=_("You are erased"), is_erased=True)
    return show(request, visit, "tester/erase.html", title=_("Erase my data"))


def _facts(participant: Participant) -> list[tuple[str, str]]:
    definitions = {row.code: row for row in participant.rollout.attributedefinitions.all()}
    facts = [(_("E-mail address"), _masked(participant.person.email)), (_("Number"), participant.label)]
    for code, value in participant.attributes.items():
        if code in definitions:
            name = name_for_testers(definitions[code], reading())
            facts.append((name, shown(definitions[code], value, reading())))
    return [(label, value) for label, value in facts if value]


def _masked(address: str) -> str:
    """Return an address so that its owner knows it and nobody else learns it."""
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if address else ""


def _in_language(text: ConsentText) -> str:
    texts = text.texts
    return str(texts.get(reading()) or texts.get("en") or next(iter(texts.values()), ""))
