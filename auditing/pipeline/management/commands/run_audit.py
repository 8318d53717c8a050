"""Run every stage of an audit that can run now, in this process, with nothing else running."""

from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation
from types import TracebackType
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.audits.selectors import audit_with_id
from auditing.core.command import DoorCommand
from auditing.judging.budgets import require_confirmed
from auditing.judging.models import Run
from auditing.judging.selectors import RunProgress
from auditing.judging.services import confirm_cost
from auditing.pipeline.services import StageResult, next_wave, run_here

AS_NEEDED = object()


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
        parser.add_argument(
            "--confirm-cost",
            action="store_true",
            help="let the judges cost what is estimated, where that is above what the collection lets pass",
        )
        parser.add_argument(
            "--budget",
            type=_dollars,
            metavar="DOLLARS",
            help="what each judge's run may cost at most; confirms the cost too",
        )
        parser.add_argument(
            "--draw-more",
            nargs="?",
            type=int,
            const=AS_NEEDED,
            metavar="ITEMS",
            help="first draw so many further items for people (without a number: as many as it should take to "
            "decide), where the audit is to be continued",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        audit = audit_with_id(options["audit"])
        if options["confirm_cost"] or options["budget"] is not None:
            confirm_cost(by=None, audit=audit, budget=options["budget"])
        if (size := options["draw_more"]) is not None:
            next_wave(by=None, audit=audit, size=None if size is AS_NEEDED else size)
        with RunBars() as bars:
            results = run_here(by=None, audit=audit, progress=bars)
        audit.refresh_from_db()
        if audit.state == AuditState.DRAWN:
            require_confirmed(audit)
        self.report(_document(audit, results), _sentences(audit, results), as_json=options["json"])


def _dollars(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ArgumentTypeError(f"{text!r} is no amount") from error


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
