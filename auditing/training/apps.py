from django.apps import AppConfig


class TrainingConfig(AppConfig):
    name = "auditing.training"
    label = "training"
