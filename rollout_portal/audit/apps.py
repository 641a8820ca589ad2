from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "rollout_portal.audit"
    verbose_name = "Audit"
