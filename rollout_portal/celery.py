"""The Celery application: it carries wake-ups, never business state (see rollout_portal/lib/wakeups.py).

Only the programs `celery worker` and `celery beat` load it; the portal itself publishes by
`wakeups.kick()` with an application of its own. The tasks are defined in console/worker.py, once
Django is up.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollout_portal.settings")

app = Celery("rollout_portal", include=["rollout_portal.console.worker"])
app.config_from_object("django.conf:settings", namespace="CELERY")
