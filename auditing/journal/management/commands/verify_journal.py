"""Prove that no journal entry was changed, removed or slipped in."""

import sys
from typing import Any

from auditing.core.command import DoorCommand
from auditing.journal.models import Entry
from auditing.journal.services import first_broken_entry


class Command(DoorCommand):
    help = "Walk the journal's hash chain. Exit status 0 when it holds, 2 when it is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = first_broken_entry()
        count = Entry.objects.count()
        document: dict[str, Any] = {"ok": broken is None, "entries": count}
        line = f"The journal holds: {count} entries, each following the one before."
        if broken:
            document |= {"broken_at": broken[0], "reason": broken[1]}
            line = f"The journal is broken at entry {broken[0]}: {broken[1]}."
        self.report(document, line, as_json=options["json"])
        if broken:
            sys.exit(2)
