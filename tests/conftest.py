"""The session: real servers first, then Django, then the shared cast (`tests/cast.py`)."""

import os
from pathlib import Path

import pytest

from tests.servers import Servers, prepare_environment

ROOT = Path(__file__).resolve().parents[1]
PURE = ("tests/stats", "tests/judges")  # rooms without a database
SERVERS = pytest.StashKey[Servers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--embedded", action="store_true", help="run on SQLite, as the embedded default does")


def pytest_configure(config: pytest.Config) -> None:
    if only_pure_rooms(config):
        return
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: the tests set it once their servers run.")
    servers = config.stash[SERVERS] = Servers()
    embedded = config.getoption("--embedded")
    prepare_environment(servers.folder / "home", embedded=embedded)
    if not embedded and not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = servers.start_postgres()
    if not starts_workers(config):  # with xdist, each worker comes through here and has a broker of its own
        os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or servers.start_valkey()
        set_up_django(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVERS in config.stash:
        config.stash[SERVERS].stop()


def only_pure_rooms(config: pytest.Config) -> bool:
    paths = [str(Path(arg.partition("::")[0]).resolve()) for arg in config.args]
    return bool(paths) and all(path.startswith(tuple(str(ROOT / pure) for pure in PURE)) for path in paths)


def starts_workers(config: pytest.Config) -> bool:
    return bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")


def set_up_django(config: pytest.Config) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "auditing.config.settings"
    import django
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()
    config.pluginmanager.import_plugin("tests.cast")
    config.pluginmanager.import_plugin("tests.database")
    config.pluginmanager.import_plugin("tests.processes")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets with human labels that some tests read: DOKIMA_SHARED, or ../shared."""
    folder = Path(os.environ.get("DOKIMA_SHARED") or ROOT.parent / "shared") / "data"
    if not folder.is_dir():
        pytest.skip("the shared data sets are not here: set DOKIMA_SHARED to the folder that holds `data/`")
    return folder


@pytest.fixture(scope="session")
def project_root() -> Path:
    return ROOT
