"""A curl command. It is read as text; nothing of it is run."""

from __future__ import annotations

import re

from quintain.imports.refusal import Unimportable
from quintain.imports.request import HttpRequest, Part
from quintain.imports.shaping import shaped
from quintain.imports.source import Found, Source
from quintain.registry.curl import CurlRequest, parse_curl

# What a shell would put there is not known here: it becomes a stand-in, which the notes name.
_VARIABLE = re.compile(
    r"\$\{?([A-Z_][A-Z0-9_]{1,99})\}?|\$\(([^()]{1,200})\)|%([A-Z_][A-Z0-9_]{2,99})%|\$env:(\w{1,99})"
)


def read(source: Source) -> Found:
    return Found([shaped(request_of(parsed(source.text)))])


def parsed(text: str) -> CurlRequest:
    """Raises Unimportable with the parser's sentence."""
    try:
        return parse_curl(text)
    except ValueError as error:
        first = error
    try:
        return parse_curl(_VARIABLE.sub(_stand_in, text))
    except ValueError:
        raise Unimportable(f"The curl command {first}.") from None


def _stand_in(found: re.Match[str]) -> str:
    name = next((part for part in found.groups() if part), "")
    return "{{" + re.sub(r"[^\w.-]+", "_", name) + "}}"


def request_of(command: CurlRequest) -> HttpRequest:
    parts = tuple(Part(p.name, p.value, p.filename, p.content_type) for p in command.form)
    return HttpRequest(command.method, command.url, command.headers, command.body, parts)
