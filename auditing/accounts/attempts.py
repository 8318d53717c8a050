"""How often somebody may try to sign in: a few times freely, then with waits that double.

Counted in the database, for the account and for the address, so that every process counts the same.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from auditing.accounts.acts import tell
from auditing.accounts.models import SignInAttempts
from auditing.core.errors import Conflict

FREE = {"account": 5, "address": 50}  # many people may share an address
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)  # without a further attempt


class TooManyAttempts(Conflict):
    """Signing in has failed too often; `wait` is how long until the next attempt counts."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Too many attempts to sign in. Try again in {_in_words(wait)}.")
        self.wait = wait


@dataclass(frozen=True)
class Attempt:
    """Somebody who tries to sign in as `username` from `address`."""

    username: str
    address: str

    @property
    def keys(self) -> dict[str, str]:
        return {
            "account": f"account {self.username.lower()[:150]}",
            "address": f"address {self.address[:150]}",
        }


def begin(attempt: Attempt) -> None:
    """Count an attempt before its password is looked at, so that of many at once none is free.

    Raises TooManyAttempts while it has to wait; such an attempt is not counted.
    """
    wait = _counted(attempt)
    if wait:
        raise TooManyAttempts(wait)


@transaction.atomic
def succeed(attempt: Attempt) -> None:
    """It was her: her account's failures are forgotten, and her attempt was none of the address's."""
    SignInAttempts.objects.filter(of=attempt.keys["account"]).delete()
    SignInAttempts.objects.filter(last_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
    row = SignInAttempts.objects.select_for_update().filter(of=attempt.keys["address"]).first()
    if row and row.failures:
        row.failures -= 1
        row.save(update_fields=["failures"])


@transaction.atomic
def _counted(attempt: Attempt) -> timedelta | None:
    """How long it still has to wait; None where it was counted."""
    rows = {kind: _row(key) for kind, key in attempt.keys.items()}
    waits = [_left(row, FREE[kind]) for kind, row in rows.items()]
    if any(waits):
        return max(waits)
    for kind, row in rows.items():
        row.failures += 1
        row.last_at = timezone.now()
        row.save(update_fields=["failures", "last_at"])
        if wait := _wait_after(row.failures, FREE[kind]):
            seconds = int(wait.total_seconds())
            tell(by=None, verb="slowed down signing in", subject=row, failures=row.failures, seconds=seconds)
    return None


def _row(key: str) -> SignInAttempts:
    """The count, locked; begun anew where the last attempt is long ago."""
    SignInAttempts.objects.get_or_create(of=key)
    row = SignInAttempts.objects.select_for_update().get(of=key)
    if timezone.now() - row.last_at > FORGOTTEN_AFTER:
        row.failures = 0
    return row


def _wait_after(failures: int, free: int) -> timedelta:
    beyond = failures - free
    if beyond < 0:
        return timedelta(0)
    return min(SHORTEST_WAIT * 2 ** min(beyond, 10), LONGEST_WAIT)


def _left(row: SignInAttempts, free: int) -> timedelta:
    return max(row.last_at + _wait_after(row.failures, free) - timezone.now(), timedelta(0))


def _in_words(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    if seconds < 60:
        return f"{seconds} seconds"
    minutes = -(-seconds // 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
