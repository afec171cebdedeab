"""What a pasted curl command brings to a registration: endpoint, path and headers.

Its method and its body are the dialect's to read. What is given beside it wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from quintain.registry.curl import CurlRequest, parse_curl
from quintain.registry.schema import Header, ModelConfig
from quintain.secret import Secret

PROVIDER = "custom"  # the one whose requests are the user's own to shape


class Brought(NamedTuple):
    """origin: `scheme://host:port`, "" without a command. headers: with those given beside it."""

    origin: str
    paths: dict[str, str]
    headers: list[Header] | None


def curl_of(config: ModelConfig) -> CurlRequest | None:
    """The command, where there is a readable one. Raises ValueError where it cannot be honoured."""
    curl = config.custom_curl_command
    if config.model_provider != PROVIDER or curl is None or not curl.readable:
        return None
    return parse_curl(curl.reveal())


def segments_of(config: ModelConfig) -> list[str]:
    """The parts of the command's path."""
    request = _readable(config)
    return [] if request is None else request.url.partition("?")[0].split("/")[3:]


def texts_of(config: ModelConfig) -> Iterator[str]:
    """The command's parts where credentials have names beside its headers: query and body."""
    request = _readable(config)
    if request is not None:
        yield request.url.partition("?")[2]
        yield request.body or ""
        yield from (f"{part.name}={part.value}" for part in request.form)


def _readable(config: ModelConfig) -> CurlRequest | None:
    """A command that cannot be honoured counts as none."""
    try:
        return curl_of(config)
    except ValueError:
        return None  # such a registration is refused; an older one is told when it is checked


def brought(config: ModelConfig) -> Brought:
    """What the defaults are filled up with."""
    request = _readable(config)
    if request is None:
        return Brought("", {}, config.custom_headers)
    scheme, _, rest = request.url.partition("://")
    host, path = _split(rest)
    given = {name for name, path in (config.paths or {}).items() if path}
    paths = {} if given & {"chat", "completions"} else {"chat": path}
    return Brought(f"{scheme}://{host}", paths, _headers(request, config))


def _split(rest: str) -> tuple[str, str]:
    at = min((at for mark in "/?" if (at := rest.find(mark)) >= 0), default=len(rest))
    return rest[:at], rest[at:] or "/"


def _headers(request: CurlRequest, config: ModelConfig) -> list[Header]:
    given = config.custom_headers or []
    named = {header.key.lower() for header in given}
    own: list[Any] = [
        Header.model_construct(key=name, value=Secret(value))
        for name, value in request.headers
        if name.lower() not in named
    ]
    return own + given
