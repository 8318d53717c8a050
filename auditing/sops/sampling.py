"""What an SOP says about who is looked at: the method of the draw with its keys, and the sizes.

method      keys of its own
simple      none: every item has the same chance
stratified  by (producer or a slice field), allocation (proportional | equal | neyman), minimum (items per stratum)
systematic  none: every k-th item in the order of the items' ids, from a random start
pps         by (a numeric slice or payload field): the chance grows with its value; with an amount of money this is
            monetary-unit sampling
two-phase   strata (how many), allocation, minimum: people's sample is stratified by the judges' scores, and drawn
            once the judges are done
active      tau (share that is drawn uniformly): the chance grows with how uncertain the judges' scores leave the
            label, learned from earlier audits of the collection; drawn once the judges are done
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from auditing.core.reading import Fields
from auditing.rubrics.scale_files import plain

Method = Literal["simple", "stratified", "systematic", "pps", "two-phase", "active"]
Allocation = Literal["proportional", "equal", "neyman"]
ALLOCATIONS = ("proportional", "equal", "neyman")
COMMON = ("method", "judge", "human", "overlap", "opinions")
KEYS_OF: dict[str, tuple[str, ...]] = {
    "simple": (),
    "stratified": ("by", "allocation", "minimum"),
    "systematic": (),
    "pps": ("by",),
    "two-phase": ("strata", "allocation", "minimum"),
    "active": ("tau",),
}
AFTER_JUDGES = ("two-phase", "active")  # people's sample waits for the judges' scores
MINIMUM_PER_STRATUM = 2  # one unit says nothing about the spread within its stratum
STRATA, TAU = 4, 0.3
MAX_OPINIONS, MAX_STRATA = 20, 20
_KEYS = ("method", "by", "allocation", "minimum", "strata", "tau", "judge", "human", "overlap", "opinions")


@dataclass(frozen=True)
class Sampling:
    """What is drawn of a batch. `judge`: items, or all; `overlap`: the share with several opinions."""

    human: int
    method: Method = "simple"
    by: str = ""
    allocation: Allocation = "proportional"
    minimum: int = MINIMUM_PER_STRATUM
    strata: int = STRATA
    tau: float = TAU
    judge: int | Literal["all"] = "all"
    overlap: float = 0.0
    opinions: int = 1

    @property
    def waits_for_judges(self) -> bool:
        return self.method in AFTER_JUDGES


def read_sampling(data: Any, *, people_are_optional: bool) -> Sampling:
    """The `sampling` part of an SOP file. Raises BadInput; without people, `human` may be left out."""
    fields = Fields(data, "sampling", _KEYS)
    method, by = fields.choice("method", tuple(KEYS_OF), "simple"), fields.text("by", "")
    if method == "stratified" and not by:
        raise fields.complain("by", "is missing: a stratified sample needs `producer` or a slice field")
    if method == "pps" and not by:
        raise fields.complain("by", "is missing: chances grow with a numeric slice or payload field")
    overlap, opinions = _opinions(fields)
    return Sampling(
        method=method,  # type: ignore[arg-type]  # one of the choices
        by=by,
        allocation=fields.choice("allocation", ALLOCATIONS, "proportional"),  # type: ignore[arg-type]
        minimum=_within(fields, "minimum", MINIMUM_PER_STRATUM, 1, 1000),
        strata=_within(fields, "strata", STRATA, 2, MAX_STRATA),
        tau=_tau(fields),
        judge="all" if fields.data.get("judge", "all") == "all" else _whole(fields, "judge"),
        human=_human(fields, people_are_optional),
        overlap=overlap,
        opinions=opinions,
    )


def sampling_content(sampling: Sampling) -> dict[str, Any]:
    """The content that reads back as this sampling; keys of other methods are left out."""
    return {
        "method": sampling.method,
        **_method_content(sampling),
        "judge": sampling.judge,
        "human": sampling.human,
        "overlap": plain(sampling.overlap),
        "opinions": sampling.opinions,
    }


def _method_content(sampling: Sampling) -> Mapping[str, Any]:
    minimum = {"minimum": sampling.minimum} if sampling.minimum != MINIMUM_PER_STRATUM else {}
    match sampling.method:
        case "stratified":
            return {"by": sampling.by, "allocation": sampling.allocation, **minimum}
        case "pps":
            return {"by": sampling.by}
        case "two-phase":
            return {"strata": sampling.strata, "allocation": sampling.allocation, **minimum}
        case "active":
            return {"tau": plain(sampling.tau)}
        case _:
            return {}


def _opinions(fields: Fields) -> tuple[float, int]:
    overlap, opinions = fields.number("overlap", 0.0), _whole(fields, "opinions", 1)
    if not 0 <= overlap <= 1:
        raise fields.complain("overlap", "must be a share from 0 to 1")
    if not 1 <= opinions <= MAX_OPINIONS or (overlap > 0 and opinions < 2):
        least = 2 if overlap > 0 else 1
        raise fields.complain("opinions", f"must be from {least} to {MAX_OPINIONS} here")
    return overlap, opinions


def _tau(fields: Fields) -> float:
    tau = fields.number("tau", TAU)
    if not 0.05 <= tau <= 1:
        raise fields.complain("tau", "must be a share from 0.05 to 1: some of the sample is always uniform")
    return tau


def _human(fields: Fields, optional: bool) -> int:
    """How many items people review: none needed when labels are imported."""
    if optional:
        return _whole(fields, "human", 0)
    human = _whole(fields, "human")
    if human < 1:
        raise fields.complain("human", "must be at least 1, unless labels are imported")
    return human


def _within(fields: Fields, key: str, default: int, least: int, most: int) -> int:
    value = _whole(fields, key, default)
    if not least <= value <= most:
        raise fields.complain(key, f"must be from {least} to {most}")
    return value


def _whole(fields: Fields, key: str, default: int | None = None) -> int:
    value = fields.number(key, None if default is None else float(default))
    if value != int(value) or value < 0:
        raise fields.complain(key, "must be a whole number that is not negative")
    return int(value)
