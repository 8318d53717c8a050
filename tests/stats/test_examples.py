"""The examples in the docstrings run, and statistics load neither Django nor Celery."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import auditing.stats

MODULES = [module.name for module in pkgutil.walk_packages(auditing.stats.__path__, "auditing.stats.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_statistics_stand_alone():
    code = f"import sys, {', '.join(MODULES)}; print(sorted({{'django', 'celery'}} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
