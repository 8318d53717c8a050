"""The embedded default's folder."""

import stat

import pytest

from auditing.config import home


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    monkeypatch.setenv("DOKIMA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_only_its_owner_reads_it(own_home):
    assert stat.S_IMODE(home.home().stat().st_mode) == 0o700
    home.secret("key")
    assert stat.S_IMODE((own_home / "key").stat().st_mode) == 0o600


def test_a_secret_is_made_once(own_home):
    first = home.secret("key")
    assert len(first) > 40
    assert home.secret("key") == first
    assert {path.name for path in own_home.iterdir()} == {"key"}


def test_a_socket_path_fits_the_kernel(monkeypatch, tmp_path):
    monkeypatch.setenv("DOKIMA_HOME", str(tmp_path / ("long" * 30)))
    assert len(str(home.broker_socket())) <= home.LONGEST_SOCKET_PATH
