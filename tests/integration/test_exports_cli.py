"""`quintain export` against a server of quintain's contract: which model, which words where."""

from __future__ import annotations

import io
import sys

import pytest
import yaml

from quintain.cli.exits import Code
from quintain.exports.table import EXPORTS
from tests.integration.command_line import command_line
from tests.integration.fake_quintain import KEY, FakeQuintain, model_of

MODELS = [
    ("gpt", "v1"),
    ("gpt", "v2"),
    ("größe", "v1"),
    ("a:b", "v1"),
    ("twin", "v1"),
    ("twin:v1", "v9"),
    ("{{ env.X }}", "v1"),
]


@pytest.fixture
def server():
    with FakeQuintain() as fake:
        fake.models = [
            model_of(
                {
                    "model_saved_name": name,
                    "model_version": version,
                    "model_name": "gpt-4o",
                    "model_config": {
                        "model_provider": "openai",
                        "apikeys": ["sk-of-the-target"],
                        "context": {"system_description": "A help desk."},
                    },
                },
                number,
            )
            for number, (name, version) in enumerate(MODELS, start=1)
        ]
        yield fake


@pytest.fixture
def quintain(server, capsys, monkeypatch):
    run = command_line(capsys, monkeypatch, server.url, KEY)

    def export(*words):
        ended = run("export", *words)
        assert KEY not in ended.out + ended.err
        return ended

    return export


def named(ended):
    """The model in what was printed for LiteLLM."""
    assert ended.code == 0, ended.err
    return yaml.safe_load(ended.out)["model_list"][0]["litellm_params"]["model"]


@pytest.mark.parametrize("tool", EXPORTS)
def test_stdout_holds_the_text_and_stderr_how_to_run_it(quintain, server, tool):
    ended = quintain("gpt:v1", "--for", tool)
    assert ended.code == 0
    assert f"{server.url}/v1" in ended.out
    assert "gpt:v1" in ended.out
    assert "quintain keys create" not in ended.out
    assert EXPORTS[tool].run.format(file=EXPORTS[tool].file) in ended.err
    made = "quintain keys create --role caller --model gpt:v1 --expires 30d"
    assert f'export QUINTAIN_API_KEY="$({made})"' in ended.err


@pytest.mark.parametrize(
    ("spelled", "model"),
    [
        (["gpt"], "openai/gpt:v2"),
        (["gpt:v1"], "openai/gpt:v1"),
        (["gpt", "--version", "v1"], "openai/gpt:v1"),
        (["größe"], "openai/größe:v1"),
        (["a:b"], "openai/a:b:v1"),
        (["a:b", "--version", "v1"], "openai/a:b:v1"),
    ],
)
def test_the_model_is_named_with_its_version(quintain, spelled, model):
    assert named(quintain(*spelled, "--for", "litellm")) == model


@pytest.mark.parametrize("spelled", [["none"], ["gpt:v7"], ["gpt", "--version", "v7"]])
def test_a_model_that_is_not_there_is_an_exit_code_of_its_own(quintain, spelled):
    ended = quintain(*spelled, "--for", "curl")
    assert ended.code == Code.NOT_FOUND
    assert ended.out == ""


def test_a_name_that_the_gateway_would_take_for_another_model_is_refused(quintain):
    ended = quintain("twin", "--for", "curl")
    assert ended.code == Code.FAILED
    assert "twin:v1" in ended.err
    assert ended.out == ""
    assert named(quintain("twin:v1", "--for", "litellm")) == "openai/twin:v1:v9"


def test_what_the_tool_cannot_have_is_told(quintain):
    ended = quintain("{{ env.X }}", "--for", "promptfoo")
    assert ended.code == Code.FAILED
    assert "template" in ended.err
    assert ended.out == ""


def test_the_purpose_is_the_description_of_the_model(quintain):
    config = yaml.safe_load(quintain("gpt", "--for", "promptfoo").out)
    assert config["redteam"]["purpose"] == "The target: A help desk."


def test_a_slash_that_ends_the_server_s_address_is_not_doubled(quintain, server, monkeypatch):
    monkeypatch.setenv("QUINTAIN_URL", f"{server.url}/")
    ended = quintain("gpt", "--for", "litellm")
    assert yaml.safe_load(ended.out)["model_list"][0]["litellm_params"]["api_base"] == (
        f"{server.url}/v1"
    )


def test_the_key_s_variable_can_be_another(quintain):
    ended = quintain("gpt", "--for", "garak", "--key-env", "CI_KEY")
    assert '"${CI_KEY:?}"' in ended.out
    assert 'export CI_KEY="$(' in ended.err


@pytest.mark.parametrize("name", ["", "1KEY", "A-B", "A B", "$(id)", "KEY\n", "SCHLÜSSEL"])
def test_a_variable_that_no_shell_has_is_refused(quintain, name):
    ended = quintain("gpt", "--for", "garak", "--key-env", name)
    assert ended.code == Code.USAGE
    assert ended.out == ""


def test_an_unknown_tool_is_refused_with_the_known_ones(quintain):
    ended = quintain("gpt", "--for", "nmap")
    assert ended.code == Code.USAGE
    assert ", ".join(EXPORTS) in " ".join(ended.err.split())


def test_save_writes_the_text_and_says_how_to_run_it(quintain, tmp_path):
    file = tmp_path / "my config.yaml"
    printed = quintain("größe", "--for", "promptfoo").out
    ended = quintain("größe", "--for", "promptfoo", "--save", str(file))
    assert ended.code == 0
    assert ended.out == ""
    assert file.read_text("utf-8") == printed
    assert f"promptfoo eval -c '{file}'" in ended.err


def test_save_keeps_a_file_that_is_there(quintain, tmp_path):
    file = tmp_path / "kept"
    file.write_text("mine")
    ended = quintain("gpt", "--for", "curl", "--save", str(file))
    assert ended.code == Code.FAILED
    assert "is there already" in ended.err
    assert file.read_text() == "mine"


def test_save_into_no_folder_says_why(quintain, tmp_path):
    ended = quintain("gpt", "--for", "curl", "--save", str(tmp_path / "none" / "file"))
    assert ended.code == Code.FAILED
    assert "No such file or directory" in ended.err


def test_a_terminal_that_lacks_a_sign_gets_no_other_one(quintain, monkeypatch):
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    ended = quintain("größe", "--for", "openai")
    assert ended.code == Code.FAILED
    assert "--save" in ended.err
    narrow.flush()
    assert narrow.buffer.getvalue() == b""
