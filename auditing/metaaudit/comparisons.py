"""Raters compared two at a time, on one criterion of one frame of opinions."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from auditing.ratings.frame import SCORED
from auditing.rubrics.scales import CANNOT_ASSESS
from auditing.rubrics.schema import ITEM_PASSES, Criterion, RubricSpec
from auditing.stats import agreement
from auditing.stats.agreement import Coefficient

Pair = tuple[float, float] | None
Level = Literal["nominal", "ordinal", "interval", "ratio"]
NO_ANSWER = "unscored"
FOUND = ("no error", "errors")  # what a taxonomy is compared by
ALPHA_LEVELS: dict[str, Level] = {"ordinal": "ordinal", "numeric": "interval"}


@dataclass(frozen=True)
class Comparison:
    """One rater against another, over the `n` items that the reference scored and the rater spoke to.

    An answer of the rater that cannot be used (`unscored` of them) is a category of its own and never right, in
    accuracy and kappa; `accuracy_bounds` says what accuracy would be had all of those been wrong, or right.
    AC1, alpha and weighted kappa rest on the usable answers; AC1 knows of every answer the scale has, used or not.
    """

    criterion: str
    rater: str
    rater_kind: str
    reference: str
    reference_kind: str
    n: int
    unscored: int
    accuracy: float | None
    accuracy_interval: Pair
    accuracy_bounds: Pair
    kappa: float | None
    kappa_interval: Pair
    kappa_weighted: float | None
    kappa_weighted_interval: Pair
    ac1: float | None
    ac1_interval: Pair
    alpha: float | None
    alpha_interval: Pair
    alpha_level: str
    prevalence: dict[str, float]  # the reference's share of each category: kappa cannot be read without it
    confidence: float
    note: str

    def to_dict(self) -> dict[str, Any]:
        """The contract of `meta_audit --json`: figures with `[low, high]` beside each."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


def comparable(frame: pd.DataFrame, criterion: Criterion | None) -> pd.DataFrame:
    """Rows of one criterion with the value to compare; a taxonomy is compared by whether it found errors.

    `cannot assess` is no label and no hit: such rows count as unscored.
    """
    frame = frame.assign(value=frame["value"].where(frame["value"] != CANNOT_ASSESS, None))
    if criterion is None or criterion.scale.type != "taxonomy":
        return frame
    found = np.where(frame["value"] == "[]", *FOUND)
    return frame.assign(value=pd.Series(found, index=frame.index).where(frame["value"].notna(), None))


def answers_of(criterion: str, spec: Criterion | None) -> tuple[str, ...] | None:
    """Every value that `comparable` rows of a criterion may have; None where that is not known or has no end."""
    if spec is None:
        return ("no", "yes") if criterion == ITEM_PASSES else None
    return FOUND if spec.scale.type == "taxonomy" else spec.scale.answers or None


def compare_all(
    frame: pd.DataFrame,
    pairs: list[tuple[str, str]],
    *,
    criterion: str,
    rubric: RubricSpec | None,
    confidence: float,
) -> list[Comparison]:
    """Compare each (rater, reference) pair on one criterion. `frame`: see `ratings.frame`."""
    spec = next((one for one in rubric.criteria if one.key == criterion), None) if rubric else None
    rows = comparable(frame[frame["criterion"] == criterion], spec)
    kinds = dict(rows[["rater", "rater_kind"]].drop_duplicates().itertuples(index=False, name=None))
    values = rows.set_index(["item", "rater"])["value"].unstack("rater")
    spoken = (
        rows.assign(spoken=True).set_index(["item", "rater"])["spoken"].unstack("rater", fill_value=False)
    )
    level = ALPHA_LEVELS.get(spec.scale.type, "nominal") if spec else "nominal"
    return [
        _compare(
            values[rater],
            values[reference],
            spoken[rater] & spoken[reference],
            kinds,
            criterion=criterion,
            level=level,
            answers=answers_of(criterion, spec),
            confidence=confidence,
        )
        for rater, reference in pairs
        if rater in values.columns and reference in values.columns
    ]


def _compare(
    a: "pd.Series[Any]",
    b: "pd.Series[Any]",
    spoken: "pd.Series[bool]",
    kinds: dict[str, str],
    *,
    criterion: str,
    level: Level,
    answers: tuple[str, ...] | None,
    confidence: float,
) -> Comparison:
    """`a` against the reference `b`, both indexed by item; `spoken`: items to which both said something."""
    asked = spoken & b.notna()
    n, unscored = int(asked.sum()), int((asked & a.isna()).sum())
    x = a[asked].where(a[asked].notna(), NO_ANSWER).to_numpy(dtype=object)
    y = b[asked].to_numpy(dtype=object)
    usable = x != NO_ANSWER
    said, meant, categories = _coded(x, y, answers)
    accuracy = agreement.raw_agreement(said, meant, confidence)
    kappa = agreement.cohen_kappa(said, meant, confidence=confidence)
    # on usable answers: an answer of no use is no answer of the scale, whose number AC1's chance agreement goes by
    ac1 = agreement.gwet_ac(
        np.stack([said[usable], meant[usable]]), confidence=confidence, categories=categories
    )
    weighted = _weighted_kappa(x[usable], y[usable], level, confidence)
    scaled = (said, meant) if level == "nominal" else (_numbers(x, usable), _numbers(y, usable))
    alpha = agreement.krippendorff_alpha(np.stack(scaled)[:, usable], level, confidence)
    share_unscored = unscored / n if n else 0.0
    return Comparison(
        criterion=criterion,
        rater=str(a.name),
        rater_kind=kinds[str(a.name)],
        reference=str(b.name),
        reference_kind=kinds[str(b.name)],
        n=n,
        unscored=unscored,
        accuracy=_figure(accuracy),
        accuracy_interval=_interval(accuracy),
        accuracy_bounds=(accuracy.value, accuracy.value + share_unscored) if n else None,
        kappa=_figure(kappa),
        kappa_interval=_interval(kappa),
        kappa_weighted=_figure(weighted) if weighted else None,
        kappa_weighted_interval=_interval(weighted) if weighted else None,
        ac1=_figure(ac1),
        ac1_interval=_interval(ac1),
        alpha=_figure(alpha),
        alpha_interval=_interval(alpha),
        alpha_level=level,
        prevalence={
            str(key): float(share) for key, share in pd.Series(y).value_counts(normalize=True).items()
        },
        confidence=confidence,
        note="; ".join(sorted({result.note for result in (kappa, ac1, alpha) if result.note})),
    )


def _coded(x: Any, y: Any, answers: tuple[str, ...] | None) -> tuple[Any, Any, list[int] | None]:
    """The values as numbers, which compare faster than words; and the numbers of all answers, where those are known."""
    both = [*(answers or ()), *x, *y]
    codes = pd.factorize(np.array(both, dtype=object))[0]
    known = len(answers or ())
    said, meant = codes[known : known + len(x)], codes[known + len(x) :]
    return said, meant, None if answers is None else list(range(known))


def _weighted_kappa(x: Any, y: Any, level: str, confidence: float) -> Coefficient | None:
    """Quadratic weights, where the scale has an order."""
    if level == "nominal":
        return None
    return agreement.cohen_kappa(x.astype(float), y.astype(float), "quadratic", confidence)


def _numbers(values: Any, usable: Any) -> Any:
    return np.where(usable, values, "nan").astype(float)


def _figure(result: Coefficient) -> float | None:
    return float(result.value) if np.isfinite(result.value) else None


def _interval(result: Coefficient) -> Pair:
    return (float(result.low), float(result.high)) if np.isfinite([result.low, result.high]).all() else None


def rater_names(frame: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """(rater, kind) of everybody with a usable opinion, by criterion: gold first, then humans, then judges."""
    order = {"gold": 0, "human": 1, "judge": 2}
    names = frame.loc[frame["status"] == SCORED, ["criterion", "rater", "rater_kind"]].drop_duplicates()
    found: dict[str, list[tuple[str, str]]] = {}
    for criterion, rater, kind in names.itertuples(index=False, name=None):
        found.setdefault(criterion, []).append((rater, kind))
    return {key: sorted(pairs, key=lambda pair: (order[pair[1]], pair[0])) for key, pairs in found.items()}
