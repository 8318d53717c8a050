"""Faults on request, decided by a hash of the item and the attempt, so that a run can be repeated."""

from dataclasses import dataclass, fields

from judges.simulator.chance import pick_weighted, uniform

_SECONDS = ("retry_after", "hang_s")


@dataclass(frozen=True, slots=True)
class Faults:
    """The probability of each fault for one attempt; together at most 1.

    `hang` answers nothing for `hang_s` seconds, then breaks the connection; `broken_body` is HTTP 200 with a body
    that is not JSON; `malformed` is a reply whose text is cut in mid-object although the endpoint says it is whole.
    """

    rate_429: float = 0.0
    rate_500: float = 0.0
    reset: float = 0.0
    hang: float = 0.0
    broken_body: float = 0.0
    malformed: float = 0.0
    truncated: float = 0.0
    refusal: float = 0.0
    content_filter: float = 0.0
    off_scale: float = 0.0
    retry_after: float = 0.1
    hang_s: float = 40.0

    def choose(self, seed: int, item: str, attempt: int) -> str | None:
        """The name of the fault of the item's n-th request, or None."""
        rates = {name: rate for name in _FAULTS if (rate := getattr(self, name))}
        return pick_weighted(rates, uniform(seed, "fault", item, attempt)) if rates else None


_FAULTS = [field.name for field in fields(Faults) if field.name not in _SECONDS]
