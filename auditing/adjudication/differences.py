"""Do opinions on one criterion differ? And is there a majority among them?"""

import json
from collections import Counter
from collections.abc import Sequence

from auditing.adjudication.models import Kind
from auditing.rubrics.scales import CANNOT_ASSESS

SMALLEST_MAJORITY = 3  # opinions; with two there is nothing to count


def meaning(scale_type: str, value: str) -> str:
    """What counts in a comparison: of marked errors their categories and severities, not their notes."""
    if scale_type != "taxonomy" or value == CANNOT_ASSESS:
        return value
    return json.dumps(sorted([error["category"], error["severity"]] for error in json.loads(value)))


def difference(scale_type: str, values: Sequence[str]) -> Kind | None:
    """Why a lead should look at these canonical values, or None when they say the same."""
    if CANNOT_ASSESS in values:
        return Kind.CANNOT_ASSESS
    if len({meaning(scale_type, value) for value in values}) > 1:
        return Kind.DIFFER
    return None


def majority(scale_type: str, values: Sequence[str]) -> str | None:
    """The value that more than half of three or more opinions share; None when there is no such value."""
    if len(values) < SMALLEST_MAJORITY:
        return None
    counts = Counter(meaning(scale_type, value) for value in values)
    shared, votes = counts.most_common(1)[0]
    if votes * 2 <= len(values) or shared == CANNOT_ASSESS:
        return None
    return next(value for value in values if meaning(scale_type, value) == shared)
