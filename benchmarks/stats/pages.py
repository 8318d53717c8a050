"""What a page waits for, without a rival: the planner's sums, and an estimate over a million judged items."""

from collections.abc import Iterator

import numpy as np

from auditing.stats.acceptance import double_plan, single_plan
from auditing.stats.estimation import estimate_mean
from auditing.stats.planning import attribute_sample_size, expected_width, oc_curve, two_point_plan
from benchmarks.stats.measure import Row, timed

PAGE = 0.2  # seconds
JUDGED, LABELLED = 1_000_000, 1_000


def estimate_rows() -> Iterator[Row]:
    """estimate_mean with method "auto", for a 0/1 label and a numeric one."""
    rng = np.random.default_rng(7)
    score = rng.random(JUDGED)
    index = rng.choice(JUDGED, LABELLED, replace=False)
    passed = (rng.random(LABELLED) < score[index]).astype(float)
    for kind, labels in (("0/1", passed), ("numeric", 4 * score[index] + rng.normal(size=LABELLED))):
        ours, found = timed(
            lambda y=labels: estimate_mean(y, LABELLED / JUDGED, score, JUDGED, labelled_index=index)
        )
        task = f"Estimate ({kind}), {JUDGED:,} judged, {LABELLED:,} labelled"
        assert found.low < found.estimate < found.high
        yield Row(task, ours, None, "none", found.method, ours < 1)


def planner_rows() -> Iterator[Row]:
    """Each thing the planner may ask for, and all of them together."""
    rates = np.linspace(0, 0.2, 201)
    asked = {
        "Sample size, binomial, expected rate near the limit": lambda: attribute_sample_size(0.02, 0.015),
        "Sample size, hypergeometric, N = 50,000": lambda: attribute_sample_size(
            0.02, 0.01, likelihood="hypergeometric", population=50_000
        ),
        "Sample size, poisson": lambda: attribute_sample_size(0.02, 0.01, likelihood="poisson"),
        "Two-point plan, binomial": lambda: two_point_plan(0.01, 0.95, 0.02, 0.05),
        "Two-point plan, hypergeometric, N = 50,000": lambda: two_point_plan(
            0.01, 0.95, 0.03, 0.05, "hypergeometric", 50_000
        ),
        "OC curve, 201 rates": lambda: oc_curve(315, 7, rates),
        "OC curve, hypergeometric, 201 rates": lambda: oc_curve(315, 7, rates, "hypergeometric", 50_000),
        "Z1.4 plans, three severities": lambda: [
            (single_plan(5000, 1.5, severity=severity), double_plan(5000, 1.5, severity=severity))
            for severity in ("normal", "tightened", "reduced")
        ],
        "Expected widths, 100 sizes": lambda: [expected_width(n, 0.1) for n in range(10, 1010, 10)],
    }
    rows = [Row(f"Planner: {name}", timed(call)[0], None, "none", "", None) for name, call in asked.items()]
    yield from rows
    total = sum(row.ours for row in rows)
    yield Row("Planner: all of it, one page", total, None, "none", "", total < PAGE)
