"""The raw models under "All data": scoped to the reader's rollouts, and changed by services only."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from phases import permissions
from phases.models import (
    Activity,
    ActivityItem,
    Baseline,
    Blackout,
    BudgetLine,
    Checklist,
    ChecklistItem,
    Criterion,
    Deliverable,
    Evidence,
    Gate,
    Judgement,
    Milestone,
    Objective,
    Phase,
    PhaseTransition,
    PlanDecision,
    PlannedRole,
    PlanWeek,
    PopulationBase,
    Resource,
    Review,
    Risk,
    Role,
    Rollout,
    SettledFinding,
    SignOff,
    SignOffRequirement,
    Waiver,
    WorkCalendar,
)
from rollout_portal.accounts.models import User


class LookOnly:
    """Rows to look at: nothing is added, changed or deleted, and an address asks only what the page offers.

    The stock admin answers every lookup on every column from the address. That tells what a page does not
    show, letter by letter, and a regular expression from outside is the database's to chew on.
    """

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Tell whether one of the filters of the page asks like this."""
        asked = {name for each in getattr(self, "list_filter", ()) for name in _asked_by(each)}
        return lookup in asked


def _asked_by(filter_: Any) -> Iterable[str]:
    """Return the names by which a filter asks in the address."""
    if isinstance(filter_, str):
        return (filter_, f"{filter_}__exact", f"{filter_}__isnull")
    return (filter_.parameter_name,)


class RolloutAdmin(LookOnly, ModelAdmin):
    """The base of every admin page of a rollout's things.

    Reads are limited to rollouts in which the reader may do `view_act`; writes go through services.
    `rollout_path` leads from the model to its rollout.
    """

    rollout_path: ClassVar[str] = "rollout"
    view_act: ClassVar[str] = "rollout.view"
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = super().get_queryset(request)
        visible = Rollout.objects.filter(pk__in=self._visible_rollouts(request))
        scoped: models.QuerySet[Any] = rows.filter(**{f"{self.rollout_path}__in": visible})
        return scoped

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(self._visible_rollouts(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self._visible_rollouts(request))

    def _visible_rollouts(self, request: HttpRequest) -> frozenset[int]:
        """Return the rollouts in which the reader may do `view_act`; asked once per request and act."""
        cache: dict[str, frozenset[int]] = request.__dict__.setdefault("_visible_rollouts", {})
        if self.view_act not in cache:
            if "_held_roles" not in request.__dict__:
                request.__dict__["_held_roles"] = held_roles(request.user)
            cache[self.view_act] = visible_rollouts(
                request.user, self.view_act, held=request.__dict__["_held_roles"]
            )
        return cache[self.view_act]


def held_roles(user: Any) -> list[tuple[int, str]]:
    """Return the roles that `user` holds now, each with the id of its rollout."""
    if not isinstance(user, User) or not user.is_active:
        return []
    return list(Role.objects.current().filter(user=user).values_list("rollout_id", "role"))


def visible_rollouts(user: Any, act: str, *, held: list[tuple[int, str]] | None = None) -> frozenset[int]:
    """Return the ids of the rollouts in which `user` may do `act`.

    :param held: the roles, for a page that asks about many acts; they are read if absent.
    """
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    row = permissions.acts()[act]
    if row.administration and user.is_superuser:
        return frozenset(Rollout.objects.values_list("pk", flat=True))
    roles = {role.value for role in row.roles}
    return frozenset(
        rollout for rollout, role in (held_roles(user) if held is None else held) if role in roles
    )


@admin.register(Rollout)
class RolloutModelAdmin(RolloutAdmin):
    rollout_path = "pk"
    list_display = ["name", "state", "anchor", "time_zone", "started_at"]
    list_filter = ["state"]
    search_fields = ["name", "slug"]


@admin.register(Role)
class RoleAdmin(RolloutAdmin):
    list_display = ["user", "role", "rollout", "given_at", "ended_at"]
    list_filter = ["role"]
    list_select_related = ["user", "rollout"]
    search_fields = ["user__name", "user__email"]


@admin.register(Phase)
class PhaseAdmin(RolloutAdmin):
    list_display = ["code", "name", "rollout", "state", "held_at", "intake", "started_at", "ended_at"]
    list_filter = ["state", "intake"]
    list_select_related = ["rollout"]
    search_fields = ["code", "name"]


@admin.register(PhaseTransition)
class PhaseTransitionAdmin(RolloutAdmin):
    rollout_path = "phase__rollout"
    list_display = ["at", "verb", "phase", "by", "reason"]
    list_filter = ["verb"]
    list_select_related = ["phase", "by"]


@admin.register(PopulationBase)
class PopulationBaseAdmin(RolloutAdmin):
    list_display = ["code", "name", "size", "approximate", "counted_on", "rollout"]
    list_select_related = ["rollout"]


@admin.register(Objective)
class ObjectiveAdmin(RolloutAdmin):
    list_display = ["code", "text", "phase", "outcome", "rollout"]
    list_filter = ["outcome"]
    list_select_related = ["phase", "rollout"]


@admin.register(Checklist)
class ChecklistAdmin(RolloutAdmin):
    list_display = ["code", "name", "phase", "rollout"]
    list_select_related = ["phase", "rollout"]
    search_fields = ["name"]


@admin.register(ChecklistItem)
class ChecklistItemAdmin(RolloutAdmin):
    list_display = ["text", "checklist", "state", "owner_role", "due_on", "resolved_by", "resolved_at"]
    list_filter = ["state", "owner_role"]
    list_select_related = ["checklist", "resolved_by"]
    search_fields = ["text"]


@admin.register(Gate)
class GateAdmin(RolloutAdmin):
    list_display = ["code", "name", "from_phase", "to_phase", "state", "decided_at", "rollout"]
    list_filter = ["state"]
    list_select_related = ["from_phase", "to_phase", "rollout"]
    search_fields = ["code", "name"]


@admin.register(Criterion)
class CriterionAdmin(RolloutAdmin):
    list_display = ["code", "text", "gate", "measure", "subject", "comparator", "threshold", "unit"]
    list_filter = ["side", "measure"]
    list_select_related = ["gate"]
    search_fields = ["code", "text"]


@admin.register(Baseline)
class BaselineAdmin(RolloutAdmin):
    rollout_path = "phase__rollout"
    list_display = ["subject", "value", "unit", "phase", "frozen_at", "frozen_by"]
    list_select_related = ["phase", "frozen_by"]


@admin.register(Judgement)
class JudgementAdmin(RolloutAdmin):
    rollout_path = "criterion__rollout"
    list_display = ["criterion", "holds", "by", "role", "at", "expires_on"]
    list_select_related = ["criterion", "by"]


@admin.register(Waiver)
class WaiverAdmin(RolloutAdmin):
    rollout_path = "criterion__rollout"
    list_display = ["criterion", "given_by", "given_at", "until", "ended_at"]
    list_select_related = ["criterion", "given_by"]


@admin.register(SignOffRequirement)
class SignOffRequirementAdmin(RolloutAdmin):
    list_display = ["gate", "role", "people", "rollout"]
    list_select_related = ["gate", "rollout"]


@admin.register(Evidence)
class EvidenceAdmin(RolloutAdmin):
    rollout_path = "gate__rollout"
    list_display = ["gate", "digest", "as_of", "frozen_by", "closed_at", "closed_because"]
    list_select_related = ["gate", "frozen_by"]


@admin.register(SignOff)
class SignOffAdmin(RolloutAdmin):
    rollout_path = "evidence__gate__rollout"
    list_display = ["signer", "role", "decision", "signed_at", "evidence"]
    list_filter = ["decision", "role"]
    list_select_related = ["signer", "evidence__gate"]


@admin.register(PlannedRole)
class PlannedRoleAdmin(RolloutAdmin):
    list_display = ["code", "name", "person", "backup", "portal_role", "leads", "rollout"]
    list_filter = ["leads"]
    list_select_related = ["backup", "rollout"]
    search_fields = ["code", "name", "person"]


@admin.register(WorkCalendar)
class WorkCalendarAdmin(RolloutAdmin):
    list_display = ["code", "name", "days", "opens_at", "closes_at", "rollout"]
    list_select_related = ["rollout"]


@admin.register(Blackout)
class BlackoutAdmin(RolloutAdmin):
    list_display = ["code", "text", "when", "allows", "rollout"]
    list_select_related = ["rollout"]


@admin.register(PlanWeek)
class PlanWeekAdmin(RolloutAdmin):
    list_display = ["number", "goal", "code", "rollout"]
    list_select_related = ["rollout"]


@admin.register(Activity)
class ActivityAdmin(RolloutAdmin):
    list_display = ["code", "text", "owner", "phase", "when", "repeats", "rollout"]
    list_filter = ["repeats"]
    list_select_related = ["owner", "phase", "rollout"]
    search_fields = ["code", "text", "owner__name"]


@admin.register(ActivityItem)
class ActivityItemAdmin(RolloutAdmin):
    list_display = ["code", "text", "activity", "rollout"]
    list_select_related = ["activity", "rollout"]
    search_fields = ["code", "text"]


@admin.register(Deliverable)
class DeliverableAdmin(RolloutAdmin):
    list_display = ["code", "text", "owner", "when", "percent", "comparator", "threshold", "rollout"]
    list_select_related = ["owner", "rollout"]
    search_fields = ["code", "text"]


@admin.register(Milestone)
class MilestoneAdmin(RolloutAdmin):
    list_display = ["code", "text", "owner", "when", "comparator", "threshold", "celebration", "rollout"]
    list_select_related = ["owner", "rollout"]


@admin.register(Risk)
class RiskAdmin(RolloutAdmin):
    list_display = ["code", "text", "category", "likelihood", "impact", "owner", "rollout"]
    list_filter = ["likelihood", "impact"]
    list_select_related = ["owner", "rollout"]
    search_fields = ["code", "text"]


@admin.register(BudgetLine)
class BudgetLineAdmin(RolloutAdmin):
    list_display = ["code", "text", "category", "amount", "up_to", "currency", "months", "optional"]
    list_select_related = ["rollout"]
    search_fields = ["code", "text"]


@admin.register(PlanDecision)
class PlanDecisionAdmin(RolloutAdmin):
    list_display = ["code", "question", "owner", "when", "decided_on", "rollout"]
    list_select_related = ["owner", "rollout"]
    search_fields = ["code", "question"]


@admin.register(Review)
class ReviewAdmin(RolloutAdmin):
    list_display = ["code", "text", "owner", "when", "repeats", "participants", "rollout"]
    list_filter = ["repeats"]
    list_select_related = ["owner", "rollout"]


@admin.register(Resource)
class ResourceAdmin(RolloutAdmin):
    list_display = ["code", "name", "kind", "link", "audience", "owner", "when", "rollout"]
    list_filter = ["kind"]
    list_select_related = ["owner", "rollout"]
    search_fields = ["code", "name"]


@admin.register(SettledFinding)
class SettledFindingAdmin(RolloutAdmin):
    list_display = ["rule", "words", "rollout", "by", "at", "reopened_at"]
    list_filter = ["rule"]
    list_select_related = ["rollout", "by"]
    search_fields = ["words", "reason"]
