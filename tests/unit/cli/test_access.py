import json
import os
import stat

import pytest

from quintain.cli.access import find_access, local_path, read_local, write_local
from quintain.cli.exits import Code, Failure
from quintain.secret import Secret

KEY = "qt_local000_0123456789abcdef0123456789abcdef"
OTHER_KEY = "qt_env00000_fedcba9876543210fedcba9876543210"


@pytest.fixture
def local(tmp_path):
    path = tmp_path / "config" / "quintain" / "local.json"
    write_local(path, "http://127.0.0.1:8321", Secret(KEY), tmp_path / "data")
    return path


def environ(path, **more):
    return {"QUINTAIN_LOCAL_FILE": str(path), **more}


def test_the_local_file_stands_in_the_users_configuration(tmp_path):
    assert local_path({"XDG_CONFIG_HOME": "/c"}).as_posix() == "/c/quintain/local.json"
    assert local_path({"QUINTAIN_LOCAL_FILE": "/else.json"}).as_posix() == "/else.json"
    assert local_path({}).as_posix().endswith("/.config/quintain/local.json")


def test_only_the_user_can_read_the_local_file(local):
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    assert stat.S_IMODE(local.parent.stat().st_mode) == 0o700


def test_the_local_file_gives_address_and_key(local):
    access = find_access(environ(local))
    assert str(access.url) == "http://127.0.0.1:8321"
    assert access.key.reveal() == KEY
    assert access.source == str(local)


def test_the_environment_comes_first(local):
    access = find_access(
        environ(local, QUINTAIN_URL="https://q.example", QUINTAIN_API_KEY=OTHER_KEY)
    )
    assert str(access.url) == "https://q.example"
    assert access.key.reveal() == OTHER_KEY


def test_a_key_alone_is_for_the_local_server(local):
    access = find_access(environ(local, QUINTAIN_API_KEY=OTHER_KEY))
    assert str(access.url) == "http://127.0.0.1:8321"
    assert access.key.reveal() == OTHER_KEY


def test_the_local_key_never_goes_to_another_address(local):
    with pytest.raises(Failure, match="QUINTAIN_API_KEY") as raised:
        find_access(environ(local, QUINTAIN_URL="http://127.0.0.1:9999"))
    assert raised.value.exit_code is Code.NOT_ALLOWED
    assert find_access(environ(local, QUINTAIN_URL="http://127.0.0.1:8321/")).key.reveal() == KEY


def test_an_address_without_a_key_asks_for_the_key(tmp_path):
    with pytest.raises(Failure, match="QUINTAIN_API_KEY") as raised:
        find_access(environ(tmp_path / "none.json", QUINTAIN_URL="http://127.0.0.1:8321"))
    assert raised.value.exit_code is Code.NOT_ALLOWED


def test_without_any_server_the_sentence_says_what_to_do(tmp_path):
    with pytest.raises(Failure) as raised:
        find_access(environ(tmp_path / "none.json"))
    assert raised.value.exit_code is Code.UNREACHABLE
    assert "quintain serve" in raised.value.hint
    assert "QUINTAIN_URL" in raised.value.hint


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8321", "ftp://x", "http://", "http://user@x", "http://x?key=1", "http://x:y"],
)
def test_what_is_no_address_of_a_server_is_refused(tmp_path, url):
    with pytest.raises(Failure, match="is not the address") as raised:
        find_access(environ(tmp_path / "none", QUINTAIN_URL=url, QUINTAIN_API_KEY=KEY))
    assert raised.value.exit_code is Code.USAGE


def test_a_local_file_that_others_can_read_is_refused(local):
    local.chmod(0o640)
    with pytest.raises(Failure, match="chmod 600"):
        read_local(local)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": "http://x"}', "nonsense"])
def test_a_broken_local_file_is_named(local, text):
    local.write_text(text)
    with pytest.raises(Failure, match="not a local-access file"):
        read_local(local)


def test_a_later_start_of_the_same_data_directory_finds_its_key_again(local, tmp_path):
    write_local(local, "http://127.0.0.1:1", Secret(OTHER_KEY), tmp_path / "second")
    assert write_local(local, "http://127.0.0.1:2", None, tmp_path / "data") == local
    assert read_local(local).apikey == KEY
    assert read_local(local).url == "http://127.0.0.1:2"


def test_a_data_directory_that_was_never_noted_leaves_the_file_alone(local, tmp_path):
    before = local.read_bytes()
    assert write_local(local, "http://127.0.0.1:3", None, tmp_path / "unknown") is None
    assert local.read_bytes() == before


def test_writing_mends_a_broken_file_and_its_mode(local, tmp_path):
    local.write_text("nonsense")
    local.chmod(0o644)
    write_local(local, "http://127.0.0.1:4", Secret(KEY), tmp_path / "data")
    assert json.loads(local.read_text())["url"] == "http://127.0.0.1:4"
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    assert [path.name for path in local.parent.iterdir()] == ["local.json"]


def test_the_mode_does_not_depend_on_the_umask(tmp_path):
    before = os.umask(0)
    try:
        write_local(tmp_path / "d" / "l.json", "http://127.0.0.1:5", Secret(KEY), tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "d" / "l.json").stat().st_mode) == 0o600
