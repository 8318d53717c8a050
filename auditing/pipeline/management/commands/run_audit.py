"""Run every stage of an audit that can run now, in this process, with nothing else running."""

from types import TracebackType
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from auditing.audits.models import Audit
from auditing.audits.selectors import audit_with_id
from auditing.core.command import DoorCommand
from auditing.judging.models import Run
from auditing.judging.selectors import RunProgress
from auditing.pipeline.services import StageResult, run_here


class RunBars:
    """One progress bar a judge run, on standard error, where that is a terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self.tasks: dict[int, TaskID] = {}

    def __enter__(self) -> "RunBars":
        self.bars.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.bars.stop()

    def __call__(self, run: Run, progress: RunProgress) -> None:
        if run.pk not in self.tasks:
            self.tasks[run.pk] = self.bars.add_task(str(run.judge_version), total=progress.total)
        self.bars.update(self.tasks[run.pk], completed=progress.done + progress.failed)


class Command(DoorCommand):
    help = (
        "Draw the sample, put the judges to work and ask for reviews, rule, estimate and propose a decision, as far "
        "as it goes now, and say what it waits for. Run it again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("audit", type=int, help="the audit's id, as open_audit printed it")

    def handle(self, *args: Any, **options: Any) -> None:
        audit = audit_with_id(options["audit"])
        with RunBars() as bars:
            results = run_here(by=None, audit=audit, progress=bars)
        self.report(_document(audit, results), _sentences(audit, results), as_json=options["json"])


def _document(audit: Audit, results: list[StageResult]) -> dict[str, Any]:
    return {
        "audit": audit.pk,
        "state": audit.state,
        "stages": [
            {"stage": result.stage, "done": result.done, "detail": result.detail} for result in results
        ],
        "waits_for": [result.detail for result in results if not result.done],
    }


def _sentences(audit: Audit, results: list[StageResult]) -> str:
    lines = [f"{result.stage}: {'' if result.done else 'waits for '}{result.detail}" for result in results]
    return "\n".join([*lines, f"{audit} is {audit.state}."])
