"""JSON and YAML in: a file's, standard input's, or the editor's."""

import sys
from pathlib import Path
from typing import Any

import orjson
import yaml

from quintain.cli.exits import wrong_usage


class _Loader(yaml.SafeLoader):
    """YAML's safe part without its dates: a version `2025-01-31` stays the text it looks like."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(source: str) -> dict[str, Any]:
    """The object in a JSON or YAML file; `-` is standard input. Raises Failure when there is none."""
    if source == "-":
        return parse_document(sys.stdin.buffer.read(), "Standard input")
    try:
        return parse_document(Path(source).read_bytes(), source)
    except OSError as error:
        raise wrong_usage(f"{source} cannot be read: {error.strerror}.") from error


def parse_document(raw: bytes, source: str) -> dict[str, Any]:
    """JSON where it starts with a brace, YAML otherwise."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise wrong_usage(f"{source} is not UTF-8 text.") from error
    is_json = text.lstrip().startswith("{")
    document = _json(text, source) if is_json else _yaml(text, source)
    if not isinstance(document, dict):
        raise wrong_usage(f"{source} does not hold an object with a model's fields.")
    return document


def _json(text: str, source: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if text.lstrip().startswith('{"'):
            raise wrong_usage(f"{source} is not JSON: {error}.") from error
        return _yaml(text, source)  # a flow mapping such as {name: gpt} is YAML


def _yaml(text: str, source: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # derived from SafeLoader
    except RecursionError as error:
        raise wrong_usage(f"{source} is nested too deeply.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise wrong_usage(f"{source} is not YAML: {problem}{place}.") from error


class _Dumper(yaml.SafeDumper):
    """Long texts as blocks, which people can read and edit."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(document: Any) -> str:
    dumped: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000
    )
    return dumped
