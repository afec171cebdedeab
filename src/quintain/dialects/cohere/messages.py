"""A conversation as Cohere's v2 chat has it.

Source: Cohere's API reference, "Chat (v2)", and its guide to tool use, by which the text that goes
with calls is the plan behind them.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.chat import Chat, ToolCall, Turn
from quintain.dialects.parts import Media, Part, Text, unsupported
from quintain.dialects.writing import written
from quintain.errors import BadRequest

Json = Any
_TAKES = "text and images"


def messages_of(chat: Chat) -> list[dict[str, Json]]:
    """Raises BadRequest for what has no place in this format."""
    system = [{"role": "system", "content": chat.system}] if chat.system else []
    turns = [message for turn in chat.turns if (message := _message(chat, turn))]
    return [*system, *turns]


def _message(chat: Chat, turn: Turn) -> dict[str, Json]:
    if turn.role == "assistant":
        return _assistant(turn)
    if turn.role == "tool":
        chat.call_name(turn.answers)  # refused here where no such call was made
        return {"role": "tool", "tool_call_id": turn.answers, "content": _text(turn)}
    if not any(isinstance(part, Media) or part.text for part in turn.parts):
        raise BadRequest("This model's provider takes no empty message.", param="messages")
    return {"role": "user", "content": _content(turn)}


def _assistant(turn: Turn) -> dict[str, Json]:
    """Nothing where the model had said nothing."""
    text = _text(turn)
    if turn.calls:
        planned = {"tool_plan": text} if text else {}
        return {"role": "assistant", **planned, "tool_calls": [_call(each) for each in turn.calls]}
    return {"role": "assistant", "content": text} if text else {}


def _text(turn: Turn) -> str:
    for media in turn.media:
        raise unsupported(media, "text")
    return turn.text


def _call(call: ToolCall) -> dict[str, Json]:
    arguments = written(call.arguments).decode()
    function = {"name": call.name, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def _content(turn: Turn) -> Json:
    if not turn.media:
        return turn.text
    return [_part(part) for part in turn.parts if not (isinstance(part, Text) and not part.text)]


def _part(part: Part) -> dict[str, Json]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if part.kind != "image":
        raise unsupported(part, _TAKES)
    url = part.url or f"data:{part.media_type};base64,{part.data}"
    return {"type": "image_url", "image_url": {"url": url}}
