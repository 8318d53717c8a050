"""CSV: one row for each estimate, with all that identifies it."""

import csv
import io
from typing import Any

from auditing.datasets.rejects import harmless
from auditing.reports.document import wording
from auditing.reports.snapshot import ESTIMATE_FIELDS
from auditing.reports.view import View

BESIDE = {  # column -> what it is of `beside`
    "pooled_estimate": ("pooled", "estimate"),
    "pooled_low": ("pooled", "low"),
    "pooled_high": ("pooled", "high"),
    "difference_from_rest": ("rest", "difference"),
    "difference_adjusted_p": ("rest", "adjusted"),
    "rogan_gladen_estimate": ("rogan_gladen", "estimate"),
    "rogan_gladen_low": ("rogan_gladen", "low"),
    "rogan_gladen_high": ("rogan_gladen", "high"),
    "missing_low": ("missing", "low"),
    "missing_high": ("missing", "high"),
}
COLUMNS = (
    "collection",
    "batch",
    "producer",
    "audit",
    "report",
    "rubric",
    "sop",
    "seed",
    "decision",
    *(name for name in ESTIMATE_FIELDS if name not in ("unscored", "beside")),
    "unscored_labels",
    "unscored_verdicts",
    *BESIDE,
    "checksum",
)


def write(view: View) -> bytes:
    """UTF-8 with a byte-order mark, so that spreadsheets read accents; no text is a formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in estimate_rows(view):
        writer.writerow(
            {name: harmless(value) if isinstance(value, str) else value for name, value in row.items()}
        )
    return out.getvalue().encode("utf-8-sig")


def estimate_rows(view: View) -> list[dict[str, Any]]:
    """Each estimate with the names of what it is about: COLUMNS -> value."""
    snapshot = wording.printable(view.snapshot)
    about = {
        "collection": snapshot["audit"]["collection"],
        "batch": snapshot["batch"]["name"],
        "producer": snapshot["batch"]["producer"],
        "audit": snapshot["audit"]["number"],
        "report": view.number,
        "rubric": snapshot["rubric"]["name"],
        "sop": snapshot["sop"]["name"],
        "seed": snapshot["plan"]["seed"],
        "decision": (snapshot["decision"] or {}).get("outcome", ""),
        "checksum": view.checksum,
    }
    return [_row(about, wording.complete(estimate)) for estimate in snapshot["estimates"]]


def _row(about: dict[str, Any], estimate: dict[str, Any]) -> dict[str, Any]:
    unscored = estimate["unscored"]
    counts = {f"unscored_{kind}": unscored.get(kind) for kind in ("labels", "verdicts")}
    beside = {name: estimate["beside"].get(kind, {}).get(key) for name, (kind, key) in BESIDE.items()}
    return {name: (about | estimate | counts | beside)[name] for name in COLUMNS}
