"""Calls for tests of dialects: a body as a caller sends it, and what a model of a provider sends on."""

import json

import msgspec
from msgspec import Raw
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.base import CHAT, Ask
from quintain.dialects.table import compile_speaker
from quintain.registry.providers import effective
from quintain.registry.schema import ModelConfig

_read = msgspec.json.Decoder(dict[str, Raw]).decode
HI = [{"role": "user", "content": "hi"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
PNG = "data:image/png;base64,iVBORw0KGgo="


def asking(body, kind=CHAT, **more):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Ask(kind, _read(raw), **more)


def speaker(provider, *, model_name="m-1", **config):
    given = ModelConfig.model_validate({"model_provider": provider} | config)
    return compile_speaker("saved", model_name, effective(given), FakeJq())


def sending(provider, body, kind=CHAT, *, config=None, **more):
    """What goes out for a body; messages stand in where it has none."""
    body = body if isinstance(body, bytes) or kind != CHAT else {"messages": HI} | body
    return speaker(provider, **(config or {})).outgoing(asking(body, kind, **more))


def sent(provider, body, kind=CHAT, **more):
    return json.loads(sending(provider, body, kind, **more).body)
