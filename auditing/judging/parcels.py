"""Runs that go by the provider's Batch API: calls are packed, handed in, asked after and fetched.

Nothing here waits: each look does what can be done now, and `reconcile` looks again. What is fetched becomes kept
replies, from which a worker judges as if it had asked; what must be asked beyond them, a repair above all, is asked
live. A parcel's key is on record before anything is sent and marks the batch at the provider: whoever finds a parcel
that may have been handed in looks for its mark before handing it in, so that no batch is made, and paid, twice.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from uuid import uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from auditing.core.errors import Conflict
from auditing.judging import ledger
from auditing.judging.adapters import price_table, subject_of
from auditing.judging.endpoints import Connection, connections_for
from auditing.judging.ledger import NOTHING, Settled
from auditing.judging.lifecycle import PARCEL, ParcelState
from auditing.judging.models import Call, CallState, Parcel, Reply, Run
from auditing.judging.replies import content_of
from auditing.judging.surveying import architecture_for
from judges.contracts import Completion, Request
from judges.errors import CallError, Permanent
from judges.money import most_cost
from judges.pricing import BATCH_FACTOR
from judges.providers.batches import BatchDesk, Result, Standing, TooMuch

MOST_CALLS = 10_000  # in a parcel
AT_ONCE = 500  # calls that are in memory
LOOK_AGAIN = timedelta(seconds=60)
HELD_FOR = timedelta(minutes=15)  # then whoever held a parcel is taken to be dead
ASK_FOR_MONEY_AGAIN = timedelta(minutes=15)
HELD_BY_OTHERS = "the money that is left is set aside for other calls"
DAY = timedelta(hours=25)  # that money stays set aside: the provider's day and an hour


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
            while not _waits_for_money(run) and (packed := _pack(run, connection)) is not None:
                _attend(packed, desk)
        except Spent as error:
            return str(error)
    return ""


def _waits_for_money(run: Run) -> bool:
    """Was the last parcel that ended sent back because others hold the money, a moment ago?"""
    ended = Parcel.objects.filter(run=run, ended_at__gt=timezone.now() - ASK_FOR_MONEY_AGAIN)
    last = ended.order_by("-ended_at", "-pk").first()
    return last is not None and last.reason == HELD_BY_OTHERS


def _open_parcels(run: Run) -> list[Parcel]:
    """Those on their way, except what was asked after a moment ago."""
    soon = Q(state=ParcelState.SENT, looked_at__gt=timezone.now() - LOOK_AGAIN)
    going = Parcel.objects.filter(run=run, state__in=[ParcelState.PACKED, ParcelState.SENT])
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
    going = Parcel.objects.filter(pk=parcel.pk, state__in=[ParcelState.PACKED, ParcelState.SENT])
    if not going.filter(free).update(held_at=timezone.now()):
        return
    parcel.refresh_from_db()
    try:
        if parcel.state == ParcelState.PACKED:
            _send(parcel, desk)
        if parcel.state == ParcelState.SENT:
            _look(parcel, desk)
    except CallError as error:
        raise Undeliverable(f"{parcel.endpoint}: {error.kind}: {error}") from error
    finally:
        Parcel.objects.filter(pk=parcel.pk).update(held_at=None)


def _send(parcel: Parcel, desk: BatchDesk) -> None:
    """Hand it in, or find that it was handed in before."""
    found = desk.find(str(parcel.key)) if parcel.tried_at else None
    if found is None:
        found = _hand_in(parcel, desk)
    if found is not None:
        Parcel.objects.filter(pk=parcel.pk).update(provider_id=found, sent_at=timezone.now())
        PARCEL.advance(parcel, "send")
        parcel.refresh_from_db()


def _hand_in(parcel: Parcel, desk: BatchDesk) -> str | None:
    """The new batch's id; None where nothing had to be asked, or the parcel was too large and is packed anew."""
    _sort_out(parcel)
    if not _calls(parcel).exists():
        _return(parcel, "everything in it had been answered before")
        return None
    if not _set_money_aside(parcel):
        return None
    Parcel.objects.filter(pk=parcel.pk).update(tried_at=timezone.now())
    try:
        return desk.submit(str(parcel.key), _lines(parcel))
    except TooMuch:
        _halve(parcel)
        return _hand_in(parcel, desk)
    except Permanent as error:  # the endpoint has refused it: nothing was made
        _return(parcel, f"{error.kind}: {error}")
        raise


def _lines(parcel: Parcel) -> Iterator[tuple[str, Request]]:
    """The opening requests of its calls; a line's key names call and request."""
    architecture = architecture_for(parcel.run)
    for call in _calls(parcel).select_related("item").iterator(chunk_size=AT_ONCE):
        for number, request in enumerate(architecture.opening(subject_of(call.item))):
            yield f"{call.pk}.{number}", request


def _calls(parcel: Parcel) -> QuerySet[Call]:
    return Call.objects.filter(claim=parcel.key, state=CallState.SENT).order_by("pk")


def _sort_out(parcel: Parcel) -> None:
    """Calls of which every reply is kept wait for a worker to read them; they need the provider no more."""
    architecture = architecture_for(parcel.run)
    keys = iter(_calls(parcel).values_list("pk", flat=True))
    while chunk := list(islice(keys, AT_ONCE)):
        digests = {
            call.pk: {request.digest() for request in architecture.opening(subject_of(call.item))}
            for call in Call.objects.filter(pk__in=chunk).select_related("item")
        }
        kept = set(
            Reply.objects.filter(digest__in=set().union(*digests.values())).values_list("digest", flat=True)
        )
        whole = [key for key, wanted in digests.items() if wanted <= kept]
        Call.objects.filter(pk__in=whole, state=CallState.SENT).update(
            state=CallState.ANSWERED, claim=None, claimed_at=None
        )


def _set_money_aside(parcel: Parcel) -> bool:
    """What the parcel can cost at most is held for a day; calls that cannot be paid are queued again.

    False where not even one can be paid yet, and the parcel is returned. Raises Spent where it never can be,
    Undeliverable where nobody knows what it costs.
    """
    if not ledger.is_limited(parcel.run):
        return True
    costs = _most_costs(parcel)
    wanted = list(costs.values())
    grant = ledger.renew(parcel.run, parcel.key, Settled(), held=NOTHING, wanted=wanted, ahead=NOTHING)
    if wanted and grant.amount == NOTHING:
        _turn_away(parcel, grant.refusal)
        return False
    ledger.keep_for(parcel.key, DAY)
    left, beyond = grant.amount, []
    for call, most in costs.items():
        left -= most
        if left < 0:
            beyond.append(call)
    Call.objects.filter(pk__in=beyond, claim=parcel.key).update(
        state=CallState.QUEUED, claim=None, claimed_at=None
    )
    return True


def _most_costs(parcel: Parcel) -> dict[int, Decimal]:
    """What each of its calls can cost at most, all its requests together."""
    prices, costs = price_table(), dict[int, Decimal]()
    for key, request in _lines(parcel):
        most = most_cost(request, prices)
        if most is None:
            _return(parcel, "no price")
            raise Undeliverable(f"there is no price for {request.model}, and a budget needs one")
        costs[_call_of(key)] = costs.get(_call_of(key), NOTHING) + most * BATCH_FACTOR
    return costs


def _turn_away(parcel: Parcel, refusal: str) -> None:
    """None of it can be paid. While money may come back its calls wait; else they have failed, and Spent is raised."""
    if not refusal or Parcel.objects.filter(run=parcel.run, state=ParcelState.SENT).exists():
        _return(parcel, HELD_BY_OTHERS)
        return
    _failed(_calls(parcel), f"OverBudget: {refusal}")
    _return(parcel, refusal)
    raise Spent(refusal)


def _halve(parcel: Parcel) -> None:
    """Its later half is queued again; a single call that is too large by itself has failed."""
    keys = list(_calls(parcel).values_list("pk", flat=True))
    later = Call.objects.filter(pk__in=keys[len(keys) // 2 :])
    if len(keys) > 1:
        later.update(state=CallState.QUEUED, claim=None, claimed_at=None)
    else:
        _failed(later, "BadRequest: the item is too large for a batch")


def _look(parcel: Parcel, desk: BatchDesk) -> None:
    standing = desk.look(parcel.provider_id)
    Parcel.objects.filter(pk=parcel.pk).update(looked_at=timezone.now(), completed=standing.completed)
    if standing.has_failed:
        _return(parcel, standing.reason or "the provider refused the batch and did not say why")
        raise Undeliverable(f"{parcel.endpoint} refused the batch: {standing.reason}")
    if not standing.is_working:
        _fetch(parcel, desk, standing)


def _fetch(parcel: Parcel, desk: BatchDesk, standing: Standing) -> None:
    """Keep every reply; a call that lacks one has failed, and can be retried. Safe to repeat."""
    results, faults = desk.results(standing), dict[int, str]()
    while chunk := list(islice(results, AT_ONCE)):
        faults |= _keep(parcel, chunk)
    _sort_out(parcel)
    for key, why in faults.items():
        _failed(_calls(parcel).filter(pk=key), why)
    _failed(_calls(parcel), f"TimedOut: the batch {standing.status.replace('_', ' ')} before its turn")
    ledger.release(parcel.key)
    PARCEL.advance(parcel, "fetch")
    Parcel.objects.filter(pk=parcel.pk).update(ended_at=timezone.now())


def _keep(parcel: Parcel, results: list[Result]) -> dict[int, str]:
    """Keep the replies of some lines and count what they cost, once; returns call -> why it has none."""
    prices, architecture = price_table(), architecture_for(parcel.run)
    calls = {call.pk: call for call in _of(parcel, results)}
    replies, faults = dict[str, tuple[Call, Completion]](), dict[int, str]()
    for result in results:
        call = calls.get(_call_of(result.key))
        if call is None:
            continue  # not ours
        request = architecture.opening(subject_of(call.item))[int(result.key.partition(".")[2])]
        try:
            reply = result.completion(request, prices, parcel.sent_at or parcel.packed_at)
        except CallError as error:
            faults[call.pk] = f"{error.kind}: {error}"
            continue
        replies[request.digest()] = call, reply
    _write(parcel, replies)
    return faults


@transaction.atomic
def _write(parcel: Parcel, replies: Mapping[str, tuple[Call, Completion]]) -> None:
    """Replies that are not kept yet, and the money that they cost."""
    known = set(Reply.objects.filter(digest__in=replies).values_list("digest", flat=True))
    settled, rows = Settled(), []
    for digest, (call, reply) in replies.items():
        if digest not in known:
            content = content_of(reply) | {"call": call.pk}
            rows.append(Reply(digest=digest, item_id=call.item_id, content=content, at=timezone.now()))
            _count(settled, reply)
    Reply.objects.bulk_create(rows, ignore_conflicts=True)
    ledger.settle(parcel.run, settled)


def _of(parcel: Parcel, results: list[Result]) -> QuerySet[Call]:
    keys = [_call_of(result.key) for result in results]
    return _calls(parcel).filter(pk__in=keys).select_related("item")


def _count(settled: Settled, reply: Completion) -> None:
    settled.requests += 1
    settled.tokens += reply.total_tokens or 0
    settled.unpriced += reply.cost is None
    settled.spent += reply.cost or NOTHING


def _call_of(key: str) -> int:
    pk = key.partition(".")[0]
    return int(pk) if pk.isdecimal() else 0


def _failed(calls: QuerySet[Call], why: str) -> None:
    calls.filter(state=CallState.SENT).update(
        state=CallState.FAILED, claim=None, claimed_at=None, error=why, finished_at=timezone.now()
    )


def _return(parcel: Parcel, reason: str) -> None:
    """Nothing of it was asked: its calls are queued again, its money is free."""
    with transaction.atomic():
        PARCEL.advance(parcel, "return")
        Parcel.objects.filter(pk=parcel.pk).update(reason=reason, ended_at=timezone.now())
        _calls(parcel).update(state=CallState.QUEUED, claim=None, claimed_at=None)
        ledger.release(parcel.key)


def withdraw(run: Run) -> None:
    """The run is cancelled: ask the provider to stop, and leave the rest. Raises Undeliverable."""
    open_ = Parcel.objects.filter(run=run, state__in=[ParcelState.PACKED, ParcelState.SENT])
    if not open_.exists():
        return
    (connection,) = connections_for(run.judge_version)
    with BatchDesk(connection.base_url, connection.api_key, timeout=connection.timeout_seconds) as desk:
        for parcel in open_:
            try:
                batch_id = parcel.provider_id or desk.find(str(parcel.key))
                if batch_id:
                    desk.withdraw(batch_id)
            except CallError as error:
                raise Undeliverable(f"{parcel.endpoint}: {error.kind}: {error}") from error
            _return(parcel, "the run was cancelled")
