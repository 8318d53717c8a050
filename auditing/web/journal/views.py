"""Who did what, and the proof that nobody changed it afterwards."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from auditing.accounts.roles import Permission
from auditing.datasets.selectors import collections_visible_to
from auditing.journal.models import Entry, Head
from auditing.journal.selectors import entries_visible_to
from auditing.journal.services import first_broken_entry
from auditing.web.journal.forms import JournalFilter
from auditing.web.journal.presenters import line
from auditing.web.policy import page, person
from auditing.web.tables import TableState

SORTABLE = {"number": "sequence"}
CHECKED_UNASKED = 20_000  # entries; a longer chain takes seconds to walk and is checked on request


@page(Permission.SEE_JOURNAL)
def journal(request: HttpRequest) -> HttpResponse:
    user = person(request)
    entries = entries_visible_to(user, collections=collections_visible_to(user))
    filters = JournalFilter.of(request, entries=entries)
    table = TableState.from_request(request, SORTABLE, default="-number")
    found = table.page(_found(entries, filters))
    context = {
        "filters": filters,
        "table": table,
        "page": found,
        "lines": [line(entry) for entry in found],
        "check_now": _length() <= CHECKED_UNASKED,
    }
    return render(request, "journal/journal.html", context)


def _found(entries: QuerySet[Entry], filters: JournalFilter) -> QuerySet[Entry]:
    if search := filters.value("search"):
        entries = entries.filter(Q(actor_name__icontains=search) | Q(subject_name__icontains=search))
    if verb := filters.value("verb"):
        entries = entries.filter(verb=verb)
    if kind := filters.value("kind"):
        entries = entries.filter(subject_kind=kind)
    if since := filters.value("since"):
        entries = entries.filter(at__date__gte=since)
    if until := filters.value("until"):
        entries = entries.filter(at__date__lt=until + timedelta(days=1))
    return entries


@page(Permission.SEE_JOURNAL)
def journal_proof(request: HttpRequest) -> HttpResponse:
    """Walk the chain from its first entry to its last."""
    context = {"broken": first_broken_entry(), "length": _length(), "now": timezone.now()}
    return render(request, "journal/_proof.html", context)


def _length() -> int:
    head = Head.objects.filter(pk=1).first()
    return head.sequence if head else 0
