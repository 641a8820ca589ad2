"""Addresses of this room's pages, below /console/<slug>/."""

from django.urls import path

from comms import views

app_name = "comms"

urlpatterns = [path("announcements/", views.announcements, name="announcements")]
