from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "auditing.accounts"
    label = "accounts"
