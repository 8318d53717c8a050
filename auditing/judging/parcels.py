"""Runs that go by the provider's Batch API: calls are packed, handed in, asked after and fetched.

Nothing here waits: each look does what can be done now, and `reconcile` looks again. What is fetched becomes kept
replies, from which a worker judges as if it had asked; what must be asked beyond them, a repair above all, is asked
live. A parcel's key is on record before anything is sent and marks the batch at the provider: whoever finds a parcel
that may have been handed in looks for its mark before handing it in, so that no batch is made, and paid, twice.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import accumulate, islice
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from auditing.core.errors import Conflict
from auditing.judging import ledger
from auditing.judging.adapters import price_table, subject_of
from auditing.judging.endpoints import Connection, connections_for
from auditing.judging.ledger import NOTHING, Settled
from auditing.judging.lifecycle import ON_ITS_WAY, PARCEL, ParcelState
from auditing.judging.models import Call, CallState, Parcel, Reply, Run, RunState
from auditing.judging.parcel_rows import (
    AT_ONCE,
    TakenOver,
    calls_of,
    fail,
    give_back,
    hold_on,
    kept_of,
    openings_of,
    queue_again,
)
from auditing.judging.replies import content_of
from auditing.judging.surveying import architecture_for
from judges.contracts import Completion, Request
from judges.errors import CallError, Permanent
from judges.money import most_cost
from judges.pricing import BATCH_FACTOR, Price
from judges.providers.batches import BatchDesk, Result, Standing, TooMuch

logger = logging.getLogger(__name__)

MOST_CALLS = 10_000  # in a parcel
LOOK_AGAIN = timedelta(seconds=60)
HELD_FOR = timedelta(minutes=15)  # then whoever held a parcel is taken to be dead
ASK_FOR_MONEY_AGAIN = timedelta(minutes=15)
HELD_BY_OTHERS = "the money that is left is set aside for other calls"
Answered = tuple[Request, Call, Completion]


class Spent(Exception):
    """No budget can pay for what is still queued; the message says which."""


class Undeliverable(Conflict):
    """The run's parcels cannot go on; the message says why."""


def deliver(run: Run) -> str:
    """Fetch what has come, and hand in what is queued. Returns why the run must stop where its money is spent.

    Raises Conflict where that cannot be done.
    """
    (connection,) = connections_for(run.judge_version)
    with BatchDesk(connection.base_url, connection.api_key, timeout=connection.timeout_seconds) as desk:
        for parcel in _open_parcels(run):
            _attend(parcel, desk)
        try:
            while _is_going(run) and (packed := _pack(run, connection)) is not None:
                _attend(packed, desk)
        except Spent as error:
            return str(error)
    return ""


def _is_going(run: Run) -> bool:
    """May more be handed in? Not once somebody has paused or cancelled it, nor while it waits for money."""
    return Run.objects.filter(pk=run.pk, state=RunState.RUNNING).exists() and not _waits_for_money(run)


def _waits_for_money(run: Run) -> bool:
    """Was the last parcel that ended sent back because others hold the money, a moment ago?"""
    ended = Parcel.objects.filter(run=run, ended_at__gt=timezone.now() - ASK_FOR_MONEY_AGAIN)
    last = ended.order_by("-ended_at", "-pk").first()
    return last is not None and last.reason == HELD_BY_OTHERS


def _open_parcels(run: Run) -> list[Parcel]:
    """Those on their way, except what was asked after a moment ago."""
    soon = Q(state=ParcelState.SENT, looked_at__gt=timezone.now() - LOOK_AGAIN)
    going = Parcel.objects.filter(run=run, state__in=ON_ITS_WAY)
    return list(going.exclude(soon))


@transaction.atomic
def _pack(run: Run, connection: Connection) -> Parcel | None:
    """Set queued calls apart under a new parcel's key; None when none is queued."""
    queued = Call.objects.filter(run=run, state=CallState.QUEUED).order_by("pk")
    keys = list(queued.select_for_update(skip_locked=True).values_list("pk", flat=True)[:MOST_CALLS])
    if not keys:
        return None
    parcel = Parcel.objects.create(run=run, key=uuid4(), endpoint=connection.name, size=len(keys))
    Call.objects.filter(pk__in=keys).update(state=CallState.SENT, claim=parcel.key, claimed_at=timezone.now())
    return parcel


def _attend(parcel: Parcel, desk: BatchDesk) -> None:
    """Do for a parcel what can be done now, unless another worker is at it."""
    free = Q(held_at=None) | Q(held_at__lt=timezone.now() - HELD_FOR)
    going = Parcel.objects.filter(pk=parcel.pk, state__in=ON_ITS_WAY)
    if not going.filter(free).update(held_at=timezone.now()):
        return
    parcel.refresh_from_db()
    try:
        if _is_cancelled(parcel):
            _stop(parcel, desk)
        else:
            _bring_on(parcel, desk)
    except TakenOver:
        logger.warning("Parcel %s took too long: another worker is at it.", parcel.key)
    except CallError as error:
        raise Undeliverable(f"{parcel.endpoint}: {error.kind}: {error}") from error
    finally:
        Parcel.objects.filter(pk=parcel.pk, held_at=parcel.held_at).update(held_at=None)


def _is_cancelled(parcel: Parcel) -> bool:
    return Run.objects.filter(pk=parcel.run_id, state=RunState.CANCELLED).exists()


def _bring_on(parcel: Parcel, desk: BatchDesk) -> None:
    if parcel.state == ParcelState.PACKED:
        _send(parcel, desk)
    if parcel.state == ParcelState.SENT:
        _look(parcel, desk)


def _stop(parcel: Parcel, desk: BatchDesk) -> None:
    """Its run is cancelled. What the provider has answered by then is paid: it is fetched once the rest has stopped."""
    if parcel.state == ParcelState.PACKED:
        found = desk.find(str(parcel.key)) if parcel.tried_at else None
        if found is None:
            give_back(parcel, "the run was cancelled")
            return
        _is_sent(parcel, found)
    standing = desk.look(parcel.provider_id)
    if standing.is_working and standing.status != "cancelling":
        desk.withdraw(parcel.provider_id)
    _look(parcel, desk)


def _send(parcel: Parcel, desk: BatchDesk) -> None:
    """Hand it in, or find that it was handed in before."""
    found = desk.find(str(parcel.key)) if parcel.tried_at else None
    if found is None:
        found = _hand_in(parcel, desk)
    if found is not None:
        _is_sent(parcel, found)


def _is_sent(parcel: Parcel, batch_id: str) -> None:
    Parcel.objects.filter(pk=parcel.pk).update(provider_id=batch_id, sent_at=timezone.now())
    PARCEL.advance(parcel, "send")
    parcel.refresh_from_db()


def _hand_in(parcel: Parcel, desk: BatchDesk) -> str | None:
    """The new batch's id; None where nothing had to be asked, or the parcel was too large and is packed anew."""
    _sort_out(parcel)
    if not calls_of(parcel).exists():
        give_back(parcel, "everything in it had been answered before")
        return None
    if not _set_money_aside(parcel):
        return None
    Parcel.objects.filter(pk=parcel.pk).update(tried_at=timezone.now())
    try:
        return desk.submit(str(parcel.key), _lines(parcel), partial(hold_on, parcel))
    except TooMuch:
        _halve(parcel)
        return _hand_in(parcel, desk)
    except Permanent as error:  # the endpoint has refused it: nothing was made
        give_back(parcel, f"{error.kind}: {error}")
        raise


def _lines(parcel: Parcel) -> Iterator[tuple[str, Request]]:
    """The opening requests of its calls of which no reply is kept, each once; a line's key names call and request."""
    asked = set[str]()
    for chunk in openings_of(parcel):
        asked |= kept_of(chunk)
        for key, requests in chunk.items():
            for number, (digest, request) in enumerate(requests):
                if digest not in asked:
                    yield f"{key}.{number}", request
                asked.add(digest)


def _sort_out(parcel: Parcel) -> None:
    """Calls of which every reply is kept wait for a worker to read them; they need the provider no more."""
    for chunk in openings_of(parcel):
        kept = kept_of(chunk)
        whole = [key for key, requests in chunk.items() if all(digest in kept for digest, _ in requests)]
        calls_of(parcel).filter(pk__in=whole).update(state=CallState.ANSWERED, claim=None, claimed_at=None)


def _set_money_aside(parcel: Parcel) -> bool:
    """What the parcel can cost at most is held until it is fetched; calls that cannot be paid are queued again.

    False where not even one can be paid yet, and the parcel is returned. Raises Spent where it never can be,
    Undeliverable where nobody knows what it costs.
    """
    if not ledger.is_limited(parcel.run):
        return True
    costs = _most_costs(parcel)
    wanted = list(costs.values())
    grant = ledger.renew(parcel.run, parcel.key, Settled(), held=NOTHING, wanted=wanted, ahead=NOTHING)
    paid = sum(total <= grant.amount for total in accumulate(wanted))
    if not paid:
        _turn_away(parcel, grant.refusal)
        return False
    queue_again(calls_of(parcel).filter(pk__in=list(costs)[paid:]))
    return True


def _most_costs(parcel: Parcel) -> dict[int, Decimal]:
    """What each of its calls can cost at most, all its lines together; nothing where another call has them."""
    prices, costs = price_table(), dict.fromkeys(calls_of(parcel).values_list("pk", flat=True), NOTHING)
    for key, request in _lines(parcel):
        most = _most(request, prices)
        if most is None:
            give_back(parcel, "no price")
            raise Undeliverable(f"there is no price for {request.model}, and a budget needs one")
        costs[_call_of(key)] += most
    return costs


def _most(request: Request, prices: Mapping[str, Price]) -> Decimal | None:
    """What a line can cost at most; None where its price is not known."""
    most = most_cost(request, prices)
    return None if most is None else most * BATCH_FACTOR


def _turn_away(parcel: Parcel, refusal: str) -> None:
    """None of it can be paid. While money may come back its calls wait; else they have failed, and Spent is raised."""
    if not refusal or Parcel.objects.filter(run=parcel.run, state=ParcelState.SENT).exists():
        give_back(parcel, HELD_BY_OTHERS)
        return
    fail(calls_of(parcel), f"OverBudget: {refusal}")
    give_back(parcel, refusal)
    raise Spent(refusal)


def _halve(parcel: Parcel) -> None:
    """Its later half is queued again; a single call that is too large by itself has failed."""
    keys = list(calls_of(parcel).values_list("pk", flat=True))
    later = Call.objects.filter(pk__in=keys[len(keys) // 2 :])
    if len(keys) > 1:
        queue_again(later)
    else:
        fail(later, "BadRequest: the item is too large for a batch")


def _look(parcel: Parcel, desk: BatchDesk) -> None:
    standing = desk.look(parcel.provider_id)
    Parcel.objects.filter(pk=parcel.pk).update(looked_at=timezone.now(), completed=standing.completed)
    if standing.has_failed:
        give_back(parcel, standing.reason or "the provider refused the batch and did not say why")
        raise Undeliverable(f"{parcel.endpoint} refused the batch: {standing.reason}")
    if not standing.is_working:
        _fetch(parcel, desk, standing)


def _fetch(parcel: Parcel, desk: BatchDesk, standing: Standing) -> None:
    """Keep every reply; a call that lacks one has failed, and can be retried. Safe to repeat."""
    results, faults = desk.results(standing), dict[str, str]()
    while chunk := list(islice(results, AT_ONCE)):
        hold_on(parcel)
        faults |= _keep(parcel, chunk)
    if _is_cancelled(parcel):
        queue_again(calls_of(parcel))
    else:
        _sort_out(parcel)
        _fail_what_lacks_a_reply(parcel, faults, standing)
    ledger.release(parcel.key)
    PARCEL.advance(parcel, "fetch")
    Parcel.objects.filter(pk=parcel.pk).update(ended_at=timezone.now())


def _fail_what_lacks_a_reply(parcel: Parcel, faults: Mapping[str, str], standing: Standing) -> None:
    """Each for what became of its request, which may have been another call's line."""
    no_turn = f"TimedOut: the batch {standing.status.replace('_', ' ')} before its turn"
    for chunk in openings_of(parcel):
        failed = defaultdict[str, list[int]](list)
        for key, requests in chunk.items():
            failed[next((faults[digest] for digest, _ in requests if digest in faults), no_turn)].append(key)
        for why, keys in failed.items():
            fail(calls_of(parcel).filter(pk__in=keys), why)


def _keep(parcel: Parcel, results: list[Result]) -> dict[str, str]:
    """Keep the replies of some lines and count what they cost, once; returns digest -> why a line has none."""
    prices, architecture = price_table(), architecture_for(parcel.run)
    calls = {call.pk: call for call in _of(parcel, results)}
    replies, faults = list[Answered](), dict[str, str]()
    for result in results:
        call = calls.get(_call_of(result.key))
        if call is None:
            continue  # not ours
        request = architecture.opening(subject_of(call.item))[int(result.key.partition(".")[2])]
        try:
            reply = result.completion(request, prices, parcel.sent_at or parcel.packed_at)
        except CallError as error:
            faults[request.digest()] = f"{error.kind}: {error}"
            continue
        replies.append((request, call, reply))
    _write(parcel, replies)
    return faults


@transaction.atomic
def _write(parcel: Parcel, replies: Sequence[Answered]) -> None:
    """Replies that are not kept yet, and the money that the lines cost."""
    digests = [request.digest() for request, _, _ in replies]
    known = dict(Reply.objects.filter(digest__in=digests).values_list("digest", "content"))
    limited, prices, settled, rows = ledger.is_limited(parcel.run), price_table(), Settled(), []
    for digest, (request, call, reply) in zip(digests, replies, strict=True):
        content = content_of(reply) | {"call": call.pk}
        if digest not in known:
            rows.append(Reply(digest=digest, item_id=call.item_id, content=content, at=timezone.now()))
            known[digest] = content
        elif _said_by(known[digest]) == _said_by(content):
            continue  # kept, and counted, when it was fetched before
        settled.add(reply, _most(request, prices) if limited else None)
    Reply.objects.bulk_create(rows, ignore_conflicts=True)
    ledger.settle(parcel.run, settled)


def _said_by(content: Mapping[str, Any]) -> tuple[Any, Any]:
    """Which call's request it answers, and when that was sent."""
    return content["call"], content["started_at"]


def _of(parcel: Parcel, results: list[Result]) -> QuerySet[Call]:
    keys = [_call_of(result.key) for result in results]
    return calls_of(parcel).filter(pk__in=keys).select_related("item")


def _call_of(key: str) -> int:
    pk = key.partition(".")[0]
    return int(pk) if pk.isdecimal() else 0


def withdraw(run: Run) -> None:
    """The run is cancelled: have the provider stop, and book what it had answered. To be repeated until it has ended.

    Raises Undeliverable.
    """
    open_ = Parcel.objects.filter(run=run, state__in=ON_ITS_WAY)
    if not open_.exists():
        return
    (connection,) = connections_for(run.judge_version)
    with BatchDesk(connection.base_url, connection.api_key, timeout=connection.timeout_seconds) as desk:
        for parcel in open_:
            _attend(parcel, desk)
