from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "auditing.pipeline"
    label = "pipeline"
