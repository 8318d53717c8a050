"""Wake-ups for workers. The rows say what is to be done; a lost message costs half a minute."""

import logging
import socket

from celery import shared_task
from kombu.exceptions import OperationalError

from auditing.judging.claims import is_held, workers_at
from auditing.judging.ledger import write_off_the_dead
from auditing.judging.lifecycle import ON_ITS_WAY, WORKABLE, RunState, TrialState
from auditing.judging.models import Run, Trial
from auditing.judging.parcels import withdraw
from auditing.judging.services import release_stale_claims, work
from auditing.judging.trials import waiting_trials
from auditing.judging.trying import work_on

logger = logging.getLogger(__name__)

SHARD_SECONDS = 60.0  # then the worker is free for others, and the run goes to the end of the queue
MOST_SHARDS = 16  # workers at one run
RECONCILE_SECONDS = 30  # so often does the scheduler ask for it


@shared_task(name="judging.work_on_run")
def work_on_run(run_id: int) -> None:
    """Work on a run for about a minute, beside whichever workers are at it already.

    Each shard wakes the next as soon as it has work: so every free worker joins in, one message waits for the next
    that gets free, and their number does not grow. A message that comes too late to be needed is dropped.
    """
    run = Run.objects.filter(pk=run_id, state__in=WORKABLE).first()
    if run is None or workers_at(run) >= MOST_SHARDS:
        return
    work(
        run,
        worker=socket.gethostname(),
        limit_seconds=SHARD_SECONDS,
        wake_another=lambda: _wake_another(run_id),
    )


def _wake_another(run_id: int) -> None:
    """Without a broker this worker goes on alone."""
    try:
        work_on_run.apply_async((run_id,), expires=2 * SHARD_SECONDS)
    except OperationalError:
        logger.warning("The broker cannot be reached: nobody else is woken for run %s.", run_id)


@shared_task(name="judging.work_on_trial")
def work_on_trial(trial_id: int) -> None:
    """Work on a trial for about a minute, unless another worker is at it."""
    trial = Trial.objects.filter(pk=trial_id, state=TrialState.UNDER_WAY).first()
    if trial is None or not work_on(trial, limit_seconds=SHARD_SECONDS):
        return
    if trial.state == TrialState.UNDER_WAY:
        work_on_trial.delay(trial_id)


@shared_task(name="judging.withdraw_run")
def withdraw_run(run_id: int) -> None:
    """Stop a cancelled run's batches at the provider."""
    withdraw(Run.objects.get(pk=run_id))


@shared_task(name="judging.reconcile", expires=RECONCILE_SECONDS)
def reconcile() -> None:
    """Put back what dead workers had claimed, write off what they held, and wake a worker for every waiting run.

    What no worker was free for is forgotten by the next time, or it would pile up.
    """
    release_stale_claims()
    write_off_the_dead()
    for run in Run.objects.filter(state__in=WORKABLE):
        if not is_held(run):
            work_on_run.apply_async((run.pk,), expires=RECONCILE_SECONDS)
    for run in Run.objects.filter(state=RunState.CANCELLED, parcels__state__in=ON_ITS_WAY).distinct():
        withdraw_run.apply_async((run.pk,), expires=RECONCILE_SECONDS)
    for trial in waiting_trials():
        work_on_trial.apply_async((trial.pk,), expires=RECONCILE_SECONDS)
