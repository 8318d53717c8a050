"""The benchmark's own arithmetic, and what it says where the data are absent."""

import numpy as np
import pytest

from benchmarks.label_efficiency.__main__ import main
from benchmarks.label_efficiency.answers import agreement_among_systems, text_features
from benchmarks.label_efficiency.measures import equal_width, human_width, replays, row
from benchmarks.label_efficiency.replay import Scenario, replay
from benchmarks.label_efficiency.worlds import World

LABELS = np.repeat([1.0, 0.0], [800, 200])


@pytest.mark.parametrize("labels", [LABELS, np.arange(1000.0)])
def test_the_equal_width_sample_has_that_width(labels):
    assert equal_width(labels, human_width(labels, 120)) == pytest.approx(120, abs=0.01)


def test_the_ratio_by_error_of_a_simple_sample_is_one():
    """Errors exactly as large as a simple sample's of 100 of 1,000: n0 = n."""
    batch = world(LABELS)
    error = np.sqrt(LABELS.var(ddof=1) * (1 / 100 - 1 / 1000))
    estimates = np.array([[0.8 + sign * error, 0.7, 0.9] for sign in (1, -1)])
    found = row([replays(batch, 100, estimates)])
    assert (found.by_error, found.coverage) == (pytest.approx(1), 1)


def test_a_human_only_replay_saves_nothing():
    found = replay(world(LABELS), Scenario(100, 0, ("human-only, simple",)), [1], 400)["human-only, simple"]
    line = row([found])
    assert line.by_error == pytest.approx(1, abs=0.25)
    assert line.by_width == pytest.approx(1, abs=0.05)


def test_text_features_by_hand():
    item = {"question": "Who wrote Emma?", "gold_answers": ["Jane Austen"], "answer": "Jane Austen, in 1815."}
    trigrams, fresh, *_, evasive, number_in_gold, number_matched = text_features(item)
    assert (trigrams, fresh, evasive, number_in_gold, number_matched) == (1, 1, 0, 0, 0)


def test_agreement_looks_at_the_other_answers_to_the_question():
    items = {
        name: {"question": "Who?", "answer": answer, "meta": {"question_id": "q"}}
        for name, answer in {"a": "Austen", "b": "Austen", "c": "Dickens"}.items()
    }
    judges = {name: {"lexical:contains": float(name != "c"), "lexical:token_recall": 0.5} for name in items}
    found = agreement_among_systems(items, judges)
    assert found["a"] == [0.5, 0.5, 0.5, 0.5, 1.0, 1.0]
    assert found["c"] == [1.0, 0.5, 0.0, 0.0, 0.0, 0.0]


def test_absent_data_are_said_to_be_absent(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["label_efficiency", "--data", "/nowhere"])
    assert main() == 2
    assert "DOKIMA_AUDIT_DATA" in capsys.readouterr().err


def world(labels):
    judge = np.random.default_rng(0).random(len(labels))
    return World("made up", labels, judge[:, None], judge, np.arange(len(labels)))
