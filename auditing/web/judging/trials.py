"""A judge tried outside any run: its draft on a few items, and a version probed for what could sway it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.core import versions
from auditing.judging.models import Judge, Trial, TrialState
from auditing.judging.tasks import work_on_trial
from auditing.judging.trials import stop_trial, trial_progress, trials_visible_to
from auditing.metaaudit.playground import start_playground, tally, tried
from auditing.metaaudit.probes import probed, start_injection_probe
from auditing.pipeline.wakeups import wake
from auditing.reviews.policies import require_no_part
from auditing.web.forms import complaints_on
from auditing.web.judging.judges import visible_judge
from auditing.web.judging.trial_forms import ProbeForm, TryForm
from auditing.web.judging.trial_presenters import has_leanings, lift_hint, lift_rows, probe_lines, tiles
from auditing.web.policy import page, person

SHOWN = 20  # of the latest trials


@page(Permission.MANAGE_JUDGES)
def start_try(request: HttpRequest, name: str) -> HttpResponse:
    """Choose ten items for the draft, or for the newest version where there is no draft."""
    judge, user = visible_judge(request, name), person(request)
    form = TryForm(request.POST or None, user=user, initial=_last_choice(judge, request))
    if form.is_valid():
        source = versions.draft_of(judge) or versions.newest_of(judge)
        with complaints_on(form):
            trial = start_playground(by=user, judge=judge, content=source.content, **form.asked)
            wake(work_on_trial, trial.pk)
        if form.is_valid():
            return redirect("judge-trial", name, trial.pk)
    latest = _trials(request, judge).filter(purpose=Trial.Purpose.PLAYGROUND)[:SHOWN]
    return render(request, "judging/try.html", {"judge": judge, "form": form, "latest": latest})


def _last_choice(judge: Judge, request: HttpRequest) -> dict[str, Any]:
    """The batch of the latest try: one tries again what one has just tried."""
    last = _trials(request, judge).filter(purpose=Trial.Purpose.PLAYGROUND).first()
    return {"batch": last.batch_id, "seed": last.options["seed"]} if last else {}


@page(Permission.SEE_VERDICTS)
def probes(request: HttpRequest, name: str) -> HttpResponse:
    """The probes of a judge, and the form that starts one."""
    judge, user = visible_judge(request, name), person(request)
    form = ProbeForm(request.POST or None, user=user, judge=judge)
    if form.is_valid():
        with complaints_on(form):
            trial = start_injection_probe(by=user, **form.asked)
            wake(work_on_trial, trial.pk)
        if form.is_valid():
            return redirect("judge-trial", name, trial.pk)
    found = _trials(request, judge).filter(purpose=Trial.Purpose.INJECTION)[:SHOWN]
    lines = probe_lines(found)
    context = {
        "judge": judge,
        "form": form,
        "lines": lines,
        "has_leanings": has_leanings(lines),
        "may_manage": user.may(Permission.MANAGE_JUDGES) and versions.newest_of(judge) is not None,
    }
    return render(request, "judging/probes.html", context)


@page(Permission.SEE_VERDICTS)
def trial(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    found = visible_trial(request, name, pk)
    return render(request, f"judging/{found.purpose}.html", _context(request, found))


@page(Permission.SEE_VERDICTS)
def progress(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    found = visible_trial(request, name, pk)
    return render(request, f"judging/_{found.purpose}.html", _context(request, found))


def _context(request: HttpRequest, found: Trial) -> dict[str, Any]:
    so_far = trial_progress(found)
    context: dict[str, Any] = {
        "trial": found,
        "judge": found.judge,
        "progress": so_far,
        "is_active": found.state == TrialState.UNDER_WAY,
        "has_draft": versions.draft_of(found.judge) is not None,
        "may_stop": person(request).may(Permission.MANAGE_JUDGES),
    }
    return context | (_playground(found) if found.purpose == Trial.Purpose.PLAYGROUND else _probe(found))


def _playground(found: Trial) -> dict[str, Any]:
    items = tried(found)
    return {"items": items, "tally": tally(items), "tiles": tiles(found, tally(items))}


def _probe(found: Trial) -> dict[str, Any]:
    seen = probed(found)
    overall = lift_rows(seen, "all")
    return {
        "overall": overall,
        "has_leanings": has_leanings(overall),
        "lift_hint": lift_hint(overall, seen.fence_effects()),
        "by_kind": lift_rows(seen, "kind"),
        "by_text": lift_rows(seen, "attack"),
        "recall": seen.recall(),
        "false_alarms": seen.false_alarms(),
        "texts": {one.about["attack"]: one.about["text"] for one in found.calls.only("about")},
    }


@page(Permission.MANAGE_JUDGES)
@require_POST
def stop(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    stop_trial(by=person(request), trial=visible_trial(request, name, pk))
    messages.success(request, "Stopped. What was answered stays.")
    return redirect("judge-trial", name, pk)


def visible_trial(request: HttpRequest, name: str, pk: int) -> Trial:
    """Raises Forbidden while she reviews items of its batch herself: a judge's opinion would sway her."""
    found: Trial = get_object_or_404(trials_visible_to(person(request)), judge__name=name, pk=pk)
    if found.batch:
        require_no_part(person(request), found.batch)
    return found


def _trials(request: HttpRequest, judge: Judge) -> Any:
    return trials_visible_to(person(request)).filter(judge=judge)
