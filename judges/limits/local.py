"""Limits within one process and one event loop."""

import time

from judges.limits.contracts import Report, Slot
from judges.limits.control import Account, Control
from judges.limits.gate import Gate

ALONE = "alone"


class LocalLimits:
    """One gate and the rules beside it: each event counts at once."""

    def __init__(
        self,
        max_in_flight: int = 64,
        *,
        start: int = 8,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
    ) -> None:
        self.control = Control(
            max_in_flight,
            start,
            requests_per_minute / 60 if requests_per_minute else None,
            tokens_per_minute / 60 if tokens_per_minute else None,
        )
        self.account: Account = self.control.account()
        self._gate = Gate()
        self._counted = 0
        self._renew()

    @property
    def allowed(self) -> float:
        """Calls that may be in flight at present."""
        return self.account.allowed

    @property
    def in_flight(self) -> int:
        return self._gate.in_flight

    async def acquire(self, tokens: int = 0) -> Slot:
        return await self._gate.enter(tokens)

    async def succeed(self, slot: Slot, tokens: int | None = None) -> None:
        self._gate.measure(slot)
        self._gate.leave(slot, used=tokens)
        self._renew(succeeded=1)

    async def fail(self, slot: Slot) -> None:
        self._gate.leave(slot, used=None)

    async def refuse(self, slot: Slot, retry_after: float) -> None:
        self._gate.pause(retry_after)
        self._gate.started -= 1
        self._renew(refused=True, epoch=slot.epoch, retry_after=retry_after)
        self._gate.leave(slot, used=0)

    async def aclose(self) -> None:
        """Nothing is held for others."""

    def _renew(
        self, *, succeeded: int = 0, refused: bool = False, epoch: int = 0, retry_after: float = 0.0
    ) -> None:
        gate = self._gate
        accepted, self._counted = gate.started - self._counted, gate.started
        wanted = self.control.max_in_flight  # nobody else is there to share with
        report = Report(gate.in_flight, wanted, accepted, succeeded, refused, epoch, retry_after)
        gate.open(self.control.renew(self.account, ALONE, report, time.monotonic()))
