"""What can be done in this room, in one place for those who call it."""

from auditing.judging.budgets import confirm_cost, set_collection_budget, set_run_budget
from auditing.judging.definitions import archive, create_judge, discard_draft, publish, restore, save_draft
from auditing.judging.endpoints import (
    connections_for,
    remove_endpoint,
    remove_price,
    save_endpoint,
    set_price,
)
from auditing.judging.files import export_judge, import_judge
from auditing.judging.runs import (
    cancel,
    on_run_finished,
    pause,
    release_stale_claims,
    replace,
    resume,
    retry_failed,
    start_runs,
)
from auditing.judging.working import WorkSummary, work

__all__ = [
    "WorkSummary",
    "archive",
    "cancel",
    "confirm_cost",
    "connections_for",
    "create_judge",
    "discard_draft",
    "export_judge",
    "import_judge",
    "on_run_finished",
    "pause",
    "publish",
    "release_stale_claims",
    "remove_endpoint",
    "remove_price",
    "replace",
    "restore",
    "resume",
    "retry_failed",
    "save_draft",
    "save_endpoint",
    "set_collection_budget",
    "set_price",
    "set_run_budget",
    "start_runs",
    "work",
]
