"""Invitations: the board, a new batch, one batch, its approval, and what stops it and lets it go on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from cohorts.forms import BatchForm, ReasonForm
from cohorts.models import Batch
from cohorts.pages.invitations import read_batch, read_board
from cohorts.services import invitations as service
from cohorts.states import BatchState
from phases import permissions
from phases.exceptions import PermissionRefused
from phases.views.base import Crumb, Here, attempt, rollout_page
from rollout_portal.outbox import templates
from rollout_portal.outbox.exceptions import OutboxError


@require_safe
@rollout_page("invitation.view")
def board(request: HttpRequest, here: Here) -> HttpResponse:
    """What goes out, and is it healthy?"""
    boards = read_board(here.rollout, here.rights, here.now)
    return here.render("cohorts/invitations.html", title=_("Invitations"), boards=boards)


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("batch.draft")
def new(request: HttpRequest, here: Here, phase: str) -> HttpResponse:
    """Prepare a batch: sends nothing."""
    found = here.rollout.phases.select_related("base").filter(code=phase).first()
    if found is None:
        raise Http404
    found.rollout = here.rollout
    form = BatchForm(request.POST if request.method == "POST" else None, rollout=here.rollout, now=here.now)
    made: list[Batch] = []

    def act() -> None:
        made.append(
            service.draft_batch(
                phase=found,
                by=here.user,
                send_at=form.cleaned_data["send_at"],
                answer_until=form.cleaned_data["answer_until"],
                size=form.cleaned_data["size"],
            )
        )

    if form.is_valid() and attempt(form, act):
        return redirect(here.url("cohorts:batch", made[0].uuid))
    return here.render(
        "cohorts/act.html",
        title=_("Prepare a batch for “%s”") % found.name,
        crumbs=[board_crumb(here)],
        form=form,
        sentence=_("Prepare a batch. Nobody is written to before it is approved."),
        detail=_("Times are meant in %s.") % here.rollout.time_zone,
        button=_("Prepare the batch"),
        back=here.url("cohorts:invitations"),
    )


@require_safe
@rollout_page("invitation.view")
def batch(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """One batch: where it stands, person by person, and the text as they get it."""
    found = _find(here, uuid)
    is_draft, is_live = found.state == BatchState.DRAFT, found.state == BatchState.APPROVED
    return here.render(
        "cohorts/batch.html",
        title=_("Batch %s") % found,
        crumbs=[board_crumb(here)],
        batch=found,
        read=read_batch(found, here.now),
        texts=_texts(here, found),
        can_approve=is_draft and here.may("batch.approve"),
        can_hold=is_live and not found.is_held and here.may("batch.hold"),
        can_resume=is_live and found.is_held and here.may("batch.resume"),
        can_cancel=(is_draft or is_live) and here.may("batch.hold"),
        waits_for=here.why_not("batch.approve") if is_draft else "",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("batch.approve")
def approve(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponse:
    """Approve a batch: what goes out to how many, and when, stands before the button."""
    found = _find(here, uuid)
    read = read_batch(found, here.now)
    form = forms.Form(request.POST if request.method == "POST" else None)
    back = here.url("cohorts:batch", found.uuid)
    if form.is_valid() and attempt(form, lambda: service.approve_batch(batch=found, by=here.user)):
        return here.done(_("Batch %s is approved.") % found.number, back)
    size = {"n": f"{read.size:,}"}
    return here.render(
        "cohorts/approve.html",
        title=_("Approve batch %s") % found,
        crumbs=[board_crumb(here), Crumb(_("Batch %s") % found, back)],
        form=form,
        batch=found,
        sentence=ngettext("%(n)s person is invited.", "%(n)s people are invited.", read.size) % size,
        steps=[
            _("Each gets one message in her language, never twice."),
            _("Who opts out or leaves until then gets none."),
            _("Nothing leaves while the phase is on hold, rolled back, not running, or takes nobody new."),
        ],
        texts=_texts(here, found),
        button=ngettext("Invite %(n)s person", "Invite %(n)s people", read.size) % size,
        back=back,
    )


@dataclass(frozen=True, slots=True)
class Verb:
    """What can be done to a batch on its way, and who may."""

    act: str
    service: Callable[..., Batch]
    title: Promise
    consequence: Promise
    done: Promise
    stops: bool


VERBS: Final = {
    "hold": Verb(
        "batch.hold",
        service.hold_batch,
        gettext_lazy("Hold batch %s"),
        gettext_lazy("%(n)s unsent invitations are held. Who was invited stays invited."),
        gettext_lazy("Batch %s is on hold."),
        stops=True,
    ),
    "resume": Verb(
        "batch.resume",
        service.resume_batch,
        gettext_lazy("Resume batch %s"),
        gettext_lazy("%(n)s unsent invitations go out again, each asked about at the moment of sending."),
        gettext_lazy("Batch %s goes on."),
        stops=False,
    ),
    "cancel": Verb(
        "batch.hold",
        service.cancel_batch,
        gettext_lazy("Take batch %s back"),
        gettext_lazy("%(n)s unsent invitations are cancelled. These people keep their seats."),
        gettext_lazy("Batch %s was taken back."),
        stops=True,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("invitation.view")
def stop_or_go(request: HttpRequest, here: Here, uuid: UUID, verb: str) -> HttpResponse:
    """Hold a batch, let it go on, or take it back: with a reason."""
    words = VERBS.get(verb)
    if words is None:
        raise Http404
    if not here.may(words.act):
        raise PermissionRefused(permissions.refusal(words.act, here.rollout))
    found = _find(here, uuid)
    read = read_batch(found, here.now)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    back = here.url("cohorts:batch", found.uuid)
    if form.is_valid() and attempt(
        form, lambda: words.service(batch=found, by=here.user, reason=form.cleaned_data["reason"])
    ):
        return here.done(words.done % found.number, back)
    return here.render(
        "cohorts/act.html",
        title=words.title % found,
        crumbs=[board_crumb(here), Crumb(_("Batch %s") % found, back)],
        form=form,
        sentence=words.consequence % {"n": f"{read.unsent:,}"},
        button=words.title % found,
        stops=words.stops,
        back=back,
    )


def _texts(here: Here, found: Batch) -> list[tuple[str, str, str]]:
    """Return the message in each language of the testers, with samples in its placeholders."""
    try:
        _version, wording = templates.standing(found.template, here.rollout.uuid)
    except OutboxError:
        return []
    previews = [(language, templates.preview_of(wording, language)) for language in wording.languages]
    return [(language, shown.subject, shown.text) for language, shown in previews if shown is not None]


def _find(here: Here, uuid: UUID) -> Batch:
    rows = Batch.objects.select_related("phase__base", "selection", "drafted_by", "approved_by", "held_by")
    found = rows.filter(rollout=here.rollout, uuid=uuid).first()
    if found is None:
        raise Http404
    found.rollout = found.phase.rollout = here.rollout
    return found


def board_crumb(here: Here) -> Crumb:
    """The step from the rollout to its invitations."""
    return Crumb(_("Invitations"), here.url("cohorts:invitations"))
