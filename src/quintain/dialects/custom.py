"""Targets with a format of their own: a JSON template in, jq over what comes out.

The template is filled as data (dialects/template.py), so a prompt can never change anything but
its own string.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from typing import Any

import orjson
from yarl import URL

from quintain.dialects.base import CHAT, COMPLETIONS, Answer, Ask, Outgoing
from quintain.dialects.jq import Jq
from quintain.dialects.openai_answers import empty_answer
from quintain.dialects.sse import Events, data_of
from quintain.dialects.template import Template
from quintain.dialects.urls import join
from quintain.errors import BadRequest, Detail, TargetError
from quintain.registry.providers import effective
from quintain.registry.schema import AuthData, Endpoint, ModelConfig, Target

NAMES = frozenset({"prompt", "system_prompt", "messages", "model_name", "session_id"})
_CARRIED = {"model", "messages", "prompt", "stream", "stream_options"}
# Dropping one of these would change what the caller's code expects back.
_MEANINGFUL = ("tools", "functions", "response_format", "audio")


class Custom:
    name = "custom"

    async def check(self, target: Target, jq: Jq) -> list[Detail]:
        config, found = target.config, []
        endpoint = effective(config).endpoint
        if endpoint is None or not endpoint.host:
            found.append(Detail("model_config.endpoint.host", "is required for provider custom"))
        try:
            names = Template.compile(config.custom_payload or {}, NAMES).names
        except ValueError as error:
            return [*found, Detail("model_config.custom_payload", str(error))]
        if not names & {"prompt", "messages"}:
            found.append(
                Detail(
                    "model_config.custom_payload",
                    "must contain {prompt} or {messages} in a string value",
                )
            )
        if config.custom_response_format:
            try:
                await jq.check(config.custom_response_format)
            except ValueError as error:
                found.append(
                    Detail("model_config.custom_response_format", f"is not valid jq: {error}")
                )
        return found

    def compile(self, model_name: str, config: ModelConfig, jq: Jq) -> CustomSpeaker:
        return CustomSpeaker(model_name, config, jq)


class CustomSpeaker:
    def __init__(self, model_name: str, config: ModelConfig, jq: Jq) -> None:
        paths = {kind: path or "" for kind, path in (config.paths or {}).items()}
        self._url = join(
            config.endpoint or Endpoint(), paths.get("chat") or paths.get("completions") or ""
        )
        self._vision = (
            join(config.endpoint or Endpoint(), paths["vision"])
            if paths.get("vision")
            else self._url
        )
        payload = config.custom_payload or {}
        if isinstance(payload, dict):
            payload = {**(config.default_request_options or {}), **payload}
        self._template = Template.compile(with_auth(payload, config.auth_data), NAMES)
        self._model_name = model_name
        self._system = config.system_prompt or ""
        self._reads = config.custom_response_content_type or "json"
        self._format = config.custom_response_format or ""
        self._jq = jq

    @property
    def streams(self) -> bool:
        return self._reads == "sse"

    def outgoing(self, ask: Ask) -> Outgoing:
        messages = _messages(ask)
        _refuse_meaningful(ask)
        return Outgoing(self._address(ask), self._body(messages), _dropped(ask))

    async def answer(self, body: bytes) -> Answer:
        if self._reads == "sse":
            texts = [await self._text(data) for data in _event_data(body)]
            text = "".join(texts)
        else:
            text = await self._text(body)
        if not text:
            raise empty_answer()
        return Answer(text)

    async def pieces(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[str, None]:
        events = Events()
        async for chunk in chunks:
            for event in events.feed(chunk):
                if text := await self._event_text(event):
                    yield text
        if text := await self._event_text(events.rest()):
            yield text

    def _body(self, messages: list[dict[str, Any]]) -> bytes:
        try:
            return orjson.dumps(self._template.render(self._values(messages)))
        except TypeError as error:  # nested too deeply, or a number of more than 64 bits
            raise BadRequest(
                f"messages cannot be put into this model's format: {error}.", param="messages"
            ) from None

    def _address(self, ask: Ask) -> URL:
        return self._vision if ask.images else self._url

    def _values(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        """What the placeholders stand for. The system text goes where the template has a place for it."""
        system = "\n\n".join(
            filter(None, [self._system, *(_text(m) for m in messages if _is_system(m))])
        )
        turns = [message for message in messages if not _is_system(message)]
        prompt = _prompt(turns, needs_text="messages" not in self._template.names)
        if system and "system_prompt" not in self._template.names:
            turns = [{"role": "system", "content": system}, *turns]
            if "messages" not in self._template.names:
                prompt = f"{system}\n\n{prompt}"
        return {
            "prompt": prompt,
            "system_prompt": system,
            "messages": turns,
            "model_name": self._model_name,
            "session_id": str(uuid.uuid4()) if "session_id" in self._template.names else "",
        }

    async def _event_text(self, event: bytes) -> str:
        data = data_of(event)
        return await self._text(data) if data and data != b"[DONE]" else ""

    async def _text(self, body: bytes) -> str:
        if self._reads == "text" and not self._format:
            return body.decode("utf-8", "replace")
        value = body.decode("utf-8", "replace") if self._reads == "text" else self._parsed(body)
        if not self._format:
            return _as_text(value)
        outputs = await self._jq.run(self._format, value if self._reads == "text" else body)
        return "\n".join(text for each in outputs if (text := _as_text(each)))

    def _parsed(self, body: bytes) -> Any:
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            if self._reads == "sse" and not self._format:
                return body.decode("utf-8", "replace")
            raise TargetError("mapping", "The target's answer is not JSON.") from None


def with_auth(value: Any, auth: AuthData | None) -> Any:
    """Fill `{auth.NAME}` in every string: the registration's own secrets, fixed before any call."""
    extra = auth.further if auth else {}
    if not extra:
        return value
    # One that was lost is left out: no call is made without it (gateway/compiled.py).
    secrets = {f"auth.{name}": each.reveal() for name, each in extra.items() if each.readable}
    return Template.compile(value, frozenset(secrets)).render(secrets)


def _event_data(body: bytes) -> list[bytes]:
    events = Events()
    found = [data_of(event) for event in events.feed(body)] + [data_of(events.rest())]
    return [data for data in found if data and data != b"[DONE]"]


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    try:
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    except TypeError:
        raise TargetError("mapping", "The target's answer is nested too deeply.") from None


def _messages(ask: Ask) -> list[dict[str, Any]]:
    if ask.kind == COMPLETIONS:
        prompt = ask.value("prompt")
        if not isinstance(prompt, str) or not prompt:
            raise BadRequest("This model takes one prompt, as text.", param="prompt")
        return [{"role": "user", "content": prompt}]
    if ask.kind != CHAT:
        raise BadRequest(
            f"This model takes chat calls only, not {ask.kind}.", code="unsupported_call"
        )
    messages = ask.value("messages") or []
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        raise BadRequest("messages must be a list of objects.", param="messages")
    return messages


def _is_system(message: dict[str, Any]) -> bool:
    return message.get("role") in ("system", "developer")


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content or "")


def _prompt(turns: list[dict[str, Any]], *, needs_text: bool) -> str:
    """The last user message. With needs_text, one with other parts is refused: they would be lost."""
    last = next((turn for turn in reversed(turns) if turn.get("role") == "user"), None)
    if last is None:
        raise BadRequest("messages must contain a message of the user.", param="messages")
    content = last.get("content")
    parts = content if isinstance(content, list) else []
    if needs_text and any(
        isinstance(p, dict) and p.get("type") not in ("text", "input_text") for p in parts
    ):
        raise BadRequest(
            "This model's template takes the last message as text ({prompt}); other parts need {messages}.",
            param="messages",
        )
    return _text(last)


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
