from django.apps import AppConfig


class AuditsConfig(AppConfig):
    name = "auditing.audits"
    label = "audits"
