"""Answers that repeat their reference where they are right; read before Django is set up."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from auditing.accounts.models import User
    from auditing.datasets.models import Batch, Collection

WORDS = [f"w{n}" for n in range(300)]


def right(number: int) -> bool:
    return random.Random(number).random() < 0.6


def payload(number: int) -> dict[str, Any]:
    chance = random.Random(number + 100_000)
    reference = chance.sample(WORDS, 3)
    said = [*(reference if right(number) else []), *chance.sample(WORDS, 8)]
    return {"input": f"Question {number}", "output": " ".join(said), "reference": " ".join(reference)}


@pytest.fixture
def make_answers(collection: Collection, lead: User) -> Callable[..., Batch]:
    """A batch of answers numbered from `start`."""
    from tests.cast import make_batch

    def make(size: int, start: int = 0) -> Batch:
        return make_batch(collection, lead, payloads=[payload(start + n) for n in range(size)])

    return make


@pytest.fixture
def labelled(make_answers: Callable[..., Batch]) -> Batch:
    """Ninety answers with gold labels."""
    from tests.ratings.ratings_of import rate

    batch = make_answers(90)
    rate(batch, "truth", "correct", ["yes" if right(n) else "no" for n in range(90)], kind="gold")
    return batch
