"""Who may do what with metrics, and what an API token may be made for."""

from django.utils.translation import gettext_lazy as _

from phases import tokens
from phases.permissions import BUILDERS, RoleName, register

READINGS_WRITE = "readings.write"
METRICS_READ = "metrics.read"

register("metric.edit", _("Changing a metric or its targets"), BUILDERS)
register("reading.record", _("Adding a reading"), [*BUILDERS, RoleName.ANALYST, RoleName.SUPPORT])
register("reading.correct", _("Correcting a reading"), [*BUILDERS, RoleName.ANALYST])

tokens.register_scope(READINGS_WRITE, _("send readings"))
tokens.register_scope(METRICS_READ, _("read metrics and their latest values"))
