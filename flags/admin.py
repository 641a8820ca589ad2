"""The raw models of this room under "All data": to look at; what changes them is a plan file."""

from django.contrib import admin

from flags.models import Experiment, Flag, FlagRule, Variant
from phases.admin import RolloutAdmin


@admin.register(Flag)
class FlagAdmin(RolloutAdmin):
    view_act = "flag.view"
    list_display = ["code", "name", "group", "default", "kill_switch", "owner", "rollout"]
    list_filter = ["default", "kill_switch"]
    list_select_related = ["owner", "rollout"]
    search_fields = ["code", "name"]


@admin.register(FlagRule)
class FlagRuleAdmin(RolloutAdmin):
    view_act = "flag.view"
    list_display = ["code", "flag", "phase", "segment", "mode", "percent", "day", "rollout"]
    list_filter = ["mode"]
    list_select_related = ["flag", "phase", "rollout"]
    search_fields = ["code", "flag__code", "flag__name"]


@admin.register(Experiment)
class ExperimentAdmin(RolloutAdmin):
    view_act = "flag.view"
    list_display = ["code", "name", "flag", "phase", "segment", "owner", "rollout"]
    list_select_related = ["flag", "phase", "owner", "rollout"]


@admin.register(Variant)
class VariantAdmin(RolloutAdmin):
    view_act = "flag.view"
    list_display = ["code", "name", "experiment", "percent", "rollout"]
    list_select_related = ["experiment", "rollout"]
