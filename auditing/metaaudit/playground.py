"""The playground: a judge's draft on a few items, beside the published version's verdicts and the rulings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.adjudication.models import Ruling
from auditing.core import versions
from auditing.core.errors import BadInput
from auditing.datasets.models import Batch, Item
from auditing.datasets.policies import require
from auditing.judging.adapters import fingerprint_of
from auditing.judging.models import CallState, Judge, JudgeVersion, Trial, TrialCall, Verdict
from auditing.judging.selectors import SETTLED, Exchange, exchanges_of
from auditing.judging.trials import Put, Side, start_trial
from auditing.reviews.phase import INDEPENDENT_STATES
from auditing.reviews.policies import require_no_part
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import RubricSpec

MOST_ITEMS = 10
DRAFT, PUBLISHED = "draft", "published"


def start_playground(
    *,
    by: User,
    judge: Judge,
    content: dict[str, Any],
    rubric_version: RubricVersion,
    batch: Batch,
    item_ids: Sequence[str] = (),
    seed: int = 0,
    most: int = MOST_ITEMS,
) -> Trial:
    """Put the draft's `content` to items of a batch: those with these ids, else `most` drawn by `seed`; at most ten.

    The published version is asked too about the items of which it has no recorded verdicts under this rubric. Raises
    Forbidden for who may not see the batch's verdicts or reviews its items, BadInput naming the field.
    """
    require(by, Permission.SEE_VERDICTS, batch.collection)
    require_no_part(by, batch)
    items = _chosen(batch, item_ids, seed, most)
    version = versions.newest_of(judge)
    recorded = set(_recorded(version, rubric_version, items)) if version else set()
    sides = [Side(DRAFT, content)] + ([Side(PUBLISHED, version.content)] if version else [])
    return start_trial(
        by=by,
        purpose=Trial.Purpose.PLAYGROUND,
        judge=judge,
        judge_version=version,
        fingerprint=fingerprint_of(version, rubric_version) if version else "",
        batch=batch,
        rubric=rubric_version.spec,
        sides=sides,
        puts=[
            Put(item.external_id, item=item, sides=(DRAFT,) if item.pk in recorded else None)
            for item in items
        ],
        options={"seed": seed, "rubric": str(rubric_version)},
    )


def _chosen(batch: Batch, item_ids: Sequence[str], seed: int, most: int) -> list[Item]:
    if not 1 <= most <= MOST_ITEMS or len(item_ids) > MOST_ITEMS:
        raise BadInput(f"takes from 1 to {MOST_ITEMS} items", field="items")
    if item_ids:
        found = {item.external_id: item for item in batch.items.filter(external_id__in=item_ids)}
        missing = [name for name in item_ids if name not in found]
        if missing:
            raise BadInput(f"there is no {missing[0]!r} in {batch}", field="items")
        return [found[name] for name in dict.fromkeys(item_ids)]
    keys = list(batch.items.order_by("position").values_list("pk", flat=True))
    drawn = Random(seed).sample(keys, min(most, len(keys)))  # noqa: S311  # a sample, no secret
    return list(batch.items.filter(pk__in=drawn).order_by("position"))


def _recorded(
    version: JudgeVersion, rubric_version: RubricVersion, items: Sequence[Item]
) -> dict[int, dict[str, Verdict]]:
    """What runs of the version under this rubric have on record of the items, by item and criterion."""
    return recorded_verdicts(fingerprint_of(version, rubric_version), [item.pk for item in items])


def recorded_verdicts(fingerprint: str, items: Sequence[int]) -> dict[int, dict[str, Verdict]]:
    found: dict[int, dict[str, Verdict]] = {}
    verdicts = Verdict.objects.filter(run__fingerprint=fingerprint, item__in=items)
    for verdict in verdicts.order_by("pk"):
        found.setdefault(verdict.item_id, {})[verdict.criterion] = verdict
    return found


@dataclass(frozen=True)
class Said:
    """One answer: the value where there is one, else how it ended and why."""

    outcome: str
    value: str
    reason: str = ""
    rationale: str = ""

    @property
    def is_scored(self) -> bool:
        return self.outcome in SETTLED


@dataclass(frozen=True)
class CriterionTried:
    """One criterion of one item: what the draft says, what the published version, what was ruled."""

    criterion: str
    draft: Said | None
    published: Said | None
    ruling: str | None

    @property
    def differs(self) -> bool | None:
        """From the published version; None while either has not spoken."""
        if self.draft is None or self.published is None:
            return None
        return (self.draft.outcome, self.draft.value) != (self.published.outcome, self.published.value)

    @property
    def right(self) -> bool | None:
        """As it was ruled; None without a ruling or an answer."""
        if self.ruling is None or self.draft is None:
            return None
        return self.draft.value == self.ruling


@dataclass(frozen=True)
class ItemTried:
    """One item of a playground. `error` says why the endpoint gave no opinion."""

    item: Item
    state: str
    error: str
    suspicion: str
    recorded: bool  # the published version's words are from a run
    criteria: list[CriterionTried]
    exchanges: list[Exchange]

    @property
    def is_waiting(self) -> bool:
        return self.state == CallState.QUEUED


def tried(trial: Trial) -> list[ItemTried]:
    """What a playground has found so far, item by item."""
    calls = list(trial.calls.select_related("item"))
    drafts = [call for call in calls if call.side == DRAFT]
    published = {call.item_id: call for call in calls if call.side == PUBLISHED}
    items = [call.item_id for call in drafts if call.item_id]
    recorded = recorded_verdicts(trial.fingerprint, items) if trial.fingerprint else {}
    rulings = _rulings(items)
    keys = [one.key for one in RubricSpec.from_content(trial.rubric).criteria]
    return [_tried(call, published.get(call.item_id), recorded, rulings, keys) for call in drafts]


def _tried(
    call: TrialCall,
    published: TrialCall | None,
    recorded: dict[int, dict[str, Verdict]],
    rulings: dict[tuple[int, str], str],
    keys: list[str],
) -> ItemTried:
    assert call.item is not None  # a playground asks about items of a batch
    ours = _answers(call)
    theirs = _answers(published) if published else dict(_verdicts(recorded.get(call.item.pk, {})))
    return ItemTried(
        item=call.item,
        state=call.state,
        error=call.error,
        suspicion=call.suspicion,
        recorded=published is None and bool(theirs),
        criteria=[
            CriterionTried(key, ours.get(key), theirs.get(key), rulings.get((call.item.pk, key)))
            for key in keys
        ],
        exchanges=exchanges_of(call),
    )


def _answers(call: TrialCall) -> dict[str, Said]:
    return {
        one["question"]: Said(one["outcome"], one["value"] or "", one["reason"], one["rationale"])
        for one in call.answers
    }


def _verdicts(found: dict[str, Verdict]) -> Iterator[tuple[str, Said]]:
    for key, verdict in found.items():
        yield key, Said(verdict.outcome, verdict.value, verdict.reason, verdict.rationale)


def _rulings(items: Sequence[int]) -> dict[tuple[int, str], str]:
    """The rulings that stand, of audits whose opinions are all in; of several the newest."""
    standing = Ruling.objects.filter(item__in=items, superseded_at=None).exclude(
        audit__state__in=INDEPENDENT_STATES
    )
    rows = standing.order_by("at", "pk").values_list("item_id", "criterion", "value")
    return {(item, criterion): value for item, criterion, value in rows}


@dataclass(frozen=True)
class Tally:
    """How the draft's answers stand beside the others, over all items and criteria."""

    compared: int
    differing: int
    ruled: int
    right: int
    unscored: int


def tally(items: Sequence[ItemTried]) -> Tally:
    every = [one for item in items for one in item.criteria]
    return Tally(
        compared=sum(one.differs is not None for one in every),
        differing=sum(one.differs is True for one in every),
        ruled=sum(one.right is not None for one in every),
        right=sum(one.right is True for one in every),
        unscored=sum(one.draft is not None and not one.draft.is_scored for one in every),
    )
