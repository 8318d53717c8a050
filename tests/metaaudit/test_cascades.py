"""Cascades fitted on what judges said before."""

import json
import math
from io import StringIO

import pytest
from django.core.management import call_command

from auditing.core.errors import BadInput, Missing
from auditing.metaaudit.cascades import Asked, Fitted, fit_for_budget, fit_for_risk, recorded_stages
from auditing.metaaudit.selectors import Evidence, evidence, with_reference
from auditing.ratings.models import Rating
from auditing.rubrics.schema import RubricSpec
from tests.cast import RUBRIC, make_batch
from tests.ratings.ratings_of import rate

SPEC = RubricSpec.from_content(RUBRIC)
COSTS = {"cheap": 0.001, "strong": 0.02}
N = 240


@pytest.fixture
def rated(collection, lead):
    """A cheap judge that knows when it is unsure, and a strong one that is right but for six items."""
    batch = make_batch(collection, lead, name="rated", size=N)
    truth = ["yes" if place % 3 else "no" for place in range(N)]
    other = {"yes": "no", "no": "yes"}
    rate(batch, "key", "correct", truth, kind="gold")
    rate(
        batch,
        "strong",
        "correct",
        [other[one] if place % 40 == 0 else one for place, one in enumerate(truth)],
        kind="judge",
    )
    cheap = [other[one] if place >= 120 and place % 2 else one for place, one in enumerate(truth)]
    rate(batch, "cheap", "correct", cheap, kind="judge")
    ratings = Rating.objects.filter(rater__name="cheap").order_by("item__position")
    for place, rating in enumerate(ratings):
        rating.probability = 0.97 if place < 120 else 0.6
        rating.save()
    return batch


def seen(batch) -> Evidence:
    return with_reference(evidence(batch=batch, rubric=SPEC))


def test_the_stages_are_what_was_recorded(rated):
    cheap, human = recorded_stages(seen(rated), "correct", Asked(["cheap"], COSTS, 2.0))
    assert [len(stage.correct) for stage in (cheap, human)] == [N] * 2
    assert cheap.correct.mean() == pytest.approx(180 / 240)
    assert sorted(set(cheap.confidence)) == [0.6, 0.97]
    assert human.cost[0] == 2.0


def test_a_risk_gives_a_threshold(rated):
    found = fit_for_risk(seen(rated), "correct", Asked(["cheap", "strong"], COSTS), 0.05)
    assert found.accept() == {"cheap": 0.97}
    assert found.chosen.cost == pytest.approx(0.001 + 0.02 / 2)
    assert found.chosen.error == pytest.approx(3 / 240)
    assert [round(error, 4) for _, _, error in found.alone] == [0.25, 0.025]


def test_a_budget_gives_the_best_that_it_buys(rated):
    asked = Asked(["cheap", "strong"], COSTS)
    assert fit_for_budget(seen(rated), "correct", asked, 0.0015).chosen.thresholds == (0.6,)
    assert fit_for_budget(seen(rated), "correct", asked, 0.05).chosen.thresholds == (0.97,)
    assert fit_for_budget(seen(rated), "correct", asked, 0.0001).chosen is None


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (Asked(["cheap"], COSTS), BadInput, "name two judges"),
        (Asked(["cheap", "nobody"], COSTS), Missing, "'nobody' gave no opinion"),
        (Asked(["cheap", "strong"], {}), BadInput, "costs 'cheap' is not known"),
        (Asked(["strong", "cheap"], COSTS), BadInput, "gave no confidence"),
    ],
)
def test_what_cannot_be_fitted_is_said(rated, asked, error, words):
    with pytest.raises(error, match=words):
        fit_for_risk(seen(rated), "correct", asked, 0.05)


def test_few_items_fit_nothing(batch):
    for rater, kind in (("key", "gold"), ("cheap", "judge"), ("strong", "judge")):
        rate(batch, rater, "correct", ["yes"] * 12, kind=kind)
    with pytest.raises(Missing, match="12 items have a reference label"):
        fit_for_risk(seen(batch), "correct", Asked(["cheap", "strong"], COSTS), 0.05)


def test_the_command_reports(rated, rubric_version):
    command = [
        "fit_cascade",
        "--batch",
        "rated",
        "--rubric",
        "answer-correctness",
        "--judges",
        "cheap",
        "strong",
    ]
    command += ["--cost", "cheap=0.001", "strong=0.02", "--criterion", "correct"]
    (found,) = json.loads(said(*command, "--json"))
    assert found["accept"] == {"cheap": 0.97}
    assert found["n"] == N
    assert len(found["curve"]) == 10
    assert said(*command).startswith("correct: accept cheap from 0.970; $0.011 an item, error 0.013")
    with pytest.raises(SystemExit):
        said(*command, "--cost", "cheap")


def said(*command):
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_a_judge_that_answered_nothing_has_no_error():
    silent = Fitted("correct", ("small", "large"), 30, (), (), None, (("small", 0.01, math.nan),))
    assert silent.to_dict()["alone"] == [{"judge": "small", "cost": 0.01, "error": None}]
