"""Start: what waits for the reader, in the morning, over all their rollouts."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from phases.models import Role
from phases.registry import Wait, waits_in
from rollout_portal.accounts.models import User
from rollout_portal.console import frame, overview
from rollout_portal.lib import clock

MOST_LINES = 50


@require_safe
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """What waits for me, what I wait for, and my rollouts, each in one line."""
    now = clock.now()
    rollouts = frame.of(request).rollouts
    mine, others = _split(request, waits_in(rollouts, now))
    late = sum(wait.due is not None and wait.due < now for wait in mine)
    context = {
        "title": _("Start"),
        "mine": mine[:MOST_LINES],
        "others": others[:MOST_LINES],
        "more": max(0, len(mine) - MOST_LINES),
        "lines": overview.lines(rollouts, now),
        "tone": "not-met" if late else "open" if mine else "met",
        "sentence": _sentence(len(mine), late),
        "several": len(rollouts) > 1,
    }
    return render(request, "console/start.html", context)


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The bare address of the portal leads to Start, and through it to the login."""
    return redirect("console:start")


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead a browser that asks for the old address to our own mark."""
    return redirect(static("console/favicon.svg"), permanent=False)


def _split(request: HttpRequest, waits: list[Wait]) -> tuple[list[Wait], list[Wait]]:
    """Part what waits for the reader from what waits for others; roles are read once for all rollouts."""
    user = request.user
    if not isinstance(user, User):
        return [], []
    roles: dict[int, set[str]] = {}
    for rollout, role in Role.objects.current().filter(user=user).values_list("rollout_id", "role"):
        roles.setdefault(rollout, set()).add(role)
    mine: list[Wait] = []
    others: list[Wait] = []
    for wait in waits:
        held = frozenset(roles.get(wait.rollout.pk, ()))
        (mine if wait.is_for(str(user.uuid), held) else others).append(wait.shown_to(held))
    return mine, others


def _sentence(count: int, late: int) -> str:
    if not count:
        return _("Nothing waits for you.")
    text = ngettext("%s thing waits for you", "%s things wait for you", count) % count
    if late:
        text += ngettext("; %s is late", "; %s are late", late) % late
    return f"{text}."
