"""What can be read off a short answer without a human: the features that the learned proxy gets beside the judges."""

import math
import re
import unicodedata
from collections import defaultdict
from functools import cache
from typing import Any

EVASIVE = re.compile(
    r"don't know|not sure|unclear|no information|sorry|cannot|could not|unable|not provide|not possible|no record"
    r"|apolog|n't",
    re.IGNORECASE,
)
COMMON = frozenset(
    re.findall(
        r"\w+",
        "the a an of in on at to is was were are and or for by with as it its that which who from be this",
    )
)


@cache
def words(text: str) -> tuple[str, ...]:
    """Lower-case words and numbers, without accents."""
    signs = unicodedata.normalize("NFKD", text)
    plain = "".join(sign for sign in signs if not unicodedata.combining(sign)).lower()
    return tuple(re.findall(r"[a-z0-9]+", plain))


def text_features(item: dict[str, Any]) -> list[float]:
    """How an answer lies to its gold answers, in trigrams, new words and numbers; lengths; whether it evades."""
    answer, gold = words(item["answer"]), [found for found in map(words, item["gold_answers"] or []) if found]
    said, asked = set(answer), set(words(item["question"]))
    trigrams = _trigrams(answer)
    numbers = {word for alias in gold for word in alias if word.isdigit()}
    lengths = [len(alias) for alias in gold] or [0]
    return [
        max((_share(_trigrams(alias), trigrams) for alias in gold), default=0.0),
        max((_share(set(alias) - COMMON - asked, said) for alias in gold), default=0.0),
        math.log1p(len(answer)),
        math.log1p(len(gold)),
        math.log1p(min(lengths)),
        math.log1p(max(lengths)),
        float(bool(EVASIVE.search(item["answer"]))),
        float(bool(numbers)),
        float(bool(numbers & said)),
    ]


def agreement_among_systems(
    items: dict[str, Any], judges: dict[str, dict[str, float]]
) -> dict[str, list[float]]:
    """For each answer, what other systems say to the same question: how many the lexical judges pass, and how far
    their words and those of this answer agree. Uses no human label.
    """
    same_question = defaultdict(list)
    for item, entry in items.items():
        same_question[entry["meta"]["question_id"]].append(item)
    said = {item: set(words(entry["answer"])) for item, entry in items.items()}
    content = {item: said[item] - COMMON - set(words(entry["question"])) for item, entry in items.items()}
    found = {}
    for item, entry in items.items():
        others = [other for other in same_question[entry["meta"]["question_id"]] if other != item]
        passed = [other for other in others if judges[other]["lexical:contains"] == 1]
        found[item] = [
            _mean([judges[other]["lexical:contains"] for other in others]),
            _mean([judges[other]["lexical:token_recall"] for other in others]),
            _mean([_share(content[other], said[item]) for other in others]),
            _mean([_share(content[item], said[other]) for other in others]),
            max((_share(content[other], said[item]) for other in passed), default=0.0),
            max((_share(content[item], said[other]) for other in passed), default=0.0),
        ]
    return found


@cache
def _trigrams(tokens: tuple[str, ...]) -> set[str]:
    return {
        word[start : start + 3]
        for word in (f"^{token}$" for token in tokens)
        for start in range(len(word) - 2)
    }


def _share(part: set[str], whole: set[str]) -> float:
    return len(part & whole) / len(part) if part else 0.0


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0
