"""Fixtures for the test databases."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

append_only = import_module("auditing.journal.migrations.0002_append_only")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file: in memory, threads would share one connection and no lock would be tested."""
    database: dict[str, Any] = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        folder: Path = tmp_path_factory.mktemp("database")
        database["TEST"]["NAME"] = str(folder / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Let the flush between transactional tests empty the journal, as the database lets nobody else."""
    operations = type(connection.ops)  # the class: a running event loop gets a connection of its own
    plain_flush = operations.sql_flush

    def flush_past_the_triggers(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        if connection.vendor == "postgresql":
            replica, origin = (f"SET session_replication_role = {role}" for role in ("replica", "origin"))
            return [replica, *plain_flush(self, *args, **kwargs), origin]
        drop, create = append_only.ALLOW_SQLITE, append_only.REFUSE_SQLITE
        return [*drop, *plain_flush(self, *args, **kwargs), *create]

    operations.sql_flush = flush_past_the_triggers  # type: ignore[method-assign]
