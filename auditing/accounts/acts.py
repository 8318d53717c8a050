"""What happened to people and tokens, told to whoever keeps the journal: a floor above, so not called."""

from typing import Any

from django.db import models
from django.dispatch import Signal

acted = Signal()


def tell(*, by: models.Model | None, verb: str, subject: models.Model, **details: Any) -> None:
    """Announce one act inside the current transaction; what a receiver raises undoes the act."""
    acted.send(type(subject), by=by, verb=verb, subject=subject, details=details)
