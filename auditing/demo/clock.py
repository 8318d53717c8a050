"""The clock turned back: history is made by the same services that make the present, at an earlier hour."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from django.utils import timezone


class Clock:
    """A clock that somebody else winds on."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def wind(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@contextmanager
def turned_back(to: datetime) -> Iterator[Clock]:
    """Within it `timezone.now()` is the clock's time."""
    clock = Clock(to)
    with patch.object(timezone, "now", lambda: clock.now):
        yield clock
