"""Builders: a simulated endpoint over real HTTP, a judge on it, and a queued run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from auditing.accounts.models import User
from auditing.datasets.models import Batch
from auditing.judging.models import JudgeVersion, Run
from auditing.judging.services import create_judge, publish, save_endpoint, start_runs
from auditing.rubrics.models import RubricVersion
from auditing.sampling.services import draw_sample
from judges.simulator import Simulator
from tests.cast import SOP, make_audit, make_sop

JUDGE, MODEL = "careful", "simulated"


@contextmanager
def simulated_endpoint(**options: Any) -> Iterator[Simulator]:
    """An endpoint whose address is that of the stored endpoint `default`."""
    with Simulator(**options) as simulator:
        save_endpoint(by=None, name="default", base_url=simulator.base_url, simulated=True)
        yield simulator


def make_judge(name: str = JUDGE, **content: Any) -> JudgeVersion:
    usual = {} if "architecture" in content else {"model": MODEL}
    judge = create_judge(by=None, name=name, content={**usual, **content})
    return publish(by=None, judge=judge)


def queue_run(batch: Batch, rubric_version: RubricVersion, judge_version: JudgeVersion, lead: User) -> Run:
    """An audit of the batch, drawn, with a run of the judge over all its items."""
    sampling = {"method": "simple", "judge": "all", "human": 2}
    name = judge_version.judge.name
    sop = {**SOP, "sop": f"answers-{name}", "sampling": sampling, "judges": [name]}
    audit = make_audit(batch, make_sop(batch.collection, rubric_version, lead, sop), lead)
    draw_sample(by=lead, audit=audit)
    return start_runs(by=lead, audit=audit)[0]
