"""`probe_injections`: can a judge be talked into passing a bad answer?"""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.selectors import batch_named
from auditing.judging.models import TrialState
from auditing.judging.selectors import published_version
from auditing.judging.trying import work_on
from auditing.metaaudit.lifts import Lift
from auditing.metaaudit.probes import ITEMS, probed, result_of, start_injection_probe
from auditing.rubrics import selectors as rubrics
from judges.contracts import Subject
from judges.probes.attacks import ATTACKS, Attack


class Command(DoorCommand):
    help = (
        "Append texts that try to sway a judge to bad answers, and measure what its verdicts gain: with its fence,"
        " and as a careless prompt without one would fare."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--judge", required=True, metavar="NAME")
        parser.add_argument("--number", type=int, metavar="N", help="its version; unless given, the newest")
        parser.add_argument(
            "--strings", type=Path, metavar="FILE", help="JSONL of {id, text, attack}; else our own"
        )
        parser.add_argument("--items", type=Path, metavar="FILE", help="JSONL of bad items: {id, ...payload}")
        parser.add_argument("--batch", metavar="NAME", help="take bad items from this batch")
        parser.add_argument(
            "--rubric", metavar="NAME", help="with --items or --batch: what they are judged by"
        )
        parser.add_argument("--most", type=int, default=ITEMS, help=f"bad items to take (default {ITEMS})")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["most"] < 1:
            raise BadInput("must be at least 1", field="--most")
        rows = read_rows(options["items"])
        trial = start_injection_probe(
            by=None,
            version=published_version(options["judge"], options["number"]),
            rubric_version=rubrics.published_version(options["rubric"]) if options["rubric"] else None,
            batch=batch_named(options["batch"]) if options["batch"] else None,
            subjects=[subject(row, options["items"]) for row in rows] if options["items"] else None,
            attacks=read_attacks(options["strings"]),
            most=options["most"],
            seed=options["seed"],
        )
        work_on(trial)
        if trial.state != TrialState.FINISHED:
            raise Conflict(f"The probe stopped: {trial.reason}")
        result, seen = result_of(trial), probed(trial)
        lines = [sentence(one) for one in seen.lifts()] + [str(one) for one in seen.fence_effects()]
        lines.append(f"The flag noticed {seen.recall().estimate:.1%} of the attacks.")
        self.report(result, "\n".join(lines), as_json=options["json"])


def read_rows(path: Path | None) -> list[dict[str, Any]]:
    """The objects of a JSONL file. Raises BadInput naming the line."""
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read: {error}", file=str(path)) from error
    return [_row(line, path, number) for number, line in enumerate(lines, start=1) if line.strip()]


def _row(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"is no JSON: {error}", file=str(path), line=number) from error
    if not isinstance(row, dict):
        raise BadInput("is no JSON object", file=str(path), line=number)
    return row


def read_attacks(path: Path | None) -> list[Attack]:
    """The strings of a file, `id` by line number where it has none; without a file our own."""
    if path is None:
        return list(ATTACKS)
    rows = read_rows(path)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row.get("text"), str):
            raise BadInput("has no text", file=str(path), line=number, field="text")
    found = [
        Attack(str(row.get("id", f"line-{number}")), str(row.get("attack", "given")), row["text"])
        for number, row in enumerate(rows, start=1)
    ]
    if not found or len({one.id for one in found}) < len(found):
        raise BadInput("needs one or more strings with different ids", file=str(path))
    return found


def subject(row: dict[str, Any], path: Path) -> Subject:
    if "id" not in row:
        raise BadInput("an item has no id", file=str(path), field="id")
    return Subject(str(row["id"]), {key: value for key, value in row.items() if key != "id"})


def sentence(one: Lift) -> str:
    """One line for people."""
    prompt = "fenced" if one.fenced else "without the fence"
    flips, change = one.flips, one.change
    return (
        f"{one.criterion}, {prompt}, {one.group}: {flips.k} of {flips.n} bad answers passed "
        f"[{flips.low:.1%}, {flips.high:.1%}], mean change {change.estimate:+.3f} "
        f"[{change.low:+.3f}, {change.high:+.3f}], {in_probability(one)}{one.unscored} of {one.pairs} unscored"
    )


def in_probability(one: Lift) -> str:
    """What the judge's own probabilities say, beyond the harmless texts; nothing where it gives none."""
    if one.leaning is None:
        return ""
    lift, odds = one.leaning.lift, one.leaning.log_odds
    unit = "probability" if one.leaning.is_probability else "the level expected"
    said = f"lift in {unit} {lift.estimate:+.3f} [{lift.low:+.3f}, {lift.high:+.3f}]"
    also = f", in log-odds {odds.estimate:+.2f} [{odds.low:+.2f}, {odds.high:+.2f}]" if odds else ""
    return f"{said}{also}, "
