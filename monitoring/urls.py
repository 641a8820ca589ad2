"""Addresses of this room's pages, below /console/<slug>/."""

from django.urls import path

from monitoring.views import editing, metrics, readings, safety, tokens

app_name = "monitoring"

urlpatterns = [
    path("metrics/", metrics.metrics, name="metrics"),
    path("metrics/<str:code>/", metrics.metric, name="metric"),
    path("metrics/<str:code>/readings.csv", metrics.readings_csv, name="readings_csv"),
    path("metrics/<str:code>/add/", readings.add, name="add_reading"),
    path("metrics/<str:code>/change/", editing.change, name="change_metric"),
    path("metrics/<str:code>/target/", editing.target, name="set_target"),
    path("metrics/<str:code>/target/<str:phase>/", editing.target, name="set_phase_target"),
    path("readings/<uuid:uuid>/correct/", readings.correct, name="correct_reading"),
    path("triggers/", safety.triggers, name="triggers"),
    path("runbooks/", safety.runbooks, name="runbooks"),
    path("on-call/", safety.on_call, name="on_call"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<uuid:uuid>/revoke/", tokens.revoke, name="revoke_token"),
]
