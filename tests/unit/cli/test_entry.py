import io

import pytest

from quintain.cli import entry
from quintain.cli.exits import Failure


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_keys_come_one_a_line_from_stdin(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("  sk-one \n\nsk-two\n"))
    assert entry.keys_given(from_stdin=True, file=None, ask=None) == ["sk-one", "sk-two"]


def test_keys_come_from_a_file(tmp_path):
    path = tmp_path / "keys"
    path.write_text("sk-one\r\nsk-two\r\n")
    assert entry.keys_given(from_stdin=False, file=path, ask=None) == ["sk-one", "sk-two"]


def test_a_named_source_without_a_key_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    with pytest.raises(Failure, match="no key in standard input"):
        entry.keys_given(from_stdin=True, file=None, ask=None)
    with pytest.raises(Failure, match="cannot be read"):
        entry.keys_given(from_stdin=False, file=tmp_path / "none", ask=None)
    with pytest.raises(Failure, match="choose one"):
        entry.keys_given(from_stdin=True, file=tmp_path / "none", ask=None)


def test_at_a_terminal_the_key_is_asked_for_without_an_echo(monkeypatch):
    asked = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or "sk-typed")
    assert entry.keys_given(from_stdin=False, file=None, ask="Key: ") == ["sk-typed"]
    assert entry.keys_given(from_stdin=True, file=None, ask=None) == ["sk-typed"]
    assert asked == ["Key: ", "API key: "]


def test_where_nobody_can_be_asked_nobody_is(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("not read"))
    assert entry.keys_given(from_stdin=False, file=None, ask="Key: ") is None


def test_a_yes_is_asked_for_at_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    entry.confirm("Remove it?", yes=False)
    monkeypatch.setattr("sys.stdin", Terminal("\n"))
    with pytest.raises(Failure, match="Nothing was changed"):
        entry.confirm("Remove it?", yes=False)


def test_without_a_terminal_a_yes_has_to_be_an_option(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(Failure, match="--yes"):
        entry.confirm("Remove it?", yes=False)
    entry.confirm("Remove it?", yes=True)
