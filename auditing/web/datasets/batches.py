"""A batch and its items."""

import csv
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.datasets.models import Batch
from auditing.datasets.rejects import reject_rows
from auditing.datasets.selectors import (
    batches_visible_to,
    collections_visible_to,
    items_visible_to,
)
from auditing.datasets.services import delete_batch, restore_batch
from auditing.judging.selectors import suspicions_of
from auditing.reviews.policies import has_part, is_reviewing
from auditing.web.datasets.forms import ItemFilter
from auditing.web.datasets.presenters import (
    audits_of,
    distributions,
    filtered_items,
    item_lines,
    permissions,
    rater_lines,
)
from auditing.web.policy import page, person
from auditing.web.tables import TableState
from auditing.web.toasts import say_with_undo

ITEMS_SORTABLE = {
    "position": "position",
    "id": "external_id",
    "producer": "producer__name",
    "time": "produced_at",
}


@page(Permission.SEE_COLLECTION)
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    batch = get_object_or_404(batches_visible_to(user), pk=pk)
    allowed = permissions(user, batch.collection)
    context = {
        "batch": batch,
        "audits": audits_of(user, batch) if allowed["may_see_audits"] else [],
        "open_url": f"{reverse('audit-open')}?batch={batch.pk}",
        "rejected": batch.rejected_rows.count() if allowed["may_deliver"] else 0,
        "raters": rater_lines(batch) if allowed["may_see_verdicts"] else [],
        **allowed,
    }
    if allowed["may_see_items"]:
        context |= _items(request, batch)
    return render(request, "datasets/batch.html", context)


def _items(request: HttpRequest, batch: Batch) -> dict[str, object]:
    """The batch's spread over producers and slices, and its items; who made each is kept from who may review it."""
    sees_producers = not has_part(person(request), batch)
    spread = distributions(batch, with_producers=sees_producers)
    values = {
        one.name: [share.value for share in one.shares] for one in spread if one.name in batch.slice_fields
    }
    filters = ItemFilter.of(request, batch=batch, slice_values=values, with_producers=sees_producers)
    sortable = {name: field for name, field in ITEMS_SORTABLE.items() if sees_producers or name != "producer"}
    table = TableState.from_request(request, sortable, default="position")
    items = filtered_items(
        items_visible_to(person(request)).filter(batch=batch),
        producer=filters.value("producer") if sees_producers else "",
        slice_choice=filters.value("slice"),
        search=filters.value("search"),
    )
    page = table.page(items)
    return {
        "sees_producers": sees_producers,
        "spread": spread,
        "filters": filters,
        "table": table,
        "page": page,
        "rows": item_lines(batch, page),
    }


@page(Permission.DELIVER)
def batch_rejects(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rejected rows as a CSV file that a spreadsheet can open without running anything in it."""
    batch = get_object_or_404(batches_visible_to(person(request), Permission.DELIVER), pk=pk)
    answer = StreamingHttpResponse(_lines(batch), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rejects-{batch.pk}.csv"'
    return answer


class _Echo:
    def write(self, text: str) -> str:
        return text


def _lines(batch: Batch) -> Iterator[str]:
    writer = csv.writer(_Echo())
    for row in reject_rows(batch):
        yield writer.writerow(row)


@page(Permission.MANAGE_COLLECTIONS)
@require_POST
def batch_delete(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(batches_visible_to(person(request), Permission.MANAGE_COLLECTIONS), pk=pk)
    delete_batch(by=person(request), batch=batch)
    say_with_undo(request, f"Batch {batch.name} deleted.", reverse("batch-restore", args=[pk]))
    return redirect("collection", batch.collection.slug)


@page(Permission.MANAGE_COLLECTIONS)
@require_POST
def batch_restore(request: HttpRequest, pk: int) -> HttpResponse:
    reached = collections_visible_to(person(request), Permission.MANAGE_COLLECTIONS)
    batch = get_object_or_404(Batch.objects.exclude(deleted_at=None), pk=pk, collection__in=reached)
    restore_batch(by=person(request), batch=batch)
    return redirect("batch", pk)


@page(Permission.SEE_ITEMS)
def item(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    item = get_object_or_404(items_visible_to(user), pk=pk)
    blind = has_part(user, item.batch)
    shows_ratings = permissions(user, item.batch.collection)["may_see_verdicts"] and not blind
    neighbours = items_visible_to(user).filter(batch=item.batch)
    context = {
        "item": item,
        "blind": blind,
        "batch": item.batch,
        "reviews": is_reviewing(user, item.batch),
        "ratings": item.ratings.select_related("rater").order_by("criterion", "rater__name")
        if shows_ratings
        else [],
        "suspicions": suspicions_of(item, user) if shows_ratings else [],
        "previous": neighbours.filter(position=item.position - 1).first(),
        "next": neighbours.filter(position=item.position + 1).first(),
    }
    return render(request, "datasets/item.html", context)
