"""Collections: the list, one of them, who reaches it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Collection
from auditing.datasets.selectors import (
    batches_visible_to,
    collections_visible_to,
    deliveries_visible_to,
    mappings_visible_to,
)
from auditing.datasets.services import create_collection, edit_collection, grant_access, withdraw_access
from auditing.web.datasets.forms import AccessForm, CollectionForm, SearchFilter
from auditing.web.datasets.loop import loop_of
from auditing.web.datasets.presenters import collection_rows, permissions
from auditing.web.datasets.producers import producers_of
from auditing.web.policy import page, person
from auditing.web.tables import TableState

COLLECTIONS_SORTABLE = {"name": "name", "batches": "batch_count", "last": "last_received"}
BATCHES_SORTABLE = {
    "name": "name",
    "producer": "producer__name",
    "items": "item_count",
    "received": "received_at",
}


@page(Permission.SEE_COLLECTION)
def collections(request: HttpRequest) -> HttpResponse:
    filters = SearchFilter.of(request)
    found = collections_visible_to(person(request)).filter(name__icontains=filters.value("search"))
    table = TableState.from_request(request, COLLECTIONS_SORTABLE, default="name")
    rows = table.page(collection_rows(person(request), found))
    context = {
        "filters": filters,
        "table": table,
        "page": rows,
        "may_create": person(request).may(Permission.MANAGE_COLLECTIONS),
    }
    return render(request, "datasets/collections.html", context)


@page(Permission.MANAGE_COLLECTIONS)
def collection_new(request: HttpRequest) -> HttpResponse:
    form = CollectionForm(request.POST or None)
    if form.is_valid():
        collection = create_collection(by=person(request), **form.cleaned_data)
        messages.success(request, f"{collection} is there; deliver its first batch.")
        return redirect("collection", collection.slug)
    return render(request, "datasets/collection_form.html", {"form": form})


@page(Permission.MANAGE_COLLECTIONS)
def collection_edit(request: HttpRequest, slug: str) -> HttpResponse:
    collection = reachable(request, slug, Permission.MANAGE_COLLECTIONS)
    initial = {"name": collection.name, "description": collection.description}
    form = CollectionForm(request.POST or None, initial=initial)
    if form.is_valid():
        edit_collection(by=person(request), collection=collection, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("collection", slug)
    return render(request, "datasets/collection_form.html", {"form": form, "collection": collection})


@page(Permission.SEE_COLLECTION)
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    user = person(request)
    collection = reachable(request, slug)
    allowed = permissions(user, collection)
    filters = SearchFilter.of(request)
    table = TableState.from_request(request, BATCHES_SORTABLE, default="-received")
    batches = batches_visible_to(user).filter(collection=collection, name__icontains=filters.value("search"))
    unfinished = deliveries_visible_to(user).filter(collection=collection).exclude(state="imported")
    context = {
        "collection": collection,
        "filters": filters,
        "table": table,
        "page": table.page(batches.prefetch_related("audits__decision")),
        "mappings": [
            (saved, MappingSpec.from_dict(saved.spec).to_yaml())
            for saved in mappings_visible_to(user, collection)
        ],
        "deliveries": unfinished[:5] if allowed["may_deliver"] else [],
        **(
            producers_of(collection, user) | loop_of(collection, user)
            if user.may(Permission.SEE_VERDICTS)
            else {}
        ),
        "access": collection.access.select_related("user", "producer").order_by("user__username"),
        "access_form": AccessForm(collection) if allowed["may_edit"] else None,
        **allowed,
    }
    return render(request, "datasets/collection.html", context)


@page(Permission.MANAGE_COLLECTIONS)
@require_POST
def collection_grant(request: HttpRequest, slug: str) -> HttpResponse:
    collection = reachable(request, slug, Permission.MANAGE_COLLECTIONS)
    form = AccessForm(collection, request.POST)
    if form.is_valid():
        grant_access(by=person(request), collection=collection, **form.cleaned_data)
        messages.success(request, f"{form.cleaned_data['user']} reaches {collection} now.")
    else:
        messages.error(request, "Choose a person who does not reach the collection yet.")
    return redirect("collection", slug)


@page(Permission.MANAGE_COLLECTIONS)
@require_POST
def collection_withdraw(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    collection = reachable(request, slug, Permission.MANAGE_COLLECTIONS)
    user = get_object_or_404(User, pk=user_id, access__collection=collection)
    withdraw_access(by=person(request), collection=collection, user=user)
    messages.success(request, f"{user} no longer reaches {collection}.")
    return redirect("collection", slug)


def reachable(
    request: HttpRequest, slug: str, permission: Permission = Permission.SEE_COLLECTION
) -> Collection:
    """The collection of that address, or 404 when this person does not reach it."""
    return get_object_or_404(collections_visible_to(person(request), permission), slug=slug)
