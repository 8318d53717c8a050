from django.apps import AppConfig


class AdjudicationConfig(AppConfig):
    name = "auditing.adjudication"
    label = "adjudication"
