"""A curl command. It is read as text; nothing of it is run."""

from __future__ import annotations

import re

from quintain.imports.as_curl import NO_HOST
from quintain.imports.refusal import Unimportable
from quintain.imports.request import HttpRequest
from quintain.imports.scripts import command_in
from quintain.imports.shaping import shaped
from quintain.imports.source import Found, Source
from quintain.registry.curl import CurlRequest, parse_curl

# What a shell would put there is not known here: it becomes a stand-in, which the notes name.
_VARIABLE = re.compile(
    r"\$\{?([A-Z_][A-Z0-9_]{1,99})\}?|\$\((?!\s*cat\s+<<)([^()]{1,200})\)|%([A-Z_][A-Z0-9_]{2,99})%"
    r"|\$env:(\w{1,99})"
)
# An address, or the beginning of one, that is to be filled in by the reader of a page.
_NAMED = r"(?:\{+[\w.-]{1,99}\}+|<[\w -]{1,99}>)"
_HOST = re.compile(
    rf"(https?://)[\w.-]*{_NAMED}[\w.:-]*(?=[/?\s'\"]|$)|(?<=[\s'\"]){_NAMED}(?=/)"
    r"|(?<=[\s'\"])\{+\w*(?:URL|URI|ENDPOINT|HOST)\w*\}+(?=[\s'\"?]|$)",
    re.IGNORECASE,
)


def read(source: Source) -> Found:
    return Found([shaped(request_of(parsed(source.text)))])


def parsed(text: str) -> CurlRequest:
    """Raises Unimportable with the parser's sentence."""
    text = command_in(text) or text
    try:
        return parse_curl(text)
    except ValueError:
        text = _VARIABLE.sub(_stand_in, text)
    try:
        return parse_curl(_HOST.sub(rf"https://{NO_HOST}", text))
    except ValueError as error:
        raise Unimportable(f"The curl command {error}.") from None


def _stand_in(found: re.Match[str]) -> str:
    name = next((part for part in found.groups() if part), "")
    return "{{" + re.sub(r"[^\w.-]+", "_", name) + "}}"


def request_of(command: CurlRequest) -> HttpRequest:
    url = command.url.replace(f"//{NO_HOST}", "//", 1)
    return HttpRequest(command.method, url, command.headers, command.body, command.form)
