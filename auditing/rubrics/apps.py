from django.apps import AppConfig


class RubricsConfig(AppConfig):
    name = "auditing.rubrics"
    label = "rubrics"
