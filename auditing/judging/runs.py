"""Starting runs and steering them: each act one transaction and one journal entry."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

from django.db import transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict, Missing
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.judging import claims, writing
from auditing.judging.adapters import fingerprint_of
from auditing.judging.budgets import require_confirmed, run_budget_for
from auditing.judging.examples import refuse_own_examples
from auditing.judging.lifecycle import RUN
from auditing.judging.models import Call, CallState, JudgeVersion, Run, RunState
from auditing.judging.selectors import published_version
from auditing.sampling.models import Draw, Plan
from auditing.sampling.selectors import plan_of

ROWS_AT_ONCE = 5000
Listener = Callable[[Run], object]
_listeners: list[Listener] = []


def on_run_finished(listener: Listener) -> None:
    """Call `listener(run)` after a run's end has been committed: rooms upstairs register here."""
    if listener not in _listeners:
        _listeners.append(listener)


@transaction.atomic
def start_runs(*, by: User | None, audit: Audit) -> list[Run]:
    """Queue a run for each judge of the SOP, a call for each item of the judge sample; twice is once.

    The newest published version of each judge is bound. Raises Conflict before the sample is drawn, where the cost has
    still to be confirmed, or a budget binds a judge whose price is not known; BadInput when a judge does not exist or
    cannot be asked about this rubric.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    Audit.objects.select_for_update().get(pk=audit.pk)  # so that of two who start it one waits
    plan = plan_of(audit)
    if plan is None:
        raise Conflict(f"Draw the sample of {audit} first.")
    require_confirmed(audit)
    return [_run_of(name, by=by, audit=audit, plan=plan) for name in audit.sop.judges]


def _run_of(name: str, *, by: User | None, audit: Audit, plan: Plan) -> Run:
    found = Run.objects.filter(audit=audit, judge_version__judge__name=name).first()
    return found or _start(_version(name), by=by, audit=audit, plan=plan)


def _version(name: str) -> JudgeVersion:
    try:
        return published_version(name)
    except Missing as error:
        raise BadInput(str(error), field="judges") from error


def _start(version: JudgeVersion, *, by: User | None, audit: Audit, plan: Plan) -> Run:
    rubric_version = audit.sop_version.rubric_version
    assert rubric_version is not None  # a database constraint of published SOP versions
    refuse_own_examples(version.spec, audit.batch)
    fingerprint = fingerprint_of(version, rubric_version)
    run = Run.objects.create(
        audit=audit,
        judge_version=version,
        fingerprint=fingerprint,
        budget=run_budget_for(version, audit),
        created_by=by,
    )
    for rows in _chunks(_calls(run, plan)):
        Call.objects.bulk_create(rows)
    _journal(by, "queued", run, calls=plan.judge_size, fingerprint=fingerprint)
    return run


def _calls(run: Run, plan: Plan) -> Iterator[Call]:
    items = Draw.objects.filter(plan=plan).order_by("position").values_list("item_id", flat=True)
    for item_id in items.iterator(chunk_size=ROWS_AT_ONCE):
        yield Call(run=run, item_id=item_id)


def _chunks(calls: Iterator[Call]) -> Iterator[list[Call]]:
    while rows := list(islice(calls, ROWS_AT_ONCE)):
        yield rows


@transaction.atomic
def begin(run: Run, *, worker: str) -> bool:
    """Set a queued run going, or join one that runs; False when there is nothing to be done for it."""
    run.refresh_from_db()
    if run.state == RunState.QUEUED:
        started_at = run.started_at or timezone.now()
        moved = Run.objects.filter(pk=run.pk, state=RunState.QUEUED).update(
            state=RunState.RUNNING, started_at=started_at
        )
        if moved:
            _journal(None, "started", run, worker=worker)
        run.refresh_from_db()
    return run.state == RunState.RUNNING


@transaction.atomic
def end(run: Run) -> bool:
    """Finish the run if all of its calls are done or failed; of several workers one does it."""
    if Call.objects.filter(run=run).exclude(state__in=[CallState.DONE, CallState.FAILED]).exists():
        return False
    ended = Run.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
        state=RunState.FINISHED, finished_at=timezone.now()
    )
    run.refresh_from_db()
    if ended:
        failed = Call.objects.filter(run=run, state=CallState.FAILED).count()
        _journal(None, "finished", run, failed=failed)
        for listener in _listeners:
            # the verdicts are safely in: a listener that fails is logged, and must not make the run look failed
            transaction.on_commit(partial(listener, run), robust=True)
    return bool(ended)


@transaction.atomic
def pause(*, by: User | None, run: Run, reason: str = "") -> Run:
    """No further call is made; calls on their way are finished and kept. Raises Conflict when it does not run."""
    _require(by, run)
    reason = reason.strip() or f"paused by {by}"
    RUN.target(run.state, "pause")
    moved = Run.objects.filter(pk=run.pk, state=run.state).update(state=RunState.PAUSED, reason=reason)
    if not moved:
        raise Conflict("The run changed while you were at it; look again.")
    run.refresh_from_db()
    _journal(by, "paused", run, reason=reason)
    return run


@transaction.atomic
def stop_for(run: Run, reason: str) -> None:
    """The endpoint does not answer: pause and say why, unless somebody has paused or cancelled already."""
    Run.objects.select_for_update().get(pk=run.pk)  # of workers that find it down together one says so
    run.refresh_from_db()
    if RUN.allows(run.state, "pause"):
        pause(by=None, run=run, reason=reason)


@transaction.atomic
def resume(*, by: User | None, run: Run) -> Run:
    """Go on where it stopped; calls that the endpoint had failed are made again."""
    _require(by, run)
    RUN.advance(run, "resume")
    again = _queue_failures(run)
    _journal(by, "resumed", run, again=again)
    return run


@transaction.atomic
def retry_failed(*, by: User | None, run: Run) -> Run:
    """Make again the calls that the endpoint failed, and only those. Raises Conflict when there is none."""
    _require(by, run)
    RUN.advance(run, "retry")
    again = _queue_failures(run)
    if not again:
        raise Conflict("No call of this run has failed.")
    _journal(by, "retried the failures of", run, again=again)
    return run


@transaction.atomic
def cancel(*, by: User | None, run: Run) -> Run:
    """Stop for good; what was judged stays."""
    _require(by, run)
    RUN.advance(run, "cancel")
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    run.refresh_from_db()
    _journal(by, "cancelled", run)
    for listener in _listeners:
        transaction.on_commit(partial(listener, run), robust=True)
    return run


@transaction.atomic
def replace(*, by: User | None, run: Run, judge: str) -> Run:
    """Stop a run for good, and put its audit's items to the newest version of another judge, or of the same one.

    What was judged stays, as the opinions of another rater. Raises Conflict where that version has a run in this audit
    already, or a budget binds it and its price is not known; BadInput where it cannot be asked about this rubric.
    """
    _require(by, run)
    audit = Audit.objects.select_for_update().get(pk=run.audit_id)
    version, plan = _version(judge), plan_of(audit)
    assert plan is not None  # a run has calls for what was drawn
    if Run.objects.filter(audit=audit, judge_version=version).exists():
        raise Conflict(
            f"{version} has a run in this audit already: choose another judge, or publish a new version."
        )
    cancel(by=by, run=run)
    return _start(version, by=by, audit=audit, plan=plan)


def release_stale_claims(*, older_than: timedelta = claims.STALE_AFTER) -> int:
    """Put calls back in the queue whose worker has died, after what it had paid for; returns how many calls."""
    writing.collect_unsaved()
    return claims.release_stale(older_than=older_than)


def _queue_failures(run: Run) -> int:
    Run.objects.filter(pk=run.pk).update(reason="", finished_at=None)
    run.refresh_from_db()
    failed = Call.objects.filter(run=run, state=CallState.FAILED)
    return failed.update(state=CallState.QUEUED, finished_at=None, error="")


def _require(by: User | None, run: Run) -> None:
    require(by, Permission.RUN_AUDITS, run.audit.batch.collection)


def _journal(by: User | None, verb: str, run: Run, **details: object) -> None:
    record(by=by, verb=verb, subject=run, collection_id=run.audit.batch.collection_id, details=details)
