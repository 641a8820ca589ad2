"""The audit trail of a rollout: who did what, why, and whether the record is whole."""

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from phases.views.base import Here, rollout_page
from rollout_portal.audit.models import AuditEvent
from rollout_portal.audit.services import verify
from rollout_portal.console.record import act_of, actor_of

PAGE = 50
# More digits than these no entry has.
LONGEST_NUMBER = 18


@require_http_methods(["GET", "HEAD", "POST"])
@rollout_page("audit.read")
def audit(request: HttpRequest, here: Here) -> HttpResponse:
    """The newest entries first, page by page; a POST walks the chain and says whether it is whole."""
    rows = _filtered(here, request.GET)
    before = request.GET.get("before", "")
    asked = before.isdecimal() and len(before) <= LONGEST_NUMBER
    page = list((rows.filter(seq__lt=int(before)) if asked else rows)[: PAGE + 1])
    newest = AuditEvent.objects.filter(scope=here.rollout.uuid).order_by("-seq").first()
    checked = verify(here.rollout.uuid, every_chain=False) if request.method == "POST" else None
    whole = newest.seq if newest else 0
    sentence = ngettext("%s entry.", "%s entries.", whole) % f"{whole:,}"
    if checked is not None:
        sentence = (
            _("%s entries, chain whole, checked now.") % f"{checked.entries:,}"
            if checked.whole
            else _("The chain is broken in %s places.") % len(checked.breaks)
        )
    return here.render(
        "console/audit.html",
        title=_("Audit trail"),
        entries=[_entry(event) for event in page[:PAGE]],
        older=page[PAGE - 1].seq if len(page) > PAGE else None,
        filters={name: request.GET.get(name, "") for name in ("who", "verb", "text", "since", "until")},
        verbs=list(
            AuditEvent.objects.filter(scope=here.rollout.uuid)
            .order_by("verb")
            .values_list("verb", flat=True)
            .distinct()
        ),
        sentence=sentence,
        checked=checked,
        tone="open" if checked is None else "met" if checked.whole else "not-met",
    )


def _filtered(here: Here, asked: Any) -> QuerySet[AuditEvent]:
    rows = AuditEvent.objects.filter(scope=here.rollout.uuid).select_related("actor").order_by("-seq")
    if who := asked.get("who", "").strip():
        rows = rows.filter(Q(actor__name__icontains=who) | Q(cause__icontains=who))
    if verb := asked.get("verb", ""):
        rows = rows.filter(verb=verb)
    if text := asked.get("text", "").strip():
        rows = rows.filter(Q(object_label__icontains=text) | Q(reason__icontains=text))
    since, until = _day(asked.get("since", "")), _day(asked.get("until", ""))
    if since:
        rows = rows.filter(at__gte=datetime.combine(since, time(0), tzinfo=here.zone))
    if until:
        rows = rows.filter(at__lt=datetime.combine(until + timedelta(days=1), time(0), tzinfo=here.zone))
    return rows


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if date(2000, 1, 1) <= found <= date(2199, 12, 31) else None


def _entry(event: AuditEvent) -> dict[str, Any]:
    return {
        "event": event,
        "actor": actor_of(event),
        "act": act_of(event),
        "before": _pretty(event.before),
        "after": _pretty(event.after),
    }


def _pretty(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) if data else ""
