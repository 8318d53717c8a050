"""Waiting for a database that is away for a moment: a restart of it must not cost what is in memory."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from django.db import InterfaceError, OperationalError, connection

DATABASE_PATIENCE = (
    60.0  # seconds that a database which is away is waited for, what is finished kept in memory
)
Result = TypeVar("Result")


async def in_database(act: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """Do it patiently on the thread that has the database, out of an event loop."""
    return await sync_to_async(patiently)(act, *arguments, **named)


def patiently(act: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """Do it, and again for a minute where the database is away; each `act` is one transaction, safe to repeat."""
    deadline = time.monotonic() + DATABASE_PATIENCE
    while True:
        try:
            return act(*arguments, **named)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() >= deadline:
                raise
            connection.close()
        time.sleep(0.5)
