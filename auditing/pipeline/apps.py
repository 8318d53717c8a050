from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "auditing.pipeline"
    label = "pipeline"

    def ready(self) -> None:
        from auditing.datasets.arrivals import on_arrival
        from auditing.judging.runs import on_run_finished
        from auditing.pipeline.listeners import batch_arrived, run_finished

        on_arrival(batch_arrived)
        on_run_finished(run_finished)
