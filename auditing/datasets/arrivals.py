"""Who wants to know when a batch has arrived: rooms upstairs register, so that this one need not know them."""

from collections.abc import Callable
from functools import partial

from django.db import transaction

from auditing.datasets.models import Batch

Listener = Callable[[Batch], object]
_listeners: list[Listener] = []


def on_arrival(listener: Listener) -> None:
    """Call `listener(batch)` after the transaction that imported a batch has been committed."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(batch: Batch) -> None:
    for listener in _listeners:
        # the batch is safely in: a listener that fails is logged, and must not make the import look failed
        transaction.on_commit(partial(listener, batch), robust=True)
