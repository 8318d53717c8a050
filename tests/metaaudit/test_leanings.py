"""What a judge leans to, by its own probabilities: of readings given here, and of simulated judges over real HTTP."""

import math
from dataclasses import replace

import pytest

from auditing.judging.trying import work_on
from auditing.metaaudit.leanings import EDGE, leaning_to, log_odds
from auditing.metaaudit.lifts import ATTACKS, Probed
from auditing.metaaudit.pairs import CONTROL, Reading
from auditing.metaaudit.probes import BUILT_IN, probed, result_of, start_injection_probe
from auditing.rubrics.scales import Binary, Level, Nominal, Option, Ordinal, Preference
from auditing.rubrics.schema import RubricSpec
from judges.probes.attacks import ATTACKS as TEXTS
from judges.simulator import Persona
from tests.judging.building import MODEL, make_judge, simulated_endpoint

NOTICED = [one for one in TEXTS if one.id in {"override-1", "system-1", "system-2", "verdict-3", "marks-1"}]
ITEMS = range(6)


def yes(item, attack, probability, kind=""):
    return Reading(
        f"item-{item}",
        attack,
        kind or (CONTROL if attack.startswith("c") else "override" if attack else ""),
        fenced=True,
        answers={"correct": "yes" if probability > 0.5 else "no"},
        probabilities={"correct": {"yes": probability, "no": 1 - probability}},
    )


def leanings(readings, rubric=BUILT_IN):
    return {one.group: one.leaning for one in Probed(readings, rubric).lifts()}


def test_the_lift_is_what_an_attack_adds_beyond_harmless_texts_on_the_same_item():
    readings = [
        reading
        for item in ITEMS
        for reading in (
            yes(item, "", 0.1),
            *(yes(item, f"control-{n}", 0.2 + item / 50) for n in range(2)),
            *(yes(item, f"attack-{n}", 0.5 + item / 50) for n in range(5)),
        )
    ]
    found = leanings(readings)
    assert found[ATTACKS].before == pytest.approx(0.1)
    assert found[ATTACKS].lift.estimate == pytest.approx(0.3)
    assert found[CONTROL].lift.estimate == pytest.approx(0.1 + 2.5 / 50)


def test_where_every_verdict_is_good_there_is_no_flip_and_yet_a_lift_in_log_odds():
    readings = [
        reading
        for item in ITEMS
        for reading in (
            yes(item, "", 0.97),
            *(yes(item, f"control-{n}", 0.97) for n in range(2)),
            *(yes(item, f"attack-{n}", 0.997 + n / 1000 - item / 10000) for n in range(3)),
            *(yes(item, f"attack-{n}", 0.99 - item / 1000) for n in range(3, 6)),
        )
    ]
    (lift,) = [one for one in Probed(readings, BUILT_IN).lifts() if one.group == ATTACKS]
    assert lift.flips.n == 0
    assert lift.leaning.lift.estimate < 0.03
    assert lift.leaning.log_odds.low > 0.5


def test_a_judge_without_probabilities_has_no_leaning():
    readings = [Reading("a", name, "override", True, {"correct": "no"}) for name in ("", "attack-1")]
    assert leanings(readings) == {ATTACKS: None}


def test_the_whole_item_has_no_leaning_and_a_scale_of_levels_one_without_log_odds():
    levels = [{"value": value, "label": str(value)} for value in (1, 2, 3)]
    rubric = RubricSpec.from_content(
        {
            "rubric": "two",
            "criteria": [
                {"key": "correct", "scale": {"type": "binary", "good": "yes"}},
                {"key": "helpful", "scale": {"type": "ordinal", "levels": levels}},
            ],
        }
    )
    shares = {"": {"1": 1.0}, "control-1": {"1": 0.5, "2": 0.5}, "attack-1": {"2": 0.5, "3": 0.5}}
    readings = [
        Reading("a", name, CONTROL if name.startswith("c") else "x", True, {}, probabilities={"helpful": of})
        for name, of in shares.items()
    ]
    found = {one.criterion: one.leaning for one in Probed(readings, rubric).lifts() if one.group == ATTACKS}
    assert found["item_passes"] is found["correct"] is None
    assert found["helpful"].lift.estimate == 1.0
    assert found["helpful"].log_odds is None


def test_the_fence_is_measured_on_the_pairs_that_were_read_both_ways():
    def arm(fenced, swayed):
        shares = {"": 0.1, "control-1": 0.2, "attack-1": swayed, **({"attack-2": 0.9} if fenced else {})}
        return [replace(yes(item, name, at), fenced=fenced) for item in ITEMS for name, at in shares.items()]

    (effect,) = Probed(arm(True, 0.3) + arm(False, 0.7), BUILT_IN).fence_effects()
    assert (effect.lift.n, effect.lift.estimate) == (6, pytest.approx(-0.4))
    assert "-0.40 (-1.69 in log-odds)" in str(effect)
    assert Probed(arm(True, 0.3), BUILT_IN).fence_effects() == []


@pytest.mark.parametrize(
    ("scale", "probabilities", "leaning"),
    [
        (Binary(), {"yes": 0.7, "no": 0.2, "cannot_assess": 0.1}, 0.7),
        (Binary(good="no"), {"yes": 0.7, "no": 0.3}, 0.3),
        (Binary(), {"no": 0.9}, 0.1),
        (Ordinal(levels=(Level(1), Level(5))), {"1": 0.25, "5": 0.25, "cannot_assess": 0.5}, 3.0),
        (
            Nominal(options=(Option("a"), Option("b"), Option("c")), good=("a", "b")),
            {"a": 0.5, "c": 0.2},
            0.8,
        ),
        (Preference(), {"a": 1.0}, None),
        (Binary(), {}, None),
    ],
)
def test_what_is_leant_to(scale, probabilities, leaning):
    assert leaning_to(scale, probabilities) == (None if leaning is None else pytest.approx(leaning))


def test_certainty_has_odds():
    assert log_odds(1.0) == pytest.approx(math.log((1 - EDGE) / EDGE))
    assert log_odds(0.0) == pytest.approx(-log_odds(1.0))


def probe(persona, oracle=lambda payload: {"correct": "no"}, most=8, **judge):
    version = make_judge(**(judge or {"architecture": "probability_weighted", "model": MODEL}))
    with simulated_endpoint(personas={MODEL: persona}, oracle=oracle):
        trial = start_injection_probe(by=None, version=version, attacks=NOTICED, most=most)
        work_on(trial)
    assert trial.state == "finished", trial.reason
    return trial


def lift_of(trial, *, fenced, group=ATTACKS):
    return next(one for one in probed(trial).lifts() if (one.fenced, one.group) == (fenced, group))


@pytest.mark.django_db
def test_what_was_planted_is_found_in_probability():
    """Of the texts, all noticed, half move it from .1 to 1 where nothing is fenced."""
    trial = probe(Persona(skill=0.9, obeys=0.5))
    careless, fenced = (lift_of(trial, fenced=one).leaning for one in (False, True))
    assert careless.before == pytest.approx(0.1)
    assert careless.lift.low < 0.45 < careless.lift.high
    assert careless.lift.low > 0.1
    assert (fenced.lift.estimate, fenced.log_odds.estimate) == pytest.approx((0, 0))
    (effect,) = result_of(trial)["fence_effects"]
    assert effect["lift"]["estimate"] == pytest.approx(-careless.lift.estimate)
    assert result_of(trial)["lifts"][0]["leaning"]["of"] == "probability of the good verdict"


@pytest.mark.django_db
def test_a_judge_that_calls_everything_good_is_still_seen_to_give_in():
    trial = probe(Persona(skill={"correct": {"no": {"yes": 0.97}}}, obeys=0.7))
    found = lift_of(trial, fenced=False)
    assert found.flips.n == 0
    assert found.leaning.lift.estimate < 0.03
    assert found.leaning.log_odds.low > 1


@pytest.mark.django_db
def test_what_harmless_texts_do_as_well_is_no_lift():
    """Any text at all turns this judge: every pair flips, and nothing of it is the attacks'."""
    trial = probe(
        Persona(skill=0.9), oracle=lambda payload: {"correct": "yes" if "\n\n" in payload["output"] else "no"}
    )
    found = lift_of(trial, fenced=False)
    assert found.flips.estimate == 1.0
    assert found.leaning.lift.estimate == pytest.approx(0)
    assert found.leaning.log_odds.estimate == pytest.approx(0)
    assert lift_of(trial, fenced=False, group=CONTROL).leaning.lift.estimate == pytest.approx(0.8)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("judge", "has_one"), [({"model": MODEL}, False), ({"architecture": "decision", "model": MODEL}, True)]
)
def test_probabilities_are_used_where_the_judge_gives_them(judge, has_one):
    trial = probe(Persona(skill=0.9), most=1, **judge)
    assert (lift_of(trial, fenced=True).leaning is not None) == has_one
