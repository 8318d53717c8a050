"""The reviewer's queue, and the screen on which she gives her opinion of one item."""

from collections.abc import Callable
from dataclasses import asdict

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.boundary import whole_number
from auditing.core.errors import BadInput
from auditing.datasets.selectors import batches_visible_to
from auditing.reviews import services
from auditing.reviews.answers import IncompleteReview
from auditing.reviews.models import Review, ReviewTask
from auditing.reviews.selectors import given_away, handed_in, queue, reviewable_audits, tasks_visible_to
from auditing.web.editing_page import MARK
from auditing.web.policy import page, person
from auditing.web.reviews.forms import Opinion
from auditing.web.reviews.presenters import review_context
from auditing.web.toasts import say_with_undo

RECENT = 10


@page(Permission.REVIEW)
def queue_page(request: HttpRequest) -> HttpResponse:
    user = person(request)
    entries = queue(user)
    context = {
        "entries": entries,
        "has_work": any(entry.left for entry in entries),
        "given_away": given_away(user),
        "recent": handed_in(user)[:RECENT],
    }
    return render(request, "reviews/queue.html", context)


@page(Permission.REVIEW)
@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    """The next item of one audit, or of any."""
    asked = request.POST.get("audit")
    audit = get_object_or_404(reviewable_audits(person(request)), pk=whole_number(asked)) if asked else None
    return go_on(request, audit)


@page(Permission.SEE_VERDICTS)
@require_POST
def unblind_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """She prefers reading the opinions to giving one; then back to where she was asked."""
    user = person(request)
    batch = get_object_or_404(batches_visible_to(user, Permission.SEE_VERDICTS), pk=pk)
    services.unblind(by=user, batch=batch)
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()})
    return HttpResponseRedirect(back if is_ours else reverse("batch", args=[pk]))


@page(Permission.REVIEW)
def review_page(request: HttpRequest, pk: int) -> HttpResponse:
    task = own_task(request, pk)
    if request.method != "POST":
        return show(request, task)
    act = ACTS.get(request.POST.get("do", "submit"))
    if act is None:
        raise BadInput("The page asked for something unknown.", field="do")
    return act(request, task)


@page(Permission.REVIEW)
@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    review = keep_draft(request, own_task(request, pk))
    return HttpResponse(status=204, headers={MARK: review.mark})


@page(Permission.REVIEW)
@require_POST
def heartbeat(request: HttpRequest, pk: int) -> HttpResponse:
    services.beat(by=person(request), task=own_task(request, pk))
    return HttpResponse(status=204)


@page(Permission.REVIEW)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a review again that was handed in."""
    services.undo_submit(by=person(request), task=own_task(request, pk))
    return redirect("review", pk)


def own_task(request: HttpRequest, pk: int) -> ReviewTask:
    return get_object_or_404(tasks_visible_to(person(request)).select_related("review"), pk=pk)


def show(request: HttpRequest, task: ReviewTask, problems: dict[str, str] | None = None) -> HttpResponse:
    context = review_context(person(request), task, problems or {})
    return render(request, "reviews/review.html", context)


def go_on(request: HttpRequest, audit: Audit | None, after: ReviewTask | None = None) -> HttpResponse:
    """To the next item; when nothing is left, to the queue, with a way back to the item just handed in."""
    task = services.next_task(user=person(request), audit=audit)
    if task:
        return redirect("review", task.pk)
    if after:
        undo_url = reverse("review-undo", args=[after.pk])
        say_with_undo(request, "Handed in. Nothing is left for you in this audit.", undo_url)
    # the queue has another frame than the review screen: the browser must load it whole
    is_htmx = request.headers.get("HX-Request")
    return HttpResponseClientRedirect(reverse("queue")) if is_htmx else redirect("queue")


def keep_draft(request: HttpRequest, task: ReviewTask) -> Review:
    return services.save_draft(by=person(request), task=task, **asdict(Opinion.posted(request, task)))


def submit(request: HttpRequest, task: ReviewTask) -> HttpResponse:
    try:
        services.submit(by=person(request), task=task, **asdict(Opinion.posted(request, task)))
    except IncompleteReview as incomplete:
        keep_draft(request, task)
        return show(request, own_task(request, task.pk), incomplete.problems)
    return go_on(request, task.audit, after=task)


def skip(request: HttpRequest, task: ReviewTask) -> HttpResponse:
    keep_draft(request, task)
    services.skip(by=person(request), task=task, reason=request.POST.get("reason", ""))
    return go_on(request, task.audit, after=task)


def flag(request: HttpRequest, task: ReviewTask) -> HttpResponse:
    keep_draft(request, task)
    services.flag(by=person(request), task=task, flagged=request.POST.get("flagged") != "yes")
    return redirect("review", task.pk)


def undo_last(request: HttpRequest, task: ReviewTask) -> HttpResponse:
    """Back to the review handed in last; what stands on this screen is kept as a draft."""
    keep_draft(request, task)
    last = handed_in(person(request)).filter(audit=task.audit).first()
    if last is None:
        raise Http404("Nothing to take back.")
    services.undo_submit(by=person(request), task=last)
    return redirect("review", last.pk)


ACTS: dict[str, Callable[[HttpRequest, ReviewTask], HttpResponse]] = {
    "submit": submit,
    "skip": skip,
    "flag": flag,
    "undo": undo_last,
}
