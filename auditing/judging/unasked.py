"""What a run has not asked, and why: no money, no turn, or no need."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from auditing.judging.lifecycle import RunState
from auditing.judging.models import Call, CallState, Run, Verdict
from auditing.judging.schema.cascade import CascadeJudge
from auditing.judging.selectors import OVER_BUDGET

RULED = ("by", "ruled")  # a debate's answer that the third judge gave


@dataclass(frozen=True)
class NotAsked:
    """So many items were not put to `whom`, for this reason; `state` is that of their calls."""

    whom: str
    why: str
    items: int
    state: CallState


def not_asked(run: Run) -> list[NotAsked]:
    """Every reason that keeps an item from being asked about; none where all were put to everybody."""
    return [one for one in (*_without_a_turn(run), *_without_need(run)) if one.items]


def _without_a_turn(run: Run) -> Iterator[NotAsked]:
    calls, judge = Call.objects.filter(run=run), str(run.judge_version)
    unpaid = calls.filter(state=CallState.FAILED, error__contains=OVER_BUDGET).count()
    yield NotAsked(judge, "no budget could pay for it", unpaid, CallState.FAILED)
    if run.state in (RunState.PAUSED, RunState.CANCELLED):
        waiting = calls.filter(state=CallState.QUEUED).count()
        yield NotAsked(judge, f"the run was {run.state} before its turn", waiting, CallState.QUEUED)


def _without_need(run: Run) -> Iterator[NotAsked]:
    """The later stages of a cascade, and the third judge of a debate."""
    spec = run.judge_version.spec
    stages = [stage.name for stage in spec.stages[1:]] if isinstance(spec, CascadeJudge) else []
    if not stages and spec.architecture != "debate":
        return
    done = Call.objects.filter(run=run, state=CallState.DONE).count()
    for name in stages:
        left = done - _items_with(run, "stage", name)
        yield NotAsked(name, "an earlier stage settled it", left, CallState.DONE)
    if not stages:
        yield NotAsked("the third judge", "the two agreed", done - _items_with(run, *RULED), CallState.DONE)


def _items_with(run: Run, key: str, value: str) -> int:
    """Items with a verdict whose details say this anywhere: as a text, for that is how they are kept."""
    said = json.dumps({key: value}, ensure_ascii=False).strip("{}")
    return Verdict.objects.filter(run=run, details__contains=said).values("item").distinct().count()
