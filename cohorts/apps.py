from importlib import import_module

from django.apps import AppConfig


class CohortsConfig(AppConfig):
    name = "cohorts"
    verbose_name = "Cohorts"

    def ready(self) -> None:
        # What other rooms ask this one: the card of a phase, texts and links of invitations, the permission
        # question, stops.
        import_module("cohorts.cards")
        import_module("cohorts.hooks")
        import_module("cohorts.importing.jobs")
        import_module("cohorts.links")
        import_module("cohorts.signals")
