"""A conversation as Bedrock has it: the two sides in alternation, tools' results on the user's.

Source: docs.aws.amazon.com/bedrock, API reference (Message, ToolUseBlock, ToolResultBlock,
ReasoningContentBlock).
"""

from __future__ import annotations

import hashlib
import re
from itertools import groupby
from operator import itemgetter
from typing import Any

from quintain.dialects.bedrock.blocks import Blocks
from quintain.dialects.chat import Chat, ToolCall, Turn
from quintain.errors import BadRequest

Json = Any
_IDENT = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")


def messages_of(chat: Chat) -> list[Json]:
    """Raises BadRequest for a message of the user without anything in it."""
    blocks = Blocks()
    said = [(_side(turn), _content(turn, blocks)) for turn in chat.turns]
    if ("user", []) in said:
        raise BadRequest("This model's provider takes no empty message.", param="messages")
    # Where the model had said nothing, what is around it is one message.
    sides = groupby((each for each in said if each[1]), itemgetter(0))
    return [
        {"role": side, "content": [block for _, content in turns for block in content]}
        for side, turns in sides
    ]


def called(chat: Chat) -> list[str]:
    """The names of the tools that the conversation has calls of."""
    return list(dict.fromkeys(call.name for turn in chat.turns for call in turn.calls))


def _side(turn: Turn) -> str:
    return "assistant" if turn.role == "assistant" else "user"


def _content(turn: Turn, blocks: Blocks) -> list[Json]:
    if turn.role == "tool":
        ident = ident_of(turn.answers)
        return [{"toolResult": {"toolUseId": ident, "content": blocks.result(turn.parts)}}]
    thought = [block for call in turn.calls for block in _reasoning(call.extra)]
    return thought + blocks.of(turn.parts) + [_call(call) for call in turn.calls]


def _call(call: ToolCall) -> Json:
    return {"toolUse": {"toolUseId": ident_of(call.id), "name": call.name, "input": call.arguments}}


def ident_of(ident: str) -> str:
    """A call's id in Bedrock's alphabet; ids of other providers are digested where they are not."""
    if _IDENT.fullmatch(ident):
        return ident
    return "call_" + hashlib.sha256(ident.encode()).hexdigest()[:32]


def _reasoning(extra: Json) -> list[Json]:
    """What the model thought before its calls, signed: with thinking on it is to be given back."""
    bedrock = extra.get("bedrock") if isinstance(extra, dict) else None
    blocks = bedrock.get("reasoning") if isinstance(bedrock, dict) else None
    return [{"reasoningContent": block} for block in blocks] if isinstance(blocks, list) else []
