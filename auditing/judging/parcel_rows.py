"""The rows of a parcel: its calls, what they open with, who is at it, and how they leave it."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from auditing.judging import ledger
from auditing.judging.adapters import subject_of
from auditing.judging.lifecycle import PARCEL
from auditing.judging.models import Call, CallState, Parcel, Reply
from auditing.judging.surveying import architecture_for
from judges.contracts import Request

logger = logging.getLogger(__name__)

AT_ONCE = 500  # calls that are in memory
Openings = Mapping[int, Sequence[tuple[str, Request]]]  # by call: what it opens with, each with its digest


class TakenOver(Exception):
    """Another worker has taken a parcel over from one that it thought dead."""


def hold_on(parcel: Parcel) -> None:
    """Say that the worker at it is alive. Raises TakenOver where it was thought dead."""
    now = timezone.now()
    if not Parcel.objects.filter(pk=parcel.pk, held_at=parcel.held_at).update(held_at=now):
        raise TakenOver
    parcel.held_at = now


def calls_of(parcel: Parcel) -> QuerySet[Call]:
    return Call.objects.filter(claim=parcel.key, state=CallState.SENT).order_by("pk")


def openings_of(parcel: Parcel) -> Iterator[Openings]:
    """What its calls open with, some calls at a time, each time with a sign of life. Raises TakenOver."""
    architecture = architecture_for(parcel.run)
    keys = iter(list(calls_of(parcel).values_list("pk", flat=True)))
    while chunk := list(islice(keys, AT_ONCE)):
        hold_on(parcel)
        calls = Call.objects.filter(pk__in=chunk).select_related("item").order_by("pk")
        openings = dict[int, list[tuple[str, Request]]]()
        for call in calls:
            try:
                requests = architecture.opening(subject_of(call.item))
            except Exception as error:  # it fails alone, as it would live
                logger.exception("The judge broke on item %s", call.item_id)
                broken = f"the judge broke on this item: {type(error).__name__}: {error}"
                fail(calls_of(parcel).filter(pk=call.pk), broken)
            else:
                openings[call.pk] = [(request.digest(), request) for request in requests]
        yield openings


def kept_of(openings: Openings) -> set[str]:
    """The digests of those that have a reply."""
    digests = {digest for requests in openings.values() for digest, _ in requests}
    return set(Reply.objects.filter(digest__in=digests).values_list("digest", flat=True))


def queue_again(calls: QuerySet[Call]) -> None:
    calls.update(state=CallState.QUEUED, claim=None, claimed_at=None)


def fail(calls: QuerySet[Call], why: str) -> None:
    calls.filter(state=CallState.SENT).update(
        state=CallState.FAILED, claim=None, claimed_at=None, error=why, finished_at=timezone.now()
    )


def give_back(parcel: Parcel, reason: str) -> None:
    """Nothing of it was asked: its calls are queued again, its money is free."""
    with transaction.atomic():
        PARCEL.advance(parcel, "return")
        Parcel.objects.filter(pk=parcel.pk).update(reason=reason, ended_at=timezone.now())
        queue_again(calls_of(parcel))
        ledger.release(parcel.key)
