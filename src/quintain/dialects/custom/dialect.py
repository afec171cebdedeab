"""Targets with a format of their own: a template in, jq over what comes out.

The template is filled as data (template.py and bodies.py), so a prompt can never
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
from quintain.dialects.metadata import check_jq
from quintain.dialects.options import lost
from quintain.dialects.template import Template
from quintain.errors import BadRequest, Detail, Invalid
from quintain.registry.providers import effective
from quintain.registry.schema import AuthData, Metadata, ModelConfig, Target


class Custom:
    name = "custom"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:
        config = effective(target.config)
        found = [*_check_host(config), *_check_request(config)]
        reads = config.custom_response_format
        return found + await check_jq("model_config.custom_response_format", reads, jq)

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
    if not request.names & {"prompt", "messages", "message.text"}:
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


class CustomSpeaker:
    def __init__(self, model_name: str, config: ModelConfig, jq: Jq) -> None:
        request = self._request = CustomRequest(config)
        renamed = (config.metadata or Metadata()).message_roles or {}
        roles = {str(role): name for role, name in renamed.items()}
        system = config.system_prompt or ""
        self._values = Values(model_name, system, request.names, request.fixed, roles)
        self._reader = Reader(config, jq)

    @property
    def streams(self) -> bool:
        return self._reader.streams

    def outgoing(self, ask: Ask) -> Outgoing:
        values, dropped = self._values.of(ask), lost(ask)
        try:
            return self._filled(ask, values, dropped)
        # Nested too deeply, a number of more than 64 bits, or half of a surrogate pair.
        except (TypeError, UnicodeEncodeError) as error:
            raise BadRequest(
                f"messages cannot be put into this model's format: {error}.", param="messages"
            ) from None

    def _filled(self, ask: Ask, values: dict[str, Any], dropped: tuple[str, ...]) -> Outgoing:
        request = self._request
        body, content_type = request.body.fill(values)
        headers = request.headers.fill(values)
        if content_type:
            headers = {**headers, "Content-Type": content_type}
        address = request.vision if ask.images else request.address
        return Outgoing(address.fill(values), body, dropped, request.method, headers)

    def status(self, status: int, body: bytes) -> int:  # noqa: ARG002 - no such target says it otherwise
        return status

    async def answer(self, body: bytes) -> Answer:
        return await self._reader.answer(body)

    def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[Piece, None]:
        return self._reader.pieces(chunks)


def with_auth(value: Any, auth: AuthData | None) -> Any:
    """Fill `{auth.NAME}` in every string: the registration's own secrets, fixed before any call."""
    secrets = auth.filling if auth else {}
    return Template.compile(value, frozenset(secrets)).render(secrets) if secrets else value
