"""How many to label, which, and what it will cost: before a label is spent."""

from auditing.estimation.planner.answers import Answer, answer
from auditing.estimation.planner.knowledge import Known, known_of
from auditing.estimation.planner.questions import Question

__all__ = ["Answer", "Known", "Question", "answer", "known_of"]
