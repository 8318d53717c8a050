"""From a question and what is known to a plan: how many labels, how sure, at what cost, and what the SOP would say."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from auditing.core.errors import BadInput
from auditing.estimation.planner.costs import Cost, costs_of
from auditing.estimation.planner.knowledge import NOTHING, Known
from auditing.estimation.planner.questions import PRECISION, Question
from auditing.estimation.planner.savings import FEWEST, NO_SAVING, Saving, saving_of
from auditing.estimation.planner.sequential import most_labels, sequential_curves, watched
from auditing.estimation.planner.wording import sentences
from auditing.sops.acceptance import WAVE
from auditing.sops.sampling import KEYS_OF
from auditing.stats import planning
from auditing.stats.acceptance import single_plan

POINTS = 41
Curve = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Plan:
    """n labels; accepted with at most `accept` failing, rejected from `reject` on (None where no count decides).
    Between them, as reduced inspection has it, the batch is accepted and reduced inspection ends.

    n_alone: labels that give the same interval without the judges' help. half_width: of the interval that n labels
    give. risks: of a good and of a bad batch being accepted. code: the letter in the AQL tables. stops: labels after
    which a sequential plan typically stops at the acceptable rate and at twice the tolerable one. curve: (rate, share
    accepted); refused: (rate, share rejected) of a sequential plan, which leaves the rest open after `n_alone` labels.
    """

    n: int
    n_alone: int
    half_width: float
    accept: int | None = None
    reject: int | None = None
    risks: tuple[float, float] | None = None
    code: str = ""
    stops: tuple[int | None, int | None] | None = None
    curve: Curve = ()
    refused: Curve = ()

    @property
    def expected(self) -> int:
        """A sequential plan's labels until a good batch is clear, else all of them."""
        return self.n if self.stops is None or self.stops[0] is None else self.stops[0]


@dataclass(frozen=True)
class Answer:
    """The plan, its saving and its cost, in plain words, and as parts of an SOP."""

    question: Question
    known: Known
    plan: Plan
    saving: Saving
    costs: tuple[Cost, ...]
    words: tuple[str, ...]
    sampling: dict[str, Any]
    acceptance: dict[str, Any] | None

    @property
    def minutes(self) -> float:
        return sum(cost.minutes for cost in self.costs)

    @property
    def money(self) -> float | None:
        return None if self.question.hourly is None else sum(cost.money or 0 for cost in self.costs)

    def to_dict(self) -> dict[str, Any]:
        """The contract of `plan_audit --json` and of the API."""
        return {
            "question": asdict(self.question),
            "plan": asdict(self.plan),
            "saving": asdict(self.saving),
            "strata": [asdict(cost) for cost in self.costs],
            "minutes": self.minutes,
            "money": self.money,
            "words": list(self.words),
            "sop": {"sampling": self.sampling, "acceptance": self.acceptance},
        }


def answer(question: Question, known: Known = NOTHING) -> Answer:
    """Plan. Raises BadInput, with the field, where no plan can do what is asked."""
    saving = saving_of(question, known) if not question.decides else NO_SAVING
    try:
        plan = _PLANS[question.goal](question, saving)
    except ValueError as error:
        raise BadInput(f"no plan can do this: {error}", field="tolerable") from error
    costs = costs_of(question, known, plan.expected)
    return Answer(
        question=question,
        known=known,
        plan=plan,
        saving=saving,
        costs=costs,
        words=sentences(question, known, plan, saving),
        sampling=_sampling(question, plan),
        acceptance=_acceptance(question, plan),
    )


def _precision(question: Question, saving: Saving) -> Plan:
    failing, population = 1 - question.pass_rate, question.population
    alone = planning.sample_size_proportion(question.margin, failing, question.confidence, population)
    beyond = 0.0 if population is None else 1 / population
    helped = 1 / ((1 / alone - beyond) * saving.ratio + beyond)
    n = min(alone, max(FEWEST, int(np.ceil(helped))))
    return Plan(
        n,
        alone if n == alone else round(_worth(question, n, saving.ratio)),
        _half_width(question, n, saving.ratio),
        curve=_width_curve(question, alone, saving.ratio),
    )


def _half_width(question: Question, n: int, ratio: float) -> float:
    """Half the interval that n labels give with judges that are worth `ratio` times as many."""
    worth, failing = round(_worth(question, n, ratio)), 1 - question.pass_rate
    return planning.expected_width(worth, failing, question.confidence, question.population) / 2


def _worth(question: Question, n: int, ratio: float) -> float:
    """The labels that would be needed without judges for the interval of n with them."""
    beyond = 0.0 if question.population is None else 1 / question.population
    return 1 / ((1 / n - beyond) / ratio + beyond) if n != question.population else n


def _width_curve(question: Question, alone: int, ratio: float) -> Curve:
    most = min(question.population or 3 * alone, 3 * alone)
    sizes = np.unique(np.geomspace(max(10, alone // 10), max(most, 11), 25).astype(int))
    return tuple((float(n), _half_width(question, int(n), ratio)) for n in sizes)


def _zero_failure(question: Question, saving: Saving) -> Plan:
    likelihood = _likelihood(question)
    n = planning.attribute_sample_size(
        question.tolerable, 0, question.confidence, likelihood, question.population
    )
    return _counted(question, n, 0)


def _two_point(question: Question, saving: Saving) -> Plan:
    found = planning.two_point_plan(
        question.acceptable,
        1 - question.alpha,
        question.tolerable,
        question.beta,
        _likelihood(question),
        question.population,
    )
    return _counted(question, found.n, found.accept)


def _aql(question: Question, saving: Saving) -> Plan:
    if question.population is None:
        raise BadInput("is needed: the tables begin with the size of the batch", field="population")
    found = single_plan(question.population, question.aql, question.level, question.severity)  # type: ignore[arg-type]
    return _counted(question, found.n, found.accept, found.reject, found.code)


def _counted(question: Question, n: int, accept: int, reject: int | None = None, code: str = "") -> Plan:
    from_here = accept + 1 if reject is None else reject
    good, bad = rates_of(question)
    return Plan(
        n,
        n,
        _half_width(question, n, 1.0),
        accept,
        from_here,
        (_accepted(question, n, from_here, good, "down"), _accepted(question, n, from_here, bad, "up")),
        code,
        curve=_acceptance_curve(question, n, from_here, max(3 * bad, 4 * good, (from_here + 3) / n)),
    )


def _accepted(question: Question, n: int, reject: int, rate: float, rounding: planning.Rounding) -> float:
    """The probability that a batch of this failing rate is not rejected."""
    likelihood, population = _likelihood(question), question.population
    return float(planning.oc_curve(n, reject - 1, rate, likelihood, population, rounding))


def _acceptance_curve(question: Question, n: int, reject: int, most: float) -> Curve:
    """Up to the rate `most`; of a batch, at rates that it can have."""
    rates, population = np.linspace(0, min(1.0, most), POINTS), question.population
    if population:
        rates = np.unique(np.rint(rates * population)) / population
    accepted = planning.oc_curve(n, reject - 1, rates, _likelihood(question), population)
    return tuple(zip(rates.tolist(), accepted.tolist(), strict=True))


def _sequential(question: Question, saving: Saving) -> Plan:
    good, bad = watched(question.acceptable, question), watched(question.tolerable, question)
    n = min(WAVE, question.population or WAVE)
    accepted, refused = sequential_curves(question)
    return Plan(
        n,
        most_labels(question),
        _half_width(question, n, 1.0),
        stops=(good.labels, watched(2 * question.tolerable, question).labels),
        risks=(good.accepted, bad.accepted),
        curve=accepted,
        refused=refused,
    )


def rates_of(question: Question) -> tuple[float, float]:
    """The rates of a good and of a bad batch."""
    if question.goal == "aql":
        return question.aql / 100, min(0.99, 5 * question.aql / 100)
    return (0.0 if question.goal == "zero-failure" else question.acceptable), question.tolerable


def _likelihood(question: Question) -> planning.Likelihood:
    return "binomial" if question.population is None else "hypergeometric"


_PLANS = {
    PRECISION: _precision,
    "zero-failure": _zero_failure,
    "two-point": _two_point,
    "aql": _aql,
    "sequential": _sequential,
}


def _sampling(question: Question, plan: Plan) -> dict[str, Any]:
    method = "simple" if question.decides else question.method
    own = {"by": question.by, "allocation": question.allocation}
    keys = {key: own[key] for key in KEYS_OF[method] if own.get(key)}
    return {"method": method, **keys, "judge": "all", "human": plan.n}


def _acceptance(question: Question, plan: Plan) -> dict[str, Any] | None:
    """The rule that goes with the plan; None for a measurement."""
    at_least = {"at_least": round(1 - question.tolerable, 6)}
    match question.goal:
        case "zero-failure" | "two-point":
            return {"rule": "count", **at_least, "accept": plan.accept}
        case "aql":
            return {"rule": "aql", "aql": question.aql, "level": question.level}
        case "sequential":
            return {"rule": "sequential", **at_least, "confidence": question.confidence, "wave": WAVE}
        case _:
            return None
