from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.module_loading import autodiscover_modules


class ConsoleAdminConfig(admin_apps.AdminConfig):
    """django.contrib.admin with the console's own site."""

    default = False
    default_site = "rollout_portal.console.sites.ConsoleSite"


class ConsoleConfig(AppConfig):
    default = True
    name = "rollout_portal.console"
    label = "console"
    verbose_name = "Console"

    def ready(self) -> None:
        # Every room registers its due work in tasks.py, and its system checks in checks.py.
        autodiscover_modules("tasks", "checks")
