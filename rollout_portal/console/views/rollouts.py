"""All rollouts, and the cockpit of one."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from monitoring.cards import tiles
from phases.gates import flat
from phases.models import Phase, Rollout
from phases.states import OVER, PhaseState, RolloutState
from phases.views.base import Here, rollout_page
from rollout_portal.accounts.models import User
from rollout_portal.console import cockpit as cards
from rollout_portal.console import overview
from rollout_portal.console.addresses import address
from rollout_portal.console.funnel import people_in
from rollout_portal.console.record import sentence_of
from rollout_portal.console.survey import survey_of
from rollout_portal.lib import clock

PAGE = 50
MOST_TILES = 8
FILTERS = {
    "running": _("Running"),
    "attention": _("Needs attention"),
    "closed": _("Closed"),
    "all": _("All"),
}


@require_safe
@login_required
def rollouts(request: HttpRequest) -> HttpResponse:
    """Every rollout in which the reader has a role; what needs attention first."""
    user = request.user
    shown = request.GET.get("show", "running")
    rows = Rollout.objects.visible_to(user) if isinstance(user, User) else Rollout.objects.none()
    if shown in ("running", "attention"):
        rows = rows.filter(state__in=[RolloutState.DRAFT, RolloutState.ACTIVE])
    elif shown == "closed":
        rows = rows.filter(state__in=[RolloutState.CLOSED, RolloutState.DISCARDED])
    after = request.GET.get("after", "")
    rows = rows.filter(name__gt=after) if after else rows
    page = list(rows.order_by("name", "pk")[: PAGE + 1])
    found = overview.lines(page[:PAGE], clock.now())
    if shown == "attention":
        found = [line for line in found if line.needs_attention]
    waiting = sum(line.needs_attention for line in found)
    sentence = (
        ngettext("%s rollout needs attention.", "%s rollouts need attention.", waiting) % waiting
        if waiting
        else _("No rollout needs attention.")
    )
    return render(
        request,
        "console/rollouts.html",
        {
            "title": _("All rollouts"),
            "lines": found,
            "show": shown,
            "filters": FILTERS,
            "sentence": sentence,
            "tone": "stale" if waiting else "met",
            "next": page[PAGE - 1].name if len(page) > PAGE else "",
        },
    )


@require_safe
@rollout_page("rollout.view")
def cockpit(request: HttpRequest, here: Here) -> HttpResponse:
    """Are we fine, may we go on, and what is missing?"""
    rollout = here.rollout
    phases = list(rollout.phases.select_related("base", "held_by").order_by("position", "pk"))
    for phase in phases:
        phase.rollout = rollout
    card = cards.gate_card(rollout, here.now)
    ready = next((phase for phase in phases if phase.state == PhaseState.AWAITING_GO), None)
    return here.render(
        "console/cockpit.html",
        title=rollout.name,
        place=cards.place(rollout, phases, here.now),
        verdict=cards.verdict(rollout, phases, card, here.now),
        plan=cards.plan(phases, here.today),
        running=here.phase,
        card=card,
        gate_url=here.url("phases:gate", card.gate.code) if card else "",
        ready=ready,
        start_url=here.url("phases:phase_start", ready.code) if ready and here.may("phase.start") else "",
        **_draft(here),
        close_url=here.url("console:close") if _is_done(here, phases) else "",
        stop_url=address("stop", rollout.slug),
        waits=cards.waiting(rollout, here.rights.roles, here.now),
        **_health(here),
        **_voice(here, card),
        events=[{"at": event.at, "text": sentence_of(event)} for event in cards.latest(rollout)],
        audit_url=address("audit", rollout.slug) if here.may("audit.read") else "",
        timeline_url=address("timeline", rollout.slug),
    )


def _health(here: Here) -> dict[str, Any]:
    """The metrics that are read or asked for now, worst first; nothing while there are none."""
    known = [tile for tile in tiles(here.rollout, here.now) if tile.light.reading or tile.light.target]
    shown = sorted(known, key=lambda tile: tile.light.severity)[:MOST_TILES]
    read = [tile.light.reading.at for tile in shown if tile.light.reading]
    return {
        "health": shown,
        "newest": max(read, default=None),
        "metrics_url": address("metrics", here.rollout.slug),
    }


def _voice(here: Here, card: cards.GateCard | None) -> dict[str, Any]:
    """The people of the running phase and what they say in its survey."""
    if here.phase is None:
        return {}
    results = flat(card.report.results) if card else []
    slug = here.rollout.slug
    return {
        "people": people_in(here.phase, here.now) if here.may("participant.view") else None,
        "invitations_url": address("invitations", slug) if here.may("invitation.view") else "",
        "survey": survey_of(here.phase, results, here.now) if here.may("survey.results") else None,
        "surveys_url": address("surveys", slug),
    }


def _draft(here: Here) -> dict[str, Any]:
    """The two ways on from a draft, for those who may take them."""
    if here.rollout.state != RolloutState.DRAFT or not here.may("rollout.edit"):
        return {}
    return {"begin_url": here.url("console:begin"), "discard_url": here.url("console:discard")}


def _is_done(here: Here, phases: Sequence[Phase]) -> bool:
    """Whether nothing is left but to close the rollout, for those who may."""
    running = here.rollout.state == RolloutState.ACTIVE and here.may("rollout.close")
    return running and bool(phases) and all(phase.state in OVER for phase in phases)
