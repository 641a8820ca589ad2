"""Checklists: what must be done, by whom, until when, and the proof that it was."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from phases.models.base import PlanItem
from phases.models.phases import Phase
from phases.permissions import RoleName
from phases.states import ItemState
from rollout_portal.jobs.models import StoredFile


class Checklist(PlanItem):
    """A list of things to do for a phase, or for the whole rollout."""

    phase = models.ForeignKey(
        Phase, on_delete=models.PROTECT, null=True, blank=True, related_name="checklists"
    )
    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)

    class Meta(PlanItem.Meta):
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")

    def __str__(self) -> str:
        return self.name


class ChecklistItemQuerySet(models.QuerySet["ChecklistItem"]):
    def required(self) -> Self:
        return self.filter(required=True)

    def resolved(self) -> Self:
        """Return the items that are done, or not applicable with a reason."""
        return self.exclude(state=ItemState.OPEN)


class ChecklistItem(PlanItem):
    """One thing to do. `group` is the heading it stands under; `evidence` is a link or a sentence."""

    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="items")
    group = models.CharField(_("group"), max_length=200, blank=True)
    text = models.CharField(_("what"), max_length=500)
    owner_role = models.CharField(_("owner"), max_length=20, choices=RoleName.choices, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    required = models.BooleanField(_("required"), default=True)
    evidence_required = models.BooleanField(_("needs evidence"), default=False)
    state = models.CharField(_("state"), max_length=14, choices=ItemState.choices, default=ItemState.OPEN)
    evidence = models.TextField(_("evidence"), blank=True)
    evidence_file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(_("why it does not apply"), blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    objects: ClassVar[ChecklistItemQuerySet] = ChecklistItemQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(PlanItem.Meta):
        verbose_name = _("checklist item")
        verbose_name_plural = _("checklist items")
        constraints = [
            *PlanItem.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state=ItemState.OPEN, resolved_by__isnull=True, resolved_at__isnull=True)
                | (~Q(state=ItemState.OPEN) & Q(resolved_by__isnull=False, resolved_at__isnull=False)),
                name="phases_checklistitem_resolved_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(state=ItemState.NOT_APPLICABLE) | ~Q(reason=""),
                name="phases_checklistitem_not_applicable_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=ItemState.DONE, evidence_required=True)
                | ~Q(evidence="")
                | Q(evidence_file__isnull=False),
                name="phases_checklistitem_evidence_where_needed",
            ),
        ]

    def __str__(self) -> str:
        return self.text
