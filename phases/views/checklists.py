"""Checklists: what is left, and ticking it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from phases.attachments import ACCEPT, Attachment, limits_text, take
from phases.exceptions import Refused
from phases.models import Checklist, ChecklistItem
from phases.pages.checklists import SHOWS, is_proof, list_checklists, list_verdict, read_checklist
from phases.services import mark_not_applicable, reopen_item, tick_item
from phases.views.base import Crumb, Here, rollout_page
from rollout_portal.jobs.models import StoredFile

LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Given:
    """What a row's form brings: the words that the act asks for, and evidence beside them."""

    text: str
    evidence: str
    file: Attachment | None


Act = Callable[[Here, ChecklistItem, Given], object]

# What a row's form may ask for, by the value of its button.
_ACTS: Final[dict[str, Act]] = {
    "tick": lambda here, item, given: tick_item(
        item=item, by=here.user, evidence=given.evidence, file=given.file
    ),
    "not_applicable": lambda here, item, given: mark_not_applicable(
        item=item, by=here.user, reason=given.text, evidence=given.evidence, file=given.file
    ),
    "reopen": lambda here, item, given: reopen_item(item=item, by=here.user, reason=given.text),
}

_SAID: Final = {
    "tick": gettext_lazy("“%s” is done."),
    "not_applicable": gettext_lazy("“%s” does not apply."),
    "reopen": gettext_lazy("“%s” is open again."),
}
_SHOW_WORDS: Final = {
    "all": gettext_lazy("All"),
    "open": gettext_lazy("Open"),
    "mine": gettext_lazy("Mine"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A refused act on a row: what was asked, what was typed, and why not."""

    item: str
    act: str
    typed: str
    evidence: str
    message: str


@require_safe
@rollout_page()
def checklists(request: HttpRequest, here: Here) -> HttpResponse:
    """All checklists with their progress."""
    lines = list_checklists(here.rollout, here.today)
    return here.render(
        "phases/checklists.html", title=_("Checklists"), lines=lines, verdict=list_verdict(lines)
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page()
def checklist(request: HttpRequest, here: Here, code: str) -> HttpResponse:
    """One checklist. Ticking is a plain POST that comes back to the same row."""
    rows = here.rollout.checklists.select_related("phase")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404
    found.rollout = here.rollout
    show = request.GET.get("show", "all")
    show = show if show in SHOWS else "all"
    if request.method == "POST":
        here.require("checklist.tick")
        return _act(request, here, found, show)
    return _page(here, found, show)


def _act(request: HttpRequest, here: Here, checklist: Checklist, show: str) -> HttpResponse:
    """Do what one row asks for. A refusal stands at that row, with the words that were typed."""
    item = checklist.items.filter(code=request.POST.get("item", "")).first()
    act, sent = request.POST.get("act", ""), request.FILES.get("file")
    text, evidence = (request.POST.get(name, "")[:LONGEST] for name in ("text", "evidence"))
    if item is None or act not in _ACTS:
        raise Http404
    try:
        file = take(sent.name or "", sent) if sent else None
        _ACTS[act](here, item, Given(text, evidence, file))
    except Refused as refusal:
        # A browser never sends a file twice by itself: whoever chose one has to choose it again.
        lost = " " + _("The file was not kept; choose it again.") if sent else ""
        return _page(here, checklist, show, Trouble(item.code, act, text, evidence, refusal.message + lost))
    back = f"{here.url('phases:checklist', checklist.code)}?show={show}#item-{item.code}"
    return here.done(_SAID[act] % item, back)


def _page(here: Here, checklist: Checklist, show: str, trouble: Trouble | None = None) -> HttpResponse:
    return here.render(
        "phases/checklist.html",
        title=checklist.name,
        crumbs=[Crumb(_("Checklists"), here.url("phases:checklists"))],
        read=read_checklist(checklist, here.rights, here.now, show),
        show=show,
        shows=list(_SHOW_WORDS.items()),
        trouble=trouble,
        accept=ACCEPT,
        limits=limits_text(),
    )


@require_safe
@rollout_page("proof.open")
def proof(request: HttpRequest, here: Here, uuid: UUID) -> HttpResponseBase:
    """A file given as evidence: one that a tick has now, or that stands in evidence that was frozen."""
    file = StoredFile.objects.filter(scope=here.rollout.uuid, uuid=uuid).first()
    if file is None or not file.content or not is_proof(here.rollout, file):
        raise Http404
    response = FileResponse(
        file.content.open("rb"), as_attachment=True, filename=file.name, content_type=file.content_type
    )
    response["Cache-Control"] = "no-store"
    return response
