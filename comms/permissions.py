"""Who may see what is said to whom."""

from django.utils.translation import gettext_lazy as _

from phases.permissions import EVERYONE, register

register("announcement.view", _("Seeing announcements, meetings and trainings"), EVERYONE)
