"""The meta-audit: how far judges and humans can be trusted, read from the one frame of opinions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Missing
from auditing.datasets.models import Batch
from auditing.metaaudit.comparisons import (
    ALPHA_LEVELS,
    NO_ANSWER,
    Comparison,
    comparable,
    compare_all,
    rater_names,
)
from auditing.ratings.frame import RULING, SCORED, UNSCORED, opinions, with_item_passes
from auditing.ratings.models import RaterKind
from auditing.ratings.reference import MEAN
from auditing.ratings.reference import reference as labels_of
from auditing.rubrics.schema import ITEM_PASSES, RubricSpec
from auditing.stats.agreement import Confusion, confusion, krippendorff_alpha

REFERENCE = "reference"
MOST_PAIRS = 60  # past this many raters' pairs, only judges against humans are compared


@dataclass(frozen=True)
class Evidence:
    """The opinions a meta-audit looks at; read once, asked often."""

    batch: Batch
    audit: Audit | None
    rubric: RubricSpec | None
    frame: pd.DataFrame

    def criteria(self) -> list[str]:
        """Criteria somebody spoke to: the rubric's in its order, the whole item last, the others by name."""
        present = set(self.frame["criterion"].unique())
        known = [one.key for one in self.rubric.criteria if one.key in present] if self.rubric else []
        last = [ITEM_PASSES] if ITEM_PASSES in present else []
        return [*known, *sorted(present - set(known) - {ITEM_PASSES}), *last]

    def raters(self, criterion: str) -> list[tuple[str, str]]:
        return self._raters.get(criterion, [])

    @cached_property
    def _raters(self) -> dict[str, list[tuple[str, str]]]:
        return rater_names(self.frame)


def evidence(
    *,
    batch: Batch,
    audit: Audit | None = None,
    rubric: RubricSpec | None = None,
) -> Evidence:
    """Every opinion on a batch, or on an audit's batch with the audit's own; with a rubric, `item_passes` too."""
    rubric = rubric or (audit.rubric if audit else None)
    frame = opinions(batch=batch, audit=audit, rubric=rubric)
    labels = _reference_rows(frame, rubric, audit.sop.labels.reference) if audit else None
    if rubric and len(rubric.criteria) > 1:
        frame = with_item_passes(frame, rubric)
    if labels is not None:
        frame = pd.concat([frame[frame["rater"] != RULING], labels], ignore_index=True)
    return Evidence(batch, audit, rubric, frame)


def with_reference(seen: Evidence) -> Evidence:
    """A batch's evidence with its reference labels as one rater more, as an audit's has them already."""
    if seen.audit or seen.frame.empty:
        return seen
    rows = _reference_rows(seen.frame, seen.rubric, None)
    return replace(seen, frame=pd.concat([seen.frame, rows], ignore_index=True))


def _reference_rows(frame: pd.DataFrame, rubric: RubricSpec | None, rater: str | None) -> pd.DataFrame:
    """The reference labels as opinions of the rater `reference`, in place of the rulings among them.

    Rulings alone would be a biased yardstick: only the items on which people differed have one.
    """
    labels = labels_of(frame, rubric=rubric, rater=rater)
    ordinal = [one.key for one in rubric.criteria if one.scale.type == "ordinal"] if rubric else []
    off_scale = labels["criterion"].isin(ordinal) & (
        labels["source"] == MEAN
    )  # 4.5 is no level anybody can give
    labels = labels[labels["value"].notna() & ~off_scale]
    if rubric and len(rubric.criteria) == 1:
        labels = labels[labels["criterion"] != ITEM_PASSES]
    rows = labels[["item", "criterion", "value", "number"]].assign(
        rater=REFERENCE,
        rater_kind="gold",
        raw=labels["value"],
        status=SCORED,
        reason="",
        probability=float("nan"),
    )
    return rows[frame.columns]


def comparisons(
    seen: Evidence,
    *,
    reference: str | None = None,
    criterion: str | None = None,
    confidence: float = 0.95,
) -> list[Comparison]:
    """Every rater against `reference`; without one, against an audit's reference labels, or gold where there is gold,
    else each against each.

    Raises Missing when nobody of that name (or no such criterion) is among the opinions.
    """
    if seen.frame.empty:
        raise Missing(f"Nobody has given an opinion on {seen.batch} yet.")
    criteria = _wanted(criterion, seen.criteria(), "criterion")
    if reference is not None:
        _wanted(reference, sorted(seen.frame["rater"].unique()), "rater")
    found: list[Comparison] = []
    for key in criteria:
        pairs = pairs_to_compare(seen.raters(key), reference)
        found += compare_all(seen.frame, pairs, criterion=key, rubric=seen.rubric, confidence=confidence)
    return [one for one in found if one.n or one.unscored]


def _wanted(name: str | None, present: Iterable[str], kind: str) -> list[str]:
    present = list(present)
    if name is None:
        return present
    if name not in present:
        raise Missing(f"There is no {kind} {name!r}; there is {', '.join(present)}.")
    return [name]


def pairs_to_compare(raters: list[tuple[str, str]], reference: str | None) -> list[tuple[str, str]]:
    """(rater, reference) pairs: the lower in the order gold, human, judge against the higher."""
    if reference is not None:
        return [(name, reference) for name, _ in raters if name != reference]
    gold = [name for name, kind in raters if kind == "gold"]
    if gold:
        yardstick = REFERENCE if REFERENCE in gold else gold[0]
        return [(name, yardstick) for name, _ in raters if name != yardstick]
    names = [name for name, _ in raters]
    pairs = [(b, a) for index, a in enumerate(names) for b in names[index + 1 :]]
    if len(pairs) <= MOST_PAIRS:
        return pairs
    kind_of = dict(raters)
    return [(b, a) for b, a in pairs if kind_of[b] == "judge" and kind_of[a] == "human"]


@dataclass(frozen=True)
class ReferenceLabels:
    """What a reference says on one criterion: the items it labels, the share of each category among them, and the
    items that humans spoke to and it leaves open.
    """

    name: str
    n: int
    open: int
    shares: dict[str, float]


def reference_labels(seen: Evidence, *, rater: str, criterion: str) -> ReferenceLabels:
    """The labels of `rater`; only the reference labels themselves can be open, another rater was just not asked."""
    spec = next((c for c in seen.rubric.criteria if c.key == criterion), None) if seen.rubric else None
    rows = comparable(seen.frame[seen.frame["criterion"] == criterion], spec)
    own = rows[(rows["rater"] == rater) & rows["value"].notna()]
    spoken = rows.loc[rows["rater_kind"] == RaterKind.HUMAN, "item"].unique()
    open_ones = len(set(spoken) - set(own["item"])) if rater == REFERENCE else 0
    shares = own["value"].value_counts(normalize=True)
    return ReferenceLabels(
        rater, len(own), open_ones, {str(name): float(share) for name, share in shares.items()}
    )


def confusion_of(seen: Evidence, *, rater: str, reference: str, criterion: str) -> Confusion:
    """Counts of the rater's values (rows) against the reference's (columns), in the scale's order, unscored last."""
    table = side_by_side(seen, rater=rater, reference=reference, criterion=criterion)
    return confusion(table[rater].tolist(), table[reference].tolist(), _order(seen, criterion, table))


def _order(seen: Evidence, criterion: str, table: pd.DataFrame) -> list[Any]:
    """Categories in order: numbers as numbers, words by name."""
    numbers = seen.frame[(seen.frame["criterion"] == criterion)].dropna(subset=["number"])
    rank = dict(zip(numbers["value"], numbers["number"], strict=True))
    used = pd.unique(table.to_numpy().ravel()).tolist()
    return sorted(used, key=lambda value: (value == NO_ANSWER, rank.get(value, float("inf")), str(value)))


def side_by_side(seen: Evidence, *, rater: str, reference: str, criterion: str) -> pd.DataFrame:
    """Values of the two, indexed by item: items that the reference scored and the rater spoke to (see Comparison)."""
    spec = next((c for c in seen.rubric.criteria if c.key == criterion), None) if seen.rubric else None
    rows = comparable(seen.frame[seen.frame["criterion"] == criterion], spec)
    rows = rows[rows["rater"].isin([rater, reference])]
    wide = rows.set_index(["item", "rater"])["value"].unstack("rater").reindex(columns=[rater, reference])
    both = rows.groupby("item")["rater"].nunique() == 2
    wide = wide.loc[both[both].index]
    wide = wide[wide[reference].notna()]
    return wide.assign(**{rater: wide[rater].where(wide[rater].notna(), NO_ANSWER)})


def differing_items(
    seen: Evidence, *, rater: str, reference: str, criterion: str, cell: tuple[str, str] | None = None
) -> pd.DataFrame:
    """Items (index) on which the two differ, or those of one cell (rater's value, reference's value)."""
    table = side_by_side(seen, rater=rater, reference=reference, criterion=criterion)
    if cell is not None:
        return table[(table[rater] == cell[0]) & (table[reference] == cell[1])]
    return table[table[rater] != table[reference]]


def unscored_by_reason(seen: Evidence) -> pd.DataFrame:
    """rater, criterion, reason, n: every opinion that could not be used."""
    rows = seen.frame[(seen.frame["status"] == UNSCORED) & (seen.frame["criterion"] != ITEM_PASSES)]
    return rows.groupby(["rater", "criterion", "reason"]).size().rename("n").reset_index()


def many_raters(
    seen: Evidence, *, criterion: str, kind: str = "human", confidence: float = 0.95
) -> dict[str, Any]:
    """Krippendorff's alpha over all raters of a kind together, with how many raters and items it rests on."""
    spec = next((c for c in seen.rubric.criteria if c.key == criterion), None) if seen.rubric else None
    rows = comparable(seen.frame[seen.frame["criterion"] == criterion], spec)
    rows = rows[(rows["rater_kind"] == kind) & (rows["status"] == SCORED) & rows["value"].notna()]
    level = ALPHA_LEVELS.get(spec.scale.type, "nominal") if spec else "nominal"
    if rows["rater"].nunique() < 2:
        raise BadInput("Agreement needs at least two raters.")
    wide = rows.set_index(["rater", "item"])["value"].unstack("item")
    values = wide.astype(float) if level != "nominal" else wide.astype(object).where(wide.notna(), None)
    return {"raters": len(wide), **krippendorff_alpha(values.to_numpy(), level, confidence).to_dict()}
