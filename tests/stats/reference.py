"""Published reference values, read where they are stored."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("DOKIMA_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))


def cases(method: str, file: str = "*") -> list[Any]:
    """The reference cases of one method, as parameters for a test; one skipped case where they are absent."""
    files = sorted((SHARED / "reference").glob(f"{file}.json"))
    if not files:
        reason = "reference values absent: set DOKIMA_SHARED to the folder that holds reference/*.json"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    found = [case for path in files for case in json.loads(path.read_text()) if case["method"] == method]
    assert found, f"no reference case of method {method!r} in {[path.name for path in files]}"
    return found


def stated(method: str, key: str, file: str = "*") -> list[Any]:
    """The cases of one method whose inputs state `key`; the others name a data set that is not stored
    here.
    """
    return [case for case in cases(method, file) if not isinstance(case, dict) or key in case["inputs"]]


def labelled(groups: dict[str, list[Any]]) -> list[Any]:
    """Cases of several groups as (group, case) parameters, skips kept."""
    return [
        (group, case) if isinstance(case, dict) else pytest.param(group, None, marks=case.marks)
        for group, found in groups.items()
        for case in found
    ]


def prior(text: str) -> tuple[float, float]:
    """The two numbers of a prior written as "beta(1,10)"."""
    first, second = text[text.index("(") + 1 : -1].split(",")
    return float(first), float(second)


def data_set(named: str, file: str) -> Any:
    """A JSON file of a data set that a case names ("... data/cebab_stars"); skips where it is not stored."""
    path = SHARED / "data" / "alt_test" / named.rsplit("/", 1)[-1] / file
    if not path.exists():
        pytest.skip(f"data set absent: {named} is not stored here (looked in {path.parent.name}/)")
    return json.loads(path.read_text())
