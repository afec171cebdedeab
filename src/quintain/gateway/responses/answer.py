"""A chat's whole answer as a response."""

from __future__ import annotations

from typing import Any

import orjson

from quintain.dialects.parts import plain_text
from quintain.errors import TargetError
from quintain.gateway.responses import output

Json = dict[str, Any]


def response_of(body: bytes, response: Json, ident: str) -> bytes:
    """response: as `output.frame` made it. Raises TargetError for another shape than a chat's."""
    try:
        chat = orjson.loads(body)
        choice = chat["choices"][0]
        items = _items(choice["message"], ident)
        made = output.ended(response, items, choice.get("finish_reason") or "", chat.get("usage"))
        further = {name: value for name, value in chat.items() if name.startswith("x_quintain_")}
        return orjson.dumps(made | further)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise TargetError(
            "mapping", f"The target's answer is not in OpenAI's shape: {error}."
        ) from None


def _items(message: Json, ident: str) -> list[Json]:
    items = []
    if thought := output.thought_in(message):
        items.append(output.thought(ident, thought))
    content = []
    if text := plain_text(message.get("content")):
        content.append(output.text_part(text))
    if refusal := message.get("refusal"):
        content.append(output.refusal_part(refusal))
    if content:
        items.append(output.message(ident, content))
    calls = message.get("tool_calls") or []
    return items + [output.call(ident, place, each) for place, each in enumerate(calls)]
