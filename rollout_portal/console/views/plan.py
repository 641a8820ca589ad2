"""The plan document of a rollout: its file, and what in it contradicts itself."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from phases.documents.exporter import export_plan
from phases.documents.problems import ExportRefused
from phases.exceptions import Refused
from phases.services import accept_finding, reopen_finding
from phases.views.base import Here, rollout_page
from rollout_portal.console.plan_review import Review, review


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("rollout.view")
def plan(request: HttpRequest, here: Here) -> HttpResponse:
    """Read the plan with its findings; a POST accepts one with a reason, or opens it again."""
    try:
        read = review(here.rollout)
    except ExportRefused as refusal:
        return _page(here, None, problem=refusal.message, status=409)
    if request.method != "POST":
        return _page(here, read)
    here.require("rollout.edit")
    key, reason = request.POST.get("key", ""), request.POST.get("reason", "")
    item = read.item(key)
    if item is None:
        return _page(
            here, read, problem=_("The plan has changed since, and this is no longer found."), status=409
        )
    try:
        if request.POST.get("do") == "reopen":
            if item.settled is not None:
                reopen_finding(settled=item.settled, by=here.user)
            return here.done(_("It waits for a decision again."), here.url("console:plan"))
        accept_finding(rollout=here.rollout, found=item.found, by=here.user, reason=reason)
    except Refused as refusal:
        return _page(here, read, problem=refusal.message, at=key, typed=reason, status=422)
    return here.done(_("Accepted, and on the record."), here.url("console:plan"))


@require_safe
@rollout_page("rollout.view")
def plan_file(request: HttpRequest, here: Here) -> HttpResponse:
    """The plan as a file to keep, compare, or import elsewhere."""
    try:
        text = export_plan(here.rollout)
    except ExportRefused as refusal:
        return _page(here, None, problem=refusal.message, status=409)
    return HttpResponse(
        text.encode(),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{here.rollout.slug}.yaml"'},
    )


def _page(
    here: Here, read: Review | None, *, problem: str = "", at: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    waiting = len(read.open) if read else 0
    return here.render(
        "console/plan.html",
        title=_("Plan document"),
        review=read,
        sentence=_sentence(read, waiting),
        tone="stale" if waiting or read is None else "met",
        may_settle=here.may("rollout.edit"),
        who_settles=here.why_not("rollout.edit") if waiting else "",
        problem=problem,
        at=at,
        typed=typed,
        status=status,
    )


def _sentence(read: Review | None, waiting: int) -> str:
    if read is None:
        return _("This plan cannot be written as a file.")
    if not waiting:
        return _("Nothing in this plan waits for a decision.")
    return (
        ngettext(
            "%s contradiction in this plan waits for a decision.",
            "%s contradictions in this plan wait for a decision.",
            waiting,
        )
        % waiting
    )
