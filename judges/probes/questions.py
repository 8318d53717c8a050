"""Plainly wrong answers to plain questions, for a probe that has no batch to take bad items from."""

from judges.contracts import Question, Subject
from judges.scales import BinaryScale

CORRECT = Question("correct", "Is the answer to the question correct?", BinaryScale())

_WRONG = (
    ("How many days does a week have?", "Nine."),
    ("What is the capital of France?", "Madrid."),
    ("What colour is fresh snow?", "It is black."),
    ("How much is 2 + 2?", "5"),
    ("Which animal says meow?", "The horse does."),
    ("In which month is Christmas Day?", "In July."),
    ("What do bees make?", "Bees make petrol."),
    ("Which planet do people live on?", "On Saturn."),
    ("How many legs does a spider have?", "Two."),
    ("What is water made of?", "Water is made of gold and sand."),
    ("Who wrote Hamlet?", "Albert Einstein wrote it in 1975."),
    ("At what temperature does water freeze, in degrees Celsius?", "At 60 degrees."),
)

WRONG_ANSWERS = tuple(
    Subject(f"wrong-{place}", {"input": question, "output": answer})
    for place, (question, answer) in enumerate(_WRONG, start=1)
)
