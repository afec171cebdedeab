import json
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from quintain.cli.access import read_local
from quintain.cli.serve import Announcer, reachable
from quintain.secret import Secret

KEY = "qt_admin000_0123456789abcdef0123456789abcdef"


@pytest.fixture
def local(tmp_path, monkeypatch):
    path = tmp_path / "local.json"
    monkeypatch.setenv("QUINTAIN_LOCAL_FILE", str(path))
    return path


@pytest.fixture
def announce(tmp_path, local, capsys):
    def run(
        *, admin_key=None, own=None, json=False, allow=("127.0.0.0/8",), url="http://0.0.0.0:8321"
    ):
        started = SimpleNamespace(
            url=url,
            docs_url=f"{url}/docs",
            data_dir=tmp_path / "data",
            egress_allow=allow,
            admin_key=Secret(admin_key) if admin_key else None,
        )
        settings = SimpleNamespace(admin_key=SecretStr(own) if own else None)
        Announcer(settings, json=json).announce(started)
        return capsys.readouterr()

    return run


@pytest.mark.parametrize("terminal", [True, False])
def test_the_first_start_shows_the_key_once(announce, local, monkeypatch, terminal):
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", "1")
    assert announce(admin_key=KEY).err.count(KEY) == 1
    assert KEY not in announce().err


def test_the_key_is_noted_for_this_user_alone(announce, local):
    captured = announce(admin_key=KEY)
    assert str(local) in captured.err
    assert read_local(local).apikey == KEY
    assert stat.S_IMODE(local.stat().st_mode) == 0o600


def test_a_key_of_ones_own_is_noted_and_never_shown(announce, local, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    captured = announce(own=KEY)
    assert KEY not in captured.err + captured.out
    assert read_local(local).apikey == KEY


def test_a_key_that_can_be_noted_nowhere_is_still_shown(announce, monkeypatch):
    monkeypatch.setenv("QUINTAIN_LOCAL_FILE", "/dev/null/local.json")
    captured = announce(admin_key=KEY)
    assert KEY in captured.err
    assert "/dev/null/local.json" in captured.err


def test_a_start_whose_key_is_not_known_says_how_to_go_on(announce, local):
    assert "QUINTAIN_API_KEY" in announce().err
    assert not local.exists()


def test_the_address_noted_is_one_that_can_be_reached(announce, local):
    announce(admin_key=KEY)
    assert read_local(local).url == "http://127.0.0.1:8321"


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("http://0.0.0.0:1", "http://127.0.0.1:1"),
        ("http://[::]:1", "http://[::1]:1"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://10.0.0.7:1", "http://10.0.0.7:1"),
    ],
)
def test_listening_everywhere_is_reached_by_loopback(url, reached):
    assert reachable(url) == reached


def test_what_internal_models_may_reach_is_said(announce, local):
    assert "127.0.0.0/8" in announce(admin_key=KEY).err
    assert "Internal models" not in announce(admin_key=KEY, allow=()).err


def test_under_json_one_line_tells_it_all(announce, local):
    captured = announce(admin_key=KEY, json=True)
    assert captured.out.count("\n") == 1
    facts = json.loads(captured.out)
    assert facts["url"] == "http://0.0.0.0:8321"
    assert facts["docs_url"] == "http://0.0.0.0:8321/docs"
    assert facts["egress_allow"] == ["127.0.0.0/8"]
    assert facts["admin_key"] == KEY
    assert Path(facts["local_file"]) == local
