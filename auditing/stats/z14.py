"""The tables of MIL-STD-105E / Z1.4, generated from their diagonals.

With code letters A, B, C, ... and AQLs 0.010, 0.015, ... both counted from 0, everything depends on the diagonal,
letter + AQL:
1. one diagonal has acceptance number 0; from a later one on, the acceptance numbers follow a fixed sequence,
which goes further for the small samples up to letter E;
2. on every other diagonal an arrow points to the nearest plan of the same AQL: down (a larger sample) before
and between the two, up (a smaller one) beyond the last, and up on the diagonal after the zero (not under
tightened inspection);
3. an arrow that would leave the table turns round.
Following an arrow changes the sample size as well as the acceptance number. A double plan belongs to each number of
the sequence, its samples one letter smaller; a multiple plan of seven samples, each three letters smaller.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

from auditing.stats.stages import Stage

Severity = Literal["normal", "tightened", "reduced"]
Level = Literal["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]
Numbers = tuple[tuple[int, int], ...]

LETTERS = "ABCDEFGHJKLMNPQRS"
SAMPLE_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
AQLS = (
    *(0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0),
    *(15.0, 25.0, 40.0, 65.0, 100.0, 150.0, 250.0, 400.0, 650.0, 1000.0),  # defects per 100 units only
)
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
SMALL = LETTERS.index("E")  # up to this letter the sequence goes on to the tail


@dataclass(frozen=True)
class Table:
    """One severity: the diagonal with acceptance number 0, the first of the sequence, and its (accept, reject)
    pairs; those that only small samples have; and the letters whose sequence is another.
    """

    zero: int
    first: int
    numbers: Numbers
    tail: Numbers
    exceptions: dict[int, Numbers]
    turns_up_after_zero: bool
    letters: int
    size_shift: int

    def sequence(self, letter: int) -> Numbers:
        """The (accept, reject) pairs of this letter, diagonal by diagonal."""
        return self.exceptions.get(letter, self.numbers + (self.tail if letter <= SMALL else ()))

    def plan_at(self, letter: int, column: int) -> tuple[int, int] | None:
        """(accept, reject) in this cell, or None where there is an arrow."""
        diagonal = letter + column
        if diagonal == self.zero:
            return 0, 1
        numbers, step = self.sequence(letter), diagonal - self.first
        return numbers[step] if 0 <= step < len(numbers) else None

    def points_up(self, letter: int, column: int) -> bool:
        """Which way the arrow in this cell points."""
        diagonal = letter + column
        beyond_last = diagonal >= self.first + len(self.sequence(letter))
        return beyond_last or (self.turns_up_after_zero and diagonal == self.zero + 1)

    def size(self, letter: int, smaller: int = 0) -> int | None:
        """Sample size of a letter, so many letters smaller; None where the table has no such sample."""
        position = letter - self.size_shift - smaller
        if smaller == 0:
            return SAMPLE_SIZES[max(0, position)]
        return SAMPLE_SIZES[position] if position >= 0 else None


def _steps(*accept: int) -> Numbers:
    """Pairs without a gap: reject from one more on."""
    return tuple((number, number + 1) for number in accept)


TABLES = {
    "normal": Table(14, 17, _steps(1, 2, 3, 5, 7, 10, 14, 21), _steps(30, 44), {}, True, 16, 0),
    "tightened": Table(15, 18, _steps(1, 2, 3, 5, 8, 12, 18), _steps(27, 41), {}, False, 17, 0),
    "reduced": Table(
        zero=14,
        first=17,
        numbers=((0, 2), (1, 3), (1, 4), (2, 5), (3, 6), (5, 8), (7, 10), (10, 13)),
        tail=((14, 17), (21, 24)),
        exceptions={  # A and B inspect two units under normal and reduced inspection alike
            0: _steps(1, 2, 3, 5, 7, 10, 14, 21, 30),
            1: ((0, 2), (1, 3), (2, 4), (3, 5), *_steps(5, 7, 10, 14, 21, 30)),
        },
        turns_up_after_zero=True,
        letters=16,
        size_shift=2,
    ),
}

# by (accept, reject) of the single plan: (accept, reject) after the first and the second sample
DOUBLE = {
    (1, 2): ((0, 2), (1, 2)),
    (2, 3): ((0, 3), (3, 4)),
    (3, 4): ((1, 4), (4, 5)),
    (5, 6): ((2, 5), (6, 7)),
    (7, 8): ((3, 7), (8, 9)),
    (8, 9): ((3, 7), (11, 12)),
    (10, 11): ((5, 9), (12, 13)),
    (12, 13): ((6, 10), (15, 16)),
    (14, 15): ((7, 11), (18, 19)),
    (18, 19): ((9, 14), (23, 24)),
    (21, 22): ((11, 16), (26, 27)),
    (27, 28): ((15, 20), (34, 35)),
    (30, 31): ((17, 22), (37, 38)),
    (41, 42): ((23, 29), (52, 53)),
    (44, 45): ((25, 31), (56, 57)),
}
DOUBLE_REDUCED = {
    (0, 2): ((0, 2), (0, 2)),
    (1, 3): ((0, 3), (0, 4)),
    (1, 4): ((0, 4), (1, 5)),
    (2, 5): ((0, 4), (3, 6)),
    (3, 6): ((1, 5), (4, 7)),
    (5, 8): ((2, 7), (6, 9)),
    (7, 10): ((3, 8), (8, 12)),
    (10, 13): ((5, 10), (12, 16)),
}
# by accept number of the single plan: accept ("-": too early) and reject numbers after each of seven samples
MULTIPLE = {
    1: ("- - 0 0 1 1 2", "2 2 2 3 3 3 3"),
    2: ("- 0 0 1 2 3 4", "2 3 3 4 4 5 5"),
    3: ("- 0 1 2 3 4 6", "3 3 4 5 6 6 7"),
    5: ("- 1 2 3 5 7 9", "4 5 6 7 8 9 10"),
    7: ("0 1 3 5 7 10 13", "4 6 8 10 11 12 14"),
    8: ("0 2 4 6 9 12 14", "4 7 9 11 12 14 15"),
    10: ("0 3 6 8 11 14 18", "5 8 10 13 15 17 19"),
    12: ("0 3 7 10 14 18 21", "6 9 12 15 17 20 22"),
    14: ("1 4 8 12 17 21 25", "7 10 13 17 20 23 26"),
    18: ("1 6 11 16 22 27 32", "8 12 17 22 25 29 33"),
    21: ("2 7 13 19 25 31 37", "9 14 19 25 29 33 38"),
    27: ("3 10 17 24 32 40 48", "10 17 24 31 37 43 49"),
    30: ("4 11 19 27 36 45 53", "12 19 27 34 40 47 54"),
    41: ("6 16 26 37 49 61 72", "15 25 36 46 55 64 73"),
    44: ("6 17 29 40 53 65 77", "16 27 39 49 58 68 78"),
}


def code_letter(lot_size: int, level: Level = "II") -> str:
    """Sample-size code letter of a lot, MIL-STD-105E Table I."""
    if lot_size < 2:
        raise ValueError(f"a lot has at least 2 units, not {lot_size}")
    if level not in CODE_LETTERS:
        raise ValueError(f"unknown inspection level {level!r}: use one of {', '.join(CODE_LETTERS)}")
    return CODE_LETTERS[level][bisect_left(LOT_ENDS, lot_size)]


def plan_for_code(code: str, aql: float | str, severity: Severity = "normal") -> tuple[int, int, int]:
    """(n, accept, reject) of Tables II-A, II-B and II-C, arrows followed."""
    table, letter, numbers = _cell(code, aql, severity)
    size = table.size(letter)
    assert size is not None
    return size, *numbers


def double_for_code(code: str, aql: float | str, severity: Severity = "normal") -> tuple[Stage, ...] | None:
    """The two stages of Tables III-A, III-B and III-C, or None where the table refers to the single plan."""
    table, letter, numbers = _cell(code, aql, severity)
    found = (DOUBLE_REDUCED if severity == "reduced" else DOUBLE).get(numbers)
    size = table.size(letter, smaller=1)
    if found is None or size is None:
        return None
    return tuple(Stage(size, accept, reject) for accept, reject in found)


def multiple_for_code(code: str, aql: float | str, severity: Severity = "normal") -> tuple[Stage, ...] | None:
    """The seven stages of Tables IV-A and IV-B, or None where the table refers to the double or single plan.

    Raises ValueError for reduced inspection, whose multiple plans are not offered.
    """
    if severity == "reduced":
        raise ValueError("no multiple plans for reduced inspection here: use the double plan")
    table, letter, (accept_number, _) = _cell(code, aql, severity)
    size = table.size(letter, smaller=3)
    if accept_number not in MULTIPLE or size is None:
        return None
    accepts, rejects = (column.split() for column in MULTIPLE[accept_number])
    return tuple(
        Stage(size, None if accept == "-" else int(accept), int(reject))
        for accept, reject in zip(accepts, rejects, strict=True)
    )


def _cell(code: str, aql: float | str, severity: str) -> tuple[Table, int, tuple[int, int]]:
    """The table, and the letter and numbers of the plan to which the cell's arrow leads."""
    if severity not in TABLES:
        raise ValueError(f"unknown severity {severity!r}: use one of {', '.join(TABLES)}")
    table, column = TABLES[severity], _aql_position(aql)
    if code not in LETTERS[: table.letters]:
        raise ValueError(f"no code letter {code!r} under {severity} inspection")
    letter = _follow(table, LETTERS.index(code), column)
    numbers = table.plan_at(letter, column)
    assert numbers is not None
    return table, letter, numbers


def _aql_position(aql: float | str) -> int:
    for position, value in enumerate(AQLS):
        if abs(float(aql) - value) < 1e-9:
            return position
    raise ValueError(f"AQL {aql} is not in the table: use one of {', '.join(f'{value:g}' for value in AQLS)}")


def _follow(table: Table, row: int, column: int) -> int:
    """The first letter with a plan in the arrow's direction, else in the other."""
    up = table.points_up(row, column)
    onward = range(row, -1, -1) if up else range(row, table.letters)
    backward = range(row, table.letters) if up else range(row, -1, -1)
    return next(letter for letter in (*onward, *backward) if table.plan_at(letter, column) is not None)
