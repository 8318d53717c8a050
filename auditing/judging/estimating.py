"""What a run will cost, said before it is started."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg

from auditing.audits.models import Audit
from auditing.core.errors import DokimaError
from auditing.judging.adapters import architecture_of, price_table, subject_of
from auditing.judging.endpoints import endpoint_for
from auditing.judging.models import Call, CallState, JudgeVersion
from auditing.judging.schema import JudgeSpec
from auditing.judging.selectors import published_version
from auditing.rubrics.schema import RubricSpec
from auditing.sampling.selectors import plan_of
from judges import pricing

LOOKED_AT = 50  # items whose prompts are measured
CHARACTERS_A_TOKEN = 4
TOKENS_A_VALUE, TOKENS_A_RATIONALE = 12, 60  # of a reply, where this judge has never replied yet


@dataclass(frozen=True)
class CostEstimate:
    """One judge's run before it starts. `cost` (US dollars) and `seconds` are None where they cannot be said.

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


def _estimate(name: str, audit: Audit, calls: int) -> CostEstimate:
    try:
        version = published_version(name)
        concurrency = endpoint_for(version).concurrency
        prompt = _prompt_tokens(version.spec, audit)
    except DokimaError as error:
        return CostEstimate(name, calls, problem=str(error))
    past = _past(version)
    completion = past["tokens"] or _reply_tokens(version.spec, audit.rubric)
    prompt_tokens, completion_tokens = round(calls * prompt), round(calls * completion)
    return CostEstimate(
        judge=str(version),
        calls=calls,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=pricing.cost_of(price_table(), version.spec.model, prompt_tokens, completion_tokens),
        seconds=past["latency"] and calls * past["latency"] / 1000 / concurrency,
    )


def _prompt_tokens(spec: JudgeSpec, audit: Audit) -> float:
    """The mean over the first items; embedded images are not counted."""
    architecture = architecture_of(spec, audit.rubric)
    items = list(audit.batch.items.all()[:LOOKED_AT])
    requests = [request for item in items for request in architecture.opening(subject_of(item))]
    characters = sum(_length(message["content"]) for request in requests for message in request.messages)
    return characters / CHARACTERS_A_TOKEN / max(1, len(items))


def _length(content: str | list[dict[str, str]]) -> int:
    if isinstance(content, str):
        return len(content)
    return sum(len(part["text"]) for part in content if part["type"] == "text")


def _past(version: JudgeVersion) -> dict[str, float | None]:
    done = Call.objects.filter(run__judge_version=version, state=CallState.DONE)
    return done.aggregate(tokens=Avg("completion_tokens"), latency=Avg("latency_ms"))


def _reply_tokens(spec: JudgeSpec, rubric: RubricSpec) -> int:
    each = TOKENS_A_VALUE + (TOKENS_A_RATIONALE if spec.rationale else 0)
    return min(spec.max_output_tokens, each * len(rubric.criteria))
