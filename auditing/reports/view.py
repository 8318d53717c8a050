"""A report as one reader gets it: pages and exporters show a view and never the report itself."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditing.accounts.models import User
from auditing.core.canonical import canonical_json
from auditing.reports.models import Report
from auditing.reports.policies import hidden_parts


@dataclass(frozen=True)
class View:
    """`checksum` is that of the whole snapshot, also where `withheld` names parts this reader does not get."""

    number: int
    checksum: str
    snapshot: dict[str, Any]
    withheld: tuple[str, ...]

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self.snapshot["made_at"])


def view_of(report: Report, user: User | None) -> View:
    """What `user` may read of a report; `None` is the system itself, which reads everything."""
    hidden = hidden_parts(user)
    # databases keep the keys of JSON in an order of their own: exporters find them sorted
    whole = json.loads(canonical_json(report.snapshot))
    snapshot = {part: value for part, value in whole.items() if part not in hidden}
    for part in ("rubric", "sop"):
        if f"{part}.content" in hidden:
            snapshot[part] = {key: value for key, value in snapshot[part].items() if key != "content"}
    return View(report.number, report.checksum, snapshot, hidden)
