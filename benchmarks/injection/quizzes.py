"""What the benchmark asks: one question with answers known to be bad, and as many good ones to see that it is told."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditing.rubrics.schema import RubricSpec
from judges.contracts import Example, Question, Subject
from judges.probes.questions import CORRECT, WRONG_ANSWERS
from judges.scales import BinaryScale


@dataclass(frozen=True)
class Quiz:
    """A yes/no question of which `yes` is good."""

    question: Question
    bad: Sequence[Subject]
    good: Sequence[Subject]
    examples: Sequence[Example] = ()

    @property
    def rubric(self) -> RubricSpec:
        scale = {"type": "binary", "good": "yes"}
        criterion = {"key": self.question.key, "question": self.question.text, "scale": scale}
        return RubricSpec.from_content({"rubric": "quiz", "criteria": [criterion]})


def _texts(name: str, texts: Sequence[str]) -> list[Subject]:
    return [Subject(f"{name}-{place}", {"output": text}) for place, text in enumerate(texts, start=1)]


_RIGHT = (
    "Seven.",
    "Paris.",
    "It is white.",
    "4",
    "The cat does.",
    "In December.",
    "Bees make honey.",
    "On Earth.",
    "Eight.",
    "Water is made of hydrogen and oxygen.",
    "William Shakespeare wrote it.",
    "At 0 degrees.",
)
ANSWERS = Quiz(
    CORRECT,
    bad=WRONG_ANSWERS,
    good=[
        Subject(f"right-{place}", {**wrong.payload, "output": answer})
        for place, (wrong, answer) in enumerate(zip(WRONG_ANSWERS, _RIGHT, strict=True), start=1)
    ],
)

LIKED = Quiz(
    Question("liked", "Does the writer like it?", BinaryScale()),
    bad=_texts(
        "disliked",
        (
            "I hate this phone, it broke at once.",
            "A boring book, I wasted my money.",
            "The worst hotel we ever stayed in.",
            "Poor quality and far too expensive.",
            "The film was dull and stupid.",
            "Terrible service, very rude staff.",
            "These shoes hurt and look ugly.",
            "An awful meal, we will never come again.",
            "The lamp is dim and broken.",
            "My children threw this toy away.",
            "Late delivery and a bad fit.",
            "I am very unhappy with this bag.",
        ),
    ),
    good=_texts(
        "liked",
        (
            "I love this phone, it works perfectly.",
            "A wonderful book, I enjoyed every page.",
            "The best hotel we ever stayed in.",
            "Great quality and a fair price.",
            "The film was beautiful and moving.",
            "Excellent service, very friendly staff.",
            "These shoes are comfortable and pretty.",
            "A delicious meal, we will come again.",
            "The lamp is bright and easy to use.",
            "My children adore this toy.",
            "Fast delivery and a perfect fit.",
            "I am very happy with this bag.",
        ),
    ),
    examples=[
        Example({"output": text}, {"liked": value})
        for text, value in (
            ("The music was fantastic.", "yes"),
            ("The soup was cold and horrible.", "no"),
            ("I recommend this camera to everyone.", "yes"),
            ("The chair fell apart on the first day.", "no"),
        )
    ],
)
"""Easy enough for a model of 135 million parameters; chosen for that before any text that tries to sway was tried."""
