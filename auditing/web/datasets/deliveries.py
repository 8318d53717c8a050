"""Delivering a file: upload it, say which field is what while ten items show how they will look, import it."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission, Role
from auditing.core.boundary import whole_number
from auditing.core.errors import BadInput
from auditing.datasets.deliveries import Preview, preview, receive, start_import
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Delivery, DeliveryState, Item
from auditing.datasets.policies import may
from auditing.datasets.selectors import deliveries_visible_to, mappings_visible_to
from auditing.datasets.services import save_mapping
from auditing.datasets.suggesting import found_paths, suggest
from auditing.datasets.tasks import wake_worker
from auditing.web.datasets.forms import DeliveryForm, UploadForm
from auditing.web.datasets.mapping_form import MappingForm
from auditing.web.datasets.views import reachable
from auditing.web.policy import page, person

ITEMS_SHOWN = 10
PROBLEMS_SHOWN = 5
MAPPABLE = (DeliveryState.UPLOADED, DeliveryState.FAILED)


@page(Permission.DELIVER)
def deliver(request: HttpRequest, slug: str) -> HttpResponse:
    collection = reachable(request, slug, Permission.DELIVER)
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            delivery = receive(
                by=person(request), collection=collection, file_name=file.name, chunks=file.chunks()
            )
            return redirect("delivery", delivery.pk)
        except BadInput as error:
            form.add_error("file", str(error))
    return render(request, "datasets/deliver.html", {"form": form, "collection": collection})


@page(Permission.DELIVER)
def delivery(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Where the delivery is: its mapping, its progress, or the batch it has become."""
    delivery = _delivery(request, pk)
    if delivery.state == DeliveryState.IMPORTED and delivery.batch:
        return redirect("batch", delivery.batch.pk)
    if delivery.state not in MAPPABLE:
        return render(request, "datasets/delivery_progress.html", _progress(delivery))
    looked = preview(delivery)
    paths = found_paths(row.values for row in looked.rows)
    spec = _first_mapping(request, delivery, looked, paths)
    return _mapping_page(
        request, delivery, MappingForm.filled(paths, spec), _delivery_form(request, delivery), looked
    )


def _mapping_page(
    request: HttpRequest, delivery: Delivery, form: MappingForm, about: DeliveryForm, looked: Preview
) -> HttpResponse:
    context = {
        "delivery": delivery,
        "form": form,
        "about": about,
        "saved": mappings_visible_to(person(request), delivery.collection),
        "shown": trial(form, looked),
    }
    return render(request, "datasets/delivery.html", context)


@page(Permission.DELIVER)
@require_POST
def delivery_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the mapping as it stands makes of the first rows."""
    delivery = _delivery(request, pk)
    looked = preview(delivery)
    form = MappingForm(found_paths(row.values for row in looked.rows), request.POST)
    return render(request, "datasets/_mapping_preview.html", {"shown": trial(form, looked)})


@page(Permission.DELIVER)
@require_POST
def delivery_import(request: HttpRequest, pk: int) -> HttpResponseBase:
    delivery = _delivery(request, pk)
    looked = preview(delivery)
    form = MappingForm(found_paths(row.values for row in looked.rows), request.POST)
    about = _delivery_form(request, delivery, request.POST)
    try:
        spec = form.spec()
    except BadInput:
        return _mapping_page(request, delivery, form, about, looked)
    if not about.is_valid():
        return _mapping_page(request, delivery, form, about, looked)
    if about.cleaned_data.get("keep_as"):
        save_mapping(
            by=person(request), collection=delivery.collection, name=about.cleaned_data["keep_as"], spec=spec
        )
    start_import(
        by=person(request),
        delivery=delivery,
        mapping=spec,
        batch_name=about.cleaned_data["batch_name"],
        producer_name=about.cleaned_data.get("made_by", ""),
        skip_bad=about.cleaned_data["skip_bad"],
        wake=wake_worker,
    )
    return redirect("delivery", pk)


@page(Permission.DELIVER)
def delivery_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The fragment that replaces itself until there is something else to see."""
    delivery = _delivery(request, pk)
    if delivery.state in (DeliveryState.IMPORTED, *MAPPABLE):
        if delivery.state == DeliveryState.IMPORTED and delivery.batch:
            messages.success(request, f"{delivery.batch.item_count:,} items imported.")
        return HttpResponse(headers={"HX-Redirect": reverse("delivery", args=[pk])})
    return render(request, "datasets/_delivery_progress.html", _progress(delivery))


def _delivery(request: HttpRequest, pk: int) -> Delivery:
    return get_object_or_404(
        deliveries_visible_to(person(request)).select_related("collection", "batch"), pk=pk
    )


def _progress(delivery: Delivery) -> dict[str, Any]:
    detail = f"{delivery.rows_done:,} rows read" if delivery.rows_done else "waiting for a worker"
    return {"delivery": delivery, "percent_done": round(100 * delivery.fraction_done), "detail": detail}


def _delivery_form(request: HttpRequest, delivery: Delivery, data: Any = None) -> DeliveryForm:
    initial = {
        "batch_name": delivery.batch_name or delivery.file_name.removesuffix(".gz").rpartition(".")[0],
        "made_by": delivery.producer_name,
        "skip_bad": delivery.skip_bad,
    }
    form = DeliveryForm(data, initial=initial)
    if person(request).role == Role.VENDOR:
        del form.fields["made_by"]  # a vendor delivers in her own name
    elif not may(person(request), Permission.MANAGE_COLLECTIONS, delivery.collection):
        del form.fields["keep_as"]  # what is kept is offered to everybody
    return form


def _first_mapping(
    request: HttpRequest, delivery: Delivery, looked: Preview, paths: list[str]
) -> MappingSpec:
    """The mapping asked for, else the one tried before, else the newest kept one that fits, else a suggestion."""
    user, asked = person(request), request.GET.get("mapping", "")
    own = mappings_visible_to(user, delivery.collection)
    offered = own if user.role == Role.VENDOR else own.filter(producer=None)  # a vendor's is for her files
    if (pk := whole_number(asked)) is not None:
        return MappingSpec.from_dict(get_object_or_404(own, pk=pk).spec)
    kept = [delivery.mapping] if delivery.mapping else [saved.spec for saved in offered]
    specs = (MappingSpec.from_dict(spec) for spec in kept)
    return next(
        (spec for spec in specs if delivery.mapping or set(spec.paths()) <= set(paths)),
        suggest([r.values for r in looked.rows]),
    )


@dataclass
class Trial:
    """A mapping tried on the first rows."""

    tried: int = 0
    items: list[Item] = field(default_factory=list)
    problems: list[tuple[int, str, str]] = field(default_factory=list)  # line, field, message
    bad: int = 0
    error: str = ""
    yaml: str = ""


def trial(form: MappingForm, looked: Preview) -> Trial:
    shown = Trial()
    try:
        spec = form.spec()
    except BadInput as error:
        shown.error = str(error)
        return shown
    shown.yaml = spec.to_yaml()
    shown.tried = len(looked.rows) + len(looked.unreadable)
    shown.problems = [(row.line, row.field, row.problem) for row in looked.unreadable]
    first_line_of: dict[str, int] = {}
    for number, row in enumerate(looked.rows, start=1):
        try:
            item = _as_item(spec, row.values, number)
            _require_new(item, first_line_of.setdefault(item.external_id, row.line), row.line, spec)
            shown.items.append(item)
        except BadInput as error:
            shown.problems.append((row.line, error.field, error.message))
    shown.bad, shown.problems = len(shown.problems), sorted(shown.problems)[:PROBLEMS_SHOWN]
    shown.items = shown.items[:ITEMS_SHOWN]
    return shown


def _require_new(item: Item, first: int, line: int, spec: MappingSpec) -> None:
    """As the import will say it. Raises BadInput."""
    if first != line:
        raise BadInput(f"the id {item.external_id[:80]!r} was on line {first} already", field=spec.id)


def _as_item(spec: MappingSpec, values: dict[str, Any], number: int) -> Item:
    """An item that is only shown, never stored."""
    made = spec.apply(values, number)
    item = Item(external_id=made.external_id, payload=made.payload, produced_at=made.produced_at)
    item.cluster, item.slices = made.cluster, made.slices
    item.producer_name = made.producer  # type: ignore[attr-defined]
    return item
