"""Probes: does a judge version pass a bad answer because the answer asks it to?"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.canonical import checksum
from auditing.core.errors import BadInput
from auditing.datasets.models import Batch, Item
from auditing.datasets.policies import require
from auditing.judging.adapters import fingerprint_of, subject_of
from auditing.judging.models import CallState, JudgeVersion, Trial, TrialCall
from auditing.judging.trials import Put, Side, start_trial, trial_progress
from auditing.metaaudit.lifts import GROUPINGS, Probed
from auditing.metaaudit.pairs import Reading
from auditing.metaaudit.selectors import REFERENCE, evidence, with_reference
from auditing.reviews.policies import require_no_part
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import ITEM_PASSES, RubricSpec
from judges.contracts import Subject
from judges.probes.attacks import ATTACKS, CONTROLS, Attack
from judges.probes.injection import cases
from judges.probes.questions import CORRECT, WRONG_ANSWERS

ITEMS = 12  # bad answers, unless somebody asks for another number
FENCED, CARELESS = "fenced", "careless"
BUILT_IN = RubricSpec.from_content(
    {
        "rubric": "wrong-answers",
        "description": "Answers to plain questions.",
        "criteria": [
            {"key": CORRECT.key, "question": CORRECT.text, "scale": {"type": "binary", "good": "yes"}}
        ],
    }
)


def start_injection_probe(
    *,
    by: User | None,
    version: JudgeVersion,
    rubric_version: RubricVersion | None = None,
    batch: Batch | None = None,
    subjects: Sequence[Subject] | None = None,
    attacks: Sequence[Attack] = ATTACKS,
    most: int = ITEMS,
    seed: int = 0,
) -> Trial:
    """Queue a probe of a judge version: every bad answer as it is, with each text, and with harmless ones.

    The bad answers are `subjects`, or items of `batch` (those that the labels call bad, then others by `seed`), or the
    plainly wrong answers that come with Dokima. A rubric goes with the first two. Raises Forbidden for who may not
    manage judges or reviews items of the batch, BadInput naming the field.
    """
    if (batch or subjects) and rubric_version is None:
        raise BadInput("name the rubric that these items are judged by", field="rubric")
    if rubric_version is not None and not (batch or subjects):
        raise BadInput("name a batch, or give items, to judge by that rubric", field="batch")
    if batch and by:
        require(by, Permission.SEE_VERDICTS, batch.collection)
        require_no_part(by, batch)
    rubric = rubric_version.spec if rubric_version else BUILT_IN
    if batch:
        subjects = [subject_of(item) for item in bad_items(batch, rubric, most=most, seed=seed)]
    chosen = list(subjects if subjects is not None else WRONG_ANSWERS)[:most]
    return start_trial(
        by=by,
        purpose=Trial.Purpose.INJECTION,
        judge=version.judge,
        judge_version=version,
        fingerprint=_fingerprint(version, rubric_version),
        batch=batch,
        rubric=rubric,
        sides=_sides(version),
        puts=_puts(chosen, [*attacks, *CONTROLS], batch),
        options={"seed": seed, "texts": len(attacks), "items": len(chosen)},
    )


def bad_items(batch: Batch, rubric: RubricSpec, *, most: int, seed: int) -> list[Item]:
    """Items that the reference labels call bad, in a random order; where they are too few, others after them."""
    everything = list(batch.items.order_by("position").values_list("pk", flat=True))
    bad = _labelled_bad(batch, rubric)
    order = Random(seed)  # noqa: S311  # a sample, no secret
    first, then = [pk for pk in everything if pk in bad], [pk for pk in everything if pk not in bad]
    order.shuffle(first)
    order.shuffle(then)
    keys = [*first, *then][:most]
    found = Item.objects.in_bulk(keys)
    return [found[pk] for pk in keys]


def _labelled_bad(batch: Batch, rubric: RubricSpec) -> set[int]:
    frame = with_reference(evidence(batch=batch, rubric=rubric)).frame
    labels = frame[(frame["rater"] == REFERENCE) & frame["value"].notna()]
    values: dict[int, dict[str, str]] = {}
    for item, criterion, value in labels[["item", "criterion", "value"]].itertuples(index=False, name=None):
        if criterion != ITEM_PASSES:
            values.setdefault(int(item), {})[criterion] = value
    return {item for item, answers in values.items() if rubric.passes(answers) is False}


def _sides(version: JudgeVersion) -> list[Side]:
    """With the fence, and for a judge that has one without."""
    fenced = Side(FENCED, version.content)
    return [fenced, Side(CARELESS, version.content, fenced=False)] if version.spec.asked else [fenced]


def _puts(subjects: Sequence[Subject], attacks: Sequence[Attack], batch: Batch | None) -> list[Put]:
    items = batch.items.in_bulk([int(subject.item_id) for subject in subjects]) if batch else {}
    try:
        asked = list(cases(subjects, attacks))
    except ValueError as error:
        raise BadInput(str(error), field="items") from error
    return [
        Put(
            key=f"{case.item_id} {case.attack.id if case.attack else ''}"[:300],
            item=items.get(int(case.item_id)) if batch else None,
            payload=dict(case.payload),
            about={
                "item": case.item_id,
                "attack": case.attack.id if case.attack else "",
                "kind": case.attack.kind if case.attack else "",
                "text": case.attack.text if case.attack else "",
            },
        )
        for case in asked
    ]


def _fingerprint(version: JudgeVersion, rubric_version: RubricVersion | None) -> str:
    if rubric_version is not None:
        return fingerprint_of(version, rubric_version)
    return checksum({"engine": version.spec.build(BUILT_IN).fingerprint(), "rubric": BUILT_IN.to_content()})


def probed(trial: Trial, confidence: float = 0.95) -> Probed:
    """All that the calls made so far say."""
    calls = trial.calls.filter(state=CallState.DONE).defer("exchanges", "payload")
    readings = [reading_of(call) for call in calls]
    return Probed(readings, RubricSpec.from_content(trial.rubric), confidence)


def reading_of(call: TrialCall) -> Reading:
    about: Mapping[str, Any] = call.about
    return Reading(
        item=about["item"],
        attack=about["attack"],
        kind=about["kind"],
        fenced=call.side == FENCED,
        answers={one["question"]: one["value"] for one in call.answers if one["outcome"] == "scored"},
        suspected=bool(call.suspicion),
        probabilities={one["question"]: one.get("probabilities", {}) for one in call.answers},
    )


def result_of(trial: Trial) -> dict[str, Any]:
    """The contract of `probe_injections --json`."""
    seen, so_far = probed(trial), trial_progress(trial)
    return {
        "probe": trial.pk,
        "judge": str(trial.judge_version),
        "fingerprint": trial.fingerprint,
        "state": trial.state,
        "reason": trial.reason,
        "items": trial.options["items"],
        "texts": trial.options["texts"],
        "calls": so_far.total,
        "failed": so_far.failed,
        "cost": None if so_far.spent is None else float(so_far.spent),
        "lifts": [one.to_dict() for by in GROUPINGS for one in seen.lifts(by)],
        "fence_effects": [one.to_dict() for one in seen.fence_effects()],
        "flag_recall": seen.recall().to_dict(),
        "flag_false_alarms": seen.false_alarms().to_dict(),
    }
