"""Addresses of the testers' pages of this room, below /t/. A token stands only in the first one."""

from django.urls import path

from feedback.views import tester

app_name = "feedback_tester"

urlpatterns = [
    path("s/<str:token>/", tester.open_link, name="open"),
    path("<uuid:visit>/survey/", tester.survey, name="survey"),
    path("<uuid:visit>/survey/thanks/", tester.thanks, name="thanks"),
    path("<uuid:visit>/problem/", tester.problem, name="problem"),
    path("<uuid:visit>/problem/thanks/", tester.told, name="told"),
]
