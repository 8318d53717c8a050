"""The panels of the overview: as many as the person's role has something in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.core.models import VersionState
from auditing.datasets.models import Batch
from auditing.datasets.selectors import batches_visible_to, collections_visible_to
from auditing.estimation.models import Decision, Estimate
from auditing.judging.models import CallState
from auditing.pipeline.models import Schedule
from auditing.pipeline.selectors import schedules_visible_to
from auditing.pipeline.stages import StationState
from auditing.pipeline.timing import next_run
from auditing.reviews.models import TaskState
from auditing.reviews.selectors import reviews_visible_to
from auditing.rubrics.models import RubricVersion
from auditing.sops.models import SopVersion
from auditing.web.places import address_of

ROWS = 8


@dataclass(frozen=True)
class AuditRow:
    """An audit under way: how many opinions of judges and of auditors are in."""

    audit: Audit
    judged: int
    to_judge: int
    reviewed: int
    to_review: int


@dataclass(frozen=True)
class OwnWork:
    """What an auditor has handed in herself."""

    today: int
    week: int
    minutes_today: int


@dataclass(frozen=True)
class FirstStep:
    name: str
    state: StationState
    detail: str
    url: str


def audits_under_way(user: User) -> list[AuditRow]:
    over = [AuditState.DECIDED, AuditState.CANCELLED]
    audits = list(audits_visible_to(user).exclude(state__in=over)[:ROWS])
    calls, reviews = _calls_of(audits), _tasks_of(audits)
    return [AuditRow(audit, *calls[audit.pk], *reviews[audit.pk]) for audit in audits]


def _calls_of(audits: list[Audit]) -> dict[int, tuple[int, int]]:
    done = Q(runs__calls__state__in=[CallState.DONE, CallState.FAILED])
    return _shares(audits, "runs__calls", done)


def _tasks_of(audits: list[Audit]) -> dict[int, tuple[int, int]]:
    return _shares(audits, "review_tasks", Q(review_tasks__state=TaskState.SUBMITTED))


def _shares(audits: list[Audit], rows: str, done: Q) -> dict[int, tuple[int, int]]:
    """audit -> (done, all) of its rows."""
    counted = Audit.objects.filter(pk__in=[audit.pk for audit in audits]).order_by()
    counted = counted.annotate(finished=Count(rows, filter=done), everything=Count(rows))
    return {audit.pk: (audit.finished, audit.everything) for audit in counted}


@dataclass(frozen=True)
class DecisionRow:
    """A decision, the page that says more, and its estimate with the two-sided interval that every page gives."""

    decision: Decision
    url: str
    figure: Estimate | None


def latest_decisions(user: User) -> list[DecisionRow]:
    """Confirmed decisions on batches whose reports she may see."""
    audits = audits_visible_to(user, Permission.SEE_REPORTS)
    decisions = Decision.objects.filter(audit__in=audits).exclude(outcome="")
    latest = list(decisions.select_related("audit__batch").order_by("-decided_at")[:ROWS])
    figures = _figures_of(latest)
    return [DecisionRow(one, _page_about(one, user), figures.get(_read_by(one))) for one in latest]


def _read_by(decision: Decision) -> tuple[Any, ...]:
    """Which estimate the rule read; one that there is not, where it counted."""
    evidence = decision.evidence
    return decision.audit_id, *(evidence.get(name, "") for name in ("criterion", "estimand", "basis"))


def _figures_of(decisions: list[Decision]) -> dict[tuple[Any, ...], Estimate]:
    """The stored estimates of whole batches, by audit, criterion, estimand and basis."""
    audits = [one.audit_id for one in decisions]
    found = Estimate.objects.filter(audit__in=audits, slice_field="", estimate__isnull=False)
    return {(one.audit_id, one.criterion, one.estimand, one.basis): one for one in found}


def _page_about(decision: Decision, user: User) -> str:
    if user.may(Permission.SEE_AUDITS):
        return address_of("audit-estimates", decision.audit_id)
    return address_of("batch", decision.audit.batch_id)


def own_batches(user: User) -> QuerySet[Batch]:
    """A vendor's latest deliveries."""
    if user.role != Role.VENDOR:
        return Batch.objects.none()
    return batches_visible_to(user).prefetch_related("audits__decision")[:ROWS]


def own_work(user: User) -> OwnWork | None:
    """None for who has never reviewed."""
    reviews = reviews_visible_to(user).filter(task__reviewer=user)
    if not reviews.exists():
        return None
    now = timezone.localtime()
    today = Q(submitted_at__gte=now.replace(hour=0, minute=0, second=0, microsecond=0))
    counts: dict[str, Any] = reviews.aggregate(
        today=Count("pk", filter=today),
        week=Count("pk", filter=Q(submitted_at__gte=now - timedelta(days=7))),
        seconds=Sum("active_seconds", filter=today, default=0.0),
    )
    return OwnWork(counts["today"], counts["week"], round(counts["seconds"] / 60))


def coming_schedules(user: User) -> list[tuple[Schedule, datetime | None]]:
    """Schedules that are on, each with its next time (None: it waits for a batch)."""
    schedules = schedules_visible_to(user).filter(enabled=True)
    timed = [(schedule, next_run(schedule)) for schedule in schedules]
    never = datetime.max.replace(tzinfo=timezone.get_current_timezone())
    return sorted(timed, key=lambda pair: pair[1] or never)[:ROWS]


def first_steps(user: User) -> list[FirstStep]:
    """From nothing to an audit, for who may do all of it and has no audit yet."""
    if not user.may(Permission.RUN_AUDITS) or audits_visible_to(user).exists():
        return []
    collections = collections_visible_to(user)
    sops = SopVersion.objects.filter(state=VersionState.PUBLISHED, sop__collection__in=collections)
    rubrics = RubricVersion.objects.filter(state=VersionState.PUBLISHED)
    done = (
        ("Collection", "where batches arrive", "collections", collections.exists()),
        ("Rubric", "what good is", "rubrics", rubrics.exists()),
        ("SOP", "how to audit", "sops", sops.exists()),
        ("Batch", "what to audit", "collections", batches_visible_to(user).exists()),
        ("Audit", "judge, review, decide", "audit-open", False),
    )
    return _with_next(done)


def _with_next(steps: tuple[tuple[str, str, str, bool], ...]) -> list[FirstStep]:
    """The first step not done is the one to do now."""
    following = next(place for place, step in enumerate(steps) if not step[3])
    states = [
        StationState.DONE if is_done else StationState.NOW if place == following else StationState.TODO
        for place, (*_, is_done) in enumerate(steps)
    ]
    return [
        FirstStep(name, state, detail, address_of(page))
        for (name, detail, page, _), state in zip(steps, states, strict=True)
    ]
