from django.apps import AppConfig


class MetaAuditConfig(AppConfig):
    name = "auditing.metaaudit"
    label = "metaaudit"
