from django.apps import AppConfig


class SamplingConfig(AppConfig):
    name = "auditing.sampling"
    label = "sampling"
