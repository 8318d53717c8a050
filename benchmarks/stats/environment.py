"""The environment of the rival libraries: made on the first run, and entered by starting again inside it."""

import os
import subprocess
import sys
import venv
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".benchmarks-venv"
PYTHON = FOLDER / "bin" / "python"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
STAMP = FOLDER / "requirements.sha256"


def enter(module: str) -> None:
    """Return if this is the rivals' environment; else make it and run `module` there, never to return."""
    if Path(sys.prefix).resolve() == FOLDER.resolve():
        return
    wanted = sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not STAMP.exists() or STAMP.read_text() != wanted:
        print(f"Installing the libraries to compare with into {FOLDER.name} (once).", flush=True)
        venv.create(FOLDER, with_pip=True)
        install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True)
        STAMP.write_text(wanted)
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", module, *sys.argv[1:]])
