"""What callers see of limits, and what the gate and the rules tell each other."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to make one call.

    `epoch` counts the decreases before it, `tokens` is what was set aside for it, `started` is on the clock of
    `time.monotonic`.
    """

    epoch: int
    tokens: int = 0
    started: float = 0.0


class Limits(Protocol):
    """Shared by every caller of one provider account."""

    async def acquire(self, tokens: int = 0) -> Slot:
        """Wait until one more call, which may use that many tokens, may be made."""
        ...

    async def succeed(self, slot: Slot, tokens: int | None = None) -> None:
        """The endpoint answered the call, and says how many tokens it used."""
        ...

    async def fail(self, slot: Slot) -> None:
        """The call failed for a reason other than load."""
        ...

    async def refuse(self, slot: Slot, retry_after: float) -> None:
        """The endpoint refused the call for load; nobody should call for `retry_after` seconds."""
        ...

    async def aclose(self) -> None:
        """Hand back what is held; there are no more calls."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What happened at one gate since its last report.

    `waiting` and `in_flight` are as of now; `accepted` are calls started less those refused. A refusal is one of a
    call made in `epoch`.
    """

    in_flight: int = 0
    waiting: int = 0
    accepted: int = 0
    succeeded: int = 0
    refused: bool = False
    epoch: int = 0
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Lease:
    """What one gate may do until its next report.

    `calls_a_second` and `tokens_a_second` are None where there is no such limit; `is_shared` says that other gates
    have parts of it; `pause` is in seconds from now.
    """

    slots: int
    epoch: int = 0
    calls_a_second: float | None = None
    tokens_a_second: float | None = None
    is_shared: bool = False
    pause: float = 0.0
