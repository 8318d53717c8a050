"""How strictly the next lot is inspected: the switching rules of MIL-STD-105E / Z1.4 and of ISO 2859-1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from auditing.stats.results import Result

State = Literal["normal", "tightened", "reduced", "discontinue"]
STATES = ("normal", "tightened", "reduced", "discontinue")
REDUCED_FROM = 30  # ISO 2859-1: the switching score that allows reduced inspection


@dataclass(frozen=True)
class InspectedLot(Result):
    """What ISO 2859-1 asks of a lot: was it accepted, the accept number of its single plan, and would it
    also have been accepted with the AQL one step tighter.
    """

    accepted: bool
    accept_number: int
    accepted_tighter: bool = False


@dataclass(frozen=True)
class SwitchingState(Result):
    """The inspection of the next lot, the switching score under normal inspection, and what the state remembers.

    streak: the verdicts (True accepted) since this state began.
    """

    state: State
    score: int = 0
    streak: tuple[bool, ...] = ()


def switch(state: State, results: Sequence[str]) -> State:
    """The inspection state after a sequence of lots, from the state they began in; see `switching_path`.

    >>> switch("normal", "AARAR")
    'tightened'
    """
    path = switching_path(state, results)
    return path[-1] if path else state


def switching_path(state: State, results: Sequence[str]) -> tuple[State, ...]:
    """The state after each lot, MIL-STD-105E 4.7 and 4.8 / Z1.4 section 8.

    results: per lot "A" accepted, "R" rejected, or "M" accepted under reduced inspection with a number
    between accept and reject. Normal turns tightened when 2 of at most 5 consecutive lots are rejected, and
    reduced after 10 accepted in a row (production being steady and the authority agreeing; the limit numbers
    are waived). Tightened turns normal after 5 accepted in a row, and inspection is discontinued when 5 lots
    have been rejected on tightened. Reduced turns normal at the first R or M.
    """
    _check_state(state)
    since: list[str] = []
    path: list[State] = []
    for result in results:
        if result not in ("A", "R", "M"):
            raise ValueError(f"unknown result {result!r}: use A, R or M")
        since.append(result)
        following = _next_state(state, since)
        since = since if following == state else []
        state = following
        path.append(state)
    return tuple(path)


def _check_state(state: str) -> None:
    if state not in STATES:
        raise ValueError(f"unknown state {state!r}: use normal, tightened, reduced or discontinue")


def _next_state(state: State, since: list[str]) -> State:
    """The state after the lots inspected since this state began."""
    if state == "normal":
        if since[-5:].count("R") >= 2:
            return "tightened"
        return "reduced" if since[-10:].count("A") == 10 else "normal"
    if state == "tightened":
        if since.count("R") >= 5:
            return "discontinue"
        return "normal" if since[-5:].count("A") == 5 else "tightened"
    if state == "reduced":
        return "reduced" if since[-1] == "A" else "normal"
    return "discontinue"


def switch_iso(state: State | SwitchingState, lots: Sequence[InspectedLot]) -> SwitchingState:
    """The inspection state after a sequence of lots, ISO 2859-1:1999 section 9.3.

    Under normal inspection each lot moves the switching score: 3 more if its accept number is 2 or more and
    it would have been accepted with the AQL one step tighter, 2 more if its accept number is 0 or 1 and it
    was accepted, otherwise back to 0. From 30 on inspection may be reduced. The other rules are those of
    Z1.4: 2 of at most 5 not accepted tighten, 5 accepted in a row on tightened end it, 5 not accepted on
    tightened discontinue, 1 not accepted ends reduced inspection.

    >>> switch_iso("normal", [InspectedLot(True, 3, True)] * 10).state
    'reduced'
    """
    now = state if isinstance(state, SwitchingState) else SwitchingState(state)
    _check_state(now.state)
    for lot in lots:
        now = _after(now, lot)
    return now


def _after(now: SwitchingState, lot: InspectedLot) -> SwitchingState:
    streak = (*now.streak, lot.accepted)
    verdicts = ["A" if accepted else "R" for accepted in streak]
    if now.state != "normal":
        following = _next_state(now.state, verdicts)
        return SwitchingState(following) if following != now.state else SwitchingState(now.state, 0, streak)
    if verdicts[-5:].count("R") >= 2:
        return SwitchingState("tightened")
    score = switching_score(now.score, lot)
    return SwitchingState("reduced") if score >= REDUCED_FROM else SwitchingState("normal", score, streak)


def switching_score(score: int, lot: InspectedLot) -> int:
    """The switching score after one more lot of a single-sampling plan, ISO 2859-1:1999 section 9.3.3.2."""
    if lot.accept_number >= 2:
        return score + 3 if lot.accepted and lot.accepted_tighter else 0
    return score + 2 if lot.accepted else 0
