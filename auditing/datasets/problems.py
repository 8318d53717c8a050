"""Rows that could not be taken, gathered, so that one import tells of all of them at once."""

from dataclasses import dataclass, field

from auditing.core.errors import BadInput

SHOWN = 20


@dataclass(frozen=True)
class Problem:
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {f'field {self.field}: ' if self.field else ''}{self.message}"


class BadRows(BadInput):
    """Some rows of a file cannot be taken, so none was. `problems` are the first of `count`."""

    def __init__(self, file: str, problems: list[Problem], count: int) -> None:
        self.problems, self.count = problems, count
        if count == 1:
            super().__init__(problems[0].message, file=file, line=problems[0].line, field=problems[0].field)
            return
        more = f"; and {count - len(problems):,} more" if count > len(problems) else ""
        super().__init__(f"{count:,} bad rows, nothing imported: {_listed(problems)}{more}", file=file)


def _listed(problems: list[Problem]) -> str:
    """One complaint for all lines that it holds for."""
    lines: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        lines.setdefault((problem.field, problem.message), []).append(str(problem.line))
    return "; ".join(
        f"line{'s' if len(where) > 1 else ''} {', '.join(where)}, {f'field {field}: ' if field else ''}{message}"
        for (field, message), where in lines.items()
    )


@dataclass
class Problems:
    """The first problems of a file, and how many there were."""

    shown: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, error: BadInput) -> Problem:
        problem = Problem(line, error.field[:200], error.message[:500])
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(problem)
        return problem

    def raise_any(self, file: str) -> None:
        if self.count:
            raise BadRows(file, self.shown, self.count)
