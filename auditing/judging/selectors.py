"""Judges, runs, calls and verdicts, as far as somebody may see them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.core.errors import Missing
from auditing.core.models import VersionState
from auditing.datasets.models import Item
from auditing.judging.adapters import readable
from auditing.judging.exchanges import parts_of, request_of
from auditing.judging.lifecycle import UNFINISHED, ParcelState
from auditing.judging.models import (
    Call,
    CallState,
    Endpoint,
    Judge,
    JudgeVersion,
    Parcel,
    Price,
    Run,
    TrialCall,
    Verdict,
)
from auditing.rubrics.models import RubricVersion

RATE_WINDOW = timedelta(seconds=30)
OVER_BUDGET = "OverBudget"  # judges.errors.OverBudget.kind: in the error of a call, or of a part of it
SETTLED = ("scored", "abstained")  # judges.contracts.Outcome.settled


def judges_visible_to(user: User) -> QuerySet[Judge]:
    """Judges belong to no collection; drafts that were never published are for those who may edit."""
    if not user.may(Permission.SEE_VERDICTS):
        return Judge.objects.none()
    if user.may(Permission.MANAGE_JUDGES):
        return Judge.objects.all()
    return Judge.objects.filter(versions__state=VersionState.PUBLISHED).distinct()


def versions_visible_to(user: User) -> QuerySet[JudgeVersion]:
    """Published versions, newest first."""
    return JudgeVersion.objects.filter(
        judge__in=judges_visible_to(user), state=VersionState.PUBLISHED
    ).select_related("judge", "published_by")


def endpoints_visible_to(user: User) -> QuerySet[Endpoint]:
    return Endpoint.objects.all() if user.may(Permission.MANAGE_JUDGES) else Endpoint.objects.none()


def prices_visible_to(user: User) -> QuerySet[Price]:
    return Price.objects.all() if user.may(Permission.MANAGE_JUDGES) else Price.objects.none()


def runs_visible_to(user: User, permission: Permission = Permission.SEE_VERDICTS) -> QuerySet[Run]:
    return Run.objects.filter(audit__in=audits_visible_to(user, permission)).select_related(
        "audit__batch__collection", "audit__sop_version__rubric_version__rubric", "judge_version__judge"
    )


def calls_visible_to(user: User) -> QuerySet[Call]:
    return Call.objects.filter(run__in=runs_visible_to(user)).select_related("item", "run")


def verdicts_visible_to(user: User) -> QuerySet[Verdict]:
    return Verdict.objects.filter(run__in=runs_visible_to(user))


def verdicts_of(audit: Audit) -> QuerySet[Verdict]:
    return Verdict.objects.filter(run__audit=audit).select_related("run__judge_version__judge")


def published_version(name: str, number: int | None = None) -> JudgeVersion:
    """A judge's version of that number, or its newest. Raises Missing."""
    if not Judge.objects.filter(name=name).exists():
        raise Missing(f"There is no judge named {name!r}.")
    versions = JudgeVersion.objects.filter(judge__name=name, state=VersionState.PUBLISHED)
    if number is not None:
        versions = versions.filter(number=number)
    version = versions.select_related("judge").order_by("-number").first()
    if version is None:
        what = "has no published version" if number is None else f"has no version {number}"
        raise Missing(f"The judge {name!r} {what}.")
    return version


@dataclass(frozen=True)
class RunProgress:
    """How far a run is, in calls. `unscored`: of those done, with a criterion that got no usable answer.

    `spent` is in US dollars, None while no price is known, and leaves out `unpriced` calls; `rate` is calls a minute
    lately; `eta` seconds to go, None when that cannot be said.
    """

    queued: int
    claimed: int
    done: int
    unscored: int
    failed: int
    total: int
    spent: Decimal | None
    unpriced: int
    tokens: int
    rate: float
    eta: float | None
    suspected: int  # items that seem to address the judge
    away: int = 0  # in batches at the provider, or come back and not yet read
    away_since: datetime | None = None

    @property
    def finished(self) -> int:
        return self.done + self.failed

    @property
    def waiting(self) -> int:
        """Calls without an answer that have not failed; of a run that is over, those that were never asked."""
        return self.total - self.finished


def progress(run: Run) -> RunProgress:
    since = timezone.now() - RATE_WINDOW
    of_state = {state: Count("pk", filter=Q(state=state)) for state in CallState.values}
    found = Call.objects.filter(run=run).aggregate(
        total=Count("pk"),
        spent=Sum("cost"),
        unpriced=Count("pk", filter=Q(state=CallState.DONE, cost=None)),
        prompt=Sum("prompt_tokens"),
        completion=Sum("completion_tokens"),
        suspected=Count("pk", filter=~Q(suspicion="")),
        recent=Count("pk", filter=Q(finished_at__gte=since)),
        **of_state,
    )
    rate = 60 * found["recent"] / _seconds_at_work(run, since)
    away = found[CallState.SENT] + found[CallState.ANSWERED]
    left = found[CallState.QUEUED] + found[CallState.CLAIMED] + away
    going = run.state in UNFINISHED and rate > 0
    return RunProgress(
        queued=found[CallState.QUEUED],
        claimed=found[CallState.CLAIMED],
        done=found[CallState.DONE],
        unscored=unscored_verdicts(run).values("item").distinct().count(),
        failed=found[CallState.FAILED],
        total=found["total"],
        spent=found["spent"],
        unpriced=found["unpriced"],
        tokens=(found["prompt"] or 0) + (found["completion"] or 0),
        rate=rate,
        eta=60 * left / rate if going else None,
        suspected=found["suspected"],
        away=away,
        away_since=_away_since(run) if away else None,
    )


def _away_since(run: Run) -> datetime | None:
    """When the oldest parcel that is still at the provider was handed in."""
    sent = Parcel.objects.filter(run=run, state=ParcelState.SENT)
    return sent.aggregate(since=Min("sent_at"))["since"]


def _seconds_at_work(run: Run, since: datetime) -> float:
    """Of the time since then, what the run has had; at least a second."""
    begun = max(since, run.started_at or since)
    return max(1.0, (timezone.now() - begun).total_seconds())


def unscored_verdicts(run: Run) -> QuerySet[Verdict]:
    return Verdict.objects.filter(run=run).exclude(outcome__in=SETTLED)


@dataclass(frozen=True)
class ReasonCount:
    """How many verdicts of a criterion ended so."""

    criterion: str
    outcome: str
    reason: str
    verdicts: int


@dataclass(frozen=True)
class Suspect:
    """An item that seems to address its judge, and why."""

    item: str
    call: int
    why: str


def suspects(run: Run, most: int | None = None) -> list[Suspect]:
    """The run's items that seem to address the judge, in the order of the sample."""
    found = Call.objects.filter(run=run).exclude(suspicion="").order_by("pk")
    rows = found.values_list("item__external_id", "pk", "suspicion")[:most]
    return [Suspect(*row) for row in rows]


def suspicions_of(item: Item, user: User) -> list[str]:
    """Why the item seemed to address its judges, in the runs that she can see."""
    calls = calls_visible_to(user).filter(item=item).exclude(suspicion="")
    return sorted(set(calls.values_list("suspicion", flat=True)))


def unscored_by_reason(run: Run, most: int = 20) -> list[ReasonCount]:
    """Why verdicts of a run are missing, the most frequent first."""
    counted = (
        unscored_verdicts(run)
        .values("criterion", "outcome", "reason")
        .annotate(verdicts=Count("pk"))
        .order_by("-verdicts", "criterion", "outcome", "reason")[:most]
    )
    return [ReasonCount(**row) for row in counted]


def distribution(run: Run) -> dict[str, dict[str, int]]:
    """For each criterion, how many verdicts have each value; unscored ones stand under their outcome."""
    counts: dict[str, dict[str, int]] = {}
    verdicts = Verdict.objects.filter(run=run).values("criterion", "outcome", "value")
    for row in verdicts.annotate(verdicts=Count("pk")).order_by("criterion", "outcome", "value"):
        of_criterion = counts.setdefault(row["criterion"], {})
        label = row["value"] if row["outcome"] in SETTLED else row["outcome"]
        of_criterion[label] = of_criterion.get(label, 0) + row["verdicts"]
    return counts


def outcomes(run: Run) -> list[tuple[str, int]]:
    """How the answers that were asked for ended, the most frequent first; calls without any count once."""
    verdicts = Verdict.objects.filter(run=run).values_list("outcome").annotate(answers=Count("pk"))
    failed = Call.objects.filter(run=run, state=CallState.FAILED)
    over_budget = failed.filter(error__contains=OVER_BUDGET).count()
    counts = dict(verdicts) | {"over_budget": over_budget, "infra_failed": failed.count() - over_budget}
    return sorted(((name, n) for name, n in counts.items() if n), key=lambda pair: (-pair[1], pair[0]))


def failures(run: Run, most: int = 10) -> list[tuple[str, int]]:
    """What the endpoint said where it failed, the most frequent first."""
    failed = Call.objects.filter(run=run, state=CallState.FAILED)
    counted = failed.values_list("error").annotate(calls=Count("pk")).order_by("-calls", "error")
    return list(counted[:most])


@dataclass(frozen=True)
class Exchange:
    """One request as it was sent, and what came back. `messages` are (role, text), in order."""

    messages: list[tuple[str, str]]
    parameters: dict[str, Any]
    model: str
    response: str
    finish_reason: str
    error: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: Decimal | None
    latency_ms: int
    attempts: int
    started_at: datetime
    role: str
    endpoint: str
    cached: bool


@dataclass(frozen=True)
class CallView:
    """All there is to know of how a judge came to its opinion of an item."""

    call: Call
    run: Run
    judge_version: JudgeVersion
    rubric_version: RubricVersion
    endpoints: tuple[str, ...]
    verdicts: list[Verdict]
    exchanges: list[Exchange]


def call_view(call: Call) -> CallView:
    version = call.run.judge_version
    rubric_version = call.run.audit.sop_version.rubric_version
    assert rubric_version is not None  # a database constraint of published SOP versions
    order = {criterion.key: place for place, criterion in enumerate(rubric_version.spec.criteria)}
    return CallView(
        call=call,
        run=call.run,
        judge_version=version,
        rubric_version=rubric_version,
        endpoints=version.spec.endpoints,
        verdicts=sorted(call.verdicts.all(), key=lambda verdict: order[verdict.criterion]),
        exchanges=exchanges_of(call),
    )


def exchanges_of(call: Call | TrialCall) -> list[Exchange]:
    """Every request that was made for a call, as it was sent, in order."""
    parts = parts_of(call.exchanges)
    return [_exchange(stored, request_of(stored, parts)) for stored in call.exchanges]


def _exchange(stored: dict[str, Any], request: dict[str, Any]) -> Exchange:
    return Exchange(
        messages=readable(request.get("messages") or request.get("input") or []),
        parameters={
            key: value for key, value in request.items() if key not in ("messages", "input", "model")
        },
        model=request["model"],
        response=stored["response"],
        finish_reason=stored["finish_reason"],
        error=stored["error"],
        prompt_tokens=stored["prompt_tokens"],
        completion_tokens=stored["completion_tokens"],
        cost=None if stored["cost"] is None else Decimal(stored["cost"]),
        latency_ms=stored["latency_ms"],
        attempts=stored["attempts"],
        started_at=datetime.fromisoformat(stored["started_at"]),
        role=stored.get("role", ""),
        endpoint=stored.get("endpoint", ""),
        cached=stored.get("cached", False),
    )
