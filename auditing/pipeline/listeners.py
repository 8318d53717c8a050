"""What the pipeline listens to.

The tasks are imported when something happens, not when a process starts: they bring the estimators, and with them
libraries that take seconds to load.
"""

from auditing.datasets.models import Batch
from auditing.judging.models import Run


def batch_arrived(batch: Batch) -> None:
    from auditing.pipeline import tasks

    tasks.batch_arrived(batch)


def run_finished(run: Run) -> None:
    from auditing.pipeline import tasks

    tasks.run_finished(run)
