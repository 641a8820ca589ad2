"""Who may see which feature is on for whom."""

from django.utils.translation import gettext_lazy as _

from phases.permissions import EVERYONE, register

register("flag.view", _("Seeing flags and experiments"), EVERYONE)
