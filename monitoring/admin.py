"""The raw models of this room under "All data": to look at; what changes them is a plan file or a service."""

from django.contrib import admin

from monitoring.models import (
    EscalationContact,
    Metric,
    OnCallShift,
    Reading,
    Runbook,
    RunbookStep,
    Target,
    Trigger,
)
from phases.admin import RolloutAdmin
from phases.models import ApiToken


@admin.register(Metric)
class MetricAdmin(RolloutAdmin):
    list_display = ["code", "name", "group", "unit", "direction", "source", "max_age", "rollout"]
    list_filter = ["kind", "direction"]
    list_select_related = ["rollout"]
    search_fields = ["code", "name"]


@admin.register(Target)
class TargetAdmin(RolloutAdmin):
    list_display = [
        "code", "metric", "phase", "comparator", "value", "unit",
        "alert_comparator", "alert_value", "alert_unit",
    ]  # fmt: skip
    list_select_related = ["metric", "phase"]
    search_fields = ["code", "metric__name"]


@admin.register(Reading)
class ReadingAdmin(RolloutAdmin):
    rollout_path = "metric__rollout"
    list_display = ["at", "metric", "value", "n", "source", "token", "recorded_by", "recorded_at", "note"]
    list_select_related = ["metric", "token", "recorded_by"]
    search_fields = ["metric__code", "metric__name"]


@admin.register(ApiToken)
class ApiTokenAdmin(RolloutAdmin):
    """Who may speak for a rollout; never what opens it."""

    view_act = "token.manage"
    list_display = [
        "name",
        "prefix",
        "scopes",
        "created_by",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
    ]
    list_select_related = ["created_by"]
    search_fields = ["name", "prefix"]


@admin.register(Runbook)
class RunbookAdmin(RolloutAdmin):
    view_act = "trigger.view"
    list_display = ["code", "name", "kind", "phase", "owner", "within", "rollout"]
    list_filter = ["kind"]
    list_select_related = ["phase", "owner", "rollout"]
    search_fields = ["code", "name"]


@admin.register(RunbookStep)
class RunbookStepAdmin(RolloutAdmin):
    view_act = "trigger.view"
    list_display = ["code", "text", "runbook", "owner", "minutes", "due_after", "rollout"]
    list_select_related = ["runbook", "owner", "rollout"]
    search_fields = ["code", "text"]


@admin.register(Trigger)
class TriggerAdmin(RolloutAdmin):
    view_act = "trigger.view"
    list_display = [
        "code",
        "text",
        "phase",
        "measure",
        "subject",
        "comparator",
        "threshold",
        "unit",
        "action",
    ]
    list_filter = ["action", "automatic"]
    list_select_related = ["phase"]
    search_fields = ["code", "text"]


@admin.register(EscalationContact)
class EscalationContactAdmin(RolloutAdmin):
    view_act = "contact.view"
    list_display = ["level", "topic", "owner", "opens_at", "closes_at", "after", "rollout"]
    list_select_related = ["owner", "rollout"]


@admin.register(OnCallShift)
class OnCallShiftAdmin(RolloutAdmin):
    view_act = "contact.view"
    list_display = ["code", "primary", "backup", "when", "opens_at", "closes_at", "rollout"]
    list_select_related = ["primary", "backup", "rollout"]
