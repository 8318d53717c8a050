"""What can be done to an audit from its page. Each answers by going back to a tab, with a word on what happened."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.audits.services import cancel_audit
from auditing.core.boundary import whole_number
from auditing.core.errors import BadInput
from auditing.pipeline.services import StageResult, advance, draw, next_wave
from auditing.reviews.models import ReviewTask
from auditing.reviews.releasing import give_to_somebody_else
from auditing.reviews.services import hand_out_again
from auditing.sampling.selectors import plans_visible_to, replay
from auditing.web.audits.forms import CancelForm
from auditing.web.audits.views import visible_audit
from auditing.web.policy import page, person


@page(Permission.RUN_AUDITS)
@require_POST
def audit_advance(request: HttpRequest, pk: int) -> HttpResponse:
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    say(request, advance(by=person(request), audit=audit))
    return redirect("audit", pk)


def say(request: HttpRequest, results: list[StageResult]) -> None:
    """One message for what was done; what is waited for stands on the page anyway."""
    done = [result.detail for result in results if result.done]
    if done:
        text = "; ".join(done)
        messages.success(request, f"{text[0].upper()}{text[1:]}.")


@page(Permission.RUN_AUDITS)
@require_POST
def audit_draw(request: HttpRequest, pk: int) -> HttpResponse:
    plan = draw(by=person(request), audit=visible_audit(request, pk, Permission.RUN_AUDITS))
    size, who = (plan.judge_size, "judges") if plan.awaits_judges else (plan.human_size, "auditors")
    messages.success(request, f"Drawn and locked: {size:,} of {plan.frame_size:,} items for {who}.")
    return redirect("audit-sample", pk)


@page(Permission.RUN_AUDITS)
@require_POST
def audit_next_wave(request: HttpRequest, pk: int) -> HttpResponse:
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    asked = request.POST.get("size", "").strip()
    size = whole_number(asked)
    if asked and size is None:
        raise BadInput("Say how many further items to draw, as a whole number.", field="size")
    plan = next_wave(by=person(request), audit=audit, size=size)
    messages.success(
        request,
        f"Drawn and locked: the sample has grown to {plan.human_size:,} items, and is collected again.",
    )
    return redirect("audit", pk)


@page(Permission.SEE_AUDITS)
@require_POST
def audit_replay(request: HttpRequest, pk: int) -> HttpResponse:
    plan = get_object_or_404(plans_visible_to(person(request)), audit=pk)
    again = replay(plan)
    if again.same:
        messages.success(
            request, "Drawn again from the seed: the same items, order and chances, bit for bit."
        )
    else:
        messages.error(request, f"Drawing again gives another sample. {'; '.join(again.differences)}.")
    return redirect("audit-sample", pk)


@page(Permission.RUN_AUDITS)
@require_POST
def audit_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    form = CancelForm(request.POST)
    if not form.is_valid():
        raise BadInput("Say why the audit is cancelled.", field="reason")
    cancel_audit(by=person(request), audit=audit, reason=form.cleaned_data["reason"])
    messages.success(request, f"{audit} is cancelled.")
    return redirect("audit", pk)


@page(Permission.RUN_AUDITS)
@require_POST
def audit_hand_out(request: HttpRequest, pk: int) -> HttpResponse:
    task = posted_task(request, pk)
    hand_out_again(by=person(request), task=task)
    messages.success(request, f"{task.item} waits for another auditor.")
    return redirect("audit-reviews", pk)


@page(Permission.RUN_AUDITS)
@require_POST
def audit_release(request: HttpRequest, pk: int) -> HttpResponse:
    task = posted_task(request, pk)
    give_to_somebody_else(by=person(request), task=task)
    messages.success(request, f"{task.item} waits for another auditor; what {task.reviewer} typed is kept.")
    return redirect("audit-reviews", pk)


def posted_task(request: HttpRequest, pk: int) -> ReviewTask:
    """The task of this audit that the button names, or 404."""
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    return get_object_or_404(ReviewTask, audit=audit, pk=whole_number(request.POST.get("task", "")))
