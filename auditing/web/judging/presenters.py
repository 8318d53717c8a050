"""From rows to what the pages about judges show."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from auditing.core import yaml_text
from auditing.core.errors import BadInput
from auditing.judging.lifecycle import RUN, WORKABLE, RunState
from auditing.judging.models import JudgeVersion, Run, Verdict
from auditing.judging.schema import JudgeSpec
from auditing.judging.schema.learned import TrainedJudge
from auditing.judging.selectors import SETTLED, CallView, Exchange, RunProgress, progress
from auditing.rubrics.scales import CANNOT_ASSESS, Numeric, Ordinal, Taxonomy
from auditing.rubrics.schema import Criterion, RubricSpec
from auditing.web.charts import Bar, Chart, bar_chart
from auditing.web.judging.details import Background, background

BINS = 10
MOST_BARS = 14
CALL_OUTCOMES = ("infra_failed", "over_budget")  # of whole calls, which gave no verdict and can be made again


def money(value: Decimal | None) -> str:
    if value is None:
        return "no price known"
    if not value:
        return "$0"
    return f"${value:,.2f}" if value >= 1 else f"${value:.4f}"


def spent_words(value: Decimal | None, tokens: int) -> str:
    """Of a run or a trial: where nothing was answered nothing was spent, whether or not a price is known."""
    return "nothing" if value is None and not tokens else money(value)


def shortfall(run: Run, found: RunProgress) -> str:
    """What stands beside the bar of the items judged: those that failed, and of a run that is over those left."""
    left = found.waiting if run.is_over else 0
    counts = ((found.failed, "failed"), (left, "never asked"))
    return ", ".join([f"{number:,} {what}" for number, what in counts if number] or [time_left(found.eta)])


def time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"


@dataclass(frozen=True)
class Figure:
    label: str
    value: str
    hint: str = ""
    tone: str = ""
    url: str = ""


def figures(run: Run, found: RunProgress) -> list[Figure]:
    """The tiles of a run; counts lead to their calls."""
    page = reverse("run", args=[run.pk])
    waiting = "Never asked" if run.state == RunState.CANCELLED else "Queued"
    speed = (
        [] if run.state not in WORKABLE else [Figure("Speed", f"{found.rate:,.0f}/min", time_left(found.eta))]
    )
    return [
        Figure(waiting, f"{found.queued:,}", _under_way(found), url=f"{page}?state=queued#calls"),
        Figure("Judged", f"{found.done:,}", f"of {found.total:,}", url=f"{page}?state=done#calls"),
        Figure(
            "Unscored",
            f"{found.unscored:,}",
            "without a usable answer somewhere",
            "warn" if found.unscored else "",
            f"{page}?outcome=unscored#calls",
        ),
        Figure(
            "Failed",
            f"{found.failed:,}",
            "no opinion was had; can be made again",
            "bad" if found.failed else "",
            f"{page}?state=failed#calls",
        ),
        Figure(
            "Injection suspected",
            f"{found.suspected:,}",
            "items that seem to address the judge",
            "warn" if found.suspected else "",
            f"{page}?suspicious=on#calls",
        ),
        Figure("Spent", spent_words(found.spent, found.tokens), _tokens(found)),
        *speed,
    ]


def _under_way(found: RunProgress) -> str:
    under_way = [f"{found.claimed:,} under way"] if found.claimed else []
    return ", ".join([*under_way, f"{found.away:,} with the provider"] if found.away else under_way)


def _tokens(found: RunProgress) -> str:
    unpriced = f", {found.unpriced:,} calls unpriced" if found.unpriced and found.spent is not None else ""
    return f"{found.tokens:,} tokens{unpriced}"


@dataclass(frozen=True)
class Act:
    """A button of a run."""

    label: str
    url: str
    icon: str
    kind: str = ""


def acts_on(run: Run, found: RunProgress) -> list[Act]:
    """What may be done to a run in its state."""
    acts = []
    if RUN.allows(run.state, "resume"):
        acts.append(_act(run, "Resume", "resume", "play", "primary"))
    if RUN.allows(run.state, "pause"):
        acts.append(_act(run, "Pause", "pause", "pause"))
    if found.failed and run.state == "finished":
        acts.append(_act(run, "Retry the failures", "retry", "rotate-ccw", "primary"))
    if RUN.allows(run.state, "cancel"):
        acts.append(_act(run, "Cancel", "cancel", "ban", "danger"))
    return acts


def _act(run: Run, label: str, verb: str, icon: str, kind: str = "") -> Act:
    return Act(label, reverse(f"run-{verb}", args=[run.pk]), icon, kind)


@dataclass(frozen=True)
class OutcomeRow:
    """How many answers ended so, and the calls behind them."""

    words: str
    count: int
    url: str
    tone: str


def outcome_rows(run: Run, counts: Sequence[tuple[str, int]]) -> list[OutcomeRow]:
    page = reverse("run", args=[run.pk])
    return [
        OutcomeRow(
            name.replace("_", " "),
            count,
            f"{page}?{'state=failed' if name in CALL_OUTCOMES else f'outcome={name}'}#calls",
            "good" if name in SETTLED else "bad" if name in CALL_OUTCOMES else "warn",
        )
        for name, count in counts
    ]


@dataclass(frozen=True)
class RunLine:
    """A run in a judge's list of runs."""

    run: Run
    progress: RunProgress
    spent: str


def run_line(run: Run) -> RunLine:
    found = progress(run)
    return RunLine(run, found, money(found.spent))


def setting_rows(spec: JudgeSpec) -> list[tuple[str, str]]:
    """A judge's settings in words, its instructions apart; what has parts of its own is counted."""
    content = {"architecture": spec.architecture, **spec.to_content()}
    content.pop("instructions", None)
    if isinstance(
        spec, TrainedJudge
    ):  # what was learnt is thousands of numbers; its report says how good they are
        content["criteria"] = list(content["criteria"])
        content.pop("training")
    if spec.by_batch:
        content["delivery"] = "through the provider's Batch API: half the price, answers within a day"
    return [(key.replace("_", " ").capitalize(), _written(value)) for key, value in content.items()]


@dataclass(frozen=True)
class Lesson:
    """How well a learned judge answers one criterion on items that it had not seen."""

    criterion: str
    report: Mapping[str, Any]
    training: Mapping[str, Any]

    @property
    def words(self) -> str:
        """On what it was measured."""
        left_out = self.training.get("left_out_under_audit", 0)
        besides = f" {left_out:,} were left out because an audit of them is not over." if left_out else ""
        counts = f"{self.report['items']:,} labelled items in {self.report['clusters']:,} clusters"
        return f"Measured on {counts}, each by a model that had not seen its cluster.{besides}"


def lessons_of(spec: JudgeSpec) -> list[Lesson]:
    """The reports of a learned judge; none of any other."""
    if not isinstance(spec, TrainedJudge):
        return []
    counts = spec.training.get("criteria", {})
    return [Lesson(key, one.report, counts.get(key, {})) for key, one in spec.criteria.items() if one.report]


def _written(value: Any) -> str:
    if value in (None, "", {}, []):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        named = [str(row.get("name") or row.get("id")) for row in value if isinstance(row, dict)]
        return ", ".join(named or map(str, value))
    if isinstance(value, dict):
        return str(value.get("model") or json.dumps(value, ensure_ascii=False))
    return str(value)


def settings_text(version: JudgeVersion) -> str:
    """A version's content as YAML, every setting named, so that two can be compared line by line."""
    try:
        return yaml_text.write(version.spec.to_content())
    except BadInput:  # a draft that is not right yet
        return yaml_text.write(version.content)


def charts_of(rubric: RubricSpec, counts: dict[str, dict[str, int]]) -> list[Chart]:
    """The verdicts of each criterion, in the order of its scale; the unscored at the end."""
    return [
        bar_chart(
            bars_of(criterion, counts[criterion.key]),
            title=criterion.label,
            description=f"{sum(counts[criterion.key].values()):,} verdicts on {criterion.key}",
        )
        for criterion in rubric.criteria
        if criterion.key in counts
    ]


def bars_of(criterion: Criterion, counts: dict[str, int]) -> list[Bar]:
    outcomes = {"parse_failed", "refused", "truncated", "content_filtered", CANNOT_ASSESS}
    scored = {value: n for value, n in counts.items() if value not in outcomes}
    unscored = [Bar(name.replace("_", " "), n) for name, n in counts.items() if name in outcomes]
    return [*_scored_bars(criterion, scored), *unscored]


def _scored_bars(criterion: Criterion, counts: dict[str, int]) -> list[Bar]:
    match criterion.scale:
        case Ordinal() as scale:
            return [Bar(_level(level.key, level.label), counts.get(level.key, 0)) for level in scale.levels]
        case Numeric() as scale:
            return _binned(scale, counts)
        case Taxonomy():
            return _errors(counts)
    return [Bar(value, n) for value, n in sorted(counts.items(), key=lambda pair: -pair[1])[:MOST_BARS]]


def _level(value: str, label: str) -> str:
    return f"{value} {label}" if label else value


def _binned(scale: Numeric, counts: dict[str, int]) -> list[Bar]:
    width = (scale.high - scale.low) / BINS
    totals: Counter[int] = Counter()
    for value, n in counts.items():
        totals[min(BINS - 1, int((float(value) - scale.low) / width))] += n
    edges = [scale.low + width * place for place in range(BINS + 1)]
    return [Bar(f"{edges[place]:g} to {edges[place + 1]:g}", totals[place]) for place in range(BINS)]


def _errors(counts: dict[str, int]) -> list[Bar]:
    """How many items have an error of each category, and how many have none."""
    totals: Counter[str] = Counter()
    for value, n in counts.items():
        for category in {error["category"] for error in json.loads(value)} or {"no error"}:
            totals[category] += n
    return [Bar(category, n) for category, n in totals.most_common(MOST_BARS)]


@dataclass(frozen=True)
class VerdictRow:
    verdict: Verdict
    question: str
    is_scored: bool
    background: Background


def verdict_rows(view: CallView) -> list[VerdictRow]:
    questions = {criterion.key: criterion.label for criterion in view.rubric_version.spec.criteria}
    return [
        VerdictRow(verdict, questions[verdict.criterion], verdict.outcome in SETTLED, background(verdict))
        for verdict in view.verdicts
    ]


@dataclass(frozen=True)
class ExchangeCard:
    title: str
    exchange: Exchange
    parameters: str
    cost: str


def exchange_cards(exchanges: Sequence[Exchange]) -> list[ExchangeCard]:
    """Each request in order under its role; further ones of a role are repairs, or later tries."""
    return [
        ExchangeCard(
            title=_title(exchange, place, len(exchanges)),
            exchange=exchange,
            parameters=json.dumps(exchange.parameters, ensure_ascii=False, indent=2),
            cost=money(exchange.cost),
        )
        for place, exchange in enumerate(exchanges, start=1)
    ]


def _title(exchange: Exchange, place: int, count: int) -> str:
    if count == 1:
        return "Prompt and response"
    role = f": {exchange.role}" if exchange.role else ""
    return f"Request {place} of {count}{role}"
