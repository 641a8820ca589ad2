"""Checklists in a plan file: what must be done, under which heading, by whom and until when."""

from itertools import groupby
from typing import Annotated, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field, model_validator

from phases.documents.rows import Path, Wanted, remove_others, unknown, upsert, written
from phases.documents.schema import Code, Coded, Day, KeyRefused, Line, PlanModel, Role, Text, filled
from phases.models import Checklist, ChecklistItem, Phase, Rollout
from phases.registry import PlanProblem
from phases.states import ItemState
from rollout_portal.accounts.models import User


class ItemPlan(Coded):
    """One thing to do."""

    counted_as: ClassVar = gettext_lazy("checklist items")

    text: Annotated[Line, Field(max_length=500)]
    owner: Role | None = None
    due: Day | None = None
    optional: bool = False
    needs_evidence: bool = False


class GroupPlan(PlanModel):
    """Items under one heading; without a name they stand between the groups."""

    name: Annotated[Line, Field(max_length=200)] = ""
    items: Annotated[list[ItemPlan], Field(min_length=1)]


class ChecklistPlan(Coded):
    """A list of things to do, for a phase or for the whole rollout; its items plain or in groups."""

    counted_as: ClassVar = gettext_lazy("checklists")

    name: Annotated[Line, Field(max_length=200)]
    phase: Code | None = None
    description: Text = ""
    items: list[ItemPlan] = []
    groups: list[GroupPlan] = []

    @model_validator(mode="after")
    def _items_stand_in_one_place(self) -> Self:
        if self.items and self.groups:
            raise KeyRefused("items", _("Give items, or groups of items; not both."))
        return self

    def every_item(self) -> list[tuple[str, ItemPlan, Path]]:
        """Return the items in order, each with its heading and its place."""
        plain = [("", item, ("items", place)) for place, item in enumerate(self.items)]
        grouped = [
            (group.name, item, ("groups", number, "items", place))
            for number, group in enumerate(self.groups)
            for place, item in enumerate(group.items)
        ]
        return [*plain, *grouped]


def load(rollout: Rollout, plans: list[ChecklistPlan], by: User | None) -> list[PlanProblem]:
    """Write the checklists with their items."""
    phases = written(Phase, rollout)
    problems = [
        unknown(plan.phase, phases, (position, "phase"), _("phase"))
        for position, plan in enumerate(plans)
        if plan.phase is not None and plan.phase not in phases
    ]
    lists, refused = upsert(
        Checklist,
        rollout,
        [
            Wanted(
                plan.code,
                {
                    "name": plan.name,
                    "description": plan.description,
                    "phase": phases.get(plan.phase) if plan.phase else None,
                },
                (position,),
            )
            for position, plan in enumerate(plans)
        ],
    )
    items = [
        Wanted(
            item.code,
            {
                "checklist": lists[plan.code],
                "group": heading,
                "text": item.text,
                "owner_role": item.owner or "",
                "due_on": item.due,
                "required": not item.optional,
                "evidence_required": item.needs_evidence,
            },
            (position, *path),
        )
        for position, plan in enumerate(plans)
        if plan.code in lists
        for heading, item, path in plan.every_item()
    ]
    return [*problems, *refused, *upsert(ChecklistItem, rollout, items, settled=_resolved)[1]]


def _resolved(item: ChecklistItem) -> str:
    if item.state == ItemState.OPEN:
        return ""
    return _("“%s” is ticked already. Open it again in the console first, with the reason.") % item


def dump(rollout: Rollout) -> list[ChecklistPlan] | None:
    """Return the checklists of a rollout with their items."""
    items: dict[int, list[ChecklistItem]] = {}
    for item in ChecklistItem.objects.filter(rollout=rollout).order_by("position", "pk"):
        items.setdefault(item.checklist_id, []).append(item)
    rows = Checklist.objects.filter(rollout=rollout).select_related("phase").order_by("position", "pk")
    return [_dumped(row, items.get(row.pk, [])) for row in rows] or None


def _dumped(row: Checklist, items: list[ChecklistItem]) -> ChecklistPlan:
    groups = [
        (heading, [_dumped_item(item) for item in members])
        for heading, members in groupby(items, key=lambda item: item.group)
    ]
    is_plain = all(not heading for heading, _members in groups)
    return filled(
        ChecklistPlan,
        code=row.code,
        name=row.name,
        phase=row.phase.code if row.phase else None,
        description=row.description,
        items=[item for _heading, members in groups for item in members] if is_plain else [],
        groups=[]
        if is_plain
        else [filled(GroupPlan, name=heading, items=members) for heading, members in groups],
    )


def _dumped_item(row: ChecklistItem) -> ItemPlan:
    return filled(
        ItemPlan,
        code=row.code,
        text=row.text,
        owner=row.owner_role or None,
        due=row.due_on,
        optional=not row.required,
        needs_evidence=row.evidence_required,
    )


def prune(rollout: Rollout, plans: list[ChecklistPlan]) -> list[PlanProblem]:
    """Remove the items and checklists that the file no longer has; an item that was ticked stays."""
    kept = {item.code for plan in plans for _heading, item, _path in plan.every_item()}
    items = remove_others(
        ChecklistItem.objects.filter(rollout=rollout),
        kept,
        has_history=lambda item: item.state != ItemState.OPEN or bool(item.evidence or item.reason),
    )
    return [*items, *remove_others(Checklist.objects.filter(rollout=rollout), {plan.code for plan in plans})]
