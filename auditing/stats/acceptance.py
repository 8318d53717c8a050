"""Accept, reject or continue: decisions from an interval, and MIL-STD-105E / Z1.4 plans with their switching rules.

The single-sampling tables are generated, not transcribed. With code letters A, B, C, ... and AQLs 0.010,
0.015, ... both counted from 0, everything depends on the diagonal, letter + AQL:
1. one diagonal has acceptance number 0; from a later one on, the acceptance numbers follow a fixed sequence;
2. on every other diagonal an arrow points to the nearest plan of the same AQL: down (a larger sample) before
and between the two, up
   (a smaller one) beyond the last, and up on the diagonal after the zero (not under tightened inspection);
3. an arrow that would leave the table turns round.
Following an arrow changes the sample size as well as the acceptance number.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from auditing.stats.results import Result

Severity = Literal["normal", "tightened", "reduced"]
State = Literal["normal", "tightened", "reduced", "discontinue"]
Level = Literal["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]
Verdict = Literal["accept", "reject", "continue"]

LETTERS = "ABCDEFGHJKLMNPQRS"
SAMPLE_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
AQLS = (0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0)
LOT_ENDS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000)
CODE_LETTERS = {  # one letter per lot-size range, from Table I
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}


@dataclass(frozen=True)
class Table:
    """One severity: the diagonal with acceptance number 0, the first of the sequence, and its
    (accept, reject) pairs.
    """

    zero: int
    first: int
    numbers: tuple[tuple[int, int], ...]
    turns_up_after_zero: bool
    letters: int
    size_shift: int

    def plan_at(self, diagonal: int) -> tuple[int, int] | None:
        """(accept, reject) on this diagonal, or None where there is an arrow."""
        if diagonal == self.zero:
            return 0, 1
        step = diagonal - self.first
        return self.numbers[step] if 0 <= step < len(self.numbers) else None

    def points_up(self, diagonal: int) -> bool:
        """Which way the arrow on this diagonal points."""
        beyond_last = diagonal >= self.first + len(self.numbers)
        return beyond_last or (self.turns_up_after_zero and diagonal == self.zero + 1)


TABLES = {
    "normal": Table(
        14, 17, ((1, 2), (2, 3), (3, 4), (5, 6), (7, 8), (10, 11), (14, 15), (21, 22)), True, 16, 0
    ),
    "tightened": Table(15, 18, ((1, 2), (2, 3), (3, 4), (5, 6), (8, 9), (12, 13), (18, 19)), False, 17, 0),
    "reduced": Table(
        14, 17, ((0, 2), (1, 3), (1, 4), (2, 5), (3, 6), (5, 8), (7, 10), (10, 13)), True, 16, 2
    ),
}


@dataclass(frozen=True)
class SinglePlan(Result):
    """Inspect n units; accept the lot with at most `accept` defective, reject it from `reject` on.

    code: the letter of the lot. Where the table's sample is as large as the lot, n is the lot and
    `full_inspection` says so. Under reduced inspection a number between `accept` and `reject` accepts the
    lot and ends reduced inspection.
    """

    code: str
    n: int
    accept: int
    reject: int
    full_inspection: bool


def decide(estimate_low: float, estimate_high: float, at_least: float) -> Verdict:
    """accept if the whole interval reaches `at_least`, reject if none of it does, else continue.

    Valid for one look at a planned sample, or at any time with the ends of a confidence sequence. Raises
    ValueError for an interval whose ends are not numbers in order.
    """
    if not estimate_low <= estimate_high:
        raise ValueError(f"not an interval: {estimate_low} to {estimate_high}")
    if estimate_low >= at_least:
        return "accept"
    return "reject" if estimate_high < at_least else "continue"


def code_letter(lot_size: int, level: Level = "II") -> str:
    """Sample-size code letter of a lot, MIL-STD-105E Table I."""
    if lot_size < 2:
        raise ValueError(f"a lot has at least 2 units, not {lot_size}")
    if level not in CODE_LETTERS:
        raise ValueError(f"unknown inspection level {level!r}: use one of {', '.join(CODE_LETTERS)}")
    return CODE_LETTERS[level][bisect_left(LOT_ENDS, lot_size)]


def single_plan(
    lot_size: int, aql: float | str, level: Level = "II", severity: Severity = "normal"
) -> SinglePlan:
    """Single-sampling plan of MIL-STD-105E / Z1.4 for a lot; aql in percent defective, one of the standard's
    sixteen up to 10.

    >>> single_plan(150, 1.5)
    SinglePlan(code='F', n=32, accept=1, reject=2, full_inspection=False)
    """
    code = code_letter(lot_size, level)
    n, accept, reject = plan_for_code(code, aql, severity)
    return SinglePlan(code, min(n, lot_size), accept, reject, n >= lot_size)


def plan_for_code(code: str, aql: float | str, severity: Severity = "normal") -> tuple[int, int, int]:
    """(n, accept, reject) of Tables II-A, II-B and II-C, arrows followed."""
    if severity not in TABLES:
        raise ValueError(f"unknown severity {severity!r}: use one of {', '.join(TABLES)}")
    table, column, row = TABLES[severity], _aql_position(aql), LETTERS.index(code)
    letter = _follow(table, row, column, -1 if table.points_up(row + column) else 1)
    accept_reject = table.plan_at(letter + column)
    assert accept_reject is not None
    return SAMPLE_SIZES[max(0, letter - table.size_shift)], *accept_reject


def _aql_position(aql: float | str) -> int:
    for position, value in enumerate(AQLS):
        if abs(float(aql) - value) < 1e-9:
            return position
    raise ValueError(f"AQL {aql} is not in the table: use one of {', '.join(f'{value:g}' for value in AQLS)}")


def _follow(table: Table, row: int, column: int, step: int) -> int:
    """The first letter with a plan in the arrow's direction, else in the other."""
    onward = range(row, table.letters) if step > 0 else range(row, -1, -1)
    backward = range(row, -1, -1) if step > 0 else range(row, table.letters)
    return next(letter for letter in (*onward, *backward) if table.plan_at(letter + column) is not None)


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
    if state == "discontinue":
        return "discontinue"
    raise ValueError(f"unknown state {state!r}: use normal, tightened, reduced or discontinue")
