"""What needs this person today: each thing with the page where it is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.adjudication.selectors import open_for
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.datasets.models import DeliveryState
from auditing.datasets.selectors import batches_visible_to, deliveries_visible_to
from auditing.estimation.models import Decision
from auditing.judging.budgets import costs_to_confirm
from auditing.judging.models import CallState, Run, RunState
from auditing.judging.stopping import in_words
from auditing.reviews.models import TaskState
from auditing.reviews.selectors import audits_open_to, queue, unfilled_skips
from auditing.web.places import address_of

MOST_OF_A_KIND = 6
MOST_ESTIMATED = 30  # drawn audits whose cost is worked out while somebody waits for the page


@dataclass(frozen=True)
class Need:
    """One line of the list: what, about what, and the button that leads there."""

    title: str
    detail: str
    act: str
    url: str
    icon: str
    tone: str = ""


def needs_of(user: User) -> list[Need]:
    """The most pressing first: what stands still, then what only she can decide, then work that waits."""
    return [need for kind in KINDS for _, need in zip(range(MOST_OF_A_KIND), kind(user), strict=False)]


def _paused_runs(user: User) -> Iterator[Need]:
    for run in _runs(user).filter(state=RunState.PAUSED):
        title = f"{run.judge_version} is paused on {run.audit}"
        yield Need(title, in_words(run.reason), "Look", address_of("run", run.pk), "circle-pause", "bad")


def _failed_calls(user: User) -> Iterator[Need]:
    failed = Count("calls", filter=Q(calls__state=CallState.FAILED))
    for run in (
        _runs(user).filter(state=RunState.FINISHED).annotate(unanswered=failed).filter(unanswered__gt=0)
    ):
        title = f"{run.judge_version} could not judge {_count(run.unanswered, 'item')}"
        yield Need(title, str(run.audit), "Retry", address_of("run", run.pk), "rotate-ccw", "warn")


def _runs(user: User) -> QuerySet[Run]:
    """Runs of audits that still go on, as far as she may run them."""
    audits = _audits(user).exclude(state__in=[AuditState.DECIDED, AuditState.CANCELLED])
    return Run.objects.filter(audit__in=audits).select_related("judge_version__judge", "audit__batch")


def _failed_deliveries(user: User) -> Iterator[Need]:
    for delivery in deliveries_visible_to(user).filter(by=user, state=DeliveryState.FAILED):
        url = address_of("delivery", delivery.pk)
        yield Need(f"{delivery.file_name} was not imported", delivery.error, "Look", url, "file-x", "bad")


def _unmapped_deliveries(user: User) -> Iterator[Need]:
    for delivery in deliveries_visible_to(user).filter(by=user, state=DeliveryState.UPLOADED):
        url = address_of("delivery", delivery.pk)
        yield Need(
            f"{delivery.file_name} waits for its mapping",
            str(delivery.collection),
            "Map it",
            url,
            "file-input",
        )


def _proposals(user: User) -> Iterator[Need]:
    audits = audits_open_to(user, Permission.DECIDE).exclude(state=AuditState.CANCELLED)
    proposals = Decision.objects.filter(audit__in=audits, outcome="").select_related("audit__batch")
    for decision in proposals:
        title = f"Confirm: {decision.proposed} {decision.audit.batch}"
        yield Need(
            title,
            decision.reason,
            "Decide",
            address_of("audit-estimates", decision.audit_id),
            "gavel",
            "note",
        )


def _disagreements(user: User) -> Iterator[Need]:
    rows = (
        open_for(user)
        .order_by()
        .values("audit", "audit__batch__name")
        .annotate(open=Count("pk"))
        .order_by("audit")
    )
    for row in rows:
        title = f"{_count(row['open'], 'disagreement')} to rule on"
        url = address_of("audit-rulings", row["audit"])
        yield Need(title, row["audit__batch__name"], "Rule", url, "scale", "note")


def _skipped(user: User) -> Iterator[Need]:
    collecting = _audits(user).filter(state=AuditState.COLLECTING)
    for audit in collecting.filter(review_tasks__state=TaskState.SKIPPED).distinct():
        if skipped := len(unfilled_skips(audit)):
            title = f"{_count(skipped, 'item')} skipped by auditors"
            yield Need(
                title,
                str(audit),
                "Hand out again",
                address_of("audit-reviews", audit.pk),
                "skip-forward",
                "warn",
            )


def _undrawn(user: User) -> Iterator[Need]:
    for audit in _audits(user).filter(state=AuditState.OPENED):
        title = f"Draw the sample of {audit.batch}"
        yield Need(title, str(audit.sop_version), "Draw", address_of("audit", audit.pk), "dices")


def _costly(user: User) -> Iterator[Need]:
    drawn = list(_audits(user).filter(state=AuditState.DRAWN, runs=None)[:MOST_ESTIMATED])
    costs = costs_to_confirm(drawn)
    for audit in drawn:
        if audit.pk in costs:
            title = f"Judging {audit.batch} will cost about ${costs[audit.pk]:,.2f}"
            url = address_of("audit-cost", audit.pk)
            yield Need(title, f"{audit.sop_version} waits for your word", "Look", url, "banknote", "warn")


def _unaudited(user: User) -> Iterator[Need]:
    batches = batches_visible_to(user, Permission.RUN_AUDITS).filter(audits=None, item_count__gt=0)
    for batch in batches.order_by("-received_at"):
        title = f"{batch} has no audit yet"
        detail = f"{batch.collection}, {_count(batch.item_count, 'item')}"
        yield Need(title, detail, "Open one", address_of("batch", batch.pk), "clipboard-plus")


def _reviews(user: User) -> Iterator[Need]:
    for entry in queue(user) if user.may(Permission.REVIEW) else []:
        if entry.left:
            title = f"{_count(entry.left, 'item')} to review"
            yield Need(title, str(entry.audit), "Review", address_of("queue"), "list-checks", "accent")


def _audits(user: User) -> QuerySet[Audit]:
    return audits_visible_to(user, Permission.RUN_AUDITS)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


KINDS: tuple[Callable[[User], Iterator[Need]], ...] = (
    _paused_runs,
    _costly,
    _failed_deliveries,
    _proposals,
    _disagreements,
    _skipped,
    _failed_calls,
    _undrawn,
    _unmapped_deliveries,
    _reviews,
    _unaudited,
)
