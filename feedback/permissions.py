"""The room's rows of the permission table."""

from django.utils.translation import gettext_lazy as _

from phases.permissions import BUILDERS, STAFF, RoleName, register

register("survey.edit", _("Changing a survey"), [*BUILDERS, RoleName.ANALYST])
register("survey.publish", _("Publishing a survey"), [RoleName.PRODUCT_OWNER])
register("survey.results", _("Reading survey results"), STAFF | {RoleName.VIEWER})
register("feedback.view", _("Reading feedback"), STAFF)
register("feedback.enter", _("Entering a report for a tester"), [*BUILDERS, RoleName.SUPPORT])
register("feedback.triage", _("Judging feedback"), [*BUILDERS, RoleName.SUPPORT])
register("feedback.reply", _("Answering a tester"), [RoleName.PRODUCT_OWNER, RoleName.SUPPORT])
