"""Every setting of the server."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from quintain.settings import ELSEWHERE, PREFIX, Settings, unknown_settings

KEY = "an-admin-key-of-32-characters-or-more"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    import os

    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def read(monkeypatch, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(PREFIX + name.upper(), value)
    return Settings()


def test_without_any_setting_the_server_keeps_to_itself():
    settings = Settings()
    assert (settings.host, settings.on_loopback) == ("127.0.0.1", True)
    assert settings.store_url == f"sqlite:///{settings.data_dir / 'quintain.db'}"
    assert settings.max_wait_s == 60


def test_settings_come_from_the_environment(monkeypatch):
    settings = read(monkeypatch, port="0", max_wait_s="5", log_level="debug", admin_key=KEY)
    assert (settings.port, settings.max_wait_s, settings.log_level) == (0, 5, "debug")
    assert settings.admin_key.get_secret_value() == KEY


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "70000"),
        ("port", "x"),
        ("log_level", "loud"),
        ("log_format", "xml"),
        ("read_s", "0"),
        ("max_wait_s", "-1"),
        ("jq_workers", "0"),
        ("max_gateway_body", "1"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(monkeypatch, name, value):
    with pytest.raises(ValidationError, match=name):
        read(monkeypatch, **{name: value})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_only_a_server_on_loopback_lets_models_reach_loopback(monkeypatch, host, loopback):
    settings = read(monkeypatch, host=host)
    assert settings.on_loopback is loopback
    assert settings.allowed_inside == (("127.0.0.0/8", "::1/128", "localhost") if loopback else ())


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("10.0.0.0/8, bot.internal", ("10.0.0.0/8", "bot.internal")),
        ("10.0.0.0/8 *.internal", ("10.0.0.0/8", "*.internal")),
        ("", ()),
        (" , ", ()),
    ],
)
def test_what_the_operator_lists_counts_alone(monkeypatch, text, allowed):
    assert read(monkeypatch, egress_allow=text).allowed_inside == allowed


@pytest.mark.parametrize(
    ("url", "store"),
    [
        ("postgresql://me@db/quintain", "postgresql+psycopg://me@db/quintain"),
        ("postgres://me@db/quintain", "postgresql+psycopg://me@db/quintain"),
        ("postgresql+psycopg://me@db/quintain", "postgresql+psycopg://me@db/quintain"),
    ],
)
def test_a_postgresql_url_needs_no_driver_name(monkeypatch, url, store):
    assert read(monkeypatch, database_url=url).store_url == store


def test_the_data_directory_is_absolute_and_follows_the_users_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read(monkeypatch, data_dir="~/q").data_dir == tmp_path / "q"
    monkeypatch.delenv("QUINTAIN_DATA_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert Settings().data_dir == tmp_path / "share" / "quintain"
    monkeypatch.setenv("XDG_DATA_HOME", "")
    assert Settings().data_dir == tmp_path / ".local" / "share" / "quintain"
    assert read(monkeypatch, data_dir="here").data_dir == Path.cwd() / "here"


def test_secrets_do_not_show_in_the_settings_text(monkeypatch):
    settings = read(monkeypatch, admin_key=KEY, keyring="bWFzdGVyLWtleQ==")
    assert KEY not in repr(settings) + str(settings)
    assert "bWFzdGVyLWtleQ==" not in repr(settings) + str(settings)


def test_a_misspelled_setting_is_told_with_the_nearest_one(monkeypatch):
    monkeypatch.setenv("QUINTAIN_MAX_WAITS", "5")
    monkeypatch.setenv("QUINTAIN_ZZZ", "5")
    for name in (*ELSEWHERE, "QUINTAIN_PORT"):
        monkeypatch.setenv(name, "1")
    wait, other = unknown_settings()
    assert wait.startswith("QUINTAIN_MAX_WAITS is not a setting: did you mean QUINTAIN_MAX_WAIT")
    assert other == "QUINTAIN_ZZZ is not a setting."
