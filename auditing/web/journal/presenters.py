"""An entry of the journal as a line that leads somewhere."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps

from auditing.journal.models import Entry
from auditing.web.places import address_of

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
    return Line(entry, kind_in_words(entry.subject_kind), _page_of(entry), list(entry.details.items()))


def kind_in_words(kind: str) -> str:
    """`rubrics.rubricversion` as "rubric version", also for kinds that the product no longer has."""
    try:
        return str(apps.get_model(kind)._meta.verbose_name)
    except LookupError:
        return kind.rpartition(".")[2]


def _page_of(entry: Entry) -> str:
    name = PAGES.get(entry.subject_kind)
    return address_of(name, entry.subject_id) if name else ""
