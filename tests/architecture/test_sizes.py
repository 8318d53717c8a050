"""Small functions, small files."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LONGEST_FUNCTION = 60
LONGEST_FILE = 400
SOURCES = ("auditing", "judges")


def sources(project_root: Path) -> Iterator[Path]:
    for source in SOURCES:
        for path in sorted((project_root / source).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def test_no_function_is_over_sixty_lines(project_root: Path):
    long = [
        f"{path.relative_to(project_root)}:{node.lineno} {node.name} ({length(node)} lines)"
        for path in sources(project_root)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_file_is_over_four_hundred_lines(project_root: Path):
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources(project_root)}
    assert lengths, "no sources found"
    assert [
        f"{path.relative_to(project_root)} ({n})" for path, n in lengths.items() if n > LONGEST_FILE
    ] == []


def test_the_namespace_stays_empty(project_root: Path):
    assert (project_root / "auditing" / "__init__.py").read_text() == ""


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of code: what a docstring explains makes a function no longer."""
    if node.end_lineno is None:
        pytest.fail(f"{node.name} has no end")
    return node.end_lineno - node.lineno + 1 - len((ast.get_docstring(node) or "").splitlines())
