"""PDF, set by Typst. All text reaches the template as data: no word of an item is ever read as markup."""

import json
from dataclasses import asdict
from pathlib import Path

import typst

from auditing.reports.document.assembly import document_of
from auditing.reports.view import View

TEMPLATE = Path(__file__).with_name("report.typ")
# the font that Typst itself brings, so that every machine sets the same page
FONT = ('font-family="sans-serif"', 'font-family="Libertinus Serif"')


def write(view: View) -> bytes:
    document = asdict(document_of(view))
    for section in document["sections"]:
        for block in section["blocks"]:
            if block["kind"] == "figure":
                block["chart"]["svg"] = block["chart"]["svg"].replace(*FONT)
    document["made"] = list(view.made_at.timetuple()[:6])
    pdf: bytes = typst.compile(
        str(TEMPLATE),
        format="pdf",
        sys_inputs={"document": json.dumps(document)},
        timestamp=int(view.made_at.timestamp()),
    )
    return pdf
