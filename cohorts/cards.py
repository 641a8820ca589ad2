"""What this room shows on the page of a phase: how many people are in it, and where they are chosen."""

from collections import Counter

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cohorts.models import Membership, SelectionRule
from cohorts.states import IN
from phases.models import Phase
from phases.permissions import Rights
from phases.registry import PhaseCard, phase_card
from phases.states import OVER
from rollout_portal.lib import words


@phase_card
def people(phase: Phase, rights: Rights) -> PhaseCard | None:
    """Who has a seat, who of them takes part, and how to choose more: two queries."""
    if not rights.may("selection.view"):
        return None
    seats = Membership.objects.current().filter(phase=phase).order_by()
    states = Counter(dict(seats.values_list("participant__state").annotate(n=Count("pk"))))
    held, taking = sum(states.values()), sum(n for state, n in states.items() if state in IN)
    planned = phase.planned_size or 0
    lines = [
        ngettext("%s person has a seat.", "%s people have a seat.", held) % words.number(held)
        if held
        else _("Nobody has a seat yet.")
    ]
    if held:
        lines.append(_("%s of them take part.") % words.number(taking))
    if planned:
        lines.append(_("Planned are %s.") % words.number(planned))
    return PhaseCard(title=_("People"), lines=(" ".join(lines),), links=tuple(_links(phase, rights)))


def _links(phase: Phase, rights: Rights) -> list[tuple[str, str]]:
    slug = phase.rollout.slug
    links = []
    if phase.state not in OVER and rights.may("selection.draft"):
        links.append((_("Name people…"), reverse("cohorts:name", args=[slug, phase.code])))
        if SelectionRule.objects.filter(phase=phase).exists():
            links.append((_("Draw…"), reverse("cohorts:draw", args=[slug, phase.code])))
    return [*links, (_("Selections"), reverse("cohorts:selections", args=[slug]))]
