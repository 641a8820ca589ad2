from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "rollout_portal.jobs"
    label = "jobs"
    verbose_name = "Jobs"
