"""Disagreements and rulings, as far as somebody may see them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from django.db.models import QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.adjudication.models import Disagreement, DisagreementState, Ruling
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.reviews.models import Answer, TaskState
from auditing.reviews.selectors import audits_open_to, submitted_answers


@dataclass(frozen=True)
class Opinion:
    """A reviewer's answer on one criterion; `letter` stands for her name until somebody asks for it."""

    letter: str
    reviewer: User
    value: str
    note: str
    comment: str


def disagreements_visible_to(user: User) -> QuerySet[Disagreement]:
    """Those within her reach; before one is shown, ask `reviews.policies.require_open`."""
    return Disagreement.objects.filter(
        audit__in=audits_visible_to(user, permission=Permission.RULE)
    ).select_related("audit__batch__collection", "audit__sop_version__rubric_version", "item")


def disagreements_open_to(user: User) -> QuerySet[Disagreement]:
    """Those she may read now, for lists."""
    return disagreements_visible_to(user).filter(audit__in=audits_open_to(user, Permission.RULE).values("pk"))


def open_for(user: User) -> QuerySet[Disagreement]:
    """What waits for a ruling that she may give."""
    return disagreements_open_to(user).filter(state=DisagreementState.OPEN)


def rulings_visible_to(user: User) -> QuerySet[Ruling]:
    """Those within her reach; before one is shown, ask `reviews.policies.require_open`."""
    return Ruling.objects.filter(
        audit__in=audits_visible_to(user, permission=Permission.SEE_VERDICTS)
    ).select_related("audit__batch__collection", "item", "by")


def rulings_open_to(user: User) -> QuerySet[Ruling]:
    """Those she may read now, for lists."""
    return rulings_visible_to(user).filter(audit__in=audits_open_to(user).values("pk"))


def standing_rulings(audit: Audit) -> QuerySet[Ruling]:
    """The rulings in force, one a criterion and item."""
    return Ruling.objects.filter(audit=audit, superseded_at=None).select_related("item", "by")


def rulings_on(disagreement: Disagreement) -> QuerySet[Ruling]:
    """Every ruling ever given on it, the newest first."""
    return Ruling.objects.filter(
        audit=disagreement.audit_id, item=disagreement.item_id, criterion=disagreement.criterion
    ).select_related("by")


def opinions_on(disagreement: Disagreement) -> list[Opinion]:
    """The submitted human opinions that differ, lettered in the order in which they were asked for."""
    answers = submitted_answers(disagreement.audit).filter(
        review__task__item=disagreement.item_id, criterion=disagreement.criterion
    )
    return [_opinion(letter, answer) for letter, answer in zip(ascii_uppercase, answers, strict=False)]


def _opinion(letter: str, answer: Answer) -> Opinion:
    reviewer = answer.review.task.reviewer
    assert reviewer is not None  # a database constraint of tasks that are not waiting
    return Opinion(letter, reviewer, answer.value, answer.note, answer.review.comment)


def values_by_case(audit: Audit) -> dict[tuple[int, str], list[str]]:
    """(item, criterion) -> the submitted values, in order: every case of an audit at once."""
    cases: dict[tuple[int, str], list[str]] = defaultdict(list)
    rows = submitted_answers(audit).values_list("review__task__item", "criterion", "value")
    for item, criterion, value in rows:
        cases[item, criterion].append(value)
    return cases


def values_of(cases: Sequence[Disagreement]) -> dict[int, list[str]]:
    """Disagreement pk -> its reviewers' values, for a page of a list."""
    rows = Answer.objects.filter(
        review__task__state=TaskState.SUBMITTED,
        review__task__audit__in={case.audit_id for case in cases},
        review__task__item__in={case.item_id for case in cases},
    ).order_by("review__task__replicate")
    found: dict[tuple[int, int, str], list[str]] = defaultdict(list)
    columns = ("review__task__audit", "review__task__item", "criterion", "value")
    for audit, item, criterion, value in rows.values_list(*columns):
        found[audit, item, criterion].append(value)
    return {case.pk: found[case.audit_id, case.item_id, case.criterion] for case in cases}


def neighbours(
    cases: QuerySet[Disagreement], case: Disagreement
) -> tuple[Disagreement | None, Disagreement | None]:
    """The case before and the case after, in a filtered list."""
    ordered = cases.order_by("pk")
    return ordered.filter(pk__lt=case.pk).last(), ordered.filter(pk__gt=case.pk).first()
