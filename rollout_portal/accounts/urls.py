"""Addresses for joining by invitation, before those of allauth, which are the rest of /accounts/."""

from django.urls import path

from rollout_portal.accounts import views

app_name = "accounts"

urlpatterns = [
    path("email/", views.no_other_address, name="email"),
    path("join/", views.join, name="join"),
    path("join/<str:token>/", views.open_invitation, name="invitation"),
]
