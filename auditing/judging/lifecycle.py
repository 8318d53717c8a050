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
    SENT = "sent"  # in a parcel on its way to the provider's Batch API, or there
    ANSWERED = "answered"  # the batch's reply is kept, to be read by a worker
    DONE = "done"  # a verdict row per criterion, scored or unscored with its reason
    FAILED = "failed"  # the endpoint failed, no opinion was had; can be retried


class ParcelState(models.TextChoices):
    PACKED = "packed"  # its calls are set apart; it may have been handed in, or not
    SENT = "sent"  # the provider has it, under a name that is on record
    FETCHED = "fetched"
    RETURNED = "returned"  # nothing of it was asked, and its calls are queued again


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

P = ParcelState
ON_ITS_WAY = (P.PACKED, P.SENT)  # the provider may be at it
PARCEL = Lifecycle(
    name="a parcel of calls",
    states=tuple(ParcelState.values),
    moves={
        "send": ((P.PACKED,), P.SENT),
        "fetch": ((P.SENT,), P.FETCHED),
        "return": ((P.PACKED, P.SENT), P.RETURNED),
    },
)
