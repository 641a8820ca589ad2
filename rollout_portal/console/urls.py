"""Addresses of the console: /console/ and what stands below it.

Pages of ours are named inside the namespace `console`, those of a room inside its own; the sidebar knows
them by their names (navigation.GROUPS, addresses.address). Fixed first words come before slugs, and are
reserved as slugs.
"""

from django.contrib import admin
from django.urls import include, path

from rollout_portal.console import health
from rollout_portal.console.views import (
    audit,
    draft,
    limits,
    mail,
    members,
    messages,
    plan,
    rollouts,
    start,
    texts,
)

pages = [
    path("", start.start, name="start"),
    path("rollouts/", rollouts.rollouts, name="rollouts"),
    path("mail/", mail.mails, name="mails"),
    path("mail/<str:name>/", mail.mail, name="mail"),
    path("mail/<str:name>/html/", mail.mail_html, name="mail_html"),
    path("<slug:slug>/", rollouts.cockpit, name="cockpit"),
    path("<slug:slug>/begin/", draft.begin, name="begin"),
    path("<slug:slug>/discard/", draft.discard, name="discard"),
    path("<slug:slug>/close/", draft.close, name="close"),
    path("<slug:slug>/people/", members.members, name="members"),
    path("<slug:slug>/people/<uuid:uuid>/end/", members.end, name="end_role"),
    path("<slug:slug>/messages/", messages.messages, name="messages"),
    path("<slug:slug>/messages/<uuid:uuid>/", messages.message, name="message"),
    path("<slug:slug>/limits/", limits.limits, name="limits"),
    path("<slug:slug>/texts/", texts.texts, name="texts"),
    path("<slug:slug>/texts/<slug:code>/", texts.text, name="text"),
    path("<slug:slug>/texts/<slug:code>/new/", texts.write, name="write_text"),
    path("<slug:slug>/texts/<slug:code>/seen/<slug:language>/", texts.seen, name="text_seen"),
    path("<slug:slug>/plan/", plan.plan, name="plan"),
    path("<slug:slug>/plan/file/", plan.plan_file, name="plan_file"),
    path("<slug:slug>/audit/", audit.audit, name="audit"),
]

urlpatterns = [
    path("", start.front, name="front"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # Pages name their own; this is for whatever asks without looking.
    path("favicon.ico", start.favicon),
    path("console/data/", admin.site.urls),
    path("console/", include((pages, "console"))),
    # The pages of rooms stand below a rollout's own address, after every fixed word.
    path("console/<slug:slug>/", include("phases.urls")),
    path("console/<slug:slug>/", include("cohorts.urls")),
    path("console/<slug:slug>/", include("comms.urls")),
    path("console/<slug:slug>/", include("flags.urls")),
    path("console/<slug:slug>/", include("monitoring.urls")),
    path("console/<slug:slug>/", include("feedback.urls")),
]
