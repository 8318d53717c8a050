from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "auditing.web"
    label = "web"
