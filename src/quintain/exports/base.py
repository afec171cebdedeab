"""What an export is told about a model, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """base_url: the gateway's, ending in `/v1`, percent-encoded.

    model: what the gateway is asked for, `<saved name>:<version>`; any text without control
    characters. key_env: the environment variable that holds the caller's key. purpose: what the
    target is, for tools that make up attacks; may be empty and may have several lines.
    """

    base_url: str
    model: str
    key_env: str
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Export:
    """One tool's. write: the text; raises BadRequest where the tool cannot be given this model.

    file: the name to save it under. run: the command for the saved text, `{file}` in its place.
    tool: what brings the tool where it is not there yet.
    """

    write: Callable[[Facts], str]
    file: str
    run: str
    tool: str
