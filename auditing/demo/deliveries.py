"""What the simulated vendors deliver, month by month."""

import json
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from auditing.datasets.importing import import_items
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Batch, Collection
from auditing.demo.cast import ITEMS_A_BATCH, MONTHS, SEED, VENDORS, Vendor
from auditing.demo.invoices import extraction, invoice

MAPPING = MappingSpec.from_dict(
    {
        "payload": {"input": "input", "output": "output"},
        "slices": {"document": "document", "currency": "currency"},
    }
)
SCANNED = 0.35  # share of scanned paper, which is keyed worse
SCANNED_TIMES = 1.6


def rows(vendor: Vendor, month: int, size: int = ITEMS_A_BATCH) -> list[dict[str, Any]]:
    """The rows of one delivery, the same at every call."""
    random = np.random.default_rng([SEED, VENDORS.index(vendor), month])
    rate = vendor.defect_rates[month]
    plain_rate = rate / (1 - SCANNED + SCANNED * SCANNED_TIMES)
    made = []
    for number in range(1, size + 1):
        scanned = bool(random.random() < SCANNED)
        paper = invoice(random, MONTHS[month])
        keyed = extraction(random, paper, plain_rate * (SCANNED_TIMES if scanned else 1))
        made.append(
            {
                "id": f"{vendor.name.split()[0].lower()}-{MONTHS[month]:%m}-{number:03d}",
                "input": paper.text(),
                "output": json.dumps(keyed, indent=1),
                "document": "scanned" if scanned else "printed",
                "currency": paper.currency,
            }
        )
    return made


def batch_name(vendor: Vendor, month: int) -> str:
    return f"{vendor.name} {MONTHS[month]:%B %Y}"


def received(month: int, vendor: Vendor) -> datetime:
    """On the first working days of the next month, one vendor after the other."""
    following = (MONTHS[month] + timedelta(days=32)).replace(day=1)
    return at(following + timedelta(days=1 + VENDORS.index(vendor)), 9)


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def deliver(place: Collection, vendor: Vendor, month: int) -> Batch:
    """Deliver through the same door as everybody; the same file twice is the same batch."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{batch_name(vendor, month)}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows(vendor, month)), encoding="utf-8")
        result = import_items(
            by=None,
            path=path,
            collection=place,
            mapping=MAPPING,
            producer=vendor.name,
            received_at=received(month, vendor),
        )
    return result.batch
