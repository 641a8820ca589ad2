"""Selections: draw, look, decide about open seats, send for approval, approve; and the proof."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cohorts.forms import DecideForm, DrawForm, ReasonForm, ShortfallForm
from cohorts.models import Selection
from cohorts.pages.people import filtered
from cohorts.pages.selections import LOOKS, list_selections, read_selection
from cohorts.services import drawings
from cohorts.services import selections as service
from cohorts.states import Method, SelectionState, Shortfall
from phases.models import Phase
from phases.views.base import Crumb, Here, attempt, rollout_page


@require_safe
@rollout_page("selection.view")
def selections(request: HttpRequest, here: Here) -> HttpResponse:
    """Every phase with its rule and its versions."""
    lines = list_selections(here.rollout, here.rights)
    return here.render("cohorts/selections.html", title=_("Selections"), lines=lines, looks=LOOKS)


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("selection.draft")
def draw(request: HttpRequest, here: Here, phase: str) -> HttpResponse:
    """Draw for a phase: nobody gets a seat by it."""
    found = find_phase(here, phase)
    newest = Selection.objects.filter(phase=found).order_by("-number").first()
    drawn = Selection.objects.filter(phase=found, approved_at__isnull=False).exclude(method=Method.NAMED)
    last = drawn.order_by("-number").first()
    initial = {"seed": last.seed if last else ""}
    form = DrawForm(request.POST if request.method == "POST" else None, initial=initial)
    made: list[Selection] = []

    def act() -> None:
        made.append(drawings.draft_selection(phase=found, by=here.user, seed=form.cleaned_data["seed"]))

    if form.is_valid() and attempt(form, act):
        return redirect(here.url("cohorts:selection", made[0].uuid))
    return here.render(
        "cohorts/act.html",
        title=_("Draw for “%s”") % found.name,
        crumbs=[selections_crumb(here)],
        form=form,
        sentence=_("Draw for “%s”. Nobody gets a seat and nobody is written to by it.") % found.name,
        detail=_("The draft that is there is replaced.")
        if newest is not None and newest.state == SelectionState.DRAFT
        else "",
        button=_("Draw"),
        back=here.url("cohorts:selections"),
    )


@require_safe
@rollout_page("selection.view")
def selection(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """One selection: the verdict, the seats, the rule, why somebody is in, and the proof."""
    found = find_selection(here, uuid)
    asked = request.GET.get("who", "").strip()
    can_admit = found.approved_at is not None and here.may("batch.approve")
    return here.render(
        "cohorts/selection.html",
        title=_("Selection for “%s”") % found.phase.name,
        crumbs=[selections_crumb(here)],
        selection=found,
        look=LOOKS[SelectionState(found.state)],
        read=read_selection(found),
        who=asked,
        why=_why(here, found, asked),
        form=ShortfallForm(),
        can_send=found.state == SelectionState.DRAFT and here.may("selection.draft"),
        can_decide=found.state == SelectionState.PROPOSED and here.may("selection.approve"),
        can_admit=can_admit and service.waiting_in(found).exists(),
        can_give=found.state == SelectionState.DRAFT and here.may("selection.reallocate"),
        waits_for="" if here.may("selection.approve") else here.why_not("selection.approve"),
        is_own=here.user.pk in (found.drafted_by_id, found.proposed_by_id),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("selection.draft")
def propose(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """Send a draft for approval; with open seats, say first what shall happen with them."""
    found = find_selection(here, uuid)
    read = read_selection(found)
    form = ShortfallForm(request.POST if request.method == "POST" else None)
    if not read.open_seats or found.shortfall:
        del form.fields["shortfall"]
    back = here.url("cohorts:selection", found.uuid)

    def act() -> None:
        shortfall = form.cleaned_data.get("shortfall") or Shortfall.NONE
        service.propose_selection(selection=found, by=here.user, shortfall=shortfall)

    if form.is_valid() and attempt(form, act):
        return here.done(_("Sent for approval. A second person approves it."), back)
    return here.render(
        "cohorts/act.html",
        title=_("Send for approval"),
        crumbs=[selections_crumb(here), Crumb(_("Selection for “%s”") % found.phase.name, back)],
        form=form,
        tone=read.tone,
        sentence=read.sentence,
        detail=read.detail,
        button=_("Send for approval"),
        back=back,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("selection.approve")
def decide(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """Approve a selection, or give it back: before and after stand before the button."""
    found = find_selection(here, uuid)
    read = read_selection(found)
    form = DecideForm(request.POST if request.method == "POST" else None)
    back = here.url("cohorts:selection", found.uuid)

    def act() -> None:
        if form.cleaned_data["decision"] == "approve":
            service.approve_selection(selection=found, by=here.user)
        else:
            service.return_selection(selection=found, by=here.user, reason=form.cleaned_data["reason"])

    if form.is_valid() and attempt(form, act):
        said = (
            _("Approved. Nobody was written to; prepare a batch of invitations next.")
            if form.cleaned_data["decision"] == "approve"
            else _("Given back.")
        )
        return here.done(said, back)
    before = found.phase.memberships.filter(ended_at__isnull=True).count()
    gained = found.taken - sum(stratum["kept"] for stratum in read.strata)
    return here.render(
        "cohorts/act.html",
        title=_("Decide about the selection for “%s”") % found.phase.name,
        crumbs=[selections_crumb(here), Crumb(_("Selection for “%s”") % found.phase.name, back)],
        form=form,
        tone=read.tone,
        sentence=read.sentence,
        detail=read.detail,
        steps=[
            ngettext("%(n)s person has a seat now.", "%(n)s people have a seat now.", before) % {"n": before},
            ngettext("%(n)s more gets one.", "%(n)s more get one.", gained) % {"n": gained},
            _("Who left or opted out since the draw gets none."),
            _("Nobody is written to by approving."),
        ],
        button=_("Record the decision"),
        back=back,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("selection.reallocate")
def reallocate(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """Give seats that nobody fills to others: with a name and a reason, as a new draft."""
    found = find_selection(here, uuid)
    read = read_selection(found)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    back = here.url("cohorts:selection", found.uuid)
    made: list[Selection] = []

    def act() -> None:
        made.append(drawings.reallocate(selection=found, by=here.user, reason=form.cleaned_data["reason"]))

    if form.is_valid() and attempt(form, act):
        return redirect(here.url("cohorts:selection", made[0].uuid))
    return here.render(
        "cohorts/act.html",
        title=_("Give the open seats to others"),
        crumbs=[selections_crumb(here), Crumb(_("Selection for “%s”") % found.phase.name, back)],
        form=form,
        tone="stale",
        sentence=read.sentence,
        steps=[
            _("A new draft is made with the same seed."),
            _("The open seats go to groups that have people left, in proportion to their own seats."),
            _("Your name and your reason stay on the record. Somebody else approves."),
        ],
        button=_("Give the seats to others"),
        back=back,
    )


@require_safe
@rollout_page("selection.view")
def proof(request: HttpRequest, here: Here, uuid: UUID) -> FileResponse:
    """The proof of a draw: everybody's place, without a name."""
    found = find_selection(here, uuid)
    if found.proof is None or not found.proof.content:
        raise Http404
    return FileResponse(
        found.proof.content.open("rb"),
        as_attachment=True,
        filename=found.proof.name,
        content_type="application/json",
    )


def _why(here: Here, found: Selection, asked: str) -> str:
    if not asked:
        return ""
    rows = filtered(here.rollout, {"q": asked}, by_address=here.may("person.reveal"))
    person = rows.select_related("person").first()
    if person is None:
        return _("Nobody in the register has this number, address or id.")
    return f"{person}: {service.why(found, person)}"


def find_selection(here: Here, uuid: UUID) -> Selection:
    """Return a selection of the rollout that is open, or 404."""
    rows = Selection.objects.select_related(
        "phase__base", "drafted_by", "proposed_by", "approved_by", "proof"
    )
    found = rows.filter(rollout=here.rollout, uuid=uuid).first()
    if found is None:
        raise Http404
    found.rollout = found.phase.rollout = here.rollout
    return found


def find_phase(here: Here, code: str) -> Phase:
    """Return the phase called `code` of the rollout that is open, or 404."""
    found = here.rollout.phases.select_related("base").filter(code=code).first()
    if found is None:
        raise Http404
    found.rollout = here.rollout
    return found


def selections_crumb(here: Here) -> Crumb:
    """The step from the rollout to its selections."""
    return Crumb(_("Selections"), here.url("cohorts:selections"))
