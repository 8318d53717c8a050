"""What may not stand in a public repository: this machine's paths, registry hosts, foreign data."""

import re
import subprocess
from pathlib import Path

import pytest

# written in parts, so that this file does not name what it forbids
FORBIDDEN = {
    "a machine path": re.compile(
        "|".join(("/wo" + r"rk/", "/ro" + r"ot/", "/ho" + r"me/\w+/", "/Us" + r"ers/\w+/"))
    ),
    "a registry host": re.compile(
        "|".join(("files\\.python" + "hosted", "pypi\\." + "org/simple", r"--(extra-)?index" + "-url"))
    ),
    "the shared folder": re.compile(r"\.\./sha" + r"red|\.libr" + "ary"),
}
MAY_NAME_SHARED = "tests/"
LARGEST_FILE = 2 * 1024 * 1024


def tracked(root: Path) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [root / name for name in listing.stdout.split("\0") if name and (root / name).is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_names(project_root: Path, what: str):
    found = []
    for path in tracked(project_root):
        name = str(path.relative_to(project_root))
        if what == "the shared folder" and name.startswith(MAY_NAME_SHARED):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{name}: {match.group()}" for match in FORBIDDEN[what].finditer(text)]
    assert found == []


def test_no_tracked_file_is_large(project_root: Path):
    assert [str(path) for path in tracked(project_root) if path.stat().st_size > LARGEST_FILE] == []


def test_every_pin_has_a_hash(project_root: Path):
    for name in ("run.txt", "dev.txt"):
        text = (project_root / "requirements" / name).read_text()
        pins = re.findall(r"^[a-zA-Z0-9][^\s]*==[^\s]+.*$", text, flags=re.MULTILINE)
        assert len(pins) > 20
        assert all(pin.endswith("\\") for pin in pins), f"{name} has a pin without hashes"
