"""Targets with a format of their own: a template in, jq over what comes out.

The template is filled as data (dialects/template.py and custom_bodies.py), so a prompt can never
change anything but its own string.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from quintain.dialects.base import Answer, Ask, Outgoing, Piece
from quintain.dialects.custom.answers import Reader
from quintain.dialects.custom.request import CURL, PAYLOAD, CustomRequest
from quintain.dialects.custom.values import Values
from quintain.dialects.jq import Jq
from quintain.dialects.template import Template
from quintain.errors import BadRequest, Detail, Invalid
from quintain.registry.providers import effective
from quintain.registry.schema import AuthData, ModelConfig, Target

_CARRIED = {"model", "messages", "prompt", "stream", "stream_options"}
# Dropping one of these would change what the caller's code expects back.
_MEANINGFUL = ("tools", "functions", "response_format", "audio")


class Custom:
    name = "custom"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:
        config = effective(target.config)
        return [*_check_host(config), *_check_request(config), *await _check_format(config, jq)]

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> CustomSpeaker:
        return CustomSpeaker(model_name, config, jq)


def _check_host(config: ModelConfig) -> list[Detail]:
    known = config.endpoint is not None and config.endpoint.host
    # A command that cannot be read is told by itself.
    if known or config.custom_curl_command is not None:
        return []
    return [Detail("model_config.endpoint.host", "is required for provider custom")]


def _check_request(config: ModelConfig) -> list[Detail]:
    try:
        request = CustomRequest(config)
    except Invalid as error:
        return list(error.details)
    field = PAYLOAD if config.custom_payload or config.custom_curl_command is None else CURL
    found = []
    if not request.names & {"prompt", "messages"}:
        found.append(
            Detail(
                field,
                "must contain {prompt} or {messages} in a string value: put {prompt} where the"
                " text of the user's message goes, in the body, the URL or a header",
            )
        )
    if request.method == "HEAD":
        found.append(Detail(field, "has -I, which asks for no answer: leave it out"))
    return found


async def _check_format(config: ModelConfig, jq: Jq) -> list[Detail]:
    if not config.custom_response_format:
        return []
    try:
        await jq.check(config.custom_response_format)
    except ValueError as error:
        return [Detail("model_config.custom_response_format", f"is not valid jq: {error}")]
    return []


class CustomSpeaker:
    def __init__(self, model_name: str, config: ModelConfig, jq: Jq) -> None:
        request = self._request = CustomRequest(config)
        self._values = Values(model_name, config.system_prompt or "", request.names, request.fixed)
        self._reader = Reader(config, jq)

    @property
    def streams(self) -> bool:
        return self._reader.streams

    def outgoing(self, ask: Ask) -> Outgoing:
        values = self._values.of(ask)
        _refuse_meaningful(ask)
        try:
            return self._filled(ask, values)
        # Nested too deeply, a number of more than 64 bits, or half of a surrogate pair.
        except (TypeError, UnicodeEncodeError) as error:
            raise BadRequest(
                f"messages cannot be put into this model's format: {error}.", param="messages"
            ) from None

    def _filled(self, ask: Ask, values: dict[str, Any]) -> Outgoing:
        request = self._request
        body, content_type = request.body.fill(values)
        headers = request.headers.fill(values)
        if content_type:
            headers = {**headers, "Content-Type": content_type}
        address = request.vision if ask.images else request.address
        return Outgoing(address.fill(values), body, _dropped(ask), request.method, headers)

    def status(self, status: int, body: bytes) -> int:  # noqa: ARG002 - no such target says it otherwise
        return status

    async def answer(self, body: bytes) -> Answer:
        return await self._reader.answer(body)

    def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        return self._reader.pieces(chunks)


def with_auth(value: Any, auth: AuthData | None) -> Any:
    """Fill `{auth.NAME}` in every string: the registration's own secrets, fixed before any call."""
    extra = auth.further if auth else {}
    if not extra:
        return value
    # One that was lost is left out: no call is made without it (gateway/compiled.py).
    secrets = {f"auth.{name}": each.reveal() for name, each in extra.items() if each.readable}
    return Template.compile(value, frozenset(secrets)).render(secrets)


def _refuse_meaningful(ask: Ask) -> None:
    for name in _MEANINGFUL:
        value = ask.value(name)
        if value and value != {"type": "text"}:
            raise BadRequest(
                f"This model's format has no place for {name}.",
                code="unsupported_field",
                param=name,
            )


def _dropped(ask: Ask) -> tuple[str, ...]:
    return tuple(sorted(name for name in ask.fields if name not in _CARRIED))
