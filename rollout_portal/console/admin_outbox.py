"""The outbox's tables under "All data": read-only, scoped to the reader's rollouts, addresses masked."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from phases.admin import LookOnly, visible_rollouts
from phases.models import Rollout
from rollout_portal.accounts.models import User
from rollout_portal.console.sending import mask, reason_words
from rollout_portal.outbox.models import (
    Channel,
    DeliveryEvent,
    Message,
    MessageTemplate,
    QuietHours,
    SendCap,
    Suppression,
    TemplateText,
    TemplateVersion,
)
from rollout_portal.outbox.states import WAITING, MessageState


class ScopedAdmin(LookOnly, ModelAdmin):
    """Rows of the rollouts in which the reader may do `view_act`; the installation's for superusers."""

    scope_path: ClassVar[str] = "scope"
    view_act: ClassVar[str] = "message.view"
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        scopes = Rollout.objects.filter(pk__in=self._visible(request)).values("uuid")
        mine = Q(**{f"{self.scope_path}__in": scopes})
        if _is_superuser(request):
            mine |= Q(**{f"{self.scope_path}__isnull": True})
        return rows.filter(mine)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) or bool(self._visible(request))

    def _visible(self, request: HttpRequest) -> frozenset[int]:
        kept: dict[str, frozenset[int]] = request.__dict__.setdefault("_visible_rollouts", {})
        if self.view_act not in kept:
            kept[self.view_act] = visible_rollouts(request.user, self.view_act)
        return kept[self.view_act]


class InstallationAdmin(LookOnly, ModelAdmin):
    """Tables of the whole installation, for its superusers."""

    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_superuser


class NeedsFilter(admin.SimpleListFilter):
    """What waits, what failed, what is uncertain?"""

    title = _("Which messages")
    parameter_name = "needs"
    rows: ClassVar[dict[str, Q]] = {
        "uncertain": Q(state=MessageState.UNCERTAIN, again__isnull=True),
        "failed": Q(state=MessageState.FAILED, again__isnull=True),
        "waiting": Q(state__in=WAITING),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("uncertain", _("Uncertain, wait for a decision")),
            ("failed", _("Failed")),
            ("waiting", _("Waiting to leave")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.rows.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted)


class EventInline(LookOnly, TabularInline):
    model = DeliveryEvent
    fields = ("at", "what", "code", "words")
    readonly_fields = fields
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(Message)
class MessageAdmin(ScopedAdmin):
    list_display = ("__str__", "kind", "to", "state", "because", "attempts", "due_at", "sent_at")
    list_filter = (NeedsFilter, "kind", "state")
    list_select_related = ("version__template",)
    search_fields = ("key", "message_id")
    fields = (
        "uuid", "key", "kind", "to", "state", "because", "error", "policy", "channel", "version", "language",
        "due_at", "expires_at", "attempts", "message_id", "handed_at", "sent_at", "erased_at", "again_of",
    )  # fmt: skip
    inlines = (EventInline,)

    @admin.display(description=_("to"))
    def to(self, row: Message) -> str:
        return mask(row.recipient)

    @admin.display(description=_("because"))
    def because(self, row: Message) -> str:
        return reason_words(row.reason)


class TextInline(LookOnly, TabularInline):
    model = TemplateText
    fields = ("language", "subject", "body")
    readonly_fields = fields
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ScopedAdmin):
    list_display = ("code", "kind", "scope", "created_at")
    list_filter = ("kind",)
    search_fields = ("code",)


@admin.register(TemplateVersion)
class TemplateVersionAdmin(ScopedAdmin):
    scope_path = "template__scope"
    list_display = ("__str__", "languages", "written_by", "created_at")
    list_select_related = ("template", "written_by")
    inlines = (TextInline,)


@admin.register(SendCap)
class SendCapAdmin(ScopedAdmin):
    list_display = ("channel", "scope", "period", "used", "cap", "window_start", "time_zone")
    list_select_related = ("channel",)


@admin.register(QuietHours)
class QuietHoursAdmin(ScopedAdmin):
    list_display = ("__str__", "scope", "time_zone")


@admin.register(Channel)
class ChannelAdmin(InstallationAdmin):
    list_display = ("code", "entry", "failures", "paused_until", "last_error")


@admin.register(Suppression)
class SuppressionAdmin(InstallationAdmin):
    list_display = ("short_digest", "reason", "words", "since", "lifted_at")
    list_filter = ("reason",)

    @admin.display(description=_("address (fingerprint)"))
    def short_digest(self, row: Suppression) -> str:
        return row.address_digest[:12]
