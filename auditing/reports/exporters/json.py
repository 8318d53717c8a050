"""JSON: the whole frozen snapshot, and the checksum that proves it."""

import json

from auditing.reports.view import View


def write(view: View) -> bytes:
    """`checksum` is the SHA-256 of the canonical JSON of `snapshot`, where nothing is withheld."""
    document = {
        "report": view.number,
        "checksum": view.checksum,
        "withheld": list(view.withheld),
        "snapshot": view.snapshot,
    }
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False).encode("ascii") + b"\n"
