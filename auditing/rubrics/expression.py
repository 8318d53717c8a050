"""`item_passes_when`: a small language of conditions on a rubric's criteria, checked against their scales.

    correct == 'yes' and helpful >= 4
    tone in ['warm', 'neutral'] or not (errors.worst >= 'major' or errors.points > 10)

Comparisons, `and`, `or`, `not`, parentheses, lists after `in`, numbers, quoted texts, criterion keys, and
of a taxonomy `.count`, `.points` (their sum) and `.worst` (the points of the worst error; 0 without one).
Nothing else exists. Logic has three values: an answer that is missing or `cannot_assess` is unknown (None),
and unknown spreads only as far as it matters.
"""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from auditing.core.errors import BadInput
from auditing.core.reading import shown, unknown
from auditing.rubrics.scales import CANNOT_ASSESS, Numeric, Ordinal, Scale, Taxonomy

Truth = bool | None
Values = Mapping[str, str]
Condition = Callable[[Values], Truth]
FIELD = "item_passes_when"
MAX_LENGTH = 2000
MAX_DEPTH = 40

_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_EQUALITY: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, choices: value in choices,
    ast.NotIn: lambda value, choices: value not in choices,
}
_OPERATORS = _ORDER | _EQUALITY
_TAXONOMY: dict[str, Callable[[list[float]], float]] = {
    "count": lambda points: float(len(points)),
    "worst": lambda points: max(points, default=0.0),
    "points": lambda points: float(sum(points)),
}


@dataclass(frozen=True)
class Operand:
    """One side of a comparison: how to read it, and what kind of thing it is."""

    name: str
    is_number: bool
    read: Callable[[Values], Any]  # None when unknown
    literal: Any = None  # a constant, or a list of them
    scale: Scale | None = None


def compile_condition(text: str, scales: Mapping[str, Scale]) -> Condition:
    """A function from canonical answers to a truth. Raises BadInput (field `item_passes_when`)."""
    return _Compiler(scales).condition(_parse(text))


def all_of(truths: Iterable[Truth]) -> Truth:
    """False if any is false, else None if any is unknown, else True."""
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        result = result and truth
    return result


def any_of(truths: Iterable[Truth]) -> Truth:
    """True if any is true, else None if any is unknown, else False."""
    result: Truth = False
    for truth in truths:
        if truth:
            return True
        result = None if truth is None else result
    return result


def negate(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _parse(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise _bad(f"is longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(" ".join(text.split()), mode="eval").body
        depth = _depth(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _bad(
            f"cannot be read: {shown(text)}; it should look like: correct == 'yes' and helpful >= 4"
        ) from None
    if depth > MAX_DEPTH:
        raise _bad("is nested too deeply")
    return tree


def _depth(node: ast.AST) -> int:
    return 1 + max(map(_depth, ast.iter_child_nodes(node)), default=0)


def _bad(message: str) -> BadInput:
    return BadInput(message, field=FIELD)


class _Compiler:
    """Turns the syntax tree into functions, refusing whatever the language does not have."""

    def __init__(self, scales: Mapping[str, Scale]) -> None:
        self.scales = scales

    def condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.BoolOp(op=op, values=parts):
                conditions = [self.condition(part) for part in parts]
                combine = all_of if isinstance(op, ast.And) else any_of
                return lambda values: combine(condition(values) for condition in conditions)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                condition = self.condition(inner)
                return lambda values: negate(condition(values))
            case ast.Compare(left=left, ops=ops, comparators=rights):
                return self.comparisons([left, *rights], ops)
            case ast.Name(id=name) if name in self.scales:
                raise _bad(f"{name} is an answer, not a condition; compare it, as in {name} == 'yes'")
        raise _bad(f"{_source(node)} is not a condition")

    def comparisons(self, sides: list[ast.expr], ops: list[ast.cmpop]) -> Condition:
        """A chain such as `2 <= helpful <= 4` is the conjunction of its links."""
        operands = [self.operand(side) for side in sides]
        links = [_link(*pair) for pair in zip(operands, ops, operands[1:], strict=False)]
        return links[0] if len(links) == 1 else lambda values: all_of(link(values) for link in links)

    def operand(self, node: ast.expr) -> Operand:
        match node:
            case ast.Constant(value=value):
                return _constant(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return _constant(-value)
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return _listed([self.operand(element) for element in elements])
            case ast.Name(id=key):
                return self.answer(key)
            case ast.Attribute(value=ast.Name(id=key), attr=attribute):
                return self.errors(key, attribute)
        raise _bad(f"{_source(node)} is not understood here")

    def scale(self, key: str) -> Scale:
        if key not in self.scales:
            hint = f"; if it is an answer, quote it: '{key}'" if key in ("yes", "no", "tie") else ""
            raise _bad(unknown("criterion", key, list(self.scales)) + hint)
        return self.scales[key]

    def answer(self, key: str) -> Operand:
        scale = self.scale(key)
        if isinstance(scale, Taxonomy):
            raise _bad(f"{key} is a list of errors; use {key}.count, {key}.worst or {key}.points")
        is_number = isinstance(scale, Ordinal | Numeric)
        return Operand(key, is_number, _number_reader(key) if is_number else _text_reader(key), scale=scale)

    def errors(self, key: str, attribute: str) -> Operand:
        scale = self.scale(key)
        if not isinstance(scale, Taxonomy):
            raise _bad(f"{key} is no taxonomy, so it has no .{attribute}")
        if attribute not in _TAXONOMY:
            raise _bad(unknown(f"part of {key}", attribute, list(_TAXONOMY)))
        of_severity = scale if attribute == "worst" else None
        return Operand(
            f"{key}.{attribute}", True, _errors_reader(key, scale, _TAXONOMY[attribute]), scale=of_severity
        )


def _constant(value: Any) -> Operand:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _bad(f"{shown(value)} is not understood; use numbers and 'quoted texts'")
    return Operand(repr(value), not isinstance(value, str), lambda _: value, literal=value)


def _listed(operands: list[Operand]) -> Operand:
    if not operands or any(operand.literal is None for operand in operands):
        raise _bad("a list holds numbers or quoted texts, at least one")
    literals = [operand.literal for operand in operands]
    return Operand(
        repr(literals), all(operand.is_number for operand in operands), lambda _: literals, literal=literals
    )


def _number_reader(key: str) -> Callable[[Values], Any]:
    def read(values: Values) -> float | None:
        value = values.get(key)
        return None if value is None or value == CANNOT_ASSESS else float(value)

    return read


def _text_reader(key: str) -> Callable[[Values], Any]:
    def read(values: Values) -> str | None:
        value = values.get(key)
        return None if value == CANNOT_ASSESS else value

    return read


def _errors_reader(
    key: str, scale: Taxonomy, summary: Callable[[list[float]], float]
) -> Callable[[Values], Any]:
    def read(values: Values) -> float | None:
        value = values.get(key)
        return None if value is None or value == CANNOT_ASSESS else summary(scale.points(value))

    return read


def _link(left: Operand, op: ast.cmpop, right: Operand) -> Condition:
    if type(op) not in _OPERATORS:
        raise _bad("compare with ==, !=, <, <=, >, >=, in or not in")
    if isinstance(right.literal, list) != isinstance(op, ast.In | ast.NotIn) or isinstance(
        left.literal, list
    ):
        raise _bad(f"{left.name} and {right.name}: a list stands after `in`, and only there")
    left, right = _fitted(left, right), _fitted(right, left)
    _check_kinds(left, op, right)
    return _comparison(left, _OPERATORS[type(op)], right)


def _fitted(operand: Operand, other: Operand) -> Operand:
    """A literal in the canonical form of the scale it is compared with."""
    if operand.literal is None or other.scale is None:
        return operand
    literals = operand.literal if isinstance(operand.literal, list) else [operand.literal]
    fitted = [_on_scale(literal, other.scale, other.name) for literal in literals]
    value = fitted if isinstance(operand.literal, list) else fitted[0]
    is_number = all(isinstance(entry, int | float) for entry in fitted)
    return Operand(operand.name, is_number, lambda _: value, literal=value)


def _on_scale(literal: Any, scale: Scale, name: str) -> Any:
    if isinstance(literal, str) and isinstance(scale, Taxonomy):
        if literal not in scale.severities:
            raise _bad(unknown(f"severity for {name}", literal, list(scale.severities)))
        return scale.severities[literal]
    if isinstance(literal, str) and not isinstance(scale, Ordinal | Numeric):
        try:
            return scale.own(literal)
        except BadInput as error:
            raise _bad(f"{name}: {error.message}") from error
    return literal


def _check_kinds(left: Operand, op: ast.cmpop, right: Operand) -> None:
    if left.literal is not None and right.literal is not None:
        raise _bad(f"{left.name} and {right.name} are both fixed; compare with a criterion")
    if left.is_number != right.is_number:
        number, text = (left, right) if left.is_number else (right, left)
        raise _bad(f"{number.name} is a number and {text.name} is not; they cannot be compared")
    if type(op) in _ORDER and not left.is_number:
        raise _bad(f"{left.name} has no order; use == or in")
    if not left.is_number and left.scale and right.scale:
        raise _bad(f"{left.name} and {right.name}: compare an answer with a quoted text")


def _comparison(left: Operand, compare: Callable[[Any, Any], bool], right: Operand) -> Condition:
    read_left, read_right = left.read, right.read

    def evaluate(values: Values) -> Truth:
        a, b = read_left(values), read_right(values)
        return None if a is None or b is None else compare(a, b)

    return evaluate


def _source(node: ast.expr) -> str:
    return shown(ast.unparse(node))
