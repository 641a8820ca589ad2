from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "rollout_portal.accounts"
    verbose_name = "Accounts"
