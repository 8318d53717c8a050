"""Where judges are asked, and what it costs. A key goes in and never comes out."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.judging import services
from auditing.judging.endpoints import connection_named, models_of
from auditing.judging.models import Endpoint
from auditing.judging.schema import DEFAULT_ENDPOINT
from auditing.judging.selectors import endpoints_visible_to, prices_visible_to
from auditing.web.forms import complaints_on
from auditing.web.judging.forms import EndpointForm, PriceForm
from auditing.web.policy import page, person

MODELS_NAMED = 8


@page(Permission.MANAGE_JUDGES)
def endpoints(request: HttpRequest) -> HttpResponse:
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and _saved(request, form):
        return redirect("endpoints")
    return _page(request, form=form)


@page(Permission.MANAGE_JUDGES)
def endpoint(request: HttpRequest, name: str) -> HttpResponse:
    found = get_object_or_404(endpoints_visible_to(person(request)), name=name)
    shown = ("name", "base_url", "concurrency", "requests_per_minute", "tokens_per_minute", "timeout_seconds")
    initial = {field: getattr(found, field) for field in shown}
    data = {**request.POST.dict(), "name": name} if request.method == "POST" else None
    form = EndpointForm(data, initial=initial)
    form.fields["name"].disabled = True
    if data and _saved(request, form, simulated=found.simulated):
        return redirect("endpoints")
    return render(request, "judging/endpoint.html", {"endpoint": found, "form": form})


def _saved(request: HttpRequest, form: EndpointForm, *, simulated: bool = False) -> bool:
    if form.is_valid():
        with complaints_on(form):
            endpoint = services.save_endpoint(by=person(request), simulated=simulated, **form.values)
        if form.is_valid():
            messages.success(request, f"Endpoint {endpoint} is saved.")
            return True
    return False


@page(Permission.MANAGE_JUDGES)
@require_POST
def test(request: HttpRequest, name: str) -> HttpResponse:
    """Ask the endpoint for its models; what it answers, or what went wrong, is said on the page."""
    if name != DEFAULT_ENDPOINT:  # the default may come from the environment
        get_object_or_404(endpoints_visible_to(person(request)), name=name)
    models = models_of(connection_named(name))
    more = f" and {len(models) - MODELS_NAMED} more" if len(models) > MODELS_NAMED else ""
    messages.success(
        request, f"{name} answers. Its models: {', '.join(models[:MODELS_NAMED]) or 'none'}{more}."
    )
    return redirect("endpoints")


@page(Permission.MANAGE_JUDGES)
@require_POST
def remove(request: HttpRequest, name: str) -> HttpResponse:
    found = get_object_or_404(endpoints_visible_to(person(request)), name=name)
    services.remove_endpoint(by=person(request), endpoint=found)
    messages.success(request, f"Endpoint {name} and its key are forgotten.")
    return redirect("endpoints")


@page(Permission.MANAGE_JUDGES)
@require_POST
def price(request: HttpRequest) -> HttpResponse:
    form = PriceForm(request.POST)
    if form.is_valid():
        with complaints_on(form):
            services.set_price(by=person(request), **form.cleaned_data)
        if form.is_valid():
            messages.success(request, f"{form.cleaned_data['model']} has its price.")
            return redirect("endpoints")
    return _page(request, price_form=form)


@page(Permission.MANAGE_JUDGES)
@require_POST
def forget_price(request: HttpRequest) -> HttpResponse:
    model = request.POST.get("model", "")
    services.remove_price(by=person(request), model=model)
    messages.success(request, f"{model} has no price any more.")
    return redirect("endpoints")


def _page(
    request: HttpRequest, *, form: EndpointForm | None = None, price_form: PriceForm | None = None
) -> HttpResponse:
    user = person(request)
    context: dict[str, Any] = {
        "endpoints": endpoints_visible_to(user),
        "environment": _environment(),
        "prices": prices_visible_to(user),
        "form": form or EndpointForm(),
        "price_form": price_form or PriceForm(auto_id="price_%s"),
    }
    return render(request, "judging/endpoints.html", context)


def _environment() -> str:
    """The address of the default endpoint that the environment gives, unless a stored one stands before it."""
    if Endpoint.objects.filter(name=DEFAULT_ENDPOINT).exists():
        return ""
    if not settings.OPENAI_BASE_URL and not settings.OPENAI_API_KEY:
        return ""
    return connection_named(DEFAULT_ENDPOINT).base_url
