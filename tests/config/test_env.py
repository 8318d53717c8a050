"""Strict reading of the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from auditing.config import env


def test_a_default_where_nothing_is_set(monkeypatch):
    monkeypatch.delenv("X", raising=False)
    assert env.text("X", "fallback") == "fallback"


def test_a_value_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("X_FILE", str(tmp_path / "secret"))
    assert env.text("X") == "from the file"


def test_not_both(monkeypatch):
    monkeypatch.setenv("X", "1")
    monkeypatch.setenv("X_FILE", "somewhere")
    with pytest.raises(ImproperlyConfigured, match="not both"):
        env.text("X")


def test_a_file_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("X_FILE", str(tmp_path / "none"))
    with pytest.raises(ImproperlyConfigured, match="X_FILE cannot be read"):
        env.text("X")


@pytest.mark.parametrize(("text", "value"), [("1", True), ("Yes", True), ("off", False), ("", False)])
def test_flags(monkeypatch, text, value):
    monkeypatch.setenv("X", text)
    assert env.flag("X", not value) is value


def test_a_flag_is_not_guessed(monkeypatch):
    monkeypatch.setenv("X", "maybe")
    with pytest.raises(ImproperlyConfigured, match="X must be true or false"):
        env.flag("X", True)


def test_numbers_and_lists(monkeypatch):
    monkeypatch.setenv("X", "12")
    assert env.integer("X", 0) == 12
    monkeypatch.setenv("X", " a, b ,,c")
    assert env.names("X", "") == ["a", "b", "c"]
    with pytest.raises(ImproperlyConfigured, match="whole number"):
        env.integer("X", 0)
