from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PhasesConfig(AppConfig):
    name = "phases"
    verbose_name = "Phases"

    def ready(self) -> None:
        # Every room says what it measures, which plan section it owns and what can be wrong in it, who may
        # act, what waits for whom, and which work is due.
        autodiscover_modules("permissions", "measures", "plan", "lint", "waits", "tasks")
