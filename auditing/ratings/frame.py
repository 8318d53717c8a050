"""The one table of every opinion of every rater: imported ratings, reviews, verdicts and rulings, on one scale.

A frame has a row for each opinion, whether it could be used or not:

    item        primary key of the item
    rater       name, unique within the frame
    rater_kind  human | judge | gold
    criterion   key
    raw         the value as the source gave it
    value       its canonical text, None where unscored
    number      its number on the scale, NaN where the scale has none or the row is unscored
    status      scored | unscored
    reason      why it is unscored
    probability the rater's own confidence, NaN where not given
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import QuerySet

from auditing.adjudication.models import Ruling
from auditing.audits.models import Audit
from auditing.core.errors import BadInput
from auditing.datasets.models import Batch
from auditing.judging.models import Verdict
from auditing.ratings.models import RaterKind, Rating
from auditing.reviews.models import Answer
from auditing.rubrics.schema import ITEM_PASSES, Criterion, RubricSpec

COLUMNS = ["item", "rater", "rater_kind", "criterion", "raw", "probability", "reason"]
RULING = "ruling"
RESERVED = {RULING, "reference"}  # no person or judge passes for these
SCORED, UNSCORED = "scored", "unscored"
WORDS: dict[bool | None, str | None] = {True: "yes", False: "no", None: None}
NUMBERS: dict[str | None, float] = {"yes": 1.0, "no": 0.0, None: np.nan}


def opinions(
    *,
    batch: Batch,
    audit: Audit | None = None,
    rubric: RubricSpec | None = None,
    criteria: Iterable[str] | None = None,
    kinds: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Every opinion on a batch's items: the imported ones and, for an audit, its own.

    `rubric` (an audit's own by default) says the scales; without one, values are compared as text, ignoring case.
    `criteria` and `kinds` narrow what is read.
    """
    rubric = rubric or (audit.rubric if audit else None)
    frame = _imported(batch)
    if audit:
        own = _own(audit, taken=set(frame["rater"].unique()))
        frame = pd.concat([frame, pd.DataFrame.from_records(own, columns=COLUMNS)]) if own else frame
    if criteria is not None:
        frame = frame[frame["criterion"].isin(list(criteria))]
    if kinds is not None:
        frame = frame[frame["rater_kind"].isin(list(kinds))]
    return on_scale(frame.reset_index(drop=True), rubric)


def _imported(batch: Batch) -> pd.DataFrame:
    """The ratings of a batch, read without their raters, of whom there are few."""
    ratings = Rating.objects.filter(item__batch=batch).values_list(
        "item_id", "criterion", "value", "probability", "rater_id"
    )
    frame = pd.DataFrame.from_records(
        list(ratings.iterator(chunk_size=10_000)),
        columns=["item", "criterion", "raw", "probability", "rater_id"],
    )
    raters = {
        pk: (name, kind) for pk, name, kind in batch.collection.raters.values_list("pk", "name", "kind")
    }
    # no rater passes for the rulings, which stand above everything
    names = {pk: f"{name} (imported)" if name in RESERVED else name for pk, (name, _) in raters.items()}
    return frame.assign(
        rater=frame["rater_id"].map(names).astype(str),
        rater_kind=frame["rater_id"].map({pk: kind for pk, (_, kind) in raters.items()}).astype(str),
        reason=np.where(frame["raw"] == "", "no usable answer", ""),
    )[COLUMNS]


def _own(audit: Audit, taken: set[str]) -> list[tuple[Any, ...]]:
    """The audit's reviews, verdicts and rulings; a name that another rater already has is marked."""
    answers = list(_answers(audit))
    reviewers = {name for _, name, _, _ in answers}

    def named(name: str) -> str:
        return f"{name} (this audit)" if name in taken or name in RESERVED else name

    def judge_named(name: str) -> str:
        return named(f"{name} (judge)" if name in reviewers else name)

    rows = [
        (item, named(name), RaterKind.HUMAN, criterion, value, None, "")
        for item, name, criterion, value in answers
    ]
    rows += [
        (item, judge_named(name), RaterKind.JUDGE, criterion, value, probability, reason or outcome)
        if outcome != SCORED
        else (item, judge_named(name), RaterKind.JUDGE, criterion, value, probability, "")
        for item, name, criterion, value, probability, outcome, reason in _verdicts(audit)
    ]
    rulings = Ruling.objects.filter(audit=audit, superseded_at=None)
    rows += [
        (item, RULING, RaterKind.GOLD, criterion, value, None, "")
        for item, criterion, value in rulings.values_list("item_id", "criterion", "value")
    ]
    return rows


def _answers(audit: Audit) -> QuerySet[Answer, tuple[Any, ...]]:
    submitted = Answer.objects.filter(review__task__audit=audit, review__task__state="submitted")
    return submitted.values_list(
        "review__task__item_id", "review__task__reviewer__username", "criterion", "value"
    )


def _verdicts(audit: Audit) -> Iterator[tuple[Any, ...]]:
    """Verdicts under their judge's name, with the version where one judge ran in two versions."""
    runs = list(audit.runs.select_related("judge_version__judge"))
    names = [run.judge_version.judge.name for run in runs]
    name_of = {
        run.pk: name if names.count(name) == 1 else f"{name} v{run.judge_version.number}"
        for run, name in zip(runs, names, strict=True)
    }
    verdicts = Verdict.objects.filter(run__audit=audit).values_list(
        "item_id", "run_id", "criterion", "value", "probability", "outcome", "reason"
    )
    for item, run, *rest in verdicts.iterator(chunk_size=10_000):
        yield (item, name_of[run], *rest)


def on_scale(frame: pd.DataFrame, rubric: RubricSpec | None) -> pd.DataFrame:
    """Add `value`, `number` and `status`: each distinct raw value is put on its scale once."""
    scales = {criterion.key: criterion for criterion in rubric.criteria} if rubric else {}
    criteria, criterion_names = pd.factorize(frame["criterion"])
    raws, raw_values = pd.factorize(frame["raw"])
    pairs, distinct = pd.factorize(criteria * max(len(raw_values), 1) + raws)
    read = [
        _canonical(scales.get(criterion_names[pair // len(raw_values)]), raw_values[pair % len(raw_values)])
        for pair in distinct.tolist()
    ]
    reasons = frame["reason"].to_numpy(dtype=object)
    usable = reasons == ""
    value, number, off_scale = (
        np.array([one[part] for one in read], dtype=object)[pairs] for part in range(3)
    )
    value[~usable], number[~usable], off_scale[~usable] = None, np.nan, reasons[~usable]
    frame = frame.copy()
    frame["value"] = pd.Series(value, index=frame.index, dtype=object)
    frame["number"] = number.astype(float)
    frame["reason"] = pd.Series(off_scale, index=frame.index, dtype=object)
    frame["status"] = np.where(frame["reason"] == "", SCORED, UNSCORED)
    frame["probability"] = frame["probability"].astype(float)
    return frame


def _canonical(criterion: Criterion | None, raw: str) -> tuple[str | None, float, str]:
    """(value, number, reason): off the scale is unscored with a reason, never guessed."""
    if criterion is None:
        return raw.strip().casefold(), _as_number(raw), ""
    try:
        value = criterion.scale.canonical(raw)
    except BadInput:
        return None, np.nan, f"off the scale: {raw[:80]}"
    number = criterion.scale.number(value)
    return value, np.nan if number is None else number, ""


def _as_number(raw: str) -> float:
    try:
        number = float(raw)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def with_item_passes(frame: pd.DataFrame, rubric: RubricSpec) -> pd.DataFrame:
    """The frame plus, for every rater of every item, the pseudo-criterion `item_passes` (yes or no)."""
    keys = [criterion.key for criterion in rubric.criteria]
    known = frame[frame["criterion"].isin(keys)]
    if known.empty or not rubric.decides_items:
        return frame
    wide = known.set_index(["item", "rater", "rater_kind", "criterion"])["value"].unstack("criterion")
    wide = wide.reindex(columns=keys).reset_index()
    words, codes = passing(wide[keys], rubric)
    rows = wide[["item", "rater", "rater_kind"]].copy()
    rows["criterion"] = ITEM_PASSES
    rows["value"] = pd.Series(np.array(words, dtype=object)[codes], dtype=object)
    rows["raw"] = np.array([word or "" for word in words])[codes]
    rows["number"] = np.array([NUMBERS[word] for word in words])[codes]
    rows["status"] = np.where(rows["number"].isna(), UNSCORED, SCORED)
    rows["reason"] = np.where(rows["number"].isna(), "a criterion it needs has no usable answer", "")
    rows["probability"] = np.nan
    return pd.concat([frame, rows[frame.columns]], ignore_index=True)


def passing(answers: pd.DataFrame, rubric: RubricSpec) -> tuple[list[str | None], Any]:
    """Each distinct row of answers (a column a criterion) asked once whether it passes, and which one each row is."""
    codes = np.zeros(len(answers), dtype=np.int64)
    for key in answers.columns:
        own, values = pd.factorize(answers[key])
        codes = pd.factorize(codes * (len(values) + 1) + own + 1)[0]
    firsts = np.unique(codes, return_index=True)[1]
    words = []
    for row in answers.iloc[firsts].itertuples(index=False, name=None):
        answered = {
            key: value for key, value in zip(answers.columns, row, strict=True) if isinstance(value, str)
        }
        words.append(WORDS[rubric.passes(answered)])
    return words, codes
