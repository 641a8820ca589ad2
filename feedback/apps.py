from importlib import import_module

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = "Feedback"

    def ready(self) -> None:
        # What other rooms ask this one: texts of mails, links, the permission question, stops.
        for module in ("texts", "links", "hooks"):
            import_module(f"feedback.{module}")
