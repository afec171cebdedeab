"""A gateway request, read: what it asks, of whom, and how long it may wait."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import msgspec
from msgspec import Raw

from quintain.dialects.base import CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES, Ask
from quintain.errors import BadRequest, UnsupportedMedia
from quintain.http.wire import Scope, text_of

KINDS = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": COMPLETIONS,
    "/v1/embeddings": EMBEDDINGS,
    "/v1/responses": RESPONSES,
}
LONGEST_WAIT_S = 3600.0
_NEVER_S = 1e9
_SESSION = re.compile(r"[!-~]{0,128}")
_read = msgspec.json.Decoder(dict[str, Raw]).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NAMES = {
    b"x-enkrypt-model": "model",
    b"x-enkrypt-model-version": "version",
    b"x-quintain-max-wait": "max_wait",
    b"x-stainless-read-timeout": "read_timeout",
    b"x-stainless-retry-count": "retry_count",
    b"x-irid": "client_id",
    b"x-quintain-session": "session",
    b"content-type": "content_type",
}


@dataclass(slots=True)
class Asked:
    """Headers that a call reads, as text; "" where they are absent."""

    model: str = ""
    version: str = ""
    max_wait: str = ""
    read_timeout: str = ""
    retry_count: str = ""
    client_id: str = ""
    session: str = ""
    content_type: str = ""


def headers_of(scope: Scope) -> Asked:
    asked = Asked()
    for name, value in scope["headers"]:
        field = _NAMES.get(name)
        if field is not None:
            setattr(asked, field, text_of(value))
    kind = asked.content_type.partition(";")[0].strip().lower()
    if kind not in {"", "application/json"}:
        raise UnsupportedMedia("The body must be sent as Content-Type: application/json.")
    return asked


def ask_of(path: str, body: bytes) -> Ask:
    """Raises BadRequest for a body that is not a JSON object."""
    try:
        fields = _read(body)
    except _UNREADABLE as error:
        raise BadRequest(f"The body is not a JSON object: {error}.", code="invalid_json") from None
    kind = KINDS.get(path) or path.removeprefix("/v1/")
    return Ask(kind, fields, stream=_flag(fields))


def _flag(fields: dict[str, Raw]) -> bool:
    value = bytes(fields.get("stream", b"false"))
    if value not in {b"true", b"false", b"null"}:
        raise BadRequest("stream must be true or false.", param="stream")
    return value == b"true"


def named(asked: Asked, ask: Ask) -> tuple[str, str | None]:
    """The model and, only where a header gives one, its version. Headers win over the body."""
    if asked.model:
        return asked.model.strip(), asked.version.strip() or None
    name = ask.value("model")
    if name is None:
        raise BadRequest("model is required: a saved name, or name:version.", param="model")
    if not isinstance(name, str):
        raise BadRequest("model must be a string.", param="model")
    return name.strip(), asked.version.strip() or None


def patience(asked: Asked, default_s: float) -> float:
    """The longest wait for slots, in seconds.

    It ends before the caller's own deadline, so that the caller hears a 429 and no timeout.
    """
    wait = (
        min(_seconds(asked.max_wait, "X-Quintain-Max-Wait"), LONGEST_WAIT_S)
        if asked.max_wait
        else default_s
    )
    deadline = _deadline(asked.read_timeout)
    return min(wait, max(0.0, deadline - max(1.0, deadline / 10)))


def session_name(asked: Asked) -> str:
    """How the caller names its conversation, "" where it does not. Raises BadRequest."""
    name = asked.session.strip()
    if not _SESSION.fullmatch(name):
        raise BadRequest("X-Quintain-Session must be 1 to 128 visible ASCII characters.")
    return name


def _deadline(text: str) -> float:
    """The caller's own, as a large number where it names none: some send "None" or "NOT_GIVEN"."""
    try:
        seconds = float(text)
    except ValueError:
        return _NEVER_S
    return seconds if math.isfinite(seconds) else _NEVER_S


def _seconds(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise BadRequest(f"{name} must be a number of seconds, 0 or more.")
    return value
