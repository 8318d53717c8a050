"""A judge as data: the content of a judge version, checked and typed, one file an architecture.

A new architecture is a file with a `JudgeSpec` in it and a line in `registry.KINDS`.
"""

from auditing.judging.schema.asked import DEFAULT_ENDPOINT, STRUCTURED, Asked
from auditing.judging.schema.base import BATCH, JudgeSpec
from auditing.judging.schema.registry import KINDS, read_judge
from auditing.judging.schema.single import SingleJudge

__all__ = [
    "BATCH",
    "DEFAULT_ENDPOINT",
    "KINDS",
    "STRUCTURED",
    "Asked",
    "JudgeSpec",
    "SingleJudge",
    "read_judge",
]
