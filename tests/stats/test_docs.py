"""The product's pages on statistics: every example runs and gives what is printed, every public function is there."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import auditing.stats

PAGES = sorted((Path(auditing.stats.__file__).parent / "docs").glob("*.md"))
EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
MODULES = [module.name for module in pkgutil.walk_packages(auditing.stats.__path__, "auditing.stats.")]
# machinery that no auditor calls
INNER = {"arrays", "betting", "finite", "results", "searching"}
HELPERS = {"intervals.one_sided", "intervals.tail_probability"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_give_what_is_printed(page):
    """One after the other, as a reader would type them."""
    text = "\n".join(EXAMPLE.findall(page.read_text()))
    assert text, "a page without an example"
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    assert runner.run(test).failed == 0


def public_functions():
    """What the packages list in __all__, and every function without an underscore of the single modules."""
    for name in MODULES:
        module, short = importlib.import_module(name), name.removeprefix("auditing.stats.")
        inside_a_package = "." in short
        if short in INNER or inside_a_package:
            continue
        for function in getattr(module, "__all__", vars(module)):
            value = getattr(module, function)
            if not inspect.isfunction(value) or function.startswith("_"):
                continue
            if value.__module__.startswith(name) and f"{short}.{function}" not in HELPERS:
                yield function, short


def test_every_public_function_has_its_place():
    text = "\n".join(page.read_text() for page in PAGES)
    missing = [f"{module}.{name}" for name, module in public_functions() if f"`{name}`" not in text]
    assert missing == []


def test_the_plans_carry_their_name():
    assert "MIL-STD-105E / Z1.4" in next(page for page in PAGES if page.stem == "acceptance").read_text()
