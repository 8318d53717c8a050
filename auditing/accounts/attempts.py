"""How often somebody may try to sign in: a few times freely, then with waits that double.

Counted in the database, so that every process counts the same: strictly for an account at one address, so that a
stranger who guesses elsewhere keeps nobody from her own account; less so for the account from everywhere, and for the
address with every account. Failures fade: in an hour as many as are free, so that what many people behind one address
mistype in a day locks none of them out. What was typed for a name is kept as a digest only: it may be a password.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from auditing.accounts.acts import tell
from auditing.accounts.models import SignInAttempts, User
from auditing.core.errors import Conflict

# many people may share an address; whoever guesses at one account from a hundred will not be let go on either
FREE = {"account at an address": 5, "account": 100, "address": 50}
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
    def network(self) -> str:
        return _network(self.address)[:100]

    @property
    def keys(self) -> dict[str, str]:
        """The name of each count, in the order in which they are locked."""
        account = _account(self.username)
        return {
            "account at an address": f"{account} from {self.network}",
            "account": account,
            "address": f"address {self.network}",
        }


def _account(username: str) -> str:
    digest = salted_hmac("auditing.accounts.attempts", username.lower(), algorithm="sha256")
    return f"account {digest.hexdigest()}"


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
    """It was her: her failures at this address are forgotten, and her attempt was none of the others'."""
    keys = attempt.keys
    SignInAttempts.objects.filter(of=keys["account at an address"]).delete()
    for kind in ("account", "address"):
        row = SignInAttempts.objects.select_for_update().filter(of=keys[kind]).first()
        if row:
            row.failures = max(row.failures - 1, 0)
            row.save(update_fields=["failures"])
    _forget_what_faded()


@transaction.atomic
def forget(user: User) -> None:
    """Her password is another one: guesses at the old one hold nobody up."""
    account = _account(user.username)
    # in the order in which an attempt locks them
    SignInAttempts.objects.filter(of__startswith=f"{account} from ").delete()
    SignInAttempts.objects.filter(of=account).delete()


def _forget_what_faded() -> None:
    """Passing over what others hold, and last of all, so that nobody waits for it in a circle."""
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
            said = {"failures": round(row.failures), "seconds": int(wait.total_seconds())}
            _tell(attempt, rows["address"], is_of_account=kind != "address", **said)
    return None


def _tell(attempt: Attempt, address: SignInAttempts, *, is_of_account: bool, **said: int) -> None:
    """To the journal: of an account that there is; otherwise of the address alone, for a name may be a password."""
    user = User.objects.filter(username=attempt.username).first() if is_of_account else None
    where = {"from": attempt.network} if user else {}
    tell(by=None, verb="slowed down signing in", subject=user or address, **said, **where)


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
