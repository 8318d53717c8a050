"""The stations of a run, and of the calls it consists of."""

from django.db import models

from auditing.core.lifecycle import Lifecycle


class RunState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"  # by a person, or because the endpoint is down; `reason` says why
    FINISHED = "finished"
    CANCELLED = "cancelled"


class CallState(models.TextChoices):
    QUEUED = "queued"
    CLAIMED = "claimed"
    DONE = "done"  # a verdict row per criterion, scored or unscored with its reason
    FAILED = "failed"  # the endpoint failed, no opinion was had; can be retried


class TrialState(models.TextChoices):
    UNDER_WAY = "under_way"
    FINISHED = "finished"
    STOPPED = "stopped"  # by a person, or because the endpoint is down; `reason` says why


S = RunState
WORKABLE = (S.QUEUED, S.RUNNING)
UNFINISHED = (*WORKABLE, S.PAUSED)
RUN = Lifecycle(
    name="a run",
    states=tuple(RunState.values),
    moves={
        "start": ((S.QUEUED,), S.RUNNING),
        "pause": (WORKABLE, S.PAUSED),
        "resume": ((S.PAUSED,), S.QUEUED),
        "finish": ((S.RUNNING,), S.FINISHED),
        "retry": ((S.FINISHED, S.PAUSED), S.QUEUED),
        "cancel": (UNFINISHED, S.CANCELLED),
    },
)
