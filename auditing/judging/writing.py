"""What became of calls, written many at a time in one transaction: calls, verdicts, replies, prompt parts.

What a worker writes about a call counts only while the claim is still its own, so that a worker thought dead that
answers late changes nothing; the replies it paid for are kept all the same.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from auditing.core import bulk
from auditing.datasets.models import Item
from auditing.judging import ledger, unsaved
from auditing.judging.claims import Claimed
from auditing.judging.exchanges import Parts, exchange_of
from auditing.judging.ledger import Settled
from auditing.judging.models import Call, CallState, PromptPart, Reply, Run, Verdict
from auditing.judging.replies import price_of
from judges.contracts import Answer, Judgement, Outcome
from judges.encoding import json_bytes
from judges.injection import suspect_injection
from judges.scales import CANNOT_ASSESS

Finished = tuple[Claimed, Judgement]

_CALL = {
    "state": "text",
    "exchanges": "text",
    "prompt_tokens": "integer",
    "completion_tokens": "integer",
    "cost": "numeric",
    "latency_ms": "integer",
    "attempts": "integer",
    "error": "text",
    "suspicion": "text",
}
_VERDICT = {
    "call_id": "bigint",
    "run_id": "bigint",
    "item_id": "bigint",
    "criterion": "text",
    "outcome": "text",
    "value": "text",
    "probability": "double precision",
    "probabilities": "text",
    "details": "text",
    "rationale": "text",
    "reason": "text",
    "at": "timestamptz",
}
_REPLY = {"digest": "text", "item_id": "bigint", "content": "text", "at": "timestamptz"}
_PART = {"digest": "text", "content": "text"}
_CENT_OF_A_MILLIONTH = Decimal("0.00000001")  # the places that `Call.cost` has


def keep(
    claim: UUID, finished: Sequence[Finished], parts: Parts, replies: Sequence[Mapping[str, Any]] = ()
) -> int:
    """Write judgements where the claim is still ours, and replies; returns how many calls were written."""
    moment = str(connection.ops.adapt_datetimefield_value(timezone.now()))
    calls = [_call_row(call, judgement, parts) for call, judgement in finished]
    new_parts = parts.unwritten()
    part_rows = [{"digest": digest, "content": text} for digest, text in new_parts.items()]
    with transaction.atomic():
        unbooked = _unbooked(replies)
        bulk.insert(PromptPart._meta.db_table, _PART, part_rows, again=True)
        ours = bulk.update(
            Call._meta.db_table,
            _CALL,
            calls,
            where={"claim": _stored(claim), "state": CallState.CLAIMED},
            claim=None,
            claimed_at=None,
            finished_at=moment,
        )
        kept = [(call, judgement) for call, judgement in finished if call.pk in ours]
        verdicts = [row for call, judgement in kept for row in _verdict_rows(call, judgement, moment)]
        bulk.insert(Verdict._meta.db_table, _VERDICT, verdicts)
        bulk.insert(Reply._meta.db_table, _REPLY, _reply_rows(replies, moment), again=True)
        _book(unbooked)  # last: other workers of the run wait for this line of the books
    parts.written(new_parts)
    return len(kept)


def collect_unsaved() -> None:
    """Commit the replies that dead workers had paid for; to be done before their claims are given out."""
    unsaved.collect(_keep_replies)


@transaction.atomic
def _keep_replies(replies: Sequence[Mapping[str, Any]]) -> None:
    """Those of runs and about items that are still there."""
    moment = str(connection.ops.adapt_datetimefield_value(timezone.now()))
    items = _there(Item, {reply["item_id"] for reply in replies})
    runs = _there(Run, {reply["run_id"] for reply in replies})
    left = [one for one in replies if one["item_id"] in items and one["run_id"] in runs]
    unbooked = _unbooked(left)
    bulk.insert(Reply._meta.db_table, _REPLY, _reply_rows(left, moment), again=True)
    _book(unbooked)


def _there(model: type[Item] | type[Run], keys: set[int]) -> set[int]:
    return set(model._default_manager.filter(pk__in=keys).values_list("pk", flat=True))


def _unbooked(replies: Sequence[Mapping[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    """Run and content of those whose price is in no books yet.

    One that is kept already was booked when it was, unless somebody else has paid for the same as well.
    """
    new = [reply for reply in replies if not reply["booked"]]
    found = Reply.objects.filter(digest__in=[reply["digest"] for reply in new])
    kept = {digest: _payment(content) for digest, content in found.values_list("digest", "content")}
    contents = [(reply["run_id"], reply["digest"], json.loads(reply["content"])) for reply in new]
    return [(run, content) for run, digest, content in contents if kept.get(digest) != _payment(content)]


def _payment(content: Mapping[str, Any]) -> tuple[Any, Any]:
    """What tells two payments for the same reply apart."""
    return content.get("call"), content["started_at"]


def _book(unbooked: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """What they cost, in the month in which it was asked."""
    settled = defaultdict[tuple[int, date], Settled](Settled)
    for run_id, content in unbooked:
        asked = timezone.localdate(datetime.fromisoformat(content["started_at"]))
        settled[run_id, asked.replace(day=1)].count(*price_of(content))
    for (run_id, month), one in sorted(settled.items(), key=lambda pair: pair[0]):
        ledger.settle(Run(pk=run_id), one, month)


def _stored(claim: UUID) -> Any:
    """A claim as the database has it."""
    return Call._meta.get_field("claim").get_db_prep_value(claim, connection)


def _reply_rows(replies: Sequence[Mapping[str, Any]], moment: str) -> list[dict[str, Any]]:
    """In one order, so that two writers wait for each other and never in a circle."""
    in_order = sorted(replies, key=lambda reply: reply["digest"])
    return [{name: reply[name] for name in _REPLY if name != "at"} | {"at": moment} for reply in in_order]


def _call_row(call: Claimed, judgement: Judgement, parts: Parts) -> dict[str, Any]:
    """What the judgement says about its call; what earlier tries have cost stays counted."""
    failure = failure_of(judgement)
    exchanges = [*call.exchanges, *(exchange_of(record, parts) for record in judgement.calls)]
    return {
        "id": call.pk,
        "state": str(CallState.FAILED if failure else CallState.DONE),
        "exchanges": json_bytes(exchanges).decode(),
        "prompt_tokens": sum(exchange["prompt_tokens"] or 0 for exchange in exchanges),
        "completion_tokens": sum(exchange["completion_tokens"] or 0 for exchange in exchanges),
        "cost": _stored_cost(exchanges),
        "latency_ms": round(sum(record.latency_ms for record in judgement.calls)),
        "attempts": sum(exchange["attempts"] for exchange in exchanges),
        "error": failure,
        "suspicion": suspect_injection(call.payload),
    }


def failure_of(judgement: Judgement) -> str:
    """Why the endpoint gave no opinion; empty where the judge had its say."""
    return next((answer.reason for answer in judgement.answers if answer.outcome.retryable), "")


def cost_of_exchanges(exchanges: Iterable[Mapping[str, Any]]) -> Decimal | None:
    """The sum over what was answered; None as soon as one price is not known."""
    costs = [exchange["cost"] for exchange in exchanges if not exchange["error_kind"]]
    return None if None in costs else sum(map(Decimal, costs), Decimal(0))


def _stored_cost(exchanges: Iterable[Mapping[str, Any]]) -> str | None:
    cost = cost_of_exchanges(exchanges)
    return None if cost is None else str(cost.quantize(_CENT_OF_A_MILLIONTH))


def _verdict_rows(call: Claimed, judgement: Judgement, moment: str) -> list[dict[str, Any]]:
    if failure_of(judgement):
        return []
    return [_verdict_row(call, answer, moment) for answer in judgement.answers]


def _verdict_row(call: Claimed, answer: Answer, moment: str) -> dict[str, Any]:
    abstained = answer.outcome is Outcome.ABSTAINED
    return {
        "call_id": call.pk,
        "run_id": call.run_id,
        "item_id": call.item_id,
        "criterion": answer.question,
        "outcome": str(answer.outcome),
        "value": CANNOT_ASSESS if abstained else answer.value or "",
        "probability": answer.probability,
        "probabilities": _json(answer.probabilities) if answer.probabilities else "{}",
        "details": _json(answer.details) if answer.details else "{}",
        "rationale": answer.rationale,
        "reason": answer.reason,
        "at": moment,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
