"""From opinions to arrays."""

import numpy as np
import pandas as pd

from auditing.estimation.inputs import Evidence, judge_scores
from auditing.estimation.measures import Measure, on_scale_number


def test_judges_scores_are_the_same_to_the_last_bit_in_any_order():
    rng = np.random.default_rng(3)
    verdicts = pd.DataFrame(
        [(item, f"judge {one}", "helpful", rng.uniform()) for item in range(200) for one in range(7)],
        columns=["item", "rater", "criterion", "number"],
    )
    items = pd.DataFrame({"judged": True}, index=range(200))
    measure = Measure("helpful", "mean", on_scale_number, (0.0, 1.0))
    told = [
        judge_scores(Evidence(items, items, verdicts, rows, None), measure)[0].tolist()
        for rows in (verdicts, verdicts.sample(frac=1, random_state=1), verdicts.iloc[::-1])
    ]
    assert told[0] == told[1] == told[2]
