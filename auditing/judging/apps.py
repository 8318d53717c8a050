from django.apps import AppConfig


class JudgingConfig(AppConfig):
    name = "auditing.judging"
    label = "judging"
