"""What counts as different, and as a majority."""

import json

import pytest

from auditing.adjudication.differences import difference, majority, meaning
from auditing.adjudication.models import Kind


def errors(*found: tuple[str, str], note: str = "") -> str:
    return json.dumps([{"category": c, "severity": s, "note": note} for c, s in found])


ADDITION, GRAMMAR = ("accuracy/addition", "major"), ("fluency/grammar", "minor")


@pytest.mark.parametrize(
    ("scale", "values", "kind"),
    [
        ("binary", ["yes", "yes"], None),
        ("binary", ["yes"], None),
        ("binary", ["yes", "no"], Kind.DIFFER),
        ("ordinal", ["4", "4.5"], Kind.DIFFER),
        ("nominal", ["cannot_assess", "red"], Kind.CANNOT_ASSESS),
        ("nominal", ["cannot_assess"], Kind.CANNOT_ASSESS),
        ("taxonomy", [errors(ADDITION, GRAMMAR), errors(GRAMMAR, ADDITION, note="twice")], None),
        ("taxonomy", [errors(ADDITION), errors(ADDITION, ADDITION)], Kind.DIFFER),
        ("taxonomy", [errors(), errors(GRAMMAR)], Kind.DIFFER),
        ("taxonomy", [errors(), "cannot_assess"], Kind.CANNOT_ASSESS),
    ],
)
def test_differences(scale: str, values: list[str], kind: Kind | None) -> None:
    assert difference(scale, values) == kind


@pytest.mark.parametrize(
    ("scale", "values", "shared"),
    [
        ("binary", ["yes", "no", "yes"], "yes"),
        ("binary", ["yes", "yes"], None),
        ("ordinal", ["1", "2", "3"], None),
        ("ordinal", ["1", "1", "3", "3"], None),
        ("binary", ["cannot_assess", "cannot_assess", "yes"], None),
        (
            "taxonomy",
            [errors(GRAMMAR, note="first"), errors(), errors(GRAMMAR)],
            errors(GRAMMAR, note="first"),
        ),
    ],
)
def test_majorities(scale: str, values: list[str], shared: str | None) -> None:
    assert majority(scale, values) == shared


def test_notes_and_order_do_not_change_what_errors_mean() -> None:
    assert meaning("taxonomy", errors(GRAMMAR, ADDITION)) == meaning(
        "taxonomy", errors(ADDITION, GRAMMAR, note="n")
    )
