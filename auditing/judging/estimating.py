"""What a run will cost, said before it is started."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg

from auditing.audits.models import Audit
from auditing.core.errors import DokimaError
from auditing.judging.adapters import price_table, subject_of
from auditing.judging.endpoints import connections_for
from auditing.judging.models import Call, CallState, JudgeVersion
from auditing.judging.schema import JudgeSpec
from auditing.judging.selectors import published_version
from auditing.rubrics.schema import RubricSpec
from auditing.sampling.selectors import plan_of
from judges import pricing
from judges.contracts import Request

LOOKED_AT = 50  # items whose prompts are measured
CHARACTERS_A_TOKEN = 4
TOKENS_A_VALUE, TOKENS_A_RATIONALE = 12, 60  # of a reply, where this judge has never replied yet


@dataclass(frozen=True)
class CostEstimate:
    """One judge's run before it starts. `cost` (US dollars) and `seconds` are None where they cannot be said.

    `calls` are those made whatever is replied: what follows from a reply (a repair, an escalation) comes on top.
    `problem` says why the run could not be made at all.
    """

    judge: str
    calls: int
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal | None = None
    seconds: float | None = None
    problem: str = ""


def cost_estimate(audit: Audit) -> list[CostEstimate]:
    """For each judge of the audit's SOP: calls, tokens, price and time, from its prompts and its own past."""
    return [_estimate(name, audit, judge_calls(audit)) for name in audit.sop.judges]


def judge_calls(audit: Audit) -> int:
    """Items in the judge sample: as drawn, or as the SOP will have it drawn."""
    plan = plan_of(audit)
    if plan is not None:
        return plan.judge_size
    wanted = audit.sop.sampling.judge
    return audit.batch.item_count if wanted == "all" else min(wanted, audit.batch.item_count)


def _estimate(name: str, audit: Audit, items: int) -> CostEstimate:
    try:
        version = published_version(name)
        concurrency = max((one.concurrency for one in connections_for(version)), default=1)
        openings = _openings(version.spec, audit)
    except DokimaError as error:
        return CostEstimate(name, items, problem=str(error))
    past, looked_at = _past(version), max(1, len(openings))
    requests = [request for opening in openings for request in opening]
    replied = looked_at * past["tokens"] if past["tokens"] else _reply_tokens(requests, audit.rubric)
    scale, each = items / looked_at, replied / max(1, len(requests))
    prompts = {model: scale * _prompt_tokens(requests, model) for model in version.spec.models}
    completions = {model: scale * each * sum(one.model == model for one in requests) for model in prompts}
    return CostEstimate(
        judge=str(version),
        calls=round(scale * len(requests)),
        prompt_tokens=round(sum(prompts.values())),
        completion_tokens=round(sum(completions.values())),
        cost=_cost(prompts, completions),
        seconds=past["latency"] and items * past["latency"] / 1000 / concurrency,
    )


def _openings(spec: JudgeSpec, audit: Audit) -> list[Sequence[Request]]:
    """The first requests about each of the first items."""
    architecture = spec.build(audit.rubric)
    return [architecture.opening(subject_of(item)) for item in audit.batch.items.all()[:LOOKED_AT]]


def _prompt_tokens(requests: Sequence[Request], model: str) -> float:
    """Of all requests to a model; embedded images are not counted."""
    sent = (message for request in requests if request.model == model for message in request.messages)
    return sum(_length(message["content"]) for message in sent) / CHARACTERS_A_TOKEN


def _cost(prompts: dict[str, float], completions: dict[str, float]) -> Decimal | None:
    """The price of these tokens; None as soon as one model's price is not known."""
    prices = price_table()
    costs = [
        pricing.cost_of(prices, model, round(prompts[model]), round(completions[model])) for model in prompts
    ]
    return None if None in costs else sum(filter(None, costs), Decimal(0))


def _length(content: str | list[dict[str, str]]) -> int:
    if isinstance(content, str):
        return len(content)
    return sum(len(part.get("text", "")) for part in content)


def _past(version: JudgeVersion) -> dict[str, float | None]:
    done = Call.objects.filter(run__judge_version=version, state=CallState.DONE)
    return done.aggregate(tokens=Avg("completion_tokens"), latency=Avg("latency_ms"))


def _reply_tokens(requests: Sequence[Request], rubric: RubricSpec) -> int:
    """What they will reply where this judge has never replied yet: at most what each may."""
    each = (TOKENS_A_VALUE + TOKENS_A_RATIONALE) * len(rubric.criteria)
    return sum(min(request.parameters.get("max_tokens") or each, each) for request in requests)
