"""`quintain import`: what it prints, what it writes, what it registers."""

import json
import stat
import uuid
from functools import partial

import pytest
import yaml

from quintain.cli.exits import Code
from tests.integration.command_line import command_line
from tests.served.quintain import ADMIN_KEY
from tests.served.target import KEY, answers

LITELLM = "model_list:\n" + "".join(
    f"  - model_name: m{n}\n    litellm_params: {{model: openai/gpt-4o, api_key: {KEY}}}\n"
    for n in range(2)
)


@pytest.fixture
def run(quintain, capsys, monkeypatch):
    return partial(command_line(capsys, monkeypatch, quintain.url, ADMIN_KEY), "import")


@pytest.fixture
def command(target):
    return (
        f"curl http://127.0.0.1:{target.port}/ask -H 'X-Api-Key: {KEY}'"
        """ --json '{"question": "hi"}'"""
    )


def test_what_is_printed_has_masks_for_secrets(run, command):
    for words in (["-"], ["-", "--json"]):
        ended = run(*words, stdin=command)
        assert ended.code == Code.OK
        assert KEY not in ended.out + ended.err
        assert "sk-...ghij" in ended.out
    assert json.loads(ended.out)["secrets"] == ["models.0.model_config.apikeys.0"]


def test_notes_go_to_stderr_and_the_body_to_stdout(run, command):
    ended = run("-", stdin=command)
    assert yaml.safe_load(ended.out)["model_config"]["custom_payload"] == {"question": "{prompt}"}
    assert "- custom_payload: the prompt goes to question." in ended.err


def test_a_saved_file_is_whole_for_its_owner_alone_and_overwrites_nothing(run, command, tmp_path):
    source, file = tmp_path / "request.txt", tmp_path / "bot.yaml"
    source.write_text(command)
    assert run(source, "--save", file).code == Code.OK
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert yaml.safe_load(file.read_text())["model_config"]["apikeys"] == [KEY]
    again = run(source, "--save", file)
    assert again.code == Code.USAGE
    assert "File exists" in again.err


def test_several_models_go_into_a_directory(run, tmp_path):
    ended = run("-", "--save", tmp_path / "one.yaml", stdin=LITELLM)
    assert ended.code == Code.USAGE
    assert "2 models came of it" in ended.err
    assert run("-", "--save", f"{tmp_path}/many/", stdin=LITELLM).code == Code.OK
    assert sorted(path.name for path in (tmp_path / "many").iterdir()) == ["m0.yaml", "m1.yaml"]


def test_what_is_added_answers_calls(run, command, target, stock):
    target.does(answers(b"Fine.", headers={"Content-Type": "text/plain"}))
    name = f"added-{uuid.uuid4().hex}"
    ended = run("-", "--name", name, "--add", "--yes", stdin=command)
    assert ended.code == Code.OK, ended.err
    assert f"{name}:v1 was added" in ended.out
    with pytest.raises(Exception, match="not JSON"):
        stock.chat.completions.create(model=name, messages=[{"role": "user", "content": "Hi"}])
    assert target.arrivals[0].json == {"question": "Hi"}
    assert target.arrivals[0].headers["X-Api-Key"] == KEY


def test_nothing_is_added_without_a_yes(run, command, quintain):
    name = f"asked-{uuid.uuid4().hex}"
    ended = run("-", "--name", name, "--add", stdin=command)
    assert ended.code == Code.USAGE
    assert "--yes" in ended.err
    assert name not in quintain.call("GET", "/models/list-models").text


def test_a_key_that_the_source_only_names_comes_from_a_file(run, command, tmp_path):
    key, file = tmp_path / "bot.key", tmp_path / "bot.json"
    key.write_text("sk-from-a-file-0123456789\n")
    ended = run("-", "--key-file", key, "--save", file, stdin=command.replace(KEY, "$BOT_KEY"))
    assert ended.code == Code.OK
    assert json.loads(file.read_text())["model_config"]["apikeys"] == ["sk-from-a-file-0123456789"]


@pytest.mark.parametrize(
    ("words", "stdin", "code", "said"),
    [
        (["-"], "Dear Sir", Code.REFUSED, "The source is none of"),
        (["-"], b"\xff\xfa\x00", Code.USAGE, "not UTF-8"),
        (["-", "--from", "telegram"], "x", Code.USAGE, "--from takes one of curl"),
        (["nothing.here"], "", Code.USAGE, "cannot be read"),
        (["-", "--save", "x", "--add"], "x", Code.USAGE, "choose one"),
        (["-", "--key-stdin"], "x", Code.USAGE, "--key-file"),
    ],
)
def test_each_mistake_is_told(run, words, stdin, code, said):
    ended = run(*words, stdin=stdin)
    assert ended.code == code
    assert said in ended.err


def test_a_source_may_stand_in_the_command_itself(run, command):
    ended = run(command)
    assert ended.code == Code.OK
    assert "A command line can be read by others" in ended.err


def test_an_escape_sequence_in_a_source_does_not_reach_the_terminal(run, target):
    ended = run(
        "-", stdin='curl https://b.example.com/x --json \'{"message":"hi","\x1b[2Jkey":"v"}\''
    )
    assert "\x1b" not in ended.err
