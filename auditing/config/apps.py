from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "auditing.config"
    label = "config"

    def ready(self) -> None:
        # shared tasks need the application's broker settings in every process, the web's too
        from auditing.config import celery, checks  # noqa: F401
