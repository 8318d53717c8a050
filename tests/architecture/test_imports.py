"""The import contracts of pyproject.toml hold, and foreign keys obey the same floors."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from django.apps import apps


def test_nobody_imports_upstairs(project_root: Path):
    linter = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    outcome = subprocess.run(
        [*linter, "--no-cache"], cwd=project_root, capture_output=True, text=True, check=False, timeout=120
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_no_foreign_key_points_upstairs(project_root: Path):
    floors = floor_of_each_room(project_root)
    upstairs = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model.__module__.startswith("auditing.")
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and is_upstairs(model, field.related_model, floors)
    ]
    assert upstairs == []


def test_statistics_and_judges_load_neither_django_nor_celery(project_root: Path):
    script = (
        "import pkgutil, importlib, sys, auditing.stats, judges\n"
        "for package in (auditing.stats, judges):\n"
        "    for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        found.name.endswith('__main__') or importlib.import_module(found.name)\n"
        "loaded = {'django', 'celery'} & set(sys.modules)\n"
        "sys.exit(f'loaded {loaded}' if loaded else 0)\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project_root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert outcome.returncode == 0, outcome.stderr


def floor_of_each_room(project_root: Path) -> dict[str, int]:
    """Room -> its floor, the highest 0, as the layers contract states them."""
    contracts = tomllib.loads((project_root / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {room.strip(): floor for floor, layer in enumerate(layers) for room in layer.split("|")}


def is_upstairs(model: Any, target: Any, floors: dict[str, int]) -> bool:
    here, there = (module.__module__.split(".") for module in (model, target))
    if there[0] != "auditing" or here[1] == there[1]:
        return False
    return floors[there[1]] <= floors[here[1]]
