"""Finding what humans differ on, and ruling on it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.adjudication.differences import difference, majority
from auditing.adjudication.models import Disagreement, DisagreementState, Ruling
from auditing.adjudication.policies import require_rulable
from auditing.adjudication.selectors import values_by_case
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.models import Item
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.reviews.policies import require_open
from auditing.rubrics.schema import Criterion
from auditing.sampling.models import Draw


@transaction.atomic
def open_disagreements(*, by: User | None, audit: Audit) -> int:
    """Put every case on which submitted human opinions differ before a lead; returns how many are new.

    Raises Conflict in the independent phase, when opinions may still change.
    """
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    require_rulable(audit)
    known = set(Disagreement.objects.filter(audit=audit).values_list("item", "criterion"))
    new = [found for found in _differences(audit) if (found.item_id, found.criterion) not in known]
    if new:
        Disagreement.objects.bulk_create(new, batch_size=2000)
        _journal(by, "found disagreements in", audit, audit, disagreements=len(new))
    return len(new)


def _differences(audit: Audit) -> Iterator[Disagreement]:
    types = {criterion.key: criterion.scale.type for criterion in audit.rubric.criteria}
    for (item, criterion), values in values_by_case(audit).items():
        kind = difference(types[criterion], values)
        if kind:
            yield Disagreement(audit=audit, item_id=item, criterion=criterion, kind=kind)


@transaction.atomic
def rule(
    *, by: User, audit: Audit, item: Item, criterion: str, value: str, rationale: str = "", gold: bool = False
) -> Ruling:
    """Give the reference value of one criterion of one item; an earlier ruling stays on record, superseded.

    Raises BadInput for a value off the scale, Conflict while reviewers are still independent or once decided.
    """
    audit = _lock(audit, by)
    ruling = _write(
        audit, item, audit.rubric.criterion(criterion), value, by=by, rationale=rationale, gold=gold
    )
    _journal(by, "ruled on", ruling, audit, gold=gold)
    return ruling


@transaction.atomic
def rule_by_majority(*, by: User, audit: Audit) -> int:
    """Rule every open case in which more than half of three or more reviewers agree; returns how many."""
    audit = _lock(audit, by)
    cases = values_by_case(audit)
    ruled = 0
    for case in Disagreement.objects.filter(audit=audit, state=DisagreementState.OPEN).select_related("item"):
        values = cases[case.item_id, case.criterion]
        criterion = audit.rubric.criterion(case.criterion)
        value = majority(criterion.scale.type, values)
        if value is not None:
            _write(audit, case.item, criterion, value, by=by, rationale=_votes(values))
            ruled += 1
    if ruled:
        _journal(by, "ruled by majority in", audit, audit, rulings=ruled)
    return ruled


@transaction.atomic
def withdraw_ruling(*, by: User, ruling: Ruling) -> Ruling:
    """Take back a standing ruling: the case is open again, the ruling stays on record."""
    audit = _lock(ruling.audit, by)
    if not _standing(audit, ruling.item, ruling.criterion).filter(pk=ruling.pk).exists():
        raise Conflict("This ruling does not stand any more.")
    ruling.superseded_at = timezone.now()
    ruling.save(update_fields=["superseded_at"])
    _set_state(audit, ruling.item, ruling.criterion, DisagreementState.OPEN)
    _journal(by, "withdrew the ruling on", ruling, audit)
    return ruling


@transaction.atomic
def make_gold(*, by: User, ruling: Ruling, gold: bool = True) -> Ruling:
    """Keep a ruling as a check for raters to come, or stop keeping it."""
    require(by, Permission.RULE, ruling.audit.batch.collection)
    require_open(by, ruling.audit)
    ruling.is_gold = gold
    ruling.save(update_fields=["is_gold"])
    _journal(by, "made gold" if gold else "took from the gold", ruling, ruling.audit)
    return ruling


@transaction.atomic
def reveal_verdicts(*, by: User, disagreement: Disagreement) -> None:
    """Put on record that somebody looked at the judges' opinions before she ruled."""
    audit = disagreement.audit
    require(by, Permission.RULE, audit.batch.collection)
    require_open(by, audit)
    _journal(by, "looked at the judges before ruling on", disagreement, audit)


def _lock(audit: Audit, by: User) -> Audit:
    """The audit, held until the transaction ends so that nothing is ruled after the decision."""
    related = ("batch__collection", "sop_version__rubric_version")
    locked = Audit.objects.select_for_update(of=("self",)).select_related(*related).get(pk=audit.pk)
    require(by, Permission.RULE, locked.batch.collection)
    require_rulable(locked)
    require_open(by, locked)
    return locked


def _write(
    audit: Audit,
    item: Item,
    criterion: Criterion,
    value: str,
    *,
    by: User,
    rationale: str,
    gold: bool = False,
) -> Ruling:
    if not Draw.objects.filter(plan__audit=audit, item=item).exists():
        raise BadInput(f"Item {item} is not in the sample of {audit}.", field="item")
    if "\x00" in rationale:
        raise BadInput("The text holds a null character.", field="rationale")
    canonical = criterion.scale.canonical(value)
    _standing(audit, item, criterion.key).update(superseded_at=timezone.now())
    _set_state(audit, item, criterion.key, DisagreementState.RULED)
    return Ruling.objects.create(
        audit=audit,
        item=item,
        criterion=criterion.key,
        value=canonical,
        rationale=rationale.strip(),
        is_gold=gold,
        by=by,
    )


def _standing(audit: Audit, item: Item, criterion: str) -> Any:
    return Ruling.objects.filter(audit=audit, item=item, criterion=criterion, superseded_at=None)


def _set_state(audit: Audit, item: Item, criterion: str, state: DisagreementState) -> None:
    Disagreement.objects.filter(audit=audit, item=item, criterion=criterion).update(state=state)


def _votes(values: list[str]) -> str:
    counts = Counter(values).most_common()
    return f"Majority of {len(values)}: " + ", ".join(f"{votes} {value}" for value, votes in counts) + "."


def _journal(by: User | None, verb: str, subject: Model, audit: Audit, **details: Any) -> None:
    """Never a value in here: who reviews the batch in another audit may read the journal. Rulings stay on record."""
    record(by=by, verb=verb, subject=subject, collection_id=audit.batch.collection_id, details=details)
