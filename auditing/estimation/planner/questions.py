"""What the planner is asked: the same names in the page's address, the API and the command."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from auditing.core.errors import BadInput
from auditing.sops.acceptance import PERCENTS
from auditing.sops.sampling import ALLOCATIONS, KEYS_OF
from auditing.stats.z14 import CODE_LETTERS

PRECISION = "precision"
PLANS = {
    "precision": "measure to within a margin",
    "zero-failure": "accept only if none fails",
    "two-point": "balance both risks",
    "aql": "AQL tables (MIL-STD-105E / Z1.4)",
    "sequential": "stop as soon as it is clear",
}
SEVERITIES = ("normal", "tightened", "reduced")
MOST_ITEMS = 10_000_000


@dataclass(frozen=True)
class Question:
    """All rates are shares of failing items, as the standards have them; `pass_rate` is the rate expected to pass.

    goal: a key of PLANS. population: items in the batch, None for a process without an end. margin: half the
    width of the interval. tolerable: the failing rate that must not be let through (p2), with `beta` the risk of
    accepting it; acceptable: the one that should pass (p1), with `alpha` the risk of rejecting it. minutes: a
    label's, None as earlier audits took. hourly: money an hour of review, None if not to be counted.
    """

    goal: str = PRECISION
    population: int | None = None
    pass_rate: float = 0.9
    confidence: float = 0.95
    margin: float = 0.03
    acceptable: float = 0.01
    tolerable: float = 0.05
    alpha: float = 0.05
    beta: float = 0.1
    aql: float = 1.5
    level: str = "II"
    severity: str = "normal"
    method: str = "simple"
    by: str = ""
    allocation: str = "proportional"
    use_judges: bool = True
    minutes: float | None = None
    hourly: float | None = None

    def __post_init__(self) -> None:
        for key, known in (
            ("goal", tuple(PLANS)),
            ("method", tuple(KEYS_OF)),
            ("allocation", ALLOCATIONS),
            ("severity", SEVERITIES),
            ("level", tuple(CODE_LETTERS)),
        ):
            if getattr(self, key) not in known:
                raise BadInput(f"must be one of {', '.join(known)}", field=key)
        for key in ("pass_rate", "confidence", "margin", "tolerable", "alpha", "beta"):
            if not 0 < getattr(self, key) < 1:
                raise BadInput("must lie between 0 and 1", field=key)
        if self.aql not in PERCENTS:
            raise BadInput(f"must be one of {', '.join(f'{value:g}' for value in PERCENTS)}", field="aql")
        if self.population is not None and not 2 <= self.population <= MOST_ITEMS:
            raise BadInput(f"must be from 2 to {MOST_ITEMS:,}", field="population")
        if not 0 <= self.acceptable < self.tolerable and self.goal in ("two-point", "sequential"):
            raise BadInput("must be below the tolerable rate", field="acceptable")
        if any(value is not None and not 0 <= value < 1e6 for value in (self.minutes, self.hourly)):
            raise BadInput("must not be negative", field="minutes")

    @property
    def decides(self) -> bool:
        return self.goal != PRECISION

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Question":
        """From what was given, the rest as usual; empty values count as not given. Raises BadInput."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in given.items() if key in known and value not in (None, "")})
