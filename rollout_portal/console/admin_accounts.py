"""Accounts under "All data", for those who give roles. Passwords and second factors are their owners' alone.

What other packages register about accounts goes: groups grant nothing here, and whoever can add an address
or take a second factor away could sign as somebody else.
"""

from typing import Any, ClassVar

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from phases.admin import LookOnly, visible_rollouts
from phases.models import Role
from rollout_portal.accounts.models import User
from rollout_portal.console.accounts import switch_account

for model in (Group, EmailAddress, Authenticator):
    admin.site.unregister(model)


class AccountForm(forms.ModelForm):
    """Whether an account is on, and why that changes."""

    reason = forms.CharField(
        label=_("Why"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        max_length=500,
        help_text=_("Kept on the record."),
    )

    class Meta:
        model = User
        fields = ("is_active",)
        help_texts: ClassVar = {
            "is_superuser": _(
                "Looks after accounts and settings. Signs, starts and sends nothing; sees no personal data."
            )
        }


@admin.register(User)
class AccountAdmin(LookOnly, ModelAdmin):
    """Superusers see every account and switch it off; others those of the rollouts whose roles they give."""

    view_act: ClassVar[str] = "role.manage"
    form = AccountForm
    list_display = ("name", "email", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("name", "email")
    ordering = ("name", "pk")
    readonly_fields = (
        "uuid", "name", "email", "language", "time_zone", "is_staff", "is_superuser", "date_joined",
        "last_login",
    )  # fmt: skip
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if _is_superuser(request):
            return rows
        held = Role.objects.filter(rollout__in=self._visible(request), ended_at__isnull=True)
        return rows.filter(pk__in=held.values("user_id"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = (*self.readonly_fields, "is_active")
        return (*fields, "reason") if self.has_change_permission(request, obj) else fields

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) or bool(self._visible(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request) and obj != request.user

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        by = request.user
        if isinstance(by, User):
            data = form.cleaned_data
            switch_account(account=obj, active=data["is_active"], by=by, reason=data["reason"])

    def _visible(self, request: HttpRequest) -> frozenset[int]:
        return visible_rollouts(request.user, self.view_act)


def _is_superuser(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and user.is_active and user.is_superuser
