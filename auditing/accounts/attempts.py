"""How often somebody may try to sign in: a few times freely, then with waits that double.

Counted in the database, for the account and for the address, so that every process counts the same. Failures fade: in
an hour as many as are free, so that what many people behind one address mistype in a day locks none of them out.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import transaction
from django.utils import timezone

from auditing.accounts.acts import tell
from auditing.accounts.models import SignInAttempts
from auditing.core.errors import Conflict

FREE = {"account": 5, "address": 50}  # many people may share an address
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
NETWORK_OF_ONE = 64  # bits of an IPv6 address: whoever has one has all that begin alike


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
            "address": f"address {_network(self.address)[:150]}",
        }


def _network(address: str) -> str:
    """The address; of IPv6 what all addresses of its holder share. What is no address stays as it was said."""
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if isinstance(read, IPv6Address):
        return str(ip_network((read, NETWORK_OF_ONE), strict=False))
    return str(read)


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
    _forget_what_faded()
    row = SignInAttempts.objects.select_for_update().filter(of=attempt.keys["address"]).first()
    if row:
        row.failures = max(row.failures - 1, 0)
        row.save(update_fields=["failures"])


def _forget_what_faded() -> None:
    """Passing over what others hold, so that nobody waits for it in a circle."""
    faded = SignInAttempts.objects.filter(last_at__lt=timezone.now() - FORGOTTEN_AFTER)
    free = faded.select_for_update(skip_locked=True).values_list("pk", flat=True)
    SignInAttempts.objects.filter(pk__in=list(free)).delete()


@transaction.atomic
def _counted(attempt: Attempt) -> timedelta | None:
    """How long it still has to wait; None where it was counted."""
    rows = {kind: _row(key) for kind, key in attempt.keys.items()}
    waits = [_left(row, FREE[kind]) for kind, row in rows.items()]
    if any(waits):
        return max(waits)
    for kind, row in rows.items():
        row.failures = _faded(row, FREE[kind]) + 1
        row.last_at = timezone.now()
        row.save(update_fields=["failures", "last_at"])
        if wait := _wait_after(row.failures, FREE[kind]):
            seconds = int(wait.total_seconds())
            details = {"failures": round(row.failures), "seconds": seconds}
            tell(by=None, verb="slowed down signing in", subject=row, **details)
    return None


def _row(key: str) -> SignInAttempts:
    """The count, locked."""
    # locked as it is looked for: whoever signs in meanwhile deletes it
    row, _ = SignInAttempts.objects.select_for_update().get_or_create(of=key)
    return row


def _faded(row: SignInAttempts, free: int) -> float:
    """What is left of the failures by now."""
    return max(row.failures - free * ((timezone.now() - row.last_at) / FORGOTTEN_AFTER), 0.0)


def _wait_after(failures: float, free: int) -> timedelta:
    beyond = round(failures) - free
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
