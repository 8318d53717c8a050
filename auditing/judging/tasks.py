"""Wake-ups for workers. The rows say what is to be done; a lost message costs half a minute."""

import socket

from celery import shared_task

from auditing.judging.claims import is_held
from auditing.judging.lifecycle import WORKABLE, CallState, TrialState
from auditing.judging.models import Call, Run, Trial
from auditing.judging.services import release_stale_claims, work
from auditing.judging.trials import waiting_trials
from auditing.judging.trying import work_on

SHARD_SECONDS = 60.0  # then the worker is free for others, and the run goes to the end of the queue


@shared_task(name="judging.work_on_run")
def work_on_run(run_id: int) -> None:
    """Work on a run for about a minute, unless another worker is at it."""
    run = Run.objects.filter(pk=run_id, state__in=WORKABLE).first()
    if run is None or is_held(run):
        return
    work(run, worker=socket.gethostname(), limit_seconds=SHARD_SECONDS)
    if run.state in WORKABLE and Call.objects.filter(run=run, state=CallState.QUEUED).exists():
        work_on_run.delay(run_id)


@shared_task(name="judging.work_on_trial")
def work_on_trial(trial_id: int) -> None:
    """Work on a trial for about a minute, unless another worker is at it."""
    trial = Trial.objects.filter(pk=trial_id, state=TrialState.UNDER_WAY).first()
    if trial is None or not work_on(trial, limit_seconds=SHARD_SECONDS):
        return
    if trial.state == TrialState.UNDER_WAY:
        work_on_trial.delay(trial_id)


@shared_task(name="judging.reconcile", expires=30)
def reconcile() -> None:
    """Put back what dead workers had claimed, and wake a worker for every run that waits for one."""
    release_stale_claims()
    for run in Run.objects.filter(state__in=WORKABLE):
        if not is_held(run):
            work_on_run.delay(run.pk)
    for trial in waiting_trials():
        work_on_trial.delay(trial.pk)
