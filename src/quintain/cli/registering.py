"""`quintain models add | edit`: by flags, by a file, or in an editor."""

from pathlib import Path
from typing import Annotated, Any

import typer

from quintain.cli import screen
from quintain.cli.addresses import PAGE
from quintain.cli.documents import parse_document, read_document, to_yaml
from quintain.cli.drafts import Document, Flags, difference, editable, overlay, refuse_masks
from quintain.cli.editor import edited
from quintain.cli.entry import at_terminal, keys_given
from quintain.cli.exits import wrong_usage
from quintain.cli.finding import Model, find_model, full_name, identity
from quintain.cli.options import Json, Spelled
from quintain.cli.session import with_server
from quintain.cli.wire import model_headers

File = Annotated[
    str | None,
    typer.Option("--file", "-f", help="A JSON or YAML file with the fields; - is standard input."),
]
Provider = Annotated[
    str | None,
    typer.Option(
        "--provider", help="openai, anthropic, gemini, openai_compatible, custom, url, ..."
    ),
]
ModelName = Annotated[
    str | None, typer.Option("--model", help="The target's own name of the model.")
]
Url = Annotated[
    str | None,
    typer.Option("--url", help="Where the target is, such as http://127.0.0.1:8000/v1."),
]
Rate = Annotated[
    int | None,
    typer.Option("--rate", min=1, metavar="N", help="The most requests in any 60 seconds."),
]
Prompt = Annotated[
    str | None, typer.Option("--system-prompt", help="Put before every conversation.")
]
TestingFor = Annotated[
    str | None,
    typer.Option("--testing-for", help="foundationModels, chatbotsAndCopilots, agents or URL."),
]
Internal = Annotated[
    bool | None,
    typer.Option("--internal/--external", help="Whether it runs inside: loopback, private."),
]
KeyStdin = Annotated[
    bool, typer.Option("--key-stdin", help="Read the target's keys from stdin, one a line.")
]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", help="Read the target's keys from a file, one a line.")
]

_EDITOR_NOTE = """\
# Change what should change, save and close. What is left out stays as it is.
# Secrets stand as their masks; a mask left alone keeps its secret.
"""


def add(
    name: Annotated[str | None, typer.Argument(help="The name to save it under.")] = None,
    file: File = None,
    provider: Provider = None,
    model: ModelName = None,
    url: Url = None,
    version: Annotated[str | None, typer.Option("--version", help="v1 unless given.")] = None,
    rate: Rate = None,
    system_prompt: Prompt = None,
    testing_for: TestingFor = None,
    internal: Internal = None,
    key_stdin: KeyStdin = False,
    key_file: KeyFile = None,
    no_key: Annotated[bool, typer.Option("--no-key", help="The target needs no key.")] = False,
    json: Json = False,
) -> None:
    r"""Register a model: by flags, or from a file with every field (flags win over it).

    A key never stands on the command line, where every user of the machine can read it: it
    comes by --key-stdin or --key-file, or is asked for at a terminal.

    $ quintain models add gpt --provider openai --model gpt-4o
    $ quintain models add gpt --provider openai --model gpt-4o \
        --key-stdin < gpt.key
    $ quintain models add llama --provider openai_compatible --model llama3 \
        --url http://127.0.0.1:8000/v1 --internal --no-key
    $ quintain models add shop --provider url --url https://shop.example/chat
    $ quintain models add -f chatbot.yaml --key-file chatbot.key
    """
    document = _document(file, key_stdin=key_stdin)
    if not document and not provider:
        raise wrong_usage("Say which model: --provider and --model, or a file with -f.")
    needs_none = no_key or provider == PAGE
    question = None if document or needs_none else f"API key for {provider} (hidden): "
    keys = keys_given(from_stdin=key_stdin, file=key_file, ask=question)
    flags = Flags(
        name, version, provider, model, url, rate, system_prompt, testing_for, internal, keys
    )
    body = overlay({"model_version": "v1"} | document, flags.body())
    refuse_masks(body)
    answer = with_server(lambda wire: wire.ask("POST", "/models/add-model", body=body))
    _tell(answer, "was added", json=json)
    if not json:
        screen.say(f"Try it: quintain check {full_name(answer['data'])}", "dim")


def edit(
    spelled: Spelled,
    file: File = None,
    provider: Provider = None,
    model: ModelName = None,
    url: Url = None,
    rate: Rate = None,
    system_prompt: Prompt = None,
    testing_for: TestingFor = None,
    internal: Internal = None,
    key_stdin: KeyStdin = False,
    key_file: KeyFile = None,
    rename: Annotated[str | None, typer.Option("--rename", help="A new name.")] = None,
    new_version: Annotated[
        str | None, typer.Option("--new-version", help="A new version's name.")
    ] = None,
    json: Json = False,
) -> None:
    """Change a model: by flags, from a file, or in your editor when neither is given.

    What is left out stays as it is. Stored keys never follow a model to another host: a new
    address needs its keys again, in the same command.

    $ quintain models edit gpt --rate 60
    $ quintain models edit gpt --key-stdin < new.key
    $ quintain models edit gpt:v1 --rename gpt-4o
    $ quintain models edit gpt
    """
    document = _document(file, key_stdin=key_stdin)
    keys = keys_given(from_stdin=key_stdin, file=key_file, ask=None)
    flags = Flags(
        rename, new_version, provider, model, url, rate, system_prompt, testing_for, internal, keys
    )
    found = with_server(lambda wire: find_model(wire, spelled))
    change = overlay(document, flags.body(found["model_config"]["model_provider"]))
    if change:
        _modify(found, change, json=json)
    else:
        _in_editor(found, json=json)


def _document(file: str | None, *, key_stdin: bool) -> Document:
    if file == "-" and key_stdin:
        raise wrong_usage("-f - and --key-stdin both read standard input: use --key-file.")
    return read_document(file) if file else {}


def _modify(model: Model, change: Document, *, json: bool) -> None:
    headers = model_headers(*identity(model))
    answer = with_server(
        lambda wire: wire.ask("PATCH", "/models/modify-model", body=change, headers=headers)
    )
    _tell(answer, "was changed", json=json)


def _in_editor(model: Model, *, json: bool) -> None:
    if not at_terminal():
        raise wrong_usage(
            "Say what to change, by flags or with -f; there is no terminal to edit on."
        )
    before = editable(model)
    with edited(_EDITOR_NOTE + to_yaml(before)) as text:
        change = difference(before, parse_document(text.encode(), "The edited text"))
        if change:
            _modify(model, change, json=json)
        else:
            screen.say("Nothing was changed.")


def _tell(answer: Any, what: str, *, json: bool) -> None:
    if json:
        screen.print_json(answer)
    else:
        screen.done(f"{full_name(answer['data'])} {what}.")
