from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "auditing.demo"
    label = "demo"
