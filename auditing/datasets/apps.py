from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "auditing.datasets"
    label = "datasets"
