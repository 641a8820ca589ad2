"""What every planned thing has."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from phases.models.rollouts import Rollout

validate_code = RegexValidator(
    r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,58}[A-Za-z0-9])?$",
    _("A code is 1 to 60 letters, digits, dots, hyphens or underscores: “3A”, “nps”, “error-rate”."),
)


class PlanItem(models.Model):
    """A thing of the plan. Its `code` is unique among its kind in a rollout and never used again."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rollout = models.ForeignKey(Rollout, on_delete=models.PROTECT, related_name="%(class)ss")
    code = models.CharField(_("code"), max_length=60, validators=[validate_code])
    position = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["rollout", "code"], name="%(app_label)s_%(class)s_code_once"),
        ]
