"""An entry of the journal as a line that leads somewhere."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from auditing.journal.models import Entry

# kinds of subject that have a page, found by their id
PAGES = {
    "accounts.user": "person",
    "audits.audit": "audit",
    "datasets.batch": "batch",
    "judging.run": "run",
    "reports.report": "report",
    "sops.sop": "sop",
}


@dataclass(frozen=True)
class Line:
    entry: Entry
    kind: str
    url: str
    facts: list[tuple[str, Any]]


def line(entry: Entry) -> Line:
    return Line(entry, entry.subject_kind.rpartition(".")[2], _page_of(entry), list(entry.details.items()))


def _page_of(entry: Entry) -> str:
    try:
        return reverse(PAGES[entry.subject_kind], args=[entry.subject_id])
    except (KeyError, NoReverseMatch):
        return ""
