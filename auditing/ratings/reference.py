"""The reference label of each item and criterion, and where it comes from.

A ruling stands above everything; then the reference rater that was named; then gold; then what the humans say
together. Mean, majority and adjudicated labels are different estimands, so `source` names which one it is:

    ruling | gold | rater NAME | single human | agreed humans | majority of humans | mean of humans | unresolved
"""

import numpy as np
import pandas as pd

from auditing.adjudication.differences import meaning
from auditing.ratings.frame import NUMBERS, RULING, SCORED, passing
from auditing.ratings.models import RaterKind
from auditing.rubrics.scales import CANNOT_ASSESS
from auditing.rubrics.schema import ITEM_PASSES, RubricSpec

UNRESOLVED = "unresolved"
MEAN = "mean of humans"
MEASURED = ("ordinal", "numeric")  # scales on which a mean means something
KEY = ["item", "criterion"]


def reference(
    frame: pd.DataFrame, *, rubric: RubricSpec | None = None, rater: str | None = None
) -> pd.DataFrame:
    """One row for each item and criterion that has a human or gold opinion: item, criterion, value, number, source.

    `value` is None (and `number` NaN) where the humans leave it open; such rows are kept, never dropped.
    """
    usable = frame[frame["status"] == SCORED]
    layers = [_from_rater(usable, RULING, "ruling")]
    if rater:
        layers.append(_from_rater(usable, rater, f"rater {rater}"))
    layers.append(_from_gold(usable))
    layers.append(_from_humans(usable, _with_scales(rubric, *MEASURED), _with_scales(rubric, "taxonomy")))
    layers.append(_left_open(frame))
    stacked = pd.concat(layers, ignore_index=True)
    chosen = stacked.drop_duplicates(KEY, keep="first").sort_values(KEY, ignore_index=True)
    if rubric and rubric.decides_items:
        chosen = with_reference_passes(chosen, rubric)
    texts = chosen["value"].astype(object)
    return chosen.assign(value=texts.where(texts.notna(), None))


def _with_scales(rubric: RubricSpec | None, *types: str) -> set[str]:
    """The criteria on a scale of one of these types."""
    criteria = rubric.criteria if rubric else ()
    return {criterion.key for criterion in criteria if criterion.scale.type in types}


def _from_rater(usable: pd.DataFrame, rater: str, source: str) -> pd.DataFrame:
    named = (usable["rater"] == rater) & (
        usable["rater_kind"] != RaterKind.JUDGE
    )  # a judge is never the reference
    return _closed(usable.loc[named, [*KEY, "value", "number"]], source)


def _from_gold(usable: pd.DataFrame) -> pd.DataFrame:
    rows = usable.loc[usable["rater_kind"] == RaterKind.GOLD, [*KEY, "value", "number"]]
    differing = rows.groupby(KEY)["value"].transform("nunique") > 1
    return _closed(rows[~differing], "gold")


def _closed(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Rows as reference rows; `cannot assess` is an answer, but no label."""
    rows = rows.assign(source=source)
    open_ended = rows["value"] == CANNOT_ASSESS
    rows.loc[open_ended, "value"] = None
    rows.loc[open_ended, "number"] = np.nan
    rows.loc[open_ended, "source"] = UNRESOLVED
    return rows


def _meanings(rows: pd.DataFrame, marked: set[str]) -> list[str]:
    """What two opinions must share to agree: of marked errors not their notes."""
    return [
        meaning("taxonomy", value) if criterion in marked else value
        for criterion, value in zip(rows["criterion"].tolist(), rows["value"].tolist(), strict=True)
    ]


def _from_humans(usable: pd.DataFrame, measured: set[str], marked: set[str]) -> pd.DataFrame:
    """Agreement, else the majority (categories) or the mean (scales on which there is one)."""
    humans = usable[usable["rater_kind"] == RaterKind.HUMAN]
    humans = humans.assign(said=_meanings(humans, marked))
    counts = humans.groupby([*KEY, "said"], as_index=False).agg(
        votes=("rater", "size"), value=("value", "first"), number=("number", "first")
    )
    if counts.empty:
        return pd.DataFrame(columns=[*KEY, "value", "number", "source"])
    counts["total"] = counts.groupby(KEY)["votes"].transform(
        "sum"
    )  # here, not later: a column makes empty tables grow
    leading = counts[counts["votes"] * 2 > counts["total"]].copy()
    agreed = leading["votes"] == leading["total"]
    whole = humans.dropna(subset=["number"]).groupby(KEY)["number"].nunique().eq(1)
    alike = pd.MultiIndex.from_frame(leading[KEY]).isin(whole[whole].index) & leading["number"].notna()
    leading["source"] = np.where(
        leading["total"] == 1, "single human", np.where(agreed, "agreed humans", "majority of humans")
    )
    means = _means(humans[humans["criterion"].isin(measured)])
    is_mean = leading["criterion"].isin(measured) & ~agreed & ~alike
    settled = leading.loc[~is_mean, [*KEY, "value", "number", "source"]]
    return pd.concat([_reopen(settled), means], ignore_index=True)


def _reopen(rows: pd.DataFrame) -> pd.DataFrame:
    """A majority of `cannot assess` leaves the label open."""
    open_ended = rows["value"] == CANNOT_ASSESS
    rows.loc[open_ended, ["value", "number", "source"]] = [None, np.nan, UNRESOLVED]
    return rows


def _means(humans: pd.DataFrame) -> pd.DataFrame:
    """Mean of the numbers of two or more humans who differ."""
    numbers = humans.dropna(subset=["number"]).groupby(KEY)["number"].agg(["mean", "nunique"]).reset_index()
    numbers = numbers[numbers["nunique"] > 1]
    return pd.DataFrame(
        {
            "item": numbers["item"],
            "criterion": numbers["criterion"],
            "value": numbers["mean"].map(lambda mean: f"{mean:.6g}"),
            "number": numbers["mean"],
            "source": MEAN,
        }
    )


def _left_open(frame: pd.DataFrame) -> pd.DataFrame:
    """Every item and criterion some human or gold rater spoke to: what stays here has no label."""
    spoken = frame.loc[frame["rater_kind"] != RaterKind.JUDGE, KEY].drop_duplicates()
    return spoken.assign(value=None, number=np.nan, source=UNRESOLVED)


def with_reference_passes(labels: pd.DataFrame, rubric: RubricSpec) -> pd.DataFrame:
    """Add `item_passes` for every labelled item, from the reference values of its criteria."""
    known = labels[labels["criterion"] != ITEM_PASSES]
    values = known.set_index(KEY)["value"].unstack("criterion")
    words, codes = passing(values, rubric)
    sources: dict[int, set[str]] = {}
    for item, source in zip(known["item"].tolist(), known["source"].tolist(), strict=True):
        sources.setdefault(item, set()).add(source)
    passes = pd.DataFrame(
        {
            "item": values.index,
            "criterion": ITEM_PASSES,
            "value": pd.Series(np.array(words, dtype=object)[codes], dtype=object),
            "number": np.array([NUMBERS[word] for word in words])[codes],
            "source": [", ".join(sorted(sources[item])) for item in values.index],
        }
    )
    return pd.concat([known, passes], ignore_index=True)
