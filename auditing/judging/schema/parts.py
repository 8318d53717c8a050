"""What judges made of named judges share: reading the parts, and saying where a part is wrong."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from auditing.core.errors import BadInput
from auditing.core.reading import Fields, read_number, unknown
from auditing.judging.schema.base import JudgeSpec
from auditing.rubrics.schema import RubricSpec

MOST_PARTS = 20
DEEPEST = 3  # judges within judges within a judge
Shares = dict[str, float | None]
Part = TypeVar("Part")


def read_parts(
    fields: Fields, key: str, own: Sequence[str], read: Callable[[Fields, Any, str], Part]
) -> tuple[Part, ...]:
    """Each entry of a list: its `own` keys apart, and the rest, which is a judge's content, at its path."""
    if fields.path.count("[") >= DEEPEST:
        raise BadInput("judges stand too deep within one another here", field=fields.at(key))
    parts = []
    for path, row in fields.rows(key):
        if not isinstance(row, dict):
            raise BadInput("must be a judge: `key: value` lines", field=path)
        mine = Fields({name: value for name, value in row.items() if name in own}, path, own)
        judge = {name: value for name, value in row.items() if name not in own}
        parts.append(read(mine, judge, path))
    if not 2 <= len(parts) <= MOST_PARTS:
        raise fields.complain(key, f"takes 2 to {MOST_PARTS} judges, not {len(parts)}")
    return tuple(parts)


def refuse_same_names(fields: Fields, key: str, names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise BadInput(f"{name!r} is there twice", field=f"{fields.at(key)}[{place}].name")


def part_content(name: str, own: dict[str, Any], judge: JudgeSpec) -> dict[str, Any]:
    """A part as its list has it."""
    return {
        "name": name,
        **{key: value for key, value in own.items() if value is not None},
        **judge.to_content(),
    }


def read_shares(fields: Fields, key: str) -> Shares | float | None:
    """A number from 0 to 1 for every criterion, or a mapping from criteria to such numbers or null."""
    value = fields.data.get(key)
    if value is None:
        return None
    if isinstance(value, dict):
        return {
            name: None if entry is None else _share(entry, path) for path, name, entry in fields.pairs(key)
        }
    return _share(value, fields.at(key))


def _share(value: Any, path: str) -> float:
    number = read_number(value, path)
    if not 0 <= number <= 1:
        raise BadInput("must be from 0 to 1", field=path)
    return number


def shares_for(shares: Shares | float | None, rubric: RubricSpec, field: str) -> dict[str, float]:
    """By criterion of a rubric. Raises BadInput for a criterion that the rubric lacks."""
    keys = [criterion.key for criterion in rubric.criteria]
    if shares is None:
        return {}
    if not isinstance(shares, dict):
        return dict.fromkeys(keys, shares)
    for key in shares:
        if key not in keys:
            raise BadInput(unknown("criterion", key, keys), field=field)
    return {key: share for key, share in shares.items() if share is not None}


@contextmanager
def complaining(field: str) -> Iterator[None]:
    """What the engine refuses is bad input, of this field."""
    try:
        yield
    except BadInput:
        raise
    except ValueError as error:
        raise BadInput(str(error), field=field) from error
