"""State machines as data: a table of transitions that code obeys and the docs draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditing.core.errors import Conflict


@dataclass(frozen=True)
class Lifecycle:
    """`moves[verb] = (states it may start from, state it ends in)`; the first state is where a thing begins."""

    name: str
    states: tuple[str, ...]
    moves: Mapping[str, tuple[tuple[str, ...], str]]

    def target(self, state: str, verb: str) -> str:
        """The state after `verb`; raises Conflict when the table does not allow it."""
        sources, end = self.moves[verb]
        if state not in sources:
            raise Conflict(f"Cannot {verb} {self.name} that is {state.replace('_', ' ')}.")
        return end

    def allows(self, state: str, verb: str) -> bool:
        return state in self.moves[verb][0]

    def advance(self, row: Any, verb: str) -> None:
        """Move a model row's `state` by compare-and-set, so that of two racers one gets a Conflict."""
        end = self.target(row.state, verb)
        moved = type(row)._default_manager.filter(pk=row.pk, state=row.state).update(state=end)
        if not moved:
            raise Conflict(f"{self.name.capitalize()} changed while you were at it; look again.")
        row.state = end

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        arrows = [
            f"    {source} --> {end}: {verb}"
            for verb, (sources, end) in self.moves.items()
            for source in sources
        ]
        return "\n".join(["stateDiagram-v2", f"    [*] --> {self.states[0]}", *arrows])
