"""From a view of a report to the document that people read."""

from auditing.core.drawing import Palette
from auditing.reports.document import wording
from auditing.reports.document.blocks import Document
from auditing.reports.document.method import method_section
from auditing.reports.document.quality import (
    Snapshot,
    banner,
    errors_section,
    estimates_section,
    key_figures,
    slices_section,
)
from auditing.reports.document.trust import judges_section, labels_section
from auditing.reports.view import View

SIMULATED = "Everything in this report was made up by the demonstration. It says nothing about real data."
WITHHELD = "This copy leaves out single items, auditors and judges. Its checksum is that of the whole report."


def document_of(view: View, *, palette: Palette = "print") -> Document:
    """Depends on the view alone: the same report always gives the same document."""
    snapshot = wording.printable(view.snapshot)
    audit = snapshot["audit"]
    sections = (
        estimates_section(snapshot, palette),
        slices_section(snapshot, palette),
        errors_section(snapshot, palette),
        labels_section(snapshot),
        judges_section(snapshot, palette),
        method_section(snapshot, view.checksum),
    )
    notices = (SIMULATED if audit["simulated"] else "", WITHHELD if view.withheld else "")
    return Document(
        title=wording.cell(snapshot["batch"]["name"]),
        subtitle=f"Quality report {view.number} on audit {audit['number']}, {wording.cell(audit['collection'])}",
        made_at=wording.minute(snapshot["made_at"]),
        facts=_facts(snapshot),
        banner=banner(snapshot),
        key_figures=key_figures(snapshot),
        sections=tuple(section for section in sections if section is not None),
        checksum=view.checksum,
        software=snapshot["software"],
        simulated=audit["simulated"],
        notices=tuple(filter(None, notices)),
    )


def _facts(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    batch = snapshot["batch"]
    return (
        ("Producer", wording.cell(batch["producer"])),
        ("Received", wording.day(batch["received_at"])),
        ("Rubric", wording.cell(snapshot["rubric"]["name"])),
        ("Procedure", wording.cell(snapshot["sop"]["name"])),
        ("Seed", snapshot["plan"]["seed"]),
        ("Made", wording.minute(snapshot["made_at"])),
    )
