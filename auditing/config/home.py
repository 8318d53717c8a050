"""The folder where the embedded default keeps its database, broker, secrets and logs."""

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from auditing.config import env

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SOCKET_PATH = 100  # the kernel's limit for a unix socket's path is 107 bytes


def home() -> Path:
    """`DOKIMA_HOME`, or `.dokima` beside manage.py; made on first use, readable by its owner only."""
    folder = Path(env.text("DOKIMA_HOME") or ROOT / ".dokima").expanduser().resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def broker_socket() -> Path:
    """Where the embedded broker listens; a short stand-in path where the home's is too long for a socket."""
    socket = home() / "broker.sock"
    if len(str(socket)) <= LONGEST_SOCKET_PATH:
        return socket
    digest = hashlib.sha256(str(home()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"dokima-{digest}.sock"


def secret(name: str) -> str:
    """A secret made once and kept in the home, for whoever sets none in the environment."""
    path = home() / name
    if not path.exists():
        temporary = path.with_name(f"{name}.{os.getpid()}.new")
        temporary.touch(mode=0o600)
        temporary.write_text(secrets.token_urlsafe(48), encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(temporary)  # the first of several processes wins
        temporary.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8")
