"""What a run will cost, said before it is started."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from auditing.audits.models import Audit
from auditing.core.errors import DokimaError
from auditing.judging.adapters import price_table, subject_of
from auditing.judging.endpoints import connections_for
from auditing.judging.models import Call, CallState, JudgeVersion
from auditing.judging.schema import JudgeSpec
from auditing.judging.selectors import published_version
from auditing.rubrics.schema import RubricSpec
from auditing.sampling.models import Plan
from auditing.sampling.selectors import plans_of
from judges import pricing
from judges.contracts import Request, Subject, following_of

LOOKED_AT = 50  # items whose prompts are measured
LOOKED_BACK = 200  # calls of the past that are measured
CHARACTERS_A_TOKEN = 4
TOKENS_A_VALUE, TOKENS_A_RATIONALE = 12, 60  # of a reply, where this judge has never replied yet


@dataclass(frozen=True)
class CostEstimate:
    """One judge's run before it starts. `cost` (US dollars) and `seconds` are None where they cannot be said.

    `calls` are as many an item as this version took in the past, repairs and all; without a past the most that it may
    take, repairs apart, and `at_most` says whether the replies can make it fewer. `problem` says why the run could
    not be made at all.
    """

    judge: str
    calls: int
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal | None = None
    seconds: float | None = None
    problem: str = ""
    at_most: bool = False
    by_batch: bool = False


@dataclass(frozen=True)
class _Usage:
    """What an item takes, by model: requests, and tokens of the replies to them."""

    requests: Mapping[str, float]
    completions: Mapping[str, float]
    latency: float | None = None  # milliseconds


@dataclass(frozen=True)
class _Sample:
    """What the judges of an audit will be asked about: how many items, and the first of them."""

    rubric: RubricSpec
    size: int
    first: Sequence[Subject]


@dataclass(frozen=True)
class _Judge:
    """A judge as it is now; `concurrency` is the most calls in flight at one of its endpoints."""

    version: JudgeVersion
    concurrency: int
    past: _Usage | None


def cost_estimate(audit: Audit) -> list[CostEstimate]:
    """For each judge of the audit's SOP: calls, tokens, price and time, from its prompts and its own past."""
    return cost_estimates([audit])[0]


def cost_estimates(audits: Sequence[Audit]) -> list[list[CostEstimate]]:
    """`cost_estimate` of each; one query more for each audit more with the same judges."""
    names = dict.fromkeys(name for audit in audits for name in audit.sop.judges)
    judges, prices = {name: _judge(name) for name in names}, price_table()
    samples = zip(audits, _samples(audits), strict=True)
    return [
        [_estimate(name, judges[name], sample, prices) for name in audit.sop.judges]
        for audit, sample in samples
    ]


def _samples(audits: Sequence[Audit]) -> Iterator[_Sample]:
    """The judge sample of each: as drawn, or as the SOP will have it drawn. Items may be large: one batch at a time."""
    plans = plans_of(audits)
    for audit in audits:
        first = [subject_of(item) for item in audit.batch.items.all()[:LOOKED_AT]]
        yield _Sample(audit.rubric, _size(audit, plans.get(audit.pk)), first)


def _size(audit: Audit, plan: Plan | None) -> int:
    if plan is not None:
        return plan.judge_size
    wanted = audit.sop.sampling.judge
    return audit.batch.item_count if wanted == "all" else min(wanted, audit.batch.item_count)


def _judge(name: str) -> _Judge | DokimaError:
    """The judge, or why it cannot be asked."""
    try:
        version = published_version(name)
        concurrency = max((one.concurrency for one in connections_for(version)), default=1)
    except DokimaError as error:
        return error
    return _Judge(version, concurrency, _past(version))


def _estimate(
    name: str, judge: _Judge | DokimaError, sample: _Sample, prices: Mapping[str, pricing.Price]
) -> CostEstimate:
    items = sample.size
    try:
        if isinstance(judge, DokimaError):
            raise judge
        spec = judge.version.spec
        requests, following = _looked_at(spec, sample)
    except DokimaError as error:
        return CostEstimate(name, items, problem=str(error))
    usage = judge.past or _first_guess(requests, max(1, len(sample.first)), sample.rubric)
    lengths = {model: _mean_prompt(requests, model) for model in spec.models}
    prompts = {model: items * usage.requests.get(model, 0) * lengths[model] for model in spec.models}
    completions = {model: items * usage.completions.get(model, 0) for model in spec.models}
    return CostEstimate(
        judge=str(judge.version),
        calls=round(items * sum(usage.requests.values())),
        prompt_tokens=round(sum(prompts.values())),
        completion_tokens=round(sum(completions.values())),
        cost=_cost(prices, prompts, completions, by_batch=spec.by_batch),
        seconds=None if spec.by_batch else usage.latency and items * usage.latency / 1000 / judge.concurrency,
        at_most=judge.past is None and bool(following),
        by_batch=spec.by_batch,
    )


def _looked_at(spec: JudgeSpec, sample: _Sample) -> tuple[list[Request], int]:
    """All requests that the first items may take, and how many of them hang on replies."""
    architecture = spec.build(sample.rubric)
    opening = [request for subject in sample.first for request in architecture.opening(subject)]
    following = [request for subject in sample.first for request in following_of(architecture, subject)]
    return [*opening, *following], len(following)


def _first_guess(requests: Sequence[Request], items: int, rubric: RubricSpec) -> _Usage:
    """Where this judge has never replied yet: every request, and at most what each may reply."""
    longest = (TOKENS_A_VALUE + TOKENS_A_RATIONALE) * len(rubric.criteria)
    asked, replied = Counter[str](), Counter[str]()
    for request in requests:
        asked[request.model] += 1
        replied[request.model] += min(request.most_output_tokens() or longest, longest)
    return _Usage(_each(asked, items), _each(replied, items))


def _past(version: JudgeVersion) -> _Usage | None:
    """What an item took lately; None where this version has judged none, or asks no model."""
    done = Call.objects.filter(run__judge_version=version, state=CallState.DONE).order_by("-pk")
    rows = list(done.values_list("exchanges", "latency_ms")[:LOOKED_BACK])
    asked, replied = Counter[str](), Counter[str]()
    for exchange in (one for exchanges, _ in rows for one in exchanges if not one["error_kind"]):
        asked[exchange["request"]["model"]] += 1
        replied[exchange["request"]["model"]] += exchange["completion_tokens"] or 0
    if not asked:
        return None
    latency = sum(one or 0 for _, one in rows) / len(rows)
    return _Usage(_each(asked, len(rows)), _each(replied, len(rows)), latency)


def _each(counts: Mapping[str, int], items: int) -> dict[str, float]:
    return {model: count / items for model, count in counts.items()}


def _mean_prompt(requests: Sequence[Request], model: str) -> float:
    """Tokens of a request to a model; embedded images are not counted."""
    lengths = [
        sum(_length(message["content"]) for message in request.messages)
        for request in requests
        if request.model == model
    ]
    return sum(lengths) / len(lengths) / CHARACTERS_A_TOKEN if lengths else 0.0


def _cost(
    prices: Mapping[str, pricing.Price],
    prompts: dict[str, float],
    completions: dict[str, float],
    *,
    by_batch: bool,
) -> Decimal | None:
    """The price of these tokens; None as soon as one model's price is not known."""
    costs = [
        pricing.cost_of(prices, model, round(prompts[model]), round(completions[model])) for model in prompts
    ]
    if None in costs:
        return None
    whole = sum(filter(None, costs), Decimal(0))
    return whole * pricing.BATCH_FACTOR if by_batch else whole


def _length(content: str | list[dict[str, str]]) -> int:
    if isinstance(content, str):
        return len(content)
    return sum(len(part.get("text", "")) for part in content)
