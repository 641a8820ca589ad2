"""What this room measures for gates: who has a seat, who accepted, who became active."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.models import Invitation, Membership
from cohorts.models.selections import MembershipQuerySet
from cohorts.states import Answer, ParticipantState
from phases.models import Phase, Rollout
from phases.registry import Measured, measure
from phases.states import Reason
from rollout_portal.lib.statistics import wilson_share


@measure("cohorts.seats", label=gettext_lazy("People with a seat in the phase"))
def seats(*, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime) -> Measured:
    """Return how many people have a seat at `as_of`; in the stratum `subject` if one is named."""
    rows = Membership.objects.current(as_of).filter(phase__rollout=rollout)
    rows = rows.filter(phase=phase) if phase else rows
    rows = rows.filter(stratum=subject) if subject else rows
    newest = rows.order_by("-joined_at").values_list("joined_at", flat=True).first()
    count = rows.values("participant_id").distinct().count()
    if newest is None:
        return Measured(value=None, reason=Reason.NEVER, source=_("Seats"))
    return Measured(
        value=Decimal(count),
        n=count,
        noun=_("people"),
        as_of=newest,
        sources=_selections(rows),
        source=_("Seats"),
    )


@measure("cohorts.accepted", label=gettext_lazy("People who accepted their invitation"))
def accepted(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return how many of the invited accepted until `as_of`, also those who left later."""
    return _accepted(rollout, phase, subject, as_of, as_share=False)


@measure("cohorts.acceptance", label=gettext_lazy("Share of the invited who accepted"), has_interval=True)
def acceptance(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return the percentage of the invited who accepted until `as_of`; no invitation is no data."""
    return _accepted(rollout, phase, subject, as_of, as_share=True)


@measure(
    "cohorts.activation",
    label=gettext_lazy("Share of those who take part who are active"),
    has_interval=True,
)
def activation(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return the percentage of the people taking part in a phase who are active at `as_of`.

    Who accepted after `as_of` or had left by then is not counted; nobody taking part is no data.
    """
    rows = Membership.objects.current(as_of).filter(phase__rollout=rollout)
    rows = rows.filter(phase=phase) if phase else rows
    rows = rows.filter(stratum=subject) if subject else rows
    people = rollout.participants.filter(pk__in=rows.values("participant_id")).in_at(as_of)
    # The two are annotations of in_at().
    found = list(people.values_list("pk", "state_then", "since_then"))  # type: ignore[misc]
    if not found:
        return Measured(value=None, reason=Reason.NEVER, source=_("Participants"))
    rows = rows.filter(participant__in=[pk for pk, _state, _since in found])
    hits = sum(state == ParticipantState.ACTIVE for _pk, state, _since in found)
    return Measured(
        value=Decimal(100 * hits) / len(found),
        unit="%",
        n=len(found),
        hits=hits,
        interval=wilson_share(hits, len(found)),
        noun=_("people"),
        as_of=max(since for _pk, _state, since in found),
        sources=_selections(rows),
        source=_("Participants"),
    )


def _accepted(
    rollout: Rollout, phase: Phase | None, subject: str, as_of: datetime, *, as_share: bool
) -> Measured:
    rows = Invitation.objects.filter(batch__rollout=rollout, batch__approved_at__lte=as_of)
    rows = rows.filter(message__isnull=False)
    rows = rows.filter(batch__phase=phase) if phase else rows
    if subject:
        in_stratum = Membership.objects.filter(stratum=subject, phase__rollout=rollout, joined_at__lte=as_of)
        rows = rows.filter(participant__in=in_stratum.values("participant_id"))
    asked = rows.values("participant_id").distinct().count()
    if not asked:
        return Measured(value=None, reason=Reason.NEVER, source=_("Invitations"))
    yes = rows.filter(answer=Answer.ACCEPTED, answered_at__lte=as_of)
    hits = yes.values("participant_id").distinct().count()
    answered = rows.filter(answered_at__lte=as_of).aggregate(newest=Max("answered_at"))["newest"]
    approved = rows.aggregate(newest=Max("batch__approved_at"))["newest"]
    batches = rows.order_by("batch_id").values_list("batch__uuid", flat=True).distinct()
    return Measured(
        value=Decimal(100 * hits) / asked if as_share else Decimal(hits),
        unit="%" if as_share else "",
        n=asked,
        hits=hits if as_share else None,
        interval=wilson_share(hits, asked) if as_share else None,
        noun=_("people invited"),
        as_of=answered or approved,
        sources=tuple(f"cohorts.batch:{uuid}" for uuid in batches),
        source=_("Invitations"),
    )


def _selections(rows: MembershipQuerySet) -> tuple[str, ...]:
    uuids = rows.order_by("selection_id").values_list("selection__uuid", flat=True).distinct()
    return tuple(f"cohorts.selection:{uuid}" for uuid in uuids)
