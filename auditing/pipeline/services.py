"""Driving an audit: every stage that can run now runs, and what it then waits for is said."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.adjudication.services import open_disagreements
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.audits.services import move
from auditing.core.errors import Conflict
from auditing.datasets.policies import require
from auditing.estimation.further import offer_of
from auditing.estimation.learning import guide_of
from auditing.estimation.models import Decision, Outcome
from auditing.estimation.selectors import estimates_are_stale
from auditing.estimation.services import make_estimates, propose_decision
from auditing.journal.services import record
from auditing.judging.lifecycle import WORKABLE
from auditing.judging.models import Run
from auditing.judging.selectors import RunProgress
from auditing.judging.services import start_runs, work
from auditing.judging.tasks import work_on_run
from auditing.pipeline.facts import count, labels_are_imported, waits_for
from auditing.pipeline.models import ScheduledAudit
from auditing.pipeline.wakeups import wake
from auditing.reviews.services import open_tasks
from auditing.reviews.waves import end_parts_of_readers
from auditing.sampling.models import Plan
from auditing.sampling.services import draw_human_sample, draw_more, draw_sample, extend_sample

Progress = Callable[[Run, RunProgress], None]
Stage = tuple[str, Callable[[User | None, Audit], str]]


@dataclass(frozen=True)
class StageResult:
    """What became of one stage: done, or what it waits for."""

    stage: str
    done: bool
    detail: str


def advance(*, by: User | None, audit: Audit) -> list[StageResult]:
    """Run every stage that can run now; judges are left to a worker, which is woken. Safe to call at any time.

    The last result says what the audit waits for, if it is not over.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    results = []
    while (result := _step(by, audit)) is not None:
        results.append(result)
        if not result.done:
            break
    audit.refresh_from_db()
    for run in _workable_runs(audit):
        wake(work_on_run, run.pk)
    return results


def run_here(*, by: User | None, audit: Audit, progress: Progress | None = None) -> list[StageResult]:
    """As `advance`, with the judges at work in this process: nothing else needs to be running."""
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    results = []
    while (result := _step(by, audit)) is not None:
        if not result.done and _judge_here(audit, progress):
            continue
        results.append(result)
        if not result.done:
            break
    audit.refresh_from_db()
    return results


def _judge_here(audit: Audit, progress: Progress | None) -> bool:
    """Work off the runs that can be worked off; False when that changed nothing, as when a worker holds the calls."""
    changed = False
    for run in _workable_runs(audit):
        done = work(run, worker="run_audit", on_progress=progress and _reporter(run, progress))
        changed = changed or done.judged > 0 or run.state not in WORKABLE
    return changed


def _reporter(run: Run, progress: Progress) -> Callable[[RunProgress], None]:
    return lambda so_far: progress(run, so_far)


def _workable_runs(audit: Audit) -> list[Run]:
    return list(Run.objects.filter(audit=audit, state__in=WORKABLE).order_by("pk"))


@transaction.atomic
def _step(by: User | None, audit: Audit) -> StageResult | None:
    """One stage, under a lock on the audit, so that of two who drive it one waits; None when it is over."""
    locked = Audit.objects.select_for_update().get(pk=audit.pk)
    stage = next_stage(locked)
    if stage is None:
        return None
    name, run = stage
    waits = waits_for(locked)
    if waits:
        return StageResult(name, False, "; ".join(waits))
    return StageResult(name, True, run(by, locked))


def draw(*, by: User | None, audit: Audit) -> Plan:
    """Draw the sample, by what earlier audits tell. Raises as `draw_sample`."""
    return draw_sample(by=by, audit=audit, guide=guide_of(audit))


def _draw(by: User | None, audit: Audit) -> str:
    plan = draw(by=by, audit=audit)
    if plan.awaits_judges:
        drawn = f"drew {plan.judge_size:,} of {plan.frame_size:,} items for judges"
        return f"{drawn}, whose scores guide the auditors' sample"
    return (
        f"drew {plan.human_size:,} of {plan.frame_size:,} items for auditors, {plan.judge_size:,} for judges"
    )


def _collect(by: User | None, audit: Audit) -> str:
    move(audit=audit, verb="collect")
    runs = start_runs(by=by, audit=audit) if audit.sop.judges else []
    _journal(by, "started collecting for", audit)
    if audit.plan.awaits_judges:
        return f"{count(len(runs), 'judge run')} asked for; the auditors' sample is drawn from their scores"
    tasks = _ask_for_reviews(by, audit)
    return f"{count(len(runs), 'judge run')} and {count(tasks, 'review')} asked for"


def _draw_humans(by: User | None, audit: Audit) -> str:
    plan = draw_human_sample(by=by, audit=audit, guide=guide_of(audit))
    tasks = _ask_for_reviews(by, Audit.objects.get(pk=audit.pk))
    drawn = f"drew {plan.human_size:,} of {plan.judge_size:,} judged items for auditors"
    return f"{drawn}, {count(tasks, 'review')} asked for"


def _ask_for_reviews(by: User | None, audit: Audit) -> int:
    return 0 if labels_are_imported(audit) else open_tasks(by=by, audit=audit)


def _rule(by: User | None, audit: Audit) -> str:
    move(audit=audit, verb="rule")
    found = 0 if labels_are_imported(audit) else open_disagreements(by=by, audit=audit)
    _journal(by, "closed the reviews of", audit)
    return f"{count(found, 'disagreement')} found"


def _estimate(by: User | None, audit: Audit) -> str:
    return count(len(make_estimates(by=by, audit=audit)), "estimate")


def _propose(by: User | None, audit: Audit) -> str:
    return f"{propose_decision(by=by, audit=audit).get_proposed_display().lower()} proposed"


@transaction.atomic
def next_wave(*, by: User | None, audit: Audit, size: int | None = None) -> Plan:
    """Ask for labels of `size` further items (None: as many as `offer_of` says), where the rule says to continue.

    Nothing is lost that was decided: the journal keeps it, and the next look proposes anew. Raises Conflict unless
    the rule, or the person who decided, has said to continue, where no further wave can help, and where
    nobody is left to review it blind; BadInput for a size that cannot be drawn.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    audit = Audit.objects.select_for_update().get(pk=audit.pk)
    decision = Decision.objects.select_for_update().filter(audit=audit).first()
    if decision is None or (decision.outcome or decision.proposed) != Outcome.CONTINUE:
        raise Conflict("No wave is wanted: only an audit that is to be continued asks for one.")
    if estimates_are_stale(audit):
        raise Conflict("Rulings have changed since the estimates were made: estimate again first.")
    offer = offer_of(audit, decision)
    if offer.refusal:
        raise Conflict(offer.refusal)
    if not labels_are_imported(audit):
        end_parts_of_readers(by=by, audit=audit)
    wanted = offer.size if size is None else size
    if offer.errors:
        plan = draw_more(by=by, audit=audit, size=wanted, errors=offer.errors)
    else:
        plan = extend_sample(by=by, audit=audit, size=wanted)
    decision.delete()
    move(audit=audit, verb="extend")
    Audit.objects.filter(pk=audit.pk).update(closed_at=None)
    _ask_for_reviews(by, Audit.objects.get(pk=audit.pk))
    return plan


def _journal(by: User | None, verb: str, audit: Audit) -> None:
    record(by=by, verb=verb, subject=audit, collection_id=audit.batch.collection_id)


STAGES: dict[AuditState, Stage] = {
    AuditState.OPENED: ("draw", _draw),
    AuditState.DRAWN: ("collect", _collect),
    AuditState.COLLECTING: ("rule", _rule),
    AuditState.RULING: ("estimate", _estimate),
    AuditState.ESTIMATED: ("decide", _propose),
}


def can_go_on(audit: Audit) -> bool:
    """Is it an audit that somebody has set going, and is there a stage that can run now?"""
    return _was_set_going(audit) and next_stage(audit) is not None and not waits_for(audit)


def next_stage(audit: Audit) -> Stage | None:
    """None when nothing is left to do: it is over, or measured under an SOP that decides nothing.

    Rulings that came after the estimates make it estimate again. A sample of auditors that goes by the judges'
    scores is drawn while the audit collects.
    """
    if audit.state == AuditState.COLLECTING and audit.plan.awaits_judges:
        return "draw for auditors", _draw_humans
    if audit.state == AuditState.ESTIMATED and estimates_are_stale(audit):
        return STAGES[AuditState.RULING]
    if audit.state == AuditState.ESTIMATED and audit.sop.acceptance is None:
        return None
    return STAGES.get(AuditState(audit.state))


def _was_set_going(audit: Audit) -> bool:
    """An audit that a person has only opened, or only drawn, is left to her."""
    if audit.state in {AuditState.OPENED, AuditState.DRAWN}:
        return ScheduledAudit.objects.filter(audit=audit).exists()
    return True
