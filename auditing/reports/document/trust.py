"""How far the labels and the judges behind the figures can be trusted."""

from typing import Any

from auditing.core.charts import Interval, interval_chart
from auditing.core.drawing import Palette
from auditing.reports.agreement import LABELS
from auditing.reports.document import wording
from auditing.reports.document.blocks import Block, Facts, Figure, Section, Table

Snapshot = dict[str, Any]
MOST_PAIRS = 24
MOST_SUSPECTS = 50
COLUMNS = ("Criterion", "Rater", "Against", "Items", "Agreement", "Kappa", "AC1", "Unusable")
SOURCES = {"reviews": "blind reviews made here", "imported": "imported ratings"}


def labels_section(snapshot: Snapshot) -> Section | None:
    labels = snapshot.get("labels")
    if labels is None:
        return None
    pairs = [("Where labels come from", SOURCES.get(labels["source"], labels["source"]))]
    if labels["reviews"]:
        seconds = labels["median_active_seconds"]
        pairs += [
            ("Reviews", f"{labels['reviews']:,} by {wording.count(labels['reviewers'], 'auditor')}"),
            ("Median time on an item", f"{seconds:.0f} seconds" if seconds is not None else wording.DASH),
            ("Disagreements", f"{labels['disagreements']:,}"),
            ("Rulings", f"{labels['rulings']:,}"),
        ]
    blocks: list[Block] = [Facts(tuple(pairs))]
    between = [row for row in snapshot["meta_audit"] if row["rater_kind"] == "human"]
    if between:
        most_first = sorted(between, key=lambda row: -row["n"])[:MOST_PAIRS]
        blocks.append(_comparison_table("Auditors against each other, before any ruling", most_first))
    lede = "Auditors work blind to the judges and to one another. Where they differ, a lead rules."
    return Section("The auditors", lede, tuple(blocks))


def judges_section(snapshot: Snapshot, palette: Palette) -> Section | None:
    """Judges against the labels; None where there are none, or where this reader does not see them."""
    compared = [row for row in snapshot.get("meta_audit", []) if row["reference"] == LABELS]
    runs = snapshot.get("judges", [])
    blocks: list[Block] = []
    if compared:
        blocks += [
            _accuracy_chart(compared, palette),
            _comparison_table("Judges against the labels", compared),
        ]
    if runs:
        blocks.append(_runs_table(runs))
        blocks += _suspects_table(runs)
    if not blocks:
        return None
    lede = (
        "Agreement with the labels that the estimates rest on. An answer that could not be used counts as wrong. "
        "Kappa takes off what chance alone would reach, and cannot be read without the share of each answer; "
        "AC1 depends less on it."
    )
    return Section("The judges", lede, tuple(blocks))


def _accuracy_chart(rows: list[dict[str, Any]], palette: Palette) -> Figure:
    drawn = [_interval(row) for row in rows]
    return Figure(interval_chart(drawn, title="How often judges agree with the labels", palette=palette))


def _interval(row: dict[str, Any]) -> Interval:
    low, high = row["accuracy_interval"] or (None, None)
    return Interval(wording.criterion(row["criterion"]), row["accuracy"], low, high, row["rater"])


def _comparison_table(title: str, rows: list[dict[str, Any]]) -> Table:
    return Table(title, COLUMNS, tuple(_comparison_row(row) for row in rows), numbers=(3, 4, 5, 6, 7))


def _comparison_row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        wording.criterion(row["criterion"]),
        wording.cell(row["rater"]),
        wording.cell(row["reference"]),
        f"{row['n']:,}",
        wording.share(row["accuracy"]),
        wording.coefficient(row["kappa"], row["kappa_interval"]),
        wording.coefficient(row["ac1"], row["ac1_interval"]),
        f"{row['unscored']:,}",
    )


def _runs_table(runs: list[dict[str, Any]]) -> Table:
    rows = tuple(
        (
            f"{wording.cell(run['judge'])} v{run['version']}" + (" (simulated)" if run["simulated"] else ""),
            wording.cell(run["model"]),
            f"{run['calls']:,}",
            f"{run['failed']:,}",
            f"{sum(reason['verdicts'] for reason in run['unscored']):,}",
            f"{len(run.get('suspected_injections', [])):,}",
            f"{run['tokens']:,}",
            wording.cell(run["cost"]),
        )
        for run in runs
    )
    columns = ("Judge", "Model", "Calls", "Failed", "Unusable", "Injections", "Tokens", "Cost")
    return Table("What the judges did", columns, rows, numbers=(2, 3, 4, 5, 6, 7))


def _suspects_table(runs: list[dict[str, Any]]) -> list[Block]:
    """The items that seem to talk to their judge, each once; a finding about the batch, whatever was said of them."""
    why = {one["item"]: one["why"] for run in runs for one in run.get("suspected_injections", [])}
    rows = tuple(
        (wording.cell(item), wording.cell(reason)) for item, reason in sorted(why.items())[:MOST_SUSPECTS]
    )
    title = f"Injection suspected: {len(why):,} items that seem to address their judge"
    return [Table(title, ("Item", "Why"), rows)] if rows else []
