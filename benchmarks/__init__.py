"""Measurements that take minutes, each run by hand with `python -m benchmarks.<name>`; none is part of the tests."""
