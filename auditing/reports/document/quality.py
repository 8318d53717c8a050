"""What the batch is worth: the decision, the figures it rests on, and the estimates behind them."""

from typing import Any

from auditing.core.charts import Bar, Interval, bar_chart, interval_chart
from auditing.core.drawing import Palette
from auditing.reports.document import wording
from auditing.reports.document.beside import COMPARED, KINDS, beside_table, compared_table
from auditing.reports.document.blocks import (
    Banner,
    Block,
    Example,
    Figure,
    KeyFigure,
    Paragraph,
    Section,
    Table,
)
from auditing.rubrics.schema import ITEM_PASSES

Snapshot = dict[str, Any]
Estimates = list[dict[str, Any]]
WORTH = (
    "Worth: the simple random sample of human labels whose interval would be as narrow. Saved: what that sample has "
    "more than the labels used. Earlier: labels of other audits that shaped the draw or the predictions."
)
HEADLINES = {
    "accept": ("good", "Accepted"),
    "reject": ("bad", "Rejected"),
    "continue": ("warn", "More evidence is needed"),
}
PROPOSALS = {
    "accept": "Acceptance proposed",
    "reject": "Rejection proposed",
    "continue": "More evidence proposed",
}


def banner(snapshot: Snapshot) -> Banner:
    decision = snapshot["decision"]
    if decision is None:
        return Banner("note", "No decision", "This report estimates the batch; nobody has decided on it.")
    rule = _rule(decision["rule"]) + _about(decision["evidence"])
    if not decision["outcome"]:
        text = f"{decision['reason']} {rule} Nobody has confirmed it yet."
        return Banner("note", PROPOSALS[decision["proposed"]], text)
    tone, headline = HEADLINES[decision["outcome"]]
    signed = f"Decided by {decision['decided_by'] or 'the system'} on {wording.day(decision['decided_at'])}."
    return Banner(
        tone,
        headline,
        " ".join(filter(None, (decision["reason"], rule, _against(decision), signed, decision["comment"]))),
    )


def _rule(rule: dict[str, Any]) -> str:
    subject = (
        wording.criterion(rule["criterion"]).lower()
        if rule["criterion"] == ITEM_PASSES
        else rule["criterion"]
    )
    least = rule["at_least"]
    side = ", one-sided" if rule["side"] == "lower" else ""
    bound = wording.confidence(least) if least <= 1 else wording.decimal(least)
    sure = wording.confidence(rule["confidence"])
    return f"The rule asks for at least {bound} ({subject}) at {sure} confidence{side}."


def _about(evidence: dict[str, Any]) -> str:
    """What the decision speaks of, where that is not the batch itself."""
    return f" It speaks of {wording.TARGETS['process']}." if evidence.get("target") == "process" else ""


def _against(decision: dict[str, Any]) -> str:
    same = decision["outcome"] == decision["proposed"]
    return "" if same else f"The rule itself proposed: {decision['proposed']}."


def overall(snapshot: Snapshot) -> Estimates:
    """Estimates of the whole batch, the whole item first."""
    rows = [row for row in snapshot["estimates"] if not row["slice_field"]]
    return sorted(rows, key=lambda row: row["criterion"] != ITEM_PASSES)


def headline(snapshot: Snapshot) -> dict[str, Any]:
    """The estimate that the rule reads; without a rule, the first that could be made."""
    rows, rule = overall(snapshot), (snapshot["decision"] or {}).get("rule")
    if rule:
        rows.sort(key=lambda row: (row["criterion"] != rule["criterion"], row["basis"] != rule["basis"]))
    else:
        rows.sort(key=lambda row: (row["estimate"] is None, row["basis"] != "human"))
    return rows[0]


def key_figures(snapshot: Snapshot) -> tuple[KeyFigure, ...]:
    first = headline(snapshot)
    pair = [first, *(row for row in overall(snapshot) if _same_measure(row, first) and row is not first)]
    batch, plan = snapshot["batch"], snapshot["plan"]
    drawn = wording.share(plan["human_size"] / plan["frame_size"]) if plan["frame_size"] else wording.DASH
    return (
        *(_key_figure(row) for row in pair),
        KeyFigure(
            "Items in the batch", f"{batch['items']:,}", hint=f"{batch['rejected_rows']:,} rows rejected"
        ),
        KeyFigure("Read by auditors", f"{plan['human_size']:,}", hint=f"{drawn} of the batch"),
    )


def _key_figure(row: dict[str, Any]) -> KeyFigure:
    hint = wording.BASES[row["basis"]]
    between = f"{wording.interval(row)} at {wording.confidence(row['confidence'])}"
    return KeyFigure(wording.measure(row), wording.figure(row), "" if row["low"] is None else between, hint)


def _same_measure(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["criterion"] == other["criterion"] and one["estimand"] == other["estimand"])


def estimates_section(snapshot: Snapshot, palette: Palette) -> Section:
    rows = overall(snapshot)
    blocks: list[Block] = [_shares_chart(snapshot, rows, palette)] if any(map(wording.is_share, rows)) else []
    blocks.append(
        Table(
            "Every measure of the batch",
            ("Measure", "Basis", "Estimate", "Interval"),
            tuple(_estimate_row(row) for row in rows),
            numbers=(2, 3),
        )
    )
    blocks.append(
        Table(
            "How each figure was made",
            ("Measure", "Basis", "Method", "Interval", "Labels", "Judged", "Worth", "Saved", "Earlier"),
            tuple(_made_row(wording.complete(row)) for row in rows),
            numbers=(4, 5, 6, 7, 8),
        )
    )
    blocks.append(Paragraph(WORTH))
    blocks += beside_table(rows)
    target = wording.TARGETS[wording.complete(headline(snapshot))["target"]]
    lede = (
        f"The figures speak of {target}. Each measure twice: from the auditors' labels alone, and with the judges' "
        "verdicts, which can narrow the interval but not move it unseen: they are corrected by the labels. With judges "
        "each measure is corrected by itself, so two that add up to 100% by the labels alone (items that pass, items "
        "with errors) need not do so."
    )
    return Section("Quality of the batch", lede, tuple(blocks))


def _estimate_row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        wording.measure(row),
        wording.BASES[row["basis"]],
        wording.figure(row),
        wording.interval(row),
    )


def _made_row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        wording.measure(row),
        wording.BASES[row["basis"]],
        wording.cell(row["method"] if row["estimate"] is not None else row["note"]),
        f"{row['side']}, {wording.confidence(row['confidence'])}",
        f"{row['n_human']:,}",
        f"{row['n_judged']:,}",
        wording.amount(row["n_effective"]),
        wording.amount(row["labels_saved"]),
        f"{row['earlier_labels']:,}",
    )


def _shares_chart(snapshot: Snapshot, rows: Estimates, palette: Palette) -> Figure:
    shares = [row for row in rows if wording.is_share(row)]
    rule = (snapshot["decision"] or {}).get("rule")
    description, target = "Dots are estimates, bars their intervals.", None
    if rule and rule["criterion"] in {row["criterion"] for row in shares}:
        target = rule["at_least"]
        description += f" The dashed line is what the rule asks of: {wording.criterion(rule['criterion'])}."
    drawn = [_interval(wording.measure(row), row) for row in _humans_first(shares)]
    title = "Shares, with their intervals"
    return Figure(interval_chart(drawn, title=title, description=description, target=target, palette=palette))


def _humans_first(rows: Estimates) -> Estimates:
    """So that a colour means the same basis in every chart, here and on the pages."""
    return sorted(rows, key=lambda row: row["basis"] != "human")


def _interval(label: str, row: dict[str, Any]) -> Interval:
    return Interval(label, row["estimate"], row["low"], row["high"], wording.BASES[row["basis"]])


def slices_section(snapshot: Snapshot, palette: Palette) -> Section | None:
    """The headline measure in every part of the batch that the SOP reports on."""
    first = headline(snapshot)
    rows = [row for row in snapshot["estimates"] if row["slice_field"] and _same_measure(row, first)]
    if not rows:
        return None
    blocks: list[Block] = []
    for name in dict.fromkeys(row["slice_field"] for row in rows):
        blocks += _slices(name, [row for row in rows if row["slice_field"] == name], palette)
    blocks += [COMPARED] if any(wording.complete(row)["beside"].keys() & KINDS for row in rows) else []
    lede = f"{wording.measure(first)}, in each part of the batch. Small parts have wide intervals."
    return Section("Where the errors are", lede, tuple(blocks))


def _slices(name: str, rows: Estimates, palette: Palette) -> list[Block]:
    table = Table(
        f"By {name}",
        (name, "Basis", "Estimate", "Interval", "Labels", "Items"),
        tuple(
            (
                wording.cell(row["slice_value"]),
                wording.BASES[row["basis"]],
                wording.figure(row),
                wording.interval(row),
                f"{row['n_human']:,}",
                f"{row['population']:,}",
            )
            for row in rows
        ),
        numbers=(2, 3, 4, 5),
    )
    drawn = [_interval(row["slice_value"], row) for row in _humans_first(rows) if row["estimate"] is not None]
    if not drawn:
        return [table, *compared_table(name, rows)]
    percent = wording.is_share(rows[0])
    return [
        Figure(interval_chart(drawn, title=f"By {name}", percent=percent, palette=palette)),
        table,
        *compared_table(name, rows),
    ]


def errors_section(snapshot: Snapshot, palette: Palette) -> Section | None:
    """How often auditors found each kind of error, and some items in which they did."""
    found, examples = snapshot["errors"], snapshot.get("failed_examples", [])
    blocks: list[Block] = []
    if found:
        bars = [Bar(row["category"], row["count"], row["severity"]) for row in found]
        title = "Errors in the auditors' sample"
        description = "Counts among the sampled items, not estimates for the batch."
        blocks.append(Figure(bar_chart(bars, title=title, description=description, palette=palette)))
    if examples:
        blocks.append(Paragraph("Items that do not pass, in the order in which they were drawn:"))
        blocks += [_example(one) for one in examples]
    return Section("What went wrong", "", tuple(blocks)) if blocks else None


def _example(one: dict[str, Any]) -> Example:
    return Example(
        wording.cell(one["id"]),
        tuple((wording.cell(name), text) for name, text in one["text"].items()),
        tuple((wording.criterion(key), wording.answer(value)) for key, value in one["labels"].items()),
    )
