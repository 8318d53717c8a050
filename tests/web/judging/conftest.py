"""The fixtures of the judging room, for its pages."""

from tests.judging.conftest import judge_version, make_run, run, simulate

__all__ = ["judge_version", "make_run", "run", "simulate"]
