"""A run's judge ready to work: some must have seen the whole batch first, some what other judges said of it."""

from collections.abc import Iterator

from auditing.judging.adapters import subject_of
from auditing.judging.learning import opinions_for
from auditing.judging.models import Run
from judges.architectures.learned import LearnedJudge
from judges.contracts import Architecture, Subject, Surveyor

ROWS_AT_ONCE = 1000
_surveyed: dict[tuple[int, str], Architecture] = {}


def architecture_for(run: Run) -> Architecture:
    """The judge of a run. A worker looks through a batch once, not at every shard of a run.

    Raises BadInput where the judge cannot be asked about the rubric, Conflict where it lacks another judge's run.
    """
    key = (run.audit_id, run.fingerprint)
    if key in _surveyed:
        return _surveyed[key]
    architecture = run.judge_version.spec.build(run.audit.rubric)
    if isinstance(architecture, LearnedJudge):
        architecture.inform(opinions_for(run))
    elif isinstance(architecture, Surveyor) and architecture.surveys:
        architecture.survey(_batch(run))
    else:
        return architecture
    _surveyed.clear()  # the batch at work is the one that counts
    _surveyed[key] = architecture
    return architecture


def _batch(run: Run) -> Iterator[Subject]:
    items = run.audit.batch.items.order_by("pk").only("pk", "payload")
    return map(subject_of, items.iterator(chunk_size=ROWS_AT_ONCE))
