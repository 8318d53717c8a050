from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "auditing.journal"
    label = "journal"

    def ready(self) -> None:
        from auditing.accounts.acts import acted
        from auditing.journal.services import record_act

        acted.connect(record_act, dispatch_uid="journal.record_act")
