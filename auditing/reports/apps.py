from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "auditing.reports"
    label = "reports"
