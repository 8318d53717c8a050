from django.apps import AppConfig


class EstimationConfig(AppConfig):
    name = "auditing.estimation"
    label = "estimation"
