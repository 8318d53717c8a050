"""The production path: what docker-compose.yml promises, and its own start commands, run here without Docker."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.processes import environment_of_this_test

OURS = ("migrate", "web", "worker", "beat")


@pytest.fixture(scope="module")
def compose(project_root: Path) -> dict[str, Any]:
    return yaml.safe_load((project_root / "docker-compose.yml").read_text())


def test_its_services(compose):
    assert set(compose["services"]) == {"postgres", "redis", *OURS}


@pytest.mark.parametrize("service", ["postgres", "redis", "web", "worker", "beat"])
def test_every_lasting_service_is_checked_and_restarted(compose, service):
    assert compose["services"][service]["healthcheck"]["test"]
    assert compose["services"][service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("service", OURS)
def test_ours_run_one_image_without_privileges(compose, service):
    ours = compose["services"][service]
    assert (ours["image"], ours["user"], ours["read_only"], ours["cap_drop"]) == (
        "dokima",
        "10001",
        True,
        ["ALL"],
    )


def test_secrets_come_from_files_only(compose):
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in ("KEY", "PASSWORD", "DATABASE_URL")):
                assert name.endswith("_FILE"), name
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    assert all(secret["file"].startswith("./secrets/") for secret in compose["secrets"].values())


def test_the_broker_keeps_every_message(compose):
    command = " ".join(compose["services"]["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_nobody_starts_before_the_tables_are_there(compose):
    for service in ("web", "worker", "beat"):
        needs = compose["services"][service]["depends_on"]
        assert needs["migrate"] == {"condition": "service_completed_successfully"}


def test_there_is_one_scheduler(compose):
    assert compose["services"]["beat"]["deploy"] == {"replicas": 1}


def test_the_image_runs_as_nobody_special(project_root):
    lines = (project_root / "Dockerfile").read_text().splitlines()
    last_user = [line for line in lines if line.startswith("USER ")][-1]
    assert last_user == "USER dokima"
    assert any("--uid 10001" in line for line in lines)
    assert any("--require-hashes" in line for line in lines)


def test_the_image_holds_what_runs_and_nothing_else(project_root):
    allowed = (project_root / ".dockerignore").read_text().split()
    assert allowed[0] == "*"
    assert not any(name in " ".join(allowed) for name in ("tests", "secrets", ".git", ".dokima"))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_its_commands_start_on_this_machine(compose, project_root, tmp_path):
    """migrate, web, worker and beat as written there, with secrets from files."""
    environment = environment_from_files(tmp_path)
    run_to_end(compose, "migrate", environment, project_root)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    services = ("web", "worker", "beat")
    logs = {service: tmp_path / f"{service}.log" for service in services}
    with running(compose, environment, project_root, logs, port):
        assert eventually(lambda: healthy(port)), logs["web"].read_text()
        assert eventually(lambda: b"ready." in logs["worker"].read_bytes()), logs["worker"].read_text()
        assert eventually(lambda: b"Sending due task" in logs["beat"].read_bytes()), logs["beat"].read_text()
        alive = [sys.executable, "manage.py", "beat_is_alive"]
        assert eventually(lambda: subprocess.run(alive, env=environment, cwd=project_root).returncode == 0)


def environment_from_files(folder: Path) -> dict[str, str]:
    environment = environment_of_this_test()
    for name in ("DATABASE_URL", "SECRET_KEY"):
        (folder / name).write_text(environment.pop(name) + "\n")
        environment[f"{name}_FILE"] = str(folder / name)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    return environment


def run_to_end(compose: dict[str, Any], service: str, environment: dict[str, str], root: Path) -> None:
    command = compose["services"][service]["command"]
    outcome = subprocess.run(
        command, env=environment, cwd=root, capture_output=True, text=True, timeout=180, check=False
    )
    assert outcome.returncode == 0, outcome.stderr


@contextmanager
def running(
    compose: dict[str, Any], environment: dict[str, str], root: Path, logs: dict[str, Path], port: int
) -> Iterator[None]:
    processes = []
    for service, log in logs.items():
        command = [
            word.replace("0.0.0.0:8000", f"127.0.0.1:{port}")
            for word in compose["services"][service]["command"]
        ]
        with log.open("wb") as output:
            processes.append(
                subprocess.Popen(
                    command, env=environment, cwd=root, stdin=subprocess.DEVNULL, stdout=output, stderr=output
                )
            )
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(60)


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def eventually(holds: Any, within: float = 120.0) -> bool:
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True
