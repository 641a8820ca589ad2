from importlib import import_module

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "rollout_portal.outbox"
    label = "outbox"
    verbose_name = "Outbox"

    def ready(self) -> None:
        # Whoever sends mints the links of account mails, also a process that shows no login page.
        import_module("rollout_portal.outbox.accounts")
