"""The raw models of this room under "All data": to look at; what changes them is a plan file."""

from django.contrib import admin

from comms.models import Announcement, Meeting, TrainingSession
from phases.admin import RolloutAdmin


@admin.register(Announcement)
class AnnouncementAdmin(RolloutAdmin):
    view_act = "announcement.view"
    list_display = ["code", "text", "audience", "channels", "owner", "when", "in_rollback", "rollout"]
    list_filter = ["in_rollback"]
    list_select_related = ["owner", "rollout"]
    search_fields = ["code", "text"]


@admin.register(Meeting)
class MeetingAdmin(RolloutAdmin):
    view_act = "announcement.view"
    list_display = ["code", "text", "audience", "owner", "when", "repeats", "takes", "rollout"]
    list_filter = ["repeats"]
    list_select_related = ["owner", "rollout"]


@admin.register(TrainingSession)
class TrainingSessionAdmin(RolloutAdmin):
    view_act = "announcement.view"
    list_display = ["code", "text", "audience", "owner", "when", "takes", "certifies", "rollout"]
    list_filter = ["certifies"]
    list_select_related = ["owner", "rollout"]
