"""Addresses. Rooms bring their own; this file only joins them."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("rollout_portal.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    # Testers come by personal links, without a login.
    path("t/", include("cohorts.tester_urls")),
    path("t/", include("feedback.tester_urls")),
    path("api/v1/", include("rollout_portal.console.api")),
    path("", include("rollout_portal.console.urls")),
]

handler404 = "rollout_portal.console.views.errors.missing"
handler403 = "rollout_portal.console.views.errors.refused"
handler500 = "rollout_portal.console.views.errors.broken"
