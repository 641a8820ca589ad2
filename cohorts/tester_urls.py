"""Addresses of the testers' pages, below /t/. A token stands only in the first address of a visit."""

from django.urls import path

from cohorts.views import testers

app_name = "testers"

urlpatterns = [
    path("i/<str:token>/", testers.open_invitation, name="open_invitation"),
    path("l/<str:token>/", testers.open_leave, name="open_leave"),
    path("<uuid:visit>/", testers.visit, name="visit"),
    path("<uuid:visit>/leave/", testers.leave, name="leave"),
    path("<uuid:visit>/data/", testers.data, name="data"),
    path("<uuid:visit>/data/download/", testers.download, name="download"),
    path("<uuid:visit>/data/erase/", testers.erase, name="erase"),
]
