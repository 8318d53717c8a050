"""Are items that were rated elsewhere a fair sample of their batch? The judges have seen the others too, and tell."""

import numpy as np
from scipy import stats

from auditing.core.errors import BadInput
from auditing.estimation.inputs import Evidence
from auditing.rubrics.schema import ITEM_PASSES

ALARM = 0.001  # over all comparisons together
FEWEST = 10


def refuse_unfair_sample(seen: Evidence) -> None:
    """Raise BadInput when a judge scores the rated items otherwise than the rest (Mann-Whitney, Bonferroni).

    Passing proves nothing; failing proves that the rated items were picked, and then their mean says nothing of
    the batch.
    """
    verdicts = seen.verdicts[seen.verdicts["criterion"] != ITEM_PASSES].dropna(subset=["value"])
    rated = set(seen.items.index[seen.items["drawn"]])
    groups = list(verdicts.groupby(["rater", "criterion"]))
    for (judge, criterion), rows in groups:
        codes = rows["number"] if rows["number"].notna().all() else rows["value"].astype("category").cat.codes
        inside = rows["item"].isin(rated).to_numpy()
        if min(inside.sum(), (~inside).sum()) < FEWEST or codes.nunique() < 2:
            continue
        values = np.asarray(codes, dtype=float)
        p = float(stats.mannwhitneyu(values[inside], values[~inside]).pvalue)
        if p * len(groups) < ALARM:
            raise BadInput(
                f"the rated items are no random sample of the batch: {judge} scores them otherwise than the rest "
                f"on {criterion} (p = {p:.1g}), and with what probability each was chosen is not known"
            )
