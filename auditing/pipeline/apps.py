from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "auditing.pipeline"
    label = "pipeline"

    def ready(self) -> None:
        from auditing.datasets.arrivals import on_arrival
        from auditing.pipeline.tasks import batch_arrived

        on_arrival(batch_arrived)
