import random

import numpy as np
import pytest

from judges.contracts import Subject
from judges.programs.duplicates import NearDuplicate, signature

WORDS = [f"word{n}" for n in range(500)]


def text(seed, count=40):
    return " ".join(random.Random(seed).choices(WORDS, k=count))


def survey(*outputs, **settings):
    check = NearDuplicate(**settings)
    items = [Subject(str(n), {"output": output}) for n, output in enumerate(outputs)]
    for item in items:
        check.see(item)
    check.compare()
    return [check.find(item) for item in items]


def test_the_first_stands_and_the_later_ones_point_to_it():
    first, other, again, nearly = survey(text(1), text(2), text(1).upper(), text(1) + " more")
    assert (first.holds, other.holds, again.holds, nearly.holds) == (False, False, True, True)
    assert "item 0" in again.said
    assert (again.score, nearly.score > 0.85) == (1.0, True)


def test_half_the_text_is_not_nearly_all():
    assert not survey(text(1), text(1)[: len(text(1)) // 2])[1].holds


def test_short_texts_are_alike_only_when_equal():
    assert [finding.holds for finding in survey("Yes it is", "yes, it is!", "no it is")] == [
        False, True, False,
    ]  # fmt: skip


def test_the_signatures_estimate_the_jaccard_similarity():
    first, second = [f"w{n}" for n in range(60)], [f"w{n}" for n in range(15, 75)]
    true = 43 / (58 + 58 - 43)  # word triples shared, of all
    alike = np.mean(
        [
            (
                signature(" ".join(f"{w}x{n}" for w in first))
                == signature(" ".join(f"{w}x{n}" for w in second))
            ).mean()
            for n in range(30)
        ]
    )
    assert alike == pytest.approx(true, abs=0.04)


def test_an_item_without_the_field_is_like_nothing():
    check = NearDuplicate()
    check.see(Subject("1", {}))
    check.compare()
    assert check.find(Subject("1", {})).holds is None


def test_it_must_have_seen_the_batch():
    with pytest.raises(RuntimeError, match="before it had seen"):
        NearDuplicate().find(Subject("1", {"output": "x"}))
