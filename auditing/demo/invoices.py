"""Invoices and what was extracted from them, with planted defects.

The truth can be read off the text itself, by `truth_of`; so a simulated judge knows it without being told, and a
real model can find it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

SUPPLIERS = (
    "Northwind Paper",
    "Halden Lighting",
    "Brook & Sons Joinery",
    "Castellan Logistics",
    "Fenwick Dental Supply",
    "Oriole Catering",
    "Quarry Lane Printing",
    "Tamar Glassworks",
)
GOODS = (
    ("desk lamp", 24.5),
    ("box file, A4", 1.2),
    ("oak shelf, 80 cm", 39.9),
    ("pallet, one way", 11.75),
    ("nitrile gloves, 100", 8.4),
    ("lunch platter", 62.0),
    ("poster, A2", 6.3),
    ("window pane, 40 x 60", 18.25),
    ("extension lead", 13.6),
    ("filter coffee, 1 kg", 14.95),
)
CURRENCIES = ("EUR", "GBP", "USD")
FIELDS = ("invoice", "supplier", "date", "currency", "total")
# how bad a mistake in each field is, under the rubric's taxonomy
SEVERITY = {
    "total": "critical",
    "currency": "major",
    "date": "major",
    "supplier": "minor",
    "invoice": "minor",
}
MISSING = "missing field"


@dataclass(frozen=True)
class Invoice:
    """What stands on the paper."""

    number: str
    supplier: str
    day: date
    currency: str
    lines: tuple[tuple[int, str, Decimal], ...]
    shipping: Decimal

    @property
    def total(self) -> Decimal:
        return sum((count * price for count, _, price in self.lines), self.shipping)

    def text(self) -> str:
        rows = [f"{count} x {name} at {price:.2f}" for count, name, price in self.lines]
        head = [self.supplier, f"Invoice {self.number}", f"Date: {self.day:%d %B %Y}"]
        tail = [f"Shipping {self.shipping:.2f}", f"Total due: {self.total:.2f} {self.currency}"]
        return "\n".join([*head, "", *rows, *tail])

    def fields(self) -> dict[str, str]:
        """The perfect extraction."""
        return {
            "invoice": self.number,
            "supplier": self.supplier,
            "date": self.day.isoformat(),
            "currency": self.currency,
            "total": f"{self.total:.2f}",
        }


def invoice(random: np.random.Generator, month: date) -> Invoice:
    chosen = random.choice(len(GOODS), size=int(random.integers(1, 5)), replace=False)
    return Invoice(
        number=f"{month:%y%m}-{random.integers(1000, 9999)}",
        supplier=SUPPLIERS[random.integers(len(SUPPLIERS))],
        day=month + timedelta(days=int(random.integers(0, 27))),
        currency=CURRENCIES[random.choice(3, p=[0.6, 0.25, 0.15])],
        lines=tuple(
            (int(random.integers(1, 13)), GOODS[index][0], Decimal(str(GOODS[index][1]))) for index in chosen
        ),
        shipping=Decimal(int(random.integers(0, 12))) + Decimal("0.90"),
    )


def extraction(random: np.random.Generator, paper: Invoice, defect_rate: float) -> dict[str, str]:
    """The fields as a vendor's worker keyed them; with probability `defect_rate` one or two of them are wrong."""
    fields = paper.fields()
    if random.random() >= defect_rate:
        return fields
    count = 1 if random.random() < 0.75 else 2
    for name in random.choice(FIELDS, size=count, replace=False, p=[0.12, 0.13, 0.2, 0.15, 0.4]):
        if random.random() < 0.25:
            del fields[name]
        else:
            fields[name] = _mistaken(random, str(name), fields[name])
    return fields


def _mistaken(random: np.random.Generator, name: str, value: str) -> str:
    if name == "total":
        return f"{Decimal(value) + Decimal(int(random.integers(1, 90))) / 10:.2f}"
    if name == "currency":
        return str(random.choice([other for other in CURRENCIES if other != value]))
    if name == "date":
        return (date.fromisoformat(value) + timedelta(days=int(random.integers(1, 28)))).isoformat()
    if name == "supplier":
        return str(random.choice([other for other in SUPPLIERS if other != value]))
    return value[::-1]


_NUMBER = re.compile(r"^Invoice (.+)$", re.MULTILINE)
_DATE = re.compile(r"^Date: (\d+) (\w+) (\d{4})$", re.MULTILINE)
_TOTAL = re.compile(r"^Total due: ([\d.]+) ([A-Z]{3})$", re.MULTILINE)
_MONTHS = [date(2000, month, 1).strftime("%B") for month in range(1, 13)]


def read_invoice(text: str) -> dict[str, str]:
    """The perfect extraction, read back from the text. Raises ValueError for a text that is no such invoice."""
    number, day, total = _NUMBER.search(text), _DATE.search(text), _TOTAL.search(text)
    if not (number and day and total):
        raise ValueError("this text is not an invoice of the demonstration")
    return {
        "invoice": number[1],
        "supplier": text.splitlines()[0],
        "date": date(int(day[3]), _MONTHS.index(day[2]) + 1, int(day[1])).isoformat(),
        "currency": total[2],
        "total": total[1],
    }


def is_invoice(payload: Mapping[str, Any]) -> bool:
    """Is it an item of the demonstration, whatever was keyed from it?"""
    text = payload.get("input")
    return isinstance(text, str) and all(part.search(text) for part in (_NUMBER, _DATE, _TOTAL))


def truth_of(payload: Mapping[str, Any]) -> dict[str, str]:
    """The canonical answer to each criterion of the rubric: the oracle of the simulated judges and auditors."""
    paper, keyed = read_invoice(payload["input"]), _keyed(payload["output"])
    missing = [name for name in FIELDS if name not in keyed]
    wrong = [name for name in FIELDS if name in keyed and keyed[name] != paper[name]]
    errors = [{"category": MISSING, "severity": "major", "note": ""} for _ in missing]
    errors += [{"category": f"wrong {name}", "severity": SEVERITY[name], "note": ""} for name in wrong]
    return {
        "total_correct": "yes" if keyed.get("total") == paper["total"] else "no",
        "completeness": str(max(1, 3 - len(missing))),
        "errors": json.dumps(errors, separators=(",", ":")),
    }


def _keyed(output: Any) -> dict[str, str]:
    """The fields that were keyed; text after them, such as a probe appends, is not read, and other text has none."""
    if not isinstance(output, str):
        return dict(output)
    try:
        found, _ = json.JSONDecoder().raw_decode(output.lstrip())
    except ValueError:
        return {}
    return dict(found) if isinstance(found, dict) else {}
