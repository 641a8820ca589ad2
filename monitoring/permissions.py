"""Who may do what with metrics and with what stops a rollout, and what an API token may be made for."""

from django.utils.translation import gettext_lazy as _

from phases import tokens
from phases.permissions import BUILDERS, EVERYONE, STAFF, RoleName, register

READINGS_WRITE = "readings.write"
METRICS_READ = "metrics.read"

register("metric.edit", _("Changing a metric or its targets"), BUILDERS)
register("reading.record", _("Adding a reading"), [*BUILDERS, RoleName.ANALYST, RoleName.SUPPORT])
register("reading.correct", _("Correcting a reading"), [*BUILDERS, RoleName.ANALYST])

register("trigger.view", _("Seeing triggers and runbooks"), EVERYONE)
register("contact.view", _("Seeing who is on call and how to reach them"), STAFF)

tokens.register_scope(READINGS_WRITE, _("send readings"))
tokens.register_scope(METRICS_READ, _("read metrics and their latest values"))
