from django.apps import AppConfig


class SopsConfig(AppConfig):
    name = "auditing.sops"
    label = "sops"
