"""People in the running phase, step by step: for the cockpit. Pure reads in a constant number of queries."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from cohorts.models import Invitation, Membership, Selection
from cohorts.states import IN, InvitationState, Method, ParticipantState, SelectionState
from phases.models import Phase

_SENT = (
    InvitationState.SENT,
    InvitationState.EXPIRED,
    InvitationState.ACCEPTED,
    InvitationState.DECLINED,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how many people came so far, and a word on the others."""

    count: int
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class People:
    """The funnel of a phase, and its strata in one line."""

    steps: tuple[Step, ...]
    strata: str


def people_in(phase: Phase, now: datetime) -> People | None:
    """Return the funnel of `phase`; None while nobody was drawn for it."""
    drawn = Selection.objects.filter(phase=phase, state=SelectionState.APPLIED).first()
    if drawn is None:
        return None
    # The stubs do not see what with_state() adds.
    rows: Any = Invitation.objects.filter(batch__phase=phase).with_state(now).order_by()
    standing: Counter[str] = Counter(dict(rows.values_list("standing").annotate(count=Count("pk"))))
    members = (
        Membership.objects.filter(selection__phase=phase, participant__state__in=IN, ended_at__isnull=True)
        .order_by()
        .values_list("stratum", "participant__state")
        .annotate(count=Count("participant", distinct=True))
    )
    taking, active = Counter[str](), 0
    for stratum, state, count in members:
        taking[stratum] += count
        active += count if state == ParticipantState.ACTIVE else 0
    return People(_steps(drawn, standing, sum(taking.values()), active), _strata(drawn, taking))


def _steps(drawn: Selection, standing: Counter[str], taking: int, active: int) -> tuple[Step, ...]:
    invited = sum(standing.values()) - standing[InvitationState.DRAFT]
    delivered = sum(standing[state] for state in _SENT)
    short = drawn.requested - drawn.taken
    filled = _("by name") if drawn.method == Method.NAMED else _("all quotas full")
    steps = [Step(drawn.taken, _("selected"), _("%s short") % short if short > 0 else filled)]
    if invited:
        bounced = standing[InvitationState.BOUNCED]
        uncertain = standing[InvitationState.UNCERTAIN]
        notes = [_("%s bounced") % bounced] if bounced else []
        notes += [_("%s uncertain") % uncertain] if uncertain else []
        accepted, declined = standing[InvitationState.ACCEPTED], standing[InvitationState.DECLINED]
        share = _("%s %% of invited") % round(100 * accepted / invited)
        steps += [
            Step(invited, _("invited"), ""),
            Step(delivered, _("delivered"), ", ".join(notes)),
            Step(accepted, _("accepted"), f"{share}, " + _("%s declined") % declined if declined else share),
        ]
    steps.append(Step(taking, _("taking part"), _("%s active") % active if active else ""))
    return tuple(steps)


def _strata(drawn: Selection, taking: Counter[str]) -> str:
    """Say how many of each stratum take part: "Malay 18 of 20 · Tamil 8 of 10"."""
    if drawn.method == Method.NAMED:
        return ""
    labels, seats = drawn.rule.get("labels", {}), drawn.rule.get("seats", {})
    return " · ".join(
        _("%(name)s %(here)s of %(seats)s")
        % {"name": labels.get(value, value), "here": taking[value], "seats": wanted}
        for value, wanted in seats.items()
    )
