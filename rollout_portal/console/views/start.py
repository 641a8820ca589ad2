"""Start: what waits for the reader, in the morning, over all their rollouts."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from phases.models import Role, Rollout
from phases.registry import Wait, waits_in
from phases.states import RolloutState
from rollout_portal.accounts.adapters import signed_in_last_time
from rollout_portal.accounts.models import User
from rollout_portal.console import overview
from rollout_portal.lib import clock

MOST_LINES = 50
MOST_EVENTS = 10


@require_safe
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """What waits for me, what I wait for, my rollouts, each in one line, and what happened since."""
    now = clock.now()
    rollouts = _rollouts_of(request.user)
    mine, others = _split(request, waits_in(rollouts, now))
    late = sum(wait.due is not None and wait.due < now for wait in mine)
    context = {
        "title": _("Start"),
        "mine": mine[:MOST_LINES],
        "others": others[:MOST_LINES],
        "more": max(0, len(mine) - MOST_LINES),
        "lines": overview.lines(rollouts, now)[:MOST_LINES],
        "tone": "not-met" if late else "open" if mine else "met",
        "sentence": _sentence(len(mine), late),
        "several": len(rollouts) > 1,
        **_since(request, rollouts),
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


def _rollouts_of(user: User | AnonymousUser) -> list[Rollout]:
    """Return every rollout of the reader that something can wait in."""
    if not isinstance(user, User):
        return []
    over = (RolloutState.DISCARDED, RolloutState.CLOSED)
    return list(Rollout.objects.visible_to(user).exclude(state__in=over))


def _since(request: HttpRequest, rollouts: list[Rollout]) -> dict[str, Any]:
    """What others did since the reader signed in last time; nothing the first time."""
    moment, user = signed_in_last_time(request), request.user
    if moment is None or not isinstance(user, User):
        return {}
    return {"since": moment, "events": overview.happened_since(moment, rollouts, user, MOST_EVENTS)}


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
