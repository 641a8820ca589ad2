"""The room's rows under "All data": scoped to the reader's rollouts, by number and without names."""

from django.contrib import admin

from cohorts.models import (
    AttributeDefinition,
    Batch,
    ConsentEvent,
    ConsentText,
    Invitation,
    Membership,
    Participant,
    ParticipantImport,
    Quota,
    Selection,
    SelectionRule,
)
from phases.admin import RolloutAdmin


@admin.register(Participant)
class ParticipantAdmin(RolloutAdmin):
    """People by number. Names and addresses are on the page of a person only, where a look is recorded."""

    view_act = "participant.view"
    list_display = ["label", "state", "state_at", "source", "external_id", "opted_out_at", "rollout"]
    list_filter = ["state"]
    list_select_related = ["rollout"]
    search_fields = ["=number", "=external_id"]
    fields = [
        "rollout",
        "number",
        "external_id",
        "source",
        "state",
        "state_at",
        "opted_out_at",
        "created_at",
    ]


@admin.register(AttributeDefinition)
class AttributeDefinitionAdmin(RolloutAdmin):
    list_display = ["code", "label", "type", "sensitive", "rollout"]
    list_filter = ["type", "sensitive"]
    list_select_related = ["rollout"]
    search_fields = ["code", "label"]


@admin.register(ConsentText)
class ConsentTextAdmin(RolloutAdmin):
    list_display = ["code", "purpose", "version", "required", "rollout"]
    list_filter = ["purpose"]
    list_select_related = ["rollout"]


@admin.register(ConsentEvent)
class ConsentEventAdmin(RolloutAdmin):
    rollout_path = "participant__rollout"
    view_act = "participant.view"
    list_display = ["at", "participant", "purpose", "change", "how", "by"]
    list_filter = ["purpose", "change", "how"]
    list_select_related = ["participant", "by"]
    search_fields = ["=participant__number"]


@admin.register(SelectionRule)
class SelectionRuleAdmin(RolloutAdmin):
    list_display = ["code", "phase", "method", "attribute", "everyone", "rollout"]
    list_filter = ["method"]
    list_select_related = ["phase", "rollout"]


@admin.register(Quota)
class QuotaAdmin(RolloutAdmin):
    list_display = ["code", "rule", "value", "seats", "rollout"]
    list_select_related = ["rule__phase", "rollout"]


@admin.register(Selection)
class SelectionAdmin(RolloutAdmin):
    view_act = "selection.view"
    list_display = [
        "phase",
        "number",
        "state",
        "taken",
        "requested",
        "drafted_by",
        "approved_by",
        "approved_at",
    ]
    list_filter = ["state", "method"]
    list_select_related = ["phase", "drafted_by", "approved_by"]


@admin.register(Membership)
class MembershipAdmin(RolloutAdmin):
    rollout_path = "phase__rollout"
    view_act = "participant.view"
    list_display = [
        "participant",
        "phase",
        "stratum",
        "rank",
        "reason",
        "joined_at",
        "ended_at",
        "ended_because",
    ]
    list_filter = ["stratum"]
    list_select_related = ["participant", "phase"]
    search_fields = ["=participant__number"]


@admin.register(Batch)
class BatchAdmin(RolloutAdmin):
    view_act = "invitation.view"
    list_display = ["phase", "number", "state", "send_at", "answer_until", "held_at", "approved_by"]
    list_filter = ["state"]
    list_select_related = ["phase", "approved_by"]


@admin.register(Invitation)
class InvitationAdmin(RolloutAdmin):
    rollout_path = "batch__rollout"
    view_act = "invitation.view"
    list_display = ["participant", "batch", "answer", "answered_at", "closed_at"]
    list_filter = ["answer"]
    list_select_related = ["participant", "batch__phase"]
    search_fields = ["=participant__number"]
    fields = ["batch", "participant", "answer", "answered_at", "closed_at"]


@admin.register(ParticipantImport)
class ParticipantImportAdmin(RolloutAdmin):
    view_act = "participant.import"
    list_display = ["file", "state", "by", "created_at", "source", "rollout"]
    list_filter = ["state"]
    list_select_related = ["file", "by", "rollout"]
    fields = ["rollout", "state", "source", "consent_wording", "consent_on", "by"]
