"""The people of the house: for who manages them."""

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.accounts.selectors import tokens_visible_to, users_visible_to
from auditing.accounts.services import change_password, create_user, deactivate, reactivate, rename, set_role
from auditing.core.errors import BadInput
from auditing.datasets.models import Collection, CollectionAccess, Producer
from auditing.datasets.selectors import collections_visible_to
from auditing.datasets.services import grant_access, withdraw_access
from auditing.web.accounts.forms import AccessForm, NewPersonForm, PasswordForm, PeopleFilter, PersonForm
from auditing.web.forms import complaints_on
from auditing.web.policy import page, person
from auditing.web.tables import TableState
from auditing.web.toasts import say_with_undo

SORTABLE = {
    "name": "display_name",
    "username": "username",
    "role": "role",
    "seen": "last_login",
    "reach": "reach",
}


@page(Permission.MANAGE_USERS)
def people(request: HttpRequest) -> HttpResponse:
    filters = PeopleFilter.of(request)
    table = TableState.from_request(request, SORTABLE, default="name")
    found = _found(users_visible_to(person(request)), filters).annotate(reach=Count("access"))
    return render(
        request, "accounts/people.html", {"filters": filters, "table": table, "page": table.page(found)}
    )


def _found(users: QuerySet[User], filters: PeopleFilter) -> QuerySet[User]:
    if search := filters.value("search"):
        users = users.filter(Q(username__icontains=search) | Q(display_name__icontains=search))
    if role := filters.value("role"):
        users = users.filter(role=role)
    if active := filters.value("active"):
        users = users.filter(is_active=active == "yes")
    return users


@page(Permission.MANAGE_USERS)
@sensitive_post_parameters()
def person_new(request: HttpRequest) -> HttpResponse:
    form = NewPersonForm(request.POST or None)
    if form.is_valid():
        with complaints_on(form):
            user = create_user(by=person(request), **form.cleaned_data)
        if form.is_valid():
            messages.success(request, f"{user} can sign in now. Say which collections she reaches.")
            return redirect("person", user.pk)
    return render(request, "accounts/person_new.html", {"form": form})


@page(Permission.MANAGE_USERS)
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    who = _person_or_404(request, pk)
    form = PersonForm(request.POST or None, initial={"display_name": who.display_name, "role": who.role})
    if form.is_valid():
        with complaints_on(form):
            _save(request, who, form)
        if form.is_valid():
            messages.success(request, f"{who} is saved.")
            return redirect("person", pk)
        who.refresh_from_db()
    return _page(request, who, form=form)


def _save(request: HttpRequest, who: User, form: PersonForm) -> None:
    set_role(by=person(request), user=who, role=form.cleaned_data["role"])
    if form.cleaned_data["display_name"] != who.display_name:
        rename(by=person(request), user=who, display_name=form.cleaned_data["display_name"])


@page(Permission.MANAGE_USERS)
@require_POST
@sensitive_post_parameters()
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    who = _person_or_404(request, pk)
    form = PasswordForm(request.POST)
    if form.is_valid():
        with complaints_on(form):
            change_password(by=person(request), user=who, password=form.cleaned_data["password"])
        if form.is_valid():
            messages.success(
                request, f"{who} signs in with the new password from now on; API tokens are revoked."
            )
            return redirect("person", pk)
    return _page(request, who, password_form=form)


@page(Permission.MANAGE_USERS)
@require_POST
def person_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Let her reach a collection; a vendor through the producer she delivers for."""
    who = _person_or_404(request, pk)
    form = _access_form(request, who)
    if form.is_valid():
        with complaints_on(form):
            access = _grant(request, who, form)
        if form.is_valid():
            messages.success(request, f"{who} reaches {access.collection}.")
            return redirect("person", pk)
    return _page(request, who, access_form=form)


def _grant(request: HttpRequest, who: User, form: AccessForm) -> CollectionAccess:
    collection, name = form.cleaned_data["collection"], form.cleaned_data.get("producer")
    producer = Producer.objects.filter(collection=collection, name=name).first() if name else None
    if name and producer is None:
        known = ", ".join(collection.producers.values_list("name", flat=True)[:10]) or "none yet"
        raise BadInput(f"{collection} has no producer {name}; it has: {known}.", field="producer")
    return grant_access(by=person(request), collection=collection, user=who, producer=producer)


@page(Permission.MANAGE_USERS)
@require_POST
def person_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    who = _person_or_404(request, pk)
    collection = get_object_or_404(_collections(request), slug=request.POST.get("collection", ""))
    withdraw_access(by=person(request), collection=collection, user=who)
    messages.success(request, f"{who} does not reach {collection} any more.")
    return redirect("person", pk)


@page(Permission.MANAGE_USERS)
@require_POST
def person_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    who = _person_or_404(request, pk)
    deactivate(by=person(request), user=who)
    say_with_undo(request, f"{who} cannot sign in any more.", reverse("person-reactivate", args=[pk]))
    return redirect("person", pk)


@page(Permission.MANAGE_USERS)
@require_POST
def person_reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    who = _person_or_404(request, pk)
    reactivate(by=person(request), user=who)
    messages.success(request, f"{who} can sign in again. Revoked tokens stay revoked.")
    return redirect("person", pk)


def _person_or_404(request: HttpRequest, pk: int) -> User:
    return get_object_or_404(users_visible_to(person(request)), pk=pk)


def _collections(request: HttpRequest) -> QuerySet[Collection]:
    return collections_visible_to(person(request), Permission.MANAGE_COLLECTIONS)


def _access_form(request: HttpRequest, who: User, *, bound: bool = True) -> AccessForm:
    is_vendor = who.role == Role.VENDOR
    return AccessForm(request.POST if bound else None, collections=_collections(request), is_vendor=is_vendor)


def _page(
    request: HttpRequest,
    who: User,
    *,
    form: PersonForm | None = None,
    password_form: PasswordForm | None = None,
    access_form: AccessForm | None = None,
) -> HttpResponse:
    context = {
        "who": who,
        "form": form or PersonForm(initial={"display_name": who.display_name, "role": who.role}),
        "password_form": password_form or PasswordForm(),
        "access_form": access_form or _access_form(request, who, bound=False),
        "access": who.access.select_related("collection", "producer").order_by("collection__name"),
        "tokens": tokens_visible_to(person(request)).filter(user=who),
    }
    return render(request, "accounts/person.html", context)
