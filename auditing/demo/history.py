"""The demonstration's past: eight audited deliveries, one of them waiting for rulings."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from django.utils import timezone

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.datasets.models import Batch, Collection
from auditing.demo.acting import past_audit
from auditing.demo.cast import COLLECTION, MONTHS, VENDORS, Vendor
from auditing.demo.clock import turned_back
from auditing.demo.deliveries import batch_name, deliver, received
from auditing.demo.simulation import remembered_port, simulator
from auditing.sops.models import SopVersion

DELIVERIES: tuple[tuple[Vendor, int], ...] = tuple(
    (vendor, month) for month in range(len(MONTHS)) for vendor in VENDORS
)
PAST, NEWEST = DELIVERIES[:-1], DELIVERIES[-1]
Progress = Callable[[str, float], None]


def beginning() -> AbstractContextManager[Any]:
    """The days before the first delivery, in which all was made that it is audited by; today once that is made."""
    made = Collection.objects.filter(name=COLLECTION).exists()
    vendor, month = DELIVERIES[0]
    return nullcontext() if made else turned_back(received(month, vendor) - timedelta(days=7))


def just_before_now() -> AbstractContextManager[Any]:
    """Some hours ago: after the past, before the delivery that is audited before the newcomer's eyes."""
    return turned_back(timezone.now() - timedelta(hours=4))


def make_history(
    everybody: dict[str, User], place: Collection, version: SopVersion, progress: Progress
) -> list[Audit]:
    """Deliver and audit what is not there yet; the last past audit is left to the lead's rulings."""
    audits = []
    with served():
        for index, (vendor, month) in enumerate(PAST):
            progress(f"Auditing {batch_name(vendor, month)}", index / len(PAST))
            audits.append(_audit(everybody, place, version, index))
    progress("The past is made", 1.0)
    return audits


def _audit(everybody: dict[str, User], place: Collection, version: SopVersion, index: int) -> Audit:
    vendor, month = PAST[index]
    done = Audit.objects.filter(batch__collection=place, batch__name=batch_name(vendor, month)).first()
    if done:
        return done
    return past_audit(
        _delivered(place, vendor, month), version, everybody, index, leave_rulings=index == len(PAST) - 1
    )


def _delivered(place: Collection, vendor: Vendor, month: int) -> Batch:
    with turned_back(received(month, vendor)):
        return deliver(place, vendor, month)


@contextmanager
def served() -> Iterator[None]:
    """The simulated judges, served from here unless the launcher serves them already."""
    with socket.socket() as probe:
        already = probe.connect_ex(("127.0.0.1", remembered_port())) == 0
    if already:
        yield
        return
    with simulator(port=remembered_port(), latency=0):
        yield
