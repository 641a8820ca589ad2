"""Checklists as their pages show them: what is left, whose it is, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from phases.models import Checklist, ChecklistItem, Criterion, Evidence, Phase, Rollout
from phases.pages.gates import Verdict
from phases.permissions import Rights, why_over
from phases.services.checklists import owner_refusal
from phases.states import ItemState
from rollout_portal.jobs.models import StoredFile
from rollout_portal.lib import words

SHOWS: Final = ("all", "open", "mine")


@dataclass(frozen=True, slots=True)
class ChecklistLine:
    """One checklist of the list."""

    checklist: Checklist
    done: int
    whole: int
    late: int
    next_due: str


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One thing to do.

    :ivar off: why the reader cannot tick it; empty when they can.
    :ivar opens: whether the reader may open its file.
    """

    item: ChecklistItem
    owner: str
    due: str
    late: bool
    off: str
    opens: bool

    @property
    def open(self) -> bool:
        return self.item.state == ItemState.OPEN

    @property
    def applies(self) -> bool:
        return self.item.state != ItemState.NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """The items under one heading, in the plan's order."""

    heading: str
    lines: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class ChecklistRead:
    """A checklist with the items that the filter leaves."""

    checklist: Checklist
    groups: tuple[ItemGroup, ...]
    verdict: Verdict
    done: int
    whole: int


def list_checklists(rollout: Rollout, today: date, phase: Phase | None = None) -> list[ChecklistLine]:
    """Return the checklists of the rollout, or of one phase, with their progress; one query."""
    still_open = Q(items__state=ItemState.OPEN)
    rows = rollout.checklists.select_related("phase").annotate(
        whole=Count("items"),
        done=Count("items", filter=~still_open & Q(items__isnull=False)),
        late=Count("items", filter=still_open & Q(items__due_on__lt=today)),
        next_due=Min("items__due_on", filter=still_open),
    )
    if phase is not None:
        rows = rows.filter(phase=phase)
    return [
        ChecklistLine(
            checklist=row,
            done=row.done,
            whole=row.whole,
            late=row.late,
            next_due=words.day(row.next_due, now=today) if row.next_due else "",
        )
        for row in rows.order_by("position", "pk")
    ]


def list_verdict(lines: Sequence[ChecklistLine]) -> Verdict:
    """Say how far all checklists are, in one sentence."""
    done, whole = sum(line.done for line in lines), sum(line.whole for line in lines)
    late = sum(line.late for line in lines)
    sentence = _("%(done)s of %(whole)s items are done.") % {"done": done, "whole": whole}
    overdue = ngettext("%s is late.", "%s are late.", late) % late if late else ""
    tone = "not-met" if late else "met" if whole and done == whole else "open"
    return Verdict(tone, sentence, overdue, done, whole)


def read_checklist(checklist: Checklist, rights: Rights, now: datetime, show: str = "all") -> ChecklistRead:
    """Read one checklist; `show` leaves all items, the open ones, or those that the reader's roles own."""
    today = now.astimezone(checklist.rollout.zone).date()
    items = list(checklist.items.select_related("resolved_by", "evidence_file").order_by("position", "pk"))
    shut = why_over(checklist.rollout)
    if not rights.may("checklist.tick"):
        shut = _("Your role reads this list.")
    lines = [_line(item, rights, today, shut) for item in items]
    roles = {role.value for role in rights.roles}
    wanted = [
        line
        for line in lines
        if show == "all" or (line.open and (show == "open" or line.item.owner_role in roles))
    ]
    done = sum(not line.open for line in lines)
    groups: dict[str, list[ItemLine]] = {}
    for line in wanted:
        groups.setdefault(line.item.group, []).append(line)
    return ChecklistRead(
        checklist=checklist,
        groups=tuple(ItemGroup(heading, tuple(found)) for heading, found in groups.items()),
        verdict=_verdict(checklist, lines),
        done=done,
        whole=len(lines),
    )


def is_proof(rollout: Rollout, file: StoredFile) -> bool:
    """Tell whether a file is evidence of the rollout: beside a tick now, or in evidence that was frozen.

    Other files of the rollout, such as lists of people, are none.
    """
    if ChecklistItem.objects.filter(rollout=rollout, evidence_file=file).exists():
        return True
    return Evidence.objects.filter(gate__rollout=rollout, body__contains=f'"file_id":"{file.uuid}"').exists()


def _line(item: ChecklistItem, rights: Rights, today: date, shut: str) -> ItemLine:
    return ItemLine(
        item=item,
        owner=str(item.get_owner_role_display()) if item.owner_role else "",
        due=words.day(item.due_on, now=today) if item.due_on else "",
        late=item.state == ItemState.OPEN and item.due_on is not None and item.due_on < today,
        off=shut or owner_refusal(item, rights.roles),
        opens=rights.may("proof.open"),
    )


def _verdict(checklist: Checklist, lines: Sequence[ItemLine]) -> Verdict:
    """Say how much is done, and whether what is left keeps a gate shut."""
    whole, done = len(lines), sum(not line.open for line in lines)
    left = sum(line.open and line.item.required for line in lines)
    gates = Criterion.objects.filter(
        rollout=checklist.rollout, measure="phases.checklist", subject=checklist.code
    ).select_related("gate")
    names = ", ".join(f"“{row.gate}”" for row in gates)
    sentence = _("%(done)s of %(whole)s done.") % {"done": done, "whole": whole}
    if left and names:
        sentence = ngettext(
            "%(done)s of %(whole)s done; %(left)s keeps %(gates)s shut.",
            "%(done)s of %(whole)s done; %(left)s keep %(gates)s shut.",
            left,
        ) % {"done": done, "whole": whole, "left": left, "gates": names}
    late = sum(line.late for line in lines)
    detail = ngettext("%s item is late.", "%s items are late.", late) % late if late else ""
    if not whole:
        return Verdict("open", _("This list has no item yet."))
    tone = "not-met" if late else "met" if done == whole else "open"
    return Verdict(tone, sentence, detail, done, whole)
