"""Addresses of this room's pages, below /console/<slug>/. Names: `phases:gates`, `phases:gate`, …"""

from django.urls import path

from phases.views import checklists, criteria, decisions, gates, phases, stops

app_name = "phases"

urlpatterns = [
    path("timeline/", phases.timeline, name="timeline"),
    path("gates/", gates.gates, name="gates"),
    path("gates/<str:code>/", gates.gate, name="gate"),
    path("gates/<str:code>/evaluation.json", gates.evaluation, name="evaluation"),
    path("gates/<str:code>/ask/", decisions.ask, name="ask"),
    path("gates/<str:code>/decide/", decisions.decide, name="decide"),
    path("gates/<str:code>/record/<uuid:evidence>/", decisions.record, name="record"),
    path(
        "gates/<str:code>/record/<uuid:evidence>/evidence.json", decisions.evidence_file, name="evidence_file"
    ),
    path("criteria/<str:code>/", criteria.change, name="criterion"),
    path("criteria/<str:code>/judge/", criteria.judge, name="judge"),
    path("criteria/<str:code>/waive/", criteria.waive, name="waive"),
    path("criteria/<str:code>/end-waiver/", criteria.stop_waiving, name="end_waiver"),
    path("criteria/<str:code>/baseline/", criteria.criterion_baseline, name="criterion_baseline"),
    path("checklists/", checklists.checklists, name="checklists"),
    path("checklists/<str:code>/", checklists.checklist, name="checklist"),
    path("proofs/<uuid:uuid>/", checklists.proof, name="proof"),
    path("phases/<str:code>/", phases.phase, name="phase"),
    path("phases/<str:code>/baseline/", criteria.phase_baseline, name="phase_baseline"),
    path("phases/<str:code>/prepare/", phases.prepare, name="phase_prepare"),
    path("phases/<str:code>/start/", phases.start, name="phase_start"),
    path("phases/<str:code>/complete/", phases.complete, name="phase_complete"),
    path("phases/<str:code>/skip/", phases.skip, name="phase_skip"),
    path("phases/<str:code>/resume/", phases.resume, name="phase_resume"),
    path("phases/<str:code>/open-intake/", phases.open_intake, name="phase_open_intake"),
    path("stop/", stops.stop, name="stop"),
    path("resume/", stops.resume, name="resume"),
]
