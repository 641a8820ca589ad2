"""Addresses of this room's pages, below /console/<slug>/."""

from django.urls import path

from flags import views

app_name = "flags"

urlpatterns = [path("flags/", views.flags, name="flags")]
