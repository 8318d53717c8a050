"""Learning judges: from labelled items to the content of a judge version, and what it must know to judge."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditing.core.errors import BadInput, Conflict
from auditing.judging.lifecycle import UNFINISHED
from auditing.judging.models import Run, Verdict
from auditing.judging.schema.learned import Lesson, TrainedJudge
from auditing.rubrics.schema import RubricSpec
from judges.learning.training import Example, Trained, train

LEARNABLE = ("binary", "ordinal", "nominal", "preference")  # scales whose values can be counted


@dataclass(frozen=True)
class LabelledItem:
    """One item and the reference value of one criterion. `opinions`: feature name -> number of another judge."""

    payload: Mapping[str, Any]
    label: str
    cluster: str = ""
    opinions: Mapping[str, float] = field(default_factory=dict)


def feature_name(judge: str, criterion: str) -> str:
    """How another judge's number on a criterion is called among the features."""
    return f"judge {judge}: {criterion}"


def learnt(
    labelled: Mapping[str, Sequence[LabelledItem]],
    *,
    judges: Sequence[str],
    training: Mapping[str, Any],
    seed: int,
) -> TrainedJudge:
    """A judge learnt from labelled items by criterion. Raises BadInput where there are too few, or nothing to learn."""
    criteria = {}
    for criterion, items in labelled.items():
        fitted = _trained(criterion, items, seed)
        criteria[criterion] = Lesson(fitted.model, fitted.out_of_fold, fitted.report.to_dict())
    return TrainedJudge(criteria, tuple(judges), {**training, "seed": seed})


def _trained(criterion: str, items: Sequence[LabelledItem], seed: int) -> Trained:
    examples = [Example(one.payload, one.label, one.cluster, one.opinions) for one in items]
    try:
        return train(examples, seed=seed)
    except ValueError as error:
        raise BadInput(str(error), field=criterion) from error


def waits_for(run: Run) -> list[str]:
    """The judges whose runs in the same audit must end before this one can begin."""
    wanted = _judges_of(run)
    if not wanted:
        return []
    going = Run.objects.filter(
        audit=run.audit_id, state__in=UNFINISHED, judge_version__judge__name__in=wanted
    )
    return sorted(going.values_list("judge_version__judge__name", flat=True))


def opinions_for(run: Run) -> dict[str, dict[str, float]]:
    """Item id -> feature name -> number, from the judges that a learned judge takes into account.

    Raises Conflict where one of them has no run in this audit.
    """
    rubric, wanted = run.audit.rubric, _judges_of(run)
    runs = Run.objects.filter(audit=run.audit_id, judge_version__judge__name__in=wanted)
    names = dict(runs.values_list("pk", "judge_version__judge__name"))
    missing = sorted(set(wanted) - set(names.values()))
    if missing:
        raise Conflict(
            f"{run.judge_version} takes into account what {', '.join(missing)} said: let the SOP name it too."
        )
    found: dict[str, dict[str, float]] = defaultdict(dict)
    verdicts = Verdict.objects.filter(run__in=names, outcome="scored")
    rows = verdicts.values_list("item_id", "run_id", "criterion", "value")
    for item_id, run_id, criterion, value in rows.iterator(chunk_size=10_000):
        number = _number(rubric, criterion, value)
        if number is not None:
            found[str(item_id)][feature_name(names[run_id], criterion)] = number
    return found


def _number(rubric: RubricSpec, criterion: str, value: str) -> float | None:
    return rubric.criterion(criterion).scale.number(value)


def _judges_of(run: Run) -> tuple[str, ...]:
    spec = run.judge_version.spec
    return spec.judges if isinstance(spec, TrainedJudge) else ()
