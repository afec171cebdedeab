import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from quintain.vault.keyring import BadKeyring, Keyring, MasterKey

ONE = base64.b64encode(bytes(range(32))).decode()
TWO = base64.b64encode(bytes(32)).decode()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keyring"


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)


@pytest.mark.parametrize(
    "text",
    [
        f"{ONE}\n{TWO}\n",
        f"{ONE},{TWO}",
        f"{ONE} {TWO}",
        f"# mine\n\n{ONE} # new\n  {TWO}",
        f"{ONE}\n{TWO}\n{ONE}",
    ],
)
def test_keys_are_read_in_their_order_however_they_are_separated(text):
    keyring = Keyring.parse(text)
    assert [key.key for key in keyring.keys] == [bytes(range(32)), bytes(32)]
    assert keyring.primary.key == bytes(range(32))


def test_the_url_safe_alphabet_is_read_too():
    key = bytes([255] * 32)
    assert Keyring.parse(base64.urlsafe_b64encode(key).decode()).primary.key == key


def test_an_id_depends_on_the_key_alone_and_never_changes():
    assert (
        Keyring.parse(ONE).primary.id == Keyring.parse(f"{TWO} {ONE}").keys[1].id == "156943d2215c"
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", " , "])
def test_an_empty_keyring_is_refused(text):
    with pytest.raises(BadKeyring, match="holds no key"):
        Keyring.parse(text)


@pytest.mark.parametrize("word", ["not-base64!", ONE[:-4], "a" * 64, "ä" * 44])
def test_a_wrong_key_is_refused_by_its_line_and_not_shown(word):
    with pytest.raises(BadKeyring, match="Line 2 of the keyring") as refused:
        Keyring.parse(f"{TWO}\n{word}\n")
    assert word not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_key_does_not_show_itself():
    assert "key=" not in repr(MasterKey.of(bytes(range(32))))


def test_a_first_start_makes_a_private_file_that_the_next_one_reads(path):
    made = Keyring.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keyring.load_or_create(path) == made
    assert [entry.name for entry in path.parent.iterdir()] == ["keyring"]


def test_processes_that_start_together_agree_on_one_keyring(path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: Keyring.load_or_create(path), range(8)))
    assert len(set(made)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_may_read_is_refused_with_the_command_that_mends_it(path, mode):
    write(path, ONE, mode)
    with pytest.raises(BadKeyring, match=f"chmod 600 {path}"):
        Keyring.load_or_create(path)


def test_a_keyring_is_never_written_over(path):
    write(path, "garbage")
    with pytest.raises(BadKeyring, match="Line 1"):
        Keyring.load_or_create(path)
    assert path.read_text() == "garbage"


def test_a_file_that_is_not_text_is_refused(path):
    path.write_bytes(b"\xff\xfe\x00")
    path.chmod(0o600)
    with pytest.raises(BadKeyring, match="not a text file"):
        Keyring.load_or_create(path)


def test_a_folder_that_is_not_there_is_named(path):
    with pytest.raises(BadKeyring, match="cannot be written: No such file"):
        Keyring.load_or_create(path / "below")


def test_a_new_primary_comes_first_and_the_former_keys_stay(path):
    write(path, f"# kept words\n{ONE}\n{TWO}\n")
    keyring = Keyring.with_new_primary(path)
    assert [key.id for key in keyring.keys[1:]] == list(Keyring.parse(f"{ONE} {TWO}").ids)
    assert Keyring.load_or_create(path) == keyring
    assert "# kept words" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_primary_needs_a_keyring(path):
    with pytest.raises(BadKeyring, match="There is no keyring"):
        Keyring.with_new_primary(path)


def test_a_failed_write_leaves_the_keyring_as_it_was(path, monkeypatch):
    write(path, ONE)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadKeyring, match="No space left"):
        Keyring.with_new_primary(path)
    assert path.read_text() == ONE
    assert [entry.name for entry in path.parent.iterdir()] == ["keyring"]
