"""Checklists: what is left, and ticking it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from phases.exceptions import Refused
from phases.models import Checklist, ChecklistItem
from phases.pages.checklists import SHOWS, list_checklists, list_verdict, read_checklist
from phases.services import mark_not_applicable, reopen_item, tick_item
from phases.views.base import Crumb, Here, rollout_page

Act = Callable[[Here, ChecklistItem, str], object]

# What a row's form may ask for, by the value of its button.
_ACTS: Final[dict[str, Act]] = {
    "tick": lambda here, item, text: tick_item(item=item, by=here.user, evidence=text),
    "not_applicable": lambda here, item, text: mark_not_applicable(item=item, by=here.user, reason=text),
    "reopen": lambda here, item, text: reopen_item(item=item, by=here.user, reason=text),
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
    act, typed = request.POST.get("act", ""), request.POST.get("text", "")
    if item is None or act not in _ACTS:
        raise Http404
    try:
        _ACTS[act](here, item, typed)
    except Refused as refusal:
        return _page(here, checklist, show, Trouble(item.code, act, typed, refusal.message))
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
    )
