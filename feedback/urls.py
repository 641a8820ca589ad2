"""Addresses of this room's pages in the console, below /console/<slug>/. Names: `feedback:surveys`, …"""

from django.urls import path

from feedback.views import entering, inbox, keys, surveys

app_name = "feedback"

urlpatterns = [
    path("surveys/", surveys.surveys, name="surveys"),
    path("surveys/<str:code>/", surveys.survey, name="survey"),
    path("surveys/<str:code>/questions/<str:question>/", surveys.edit, name="question"),
    path("surveys/<str:code>/publish/", surveys.publish, name="publish"),
    path("surveys/<str:code>/preview/", surveys.preview, name="preview"),
    path("surveys/<str:code>/results/", surveys.results, name="results"),
    path("surveys/<str:code>/results.csv", surveys.results_csv, name="results_csv"),
    path("feedback/", inbox.inbox, name="feedback"),
    path("feedback/enter/", entering.enter, name="enter"),
    path("feedback/keys/", keys.switch, name="keys"),
    path("feedback/<int:number>/", inbox.item, name="item"),
    path("feedback/<int:number>/picture/", inbox.picture, name="picture"),
    path("feedback/<int:number>/merge/", inbox.merge, name="merge"),
]
