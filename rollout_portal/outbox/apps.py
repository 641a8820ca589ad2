from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "rollout_portal.outbox"
    label = "outbox"
    verbose_name = "Outbox"
