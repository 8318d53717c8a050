from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "auditing.api"
    label = "api"
