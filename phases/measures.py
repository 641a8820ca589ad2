"""What this room measures for the gate: checklists, judgements and baselines."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from phases.models import Baseline, ChecklistItem, Criterion, Judgement, Phase, Rollout
from phases.models.gates import JUDGEMENT
from phases.registry import Measured, Need, measure
from phases.states import ItemState, Reason

_TICK: Final = "phases.checklistitem:"
_JUDGEMENT: Final = "phases.judgement:"


def broken_ticks(sources: Sequence[str]) -> list[str]:
    """Return the ticks that were taken back or made anew since they were cited."""
    cited = [source for source in sources if source.startswith(_TICK)]
    uuids = [source.split(":")[1] for source in cited]
    items = ChecklistItem.objects.filter(uuid__in=uuids)
    now = {_tick_source(item) for item in items}
    return [source for source in cited if source not in now]


def ticks_in_words(sources: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what each cited tick says: the item, who resolved it, and the proof or the reason."""
    cited = {source.split(":")[1]: source for source in sources if source.startswith(_TICK)}
    items = ChecklistItem.objects.filter(uuid__in=cited).select_related("resolved_by", "evidence_file")
    return {
        cited[str(item.uuid)]: {
            "item": item.code,
            "text": item.text,
            "state": item.state,
            "by": str(item.resolved_by.uuid) if item.resolved_by else None,
            "name": str(item.resolved_by or ""),
            "evidence": item.evidence,
            "file": item.evidence_file.digest if item.evidence_file else None,
            "file_id": str(item.evidence_file.uuid) if item.evidence_file else None,
            "file_name": item.evidence_file.name if item.evidence_file else "",
            "reason": item.reason,
        }
        for item in items
    }


@measure(
    "phases.checklist",
    label=gettext_lazy("Share of a checklist that is done"),
    broken=broken_ticks,
    says=ticks_in_words,
)
def checklist_done(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return the percentage of required items of the checklist `subject` that are resolved.

    An item counts as it stands: one that was resolved after `as_of` is open. No required item is no
    data, never 100 %.
    """
    items = list(
        ChecklistItem.objects.filter(checklist__rollout=rollout, checklist__code=subject, required=True)
        .select_related("checklist")
        .order_by("position", "pk")
    )
    if not items:
        return Measured(value=None, reason=Reason.NEVER, source=_("Checklist “%s”") % subject)
    resolved = [item for item in items if item.resolved_at is not None and item.resolved_at <= as_of]
    left = len(items) - len(resolved)
    return Measured(
        value=Decimal(100 * len(resolved)) / len(items),
        unit="%",
        n=len(items),
        hits=len(resolved),
        noun=_("items done"),
        as_of=max((item.resolved_at for item in resolved if item.resolved_at), default=as_of),
        sources=tuple(_tick_source(item) for item in resolved),
        source=items[0].checklist.name,
        needs=(
            Need(
                "tick",
                ngettext("%(n)s item of “%(list)s”", "%(n)s items of “%(list)s”", left)
                % {"n": left, "list": items[0].checklist.name},
                amount=Decimal(left),
                subject=subject,
            ),
        )
        if left
        else (),
    )


def broken_judgements(sources: Sequence[str]) -> list[str]:
    """Return the cited judgements that a newer one has replaced."""
    cited = {source.split(":")[1]: source for source in sources if source.startswith(_JUDGEMENT)}
    found = Judgement.objects.filter(uuid__in=cited).select_related("criterion")
    newest = {
        str(judgement.uuid): judgement.criterion.judgements.order_by("-at", "-pk").first()
        for judgement in found
    }
    return [
        source
        for uuid, source in cited.items()
        if newest.get(uuid) is None or str(newest[uuid].uuid) != uuid  # type: ignore[union-attr]
    ]


def judgements_in_words(sources: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what each cited judgement says: the answer, why, on what evidence, and who gave it."""
    cited = {source.split(":")[1]: source for source in sources if source.startswith(_JUDGEMENT)}
    return {
        cited[str(judgement.uuid)]: {
            "holds": judgement.holds,
            "reason": judgement.rationale,
            "evidence": judgement.evidence,
            "role": judgement.role,
            "by": str(judgement.by.uuid),
            "name": str(judgement.by),
            "expires_on": judgement.expires_on,
        }
        for judgement in Judgement.objects.filter(uuid__in=cited).select_related("by")
    }


@measure(
    JUDGEMENT,
    label=gettext_lazy("Judgement by a named role"),
    broken=broken_judgements,
    says=judgements_in_words,
)
def judgement(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return 1 when the newest judgement on criterion `subject` says that it holds, else 0.

    A judgement that has expired by `as_of` no longer counts.
    """
    criterion = Criterion.objects.filter(rollout=rollout, code=subject).first()
    role = criterion.get_judge_role_display() if criterion else ""
    newest = (
        Judgement.objects.filter(criterion=criterion, at__lte=as_of)
        .select_related("by")
        .order_by("-at", "-pk")
        .first()
    )
    expired = (
        newest is not None
        and newest.expires_on is not None
        and newest.expires_on < as_of.astimezone(rollout.zone).date()
    )
    if newest is None or expired:
        wanted = Need("judge", _("a judgement by %s") % (role.lower() or _("a person")), subject=subject)
        return Measured(
            value=None,
            reason=Reason.IMMATURE if expired else Reason.NEVER,
            source=_("Judgement"),
            needs=(wanted,),
        )
    return Measured(
        value=Decimal(int(newest.holds)),
        as_of=newest.at,
        sources=(f"{_JUDGEMENT}{newest.uuid}",),
        source=_("Judged by %(person)s, %(role)s")
        % {"person": newest.by, "role": newest.get_role_display().lower()},
    )


@measure("phases.baselines", label=gettext_lazy("Number of recorded baselines"))
def baselines_recorded(
    *, rollout: Rollout, phase: Phase | None, subject: str, window: str, as_of: datetime
) -> Measured:
    """Return how many different figures have a baseline frozen in `phase` (in any phase without one)."""
    rows = Baseline.objects.filter(phase__rollout=rollout, frozen_at__lte=as_of)
    if phase is not None:
        rows = rows.filter(phase=phase)
    newest = {(row.measure, row.subject): row for row in rows.order_by("frozen_at", "pk")}
    return Measured(
        value=Decimal(len(newest)),
        n=len(newest),
        noun="baselines",
        as_of=max((row.frozen_at for row in newest.values()), default=as_of),
        sources=tuple(sorted(f"phases.baseline:{row.uuid}" for row in newest.values())),
        source=_("Baselines"),
    )


def _tick_source(item: ChecklistItem) -> str:
    """Name a tick so that taking it back, or ticking anew, changes the name."""
    moment = item.resolved_at.isoformat() if item.resolved_at and item.state != ItemState.OPEN else "open"
    return f"{_TICK}{item.uuid}:{moment}"
