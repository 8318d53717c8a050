"""The appendix: everything somebody needs to repeat the audit and get the same figures."""

from typing import Any

from auditing.reports.document import wording
from auditing.reports.document.blocks import Block, Facts, Paragraph, Section, Table

Snapshot = dict[str, Any]


def method_section(snapshot: Snapshot, checksum: str) -> Section:
    blocks: list[Block] = [
        Facts(_definitions(snapshot)),
        *_criteria(snapshot),
        Facts(_sampling(snapshot)),
        *_strata(snapshot),
        *_methods(snapshot),
        Facts(_proof(snapshot, checksum), mono=True),
    ]
    lede = "The same batch, seed and versions draw the same sample and give the same figures."
    return Section("Method", lede, tuple(blocks))


def _definitions(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    rubric, sop = snapshot["rubric"], snapshot["sop"]
    pairs = [
        ("Rubric", f"{rubric['name']}, published {wording.day(rubric['published_at'])}"),
        ("Procedure (SOP)", f"{sop['name']}, published {wording.day(sop['published_at'])}"),
        ("Purpose", wording.cell(sop.get("content", {}).get("purpose"))),
        ("An item passes when", wording.cell(rubric.get("content", {}).get("item_passes_when"))),
    ]
    return tuple(pair for pair in pairs if pair[1] != wording.DASH)


def _criteria(snapshot: Snapshot) -> list[Block]:
    criteria = snapshot["rubric"].get("content", {}).get("criteria", [])
    rows = tuple(
        (
            wording.cell(one["key"]) + (" (critical)" if one.get("critical") else ""),
            wording.cell(one.get("question")),
            wording.cell(one["scale"]["type"]),
        )
        for one in criteria
    )
    return [Table("Criteria", ("Criterion", "Question", "Scale"), rows)] if rows else []


def _sampling(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    plan = snapshot["plan"]
    asked = ", ".join(f"{name} {value}" for name, value in sorted(plan["parameters"].items()))
    return (
        ("Sampling", f"{plan['method']}, drawn and locked {wording.minute(plan['locked_at'])}"),
        ("As asked", wording.cell(asked)),
        (
            "Drawn",
            f"{plan['human_size']:,} for auditors and {plan['judge_size']:,} for judges, of {plan['frame_size']:,}",
        ),
        ("Seed", plan["seed"]),
        ("Generator", plan["generator"]),
    )


def _strata(snapshot: Snapshot) -> list[Block]:
    rows = tuple(
        (wording.cell(row["name"]), f"{row['size']:,}", f"{row['judge_drawn']:,}", f"{row['human_drawn']:,}")
        for row in snapshot["plan"]["strata"]
    )
    columns = ("Stratum", "Items", "For judges", "For auditors")
    return [Table("Strata", columns, rows, numbers=(1, 2, 3))] if len(rows) > 1 else []


def _methods(snapshot: Snapshot) -> list[Block]:
    """Every remark made on an estimator that was used, once, with the estimators it is about."""
    remarks: dict[str, set[str]] = {}
    for row in snapshot["estimates"]:
        if row["estimate"] is not None:
            for remark in row["note"].split("; "):
                remarks.setdefault(remark, set()).add(row["method"])
    said = set().union(*(methods for remark, methods in remarks.items() if remark))
    silent = remarks.pop("", set()) - said
    rows = [(", ".join(sorted(methods)), remark) for remark, methods in sorted(remarks.items())]
    rows += [(", ".join(sorted(silent)), wording.DASH)] if silent else []
    notes: list[Block] = [Table("Estimators", ("Estimators", "Remark"), tuple(rows))] if rows else []
    refused = sum(row["estimate"] is None for row in snapshot["estimates"])
    if refused:
        text = (
            f"{wording.count(refused, 'estimate')} could not be made; the workbook and the data file say why."
        )
        notes.append(Paragraph(text))
    return notes


def _proof(snapshot: Snapshot, checksum: str) -> tuple[tuple[str, str], ...]:
    batch = snapshot["batch"]
    judges = [
        (
            f"Judge {run['judge']} v{run['version']}",
            f"{run['checksum']} (cache key {run['fingerprint'][:16]})",
        )
        for run in snapshot.get("judges", [])
    ]
    return (
        ("File delivered", wording.cell(batch["file_name"])),
        ("SHA-256 of the file", batch["content_hash"]),
        ("Sampling frame", snapshot["plan"]["frame_hash"]),
        ("Rubric", snapshot["rubric"]["checksum"]),
        ("SOP", snapshot["sop"]["checksum"]),
        *judges,
        ("Report", checksum),
        ("Software", snapshot["software"]),
    )
