"""Each export, read back by the parser of its own language."""

import ast
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import example, given, settings
from tests.unit.exports.texts import BASE_URL, bash, facts, names, purposes

from quintain.errors import BadRequest
from quintain.exports import promptfoo
from quintain.exports.table import EXPORTS

SCRIPTS = ["openai", "pyrit", "deepteam"]
SHELLS = ["garak", "curl", "inspect"]
HELLO = [{"role": "user", "content": "Say hello."}]
TEMPLATE = re.compile(r"\{[{%#]")
ODD = "a 'b' \"c\" $(d) `e` \\ #f, {g}: h\u202e\u2028!"


def text_of(tool, model="support-gpt:v1", purpose="", key_env="QUINTAIN_API_KEY"):
    return EXPORTS[tool].write(facts(model, purpose, key_env))


def strings_in(text):
    return {
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def shape_of(text):
    """The program without its texts."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize("tool", EXPORTS)
@pytest.mark.parametrize("model", ["support-gpt:v1", "a 'b', \"c\" \\ #\u00a0d:v1"])
def test_an_export_shows_all_that_it_holds(tool, model):
    text = text_of(tool, model, "A help desk.\u2028Of a bank.")
    assert all(char.isprintable() or char == "\n" for char in text)
    assert text.endswith("\n")


@pytest.mark.parametrize("tool", EXPORTS)
def test_an_export_of_a_plain_name_fits_a_terminal(tool):
    text = text_of(tool, purpose="A help desk for private customers.")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("tool", EXPORTS)
def test_the_key_comes_from_the_variable_that_was_named(tool):
    text = text_of(tool, key_env="KEY_OF_CI")
    assert "KEY_OF_CI" in text
    bare = text.replace("QUINTAIN_API_KEY=", "") if tool == "inspect" else text
    assert "QUINTAIN_API_KEY" not in bare


@pytest.mark.parametrize("tool", SCRIPTS)
@given(model=names, purpose=purposes)
@example(model=ODD, purpose='"""\n' + ODD)
def test_no_name_changes_a_script(tool, model, purpose):
    text = text_of(tool, model, purpose)
    assert {model, BASE_URL, "QUINTAIN_API_KEY"} <= strings_in(text)
    assert shape_of(text) == shape_of(text_of(tool, purpose="A bank." if purpose else ""))
    if tool == "deepteam" and purpose:
        assert purpose in strings_in(text)


@given(model=names.filter(lambda name: not TEMPLATE.search(name)), purpose=purposes)
@example(model=ODD, purpose="a\n  b: c\n# d")
@example(model=ODD, purpose="file://{{ env.HOME }} {% x %} {# y #} {{{")
def test_promptfoo_s_target_is_the_model(model, purpose):
    config = yaml.safe_load(text_of("promptfoo", model, purpose))
    assert config["targets"] == [
        {
            "id": f"openai:chat:{model}",
            "config": {
                "apiBaseUrl": BASE_URL,
                "apiKeyEnvar": "QUINTAIN_API_KEY",
                "omitDefaults": True,
            },
        }
    ]
    told = config["redteam"].get("purpose", "")
    assert told.replace("{ ", "{") == (f"The target: {purpose}" if purpose else "").replace(
        "{ ", "{"
    )
    assert not TEMPLATE.search(told)
    assert config["prompts"] == ["{{prompt}}"]
    assert config["tests"][0]["vars"] == {"prompt": "Say hello."}


@pytest.mark.parametrize("name", ["{{ env.HOME }}:v1", "{% x %}:v1", "a {# b:v1"])
def test_a_name_that_promptfoo_would_fill_in_is_refused(name):
    with pytest.raises(BadRequest, match="template"):
        promptfoo.write(facts(name))


@given(model=names.map(lambda name: name.encode("latin-1", "ignore").decode("latin-1")))
@example(model="a, b * c: größe")
def test_litellm_calls_the_model_by_its_name(model):
    (entry,) = yaml.safe_load(text_of("litellm", f"{model}:v1"))["model_list"]
    assert entry["litellm_params"] == {
        "model": f"openai/{model}:v1",
        "api_base": BASE_URL,
        "api_key": "os.environ/QUINTAIN_API_KEY",
    }
    assert entry["model_name"].isascii()
    assert not set(",*") & set(entry["model_name"])


def test_litellm_s_own_name_differs_only_where_it_must():
    (entry,) = yaml.safe_load(text_of("litellm", "a, b * größe: 'c':v1"))["model_list"]
    assert entry["model_name"] == "a_ b _ gr__e: 'c':v1"
    (entry,) = yaml.safe_load(text_of("litellm", "os.environ/HOME:v1"))["model_list"]
    assert entry["model_name"] == "_/HOME:v1"


@pytest.mark.parametrize("name", ["日本:v1", "it\u2019s:v1"])
def test_a_name_that_litellm_cannot_put_into_a_header_is_refused(name):
    with pytest.raises(BadRequest, match="Latin-1"):
        EXPORTS["litellm"].write(facts(name))


def called(tool, text, **env):
    """The arguments that a shell gives the tool, after what it finds in its environment."""
    noted = f'{tool}() {{ printf "%s\\0" "$OPENAICOMPATIBLE_API_KEY" "$@"; }}\n'
    return bash(noted + text, QUINTAIN_API_KEY="a key", **env)


@settings(max_examples=40)
@given(model=names)
@example(model=ODD)
@example(model="-x --help")
def test_garak_s_command_names_the_model(model):
    key, *arguments = called("garak", text_of("garak", model))
    assert key == "a key"
    assert f"--target_name={model}" in arguments
    options = json.loads(arguments[arguments.index("--generator_options") + 1])
    given = options["openai"]["OpenAICompatible"]
    assert given.pop("uri") == BASE_URL
    assert set(given.values()) == {None}


@settings(max_examples=40)
@given(model=names)
@example(model=ODD)
def test_curl_s_command_sends_the_model(model):
    noted = 'curl() { cat; printf "\\0"; printf "%s\\0" "$@"; }\n'
    header, *arguments = bash(noted + text_of("curl", model), QUINTAIN_API_KEY="a key")
    assert header == "Authorization: Bearer a key"
    body = json.loads(arguments[arguments.index("--data-raw") + 1])
    assert body == {"model": model, "messages": HELLO}
    assert arguments[-1] == f"{BASE_URL}/chat/completions"
    assert "a key" not in arguments


@settings(max_examples=40)
@given(model=names)
@example(model=ODD)
@example(model="a, b:v1")
def test_inspect_s_command_and_task_name_the_model(model):
    noted = 'inspect() { printf "%s\\0" "$QUINTAIN_API_KEY" "$@"; }\n'
    with tempfile.TemporaryDirectory() as folder:
        script = noted + text_of("inspect", model, key_env="KEY_OF_CI")
        key, *arguments = bash(script, cwd=folder, KEY_OF_CI="a key")
        task = (Path(folder) / "quintain_task.py").read_text()
    assert key == "a key"
    name = f"openai-api/quintain/{model}"
    if "," in model:
        assert arguments == ["eval", "quintain_task.py"]
        assert {name, BASE_URL} <= strings_in(task)
    else:
        options = ["--model", name, "--model-base-url", BASE_URL]
        assert arguments == ["eval", "quintain_task.py", *options]
        assert "get_model" not in task


@pytest.mark.parametrize("tool", SHELLS)
def test_a_shell_says_which_key_is_missing(tool, tmp_path):
    done = subprocess.run(
        ["/bin/bash", "-c", text_of(tool)],
        env={"PATH": "/nowhere"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "QUINTAIN_API_KEY: parameter null or not set" in done.stderr


async def test_deepteam_s_callback_puts_the_prompt_after_the_turns_once(monkeypatch):
    """Run with stand-ins for the three packages; some attacks give the prompt as the last turn too."""
    asked = []

    class Client:
        def __init__(self, **_):
            self.chat = SimpleNamespace(completions=self)

        async def create(self, model, messages):
            asked.append(messages)
            message = SimpleNamespace(content="Hello.")
            return SimpleNamespace(choices=[SimpleNamespace(message=message)])

    def stub(name, **members):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**members))

    stub("deepteam", red_team=lambda **_: None)
    stub("deepteam.attacks.single_turn", PromptInjection=SimpleNamespace)
    stub("deepteam.test_case", RTTurn=SimpleNamespace)
    stub("deepteam.vulnerabilities", PromptLeakage=SimpleNamespace)
    stub("openai", AsyncOpenAI=Client)
    monkeypatch.setenv("QUINTAIN_API_KEY", "a key")
    program = {}
    exec(text_of("deepteam"), program)
    said = [
        SimpleNamespace(role="user", content="a"),
        SimpleNamespace(role="assistant", content="b"),
    ]
    again = [*said, SimpleNamespace(role="user", content="c")]
    for turns in (None, said, again):
        assert (await program["model_callback"]("c", turns)).content == "Hello."
    texts = [[message["content"] for message in messages] for messages in asked]
    assert texts == [["c"], ["a", "b", "c"], ["a", "b", "c"]]
