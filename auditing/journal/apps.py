from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "auditing.journal"
    label = "journal"
