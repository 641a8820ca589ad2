"""The portal's addresses and what only tests can open: the gallery, and admin pages of every kind."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from phases.models import Objective, Role, Rollout
from rollout_portal.accounts.models import User
from rollout_portal.console.sites import ConsoleSite
from rollout_portal.urls import handler403, handler500
from rollout_portal.urls import urlpatterns as portal_urls
from tests.console.gallery import context

__all__ = ["handler403", "handler500", "urlpatterns"]

site = ConsoleSite(name="admin")


class RoleInline(TabularInline):
    model = Role
    fk_name = "rollout"
    extra = 0
    tab = True


class ObjectiveInline(StackedInline):
    model = Objective
    extra = 0


class RolloutAdmin(ModelAdmin):
    """Fieldsets in tabs, inlines of both kinds, filters, search and a bulk action."""

    list_display = ["name", "slug", "state"]
    list_filter = ["state"]
    list_filter_submit = True
    search_fields = ["name"]
    inlines = [RoleInline, ObjectiveInline]
    warn_unsaved_form = True
    fieldsets = [
        ("Plan", {"fields": ["name", "slug", "state", "anchor"], "classes": ["tab"]}),
        ("Place", {"fields": ["time_zone", "started_at", "ended_at"], "classes": ["tab"]}),
    ]


class AccountAdmin(ModelAdmin):
    list_display = ["email", "name", "is_active"]
    search_fields = ["email", "name"]


site.register(Rollout, RolloutAdmin)
site.register(User, AccountAdmin)
for model, registered in admin.site._registry.items():
    if not site.is_registered(model):
        site.register(model, type(registered))


def gallery(request: HttpRequest) -> HttpResponse:
    """Every part in every state."""
    return render(request, "console/gallery.html", context())


def failing(request: HttpRequest) -> HttpResponse:
    """A page that breaks."""
    raise RuntimeError("on purpose")


urlpatterns = [
    path("gallery/", gallery),
    path("failing/", failing),
    path("console/data/", site.urls),
    *portal_urls,
]
