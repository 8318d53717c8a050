"""PDF, set by Typst. All text reaches the template as data: no word of an item is ever read as markup."""

import json
from dataclasses import asdict
from pathlib import Path

import typst

from auditing.reports.document.assembly import document_of
from auditing.reports.view import View

TEMPLATE = Path(__file__).with_name("report.typ")


def write(view: View) -> bytes:
    document = asdict(document_of(view))
    document["made"] = list(view.made_at.timetuple()[:6])
    pdf: bytes = typst.compile(
        str(TEMPLATE),
        format="pdf",
        sys_inputs={"document": json.dumps(document)},
        timestamp=int(view.made_at.timestamp()),
    )
    return pdf
