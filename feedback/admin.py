"""The room's rows under "All data": read-only, as everywhere; services write."""

from django.contrib import admin

from feedback.models import (
    Comment,
    FeedbackItem,
    FeedbackItemTransition,
    Occasion,
    PriorityRule,
    Question,
    Reply,
    Response,
    Submission,
    Survey,
    SurveyRequest,
    SurveyVersion,
)
from phases.admin import RolloutAdmin


@admin.register(Survey)
class SurveyAdmin(RolloutAdmin):
    view_act = "survey.results"
    list_display = ["code", "name", "phase", "rhythm", "opens_on_day", "opens_at", "open_days", "rollout"]
    list_filter = ["rhythm"]
    list_select_related = ["phase", "rollout"]
    search_fields = ["code", "name"]


@admin.register(SurveyVersion)
class SurveyVersionAdmin(RolloutAdmin):
    view_act = "survey.results"
    rollout_path = "survey__rollout"
    list_display = ["survey", "number", "languages", "published_at", "published_by"]
    list_select_related = ["survey", "published_by"]


@admin.register(Question)
class QuestionAdmin(RolloutAdmin):
    view_act = "survey.results"
    rollout_path = "version__survey__rollout"
    list_display = ["code", "kind", "required", "several", "version"]
    list_filter = ["kind"]
    list_select_related = ["version__survey"]
    search_fields = ["code"]


@admin.register(Occasion)
class OccasionAdmin(RolloutAdmin):
    view_act = "survey.results"
    rollout_path = "survey__rollout"
    list_display = ["survey", "number", "phase", "opens_at", "closes_at", "finished_at"]
    list_select_related = ["survey", "phase"]


@admin.register(SurveyRequest)
class SurveyRequestAdmin(RolloutAdmin):
    """Who was asked and whether she answered; what she answered is not reached from here."""

    view_act = "participant.view"
    rollout_path = "occasion__survey__rollout"
    list_display = ["participant", "occasion", "state", "sent_at", "message"]
    list_filter = ["state"]
    list_select_related = ["participant", "occasion__survey", "message"]
    exclude = ["draft"]


@admin.register(Response)
class ResponseAdmin(RolloutAdmin):
    """That somebody answered. Neither the person nor the answers stand here: groups may be small."""

    view_act = "survey.results"
    rollout_path = "occasion__survey__rollout"
    list_display = ["uuid", "occasion", "submitted_at", "edited_at"]
    list_select_related = ["occasion__survey"]
    fields = ["uuid", "occasion", "submitted_at", "edited_at"]
    readonly_fields = ["uuid"]


@admin.register(Submission)
class SubmissionAdmin(RolloutAdmin):
    view_act = "survey.results"
    rollout_path = "response__occasion__survey__rollout"
    list_display = ["response", "number", "at"]
    list_select_related = ["response"]
    fields = ["response", "number", "at"]


@admin.register(FeedbackItem)
class FeedbackItemAdmin(RolloutAdmin):
    view_act = "feedback.view"
    list_display = ["label", "kind", "severity", "state", "phase", "reporter", "assignee", "reported_at"]
    list_filter = ["state", "kind", "severity"]
    list_select_related = ["phase", "reporter", "assignee"]
    search_fields = ["text", "translation"]


@admin.register(FeedbackItemTransition)
class FeedbackItemTransitionAdmin(RolloutAdmin):
    view_act = "feedback.view"
    rollout_path = "item__rollout"
    list_display = ["at", "item", "verb", "to_state", "kind", "severity", "by", "reason"]
    list_filter = ["verb"]
    list_select_related = ["item", "by"]


@admin.register(Comment)
class CommentAdmin(RolloutAdmin):
    view_act = "feedback.view"
    rollout_path = "item__rollout"
    list_display = ["item", "by", "at"]
    list_select_related = ["item", "by"]


@admin.register(Reply)
class ReplyAdmin(RolloutAdmin):
    view_act = "feedback.view"
    rollout_path = "item__rollout"
    list_display = ["item", "language", "by", "at", "message"]
    list_select_related = ["item", "by", "message"]


@admin.register(PriorityRule)
class PriorityRuleAdmin(RolloutAdmin):
    view_act = "feedback.view"
    list_display = ["position", "name", "kinds", "severities", "notify", "rollout"]
    list_select_related = ["rollout"]
