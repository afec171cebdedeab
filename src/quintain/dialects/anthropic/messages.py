"""A conversation as Anthropic's Messages API has it.

Source: Anthropic's API reference, "Create a Message", and the types of its Python SDK. Two sides
speak in turn; results of tools are blocks of the user's side, all of one round in one message.
"""

from __future__ import annotations

import re
from typing import Any

from quintain.dialects.chat import Chat, Turn
from quintain.dialects.parts import Media, Part, Text, unsupported
from quintain.errors import BadRequest

Json = Any
_IMAGES = {"image/jpeg", "image/png", "image/gif", "image/webp"}
_PDF = "application/pdf"
_TEXTS = ("text/", "application/json", "application/xml")
_TAKES = "text, images as JPEG, PNG, GIF or WebP, PDFs and text files"
_NO_ID = re.compile(r"[^a-zA-Z0-9_-]")


def messages_of(chat: Chat) -> list[dict[str, Json]]:
    """Raises BadRequest for what has no place in this format."""
    found: list[dict[str, Json]] = []
    for turn in chat.turns:
        side, blocks = _side(chat, turn)
        if found and found[-1]["role"] == side:
            found[-1]["content"] += blocks
        elif blocks:
            found.append({"role": side, "content": blocks})
    if not found:
        raise BadRequest("messages must contain a message of the user.", param="messages")
    if found[-1]["role"] == "assistant":
        _trim(found[-1]["content"][-1])
    return [message | {"content": _plain(message["content"])} for message in found]


def _plain(blocks: list[Json]) -> Json:
    """One text as it is: not all that serve this format read blocks."""
    return blocks[0]["text"] if [block["type"] for block in blocks] == ["text"] else blocks


def _trim(block: dict[str, Json]) -> None:
    """An answer that is begun for the model may not end with white space."""
    if block["type"] == "text":
        block["text"] = block["text"].rstrip()


def _side(chat: Chat, turn: Turn) -> tuple[str, list[Json]]:
    if turn.role == "assistant":
        return "assistant", _assistant(turn)
    if turn.role == "tool":
        return "user", [_result(chat, turn)]
    blocks = _blocks(turn.parts)
    if not blocks:
        raise BadRequest("This model's provider takes no empty message.", param="messages")
    return "user", blocks


def _assistant(turn: Turn) -> list[Json]:
    """Text and calls; nothing where the model had said nothing, which the format cannot show."""
    for media in turn.media:
        raise unsupported(media, "text from the assistant")
    texts = [{"type": "text", "text": turn.text}] if turn.text.strip() else []
    calls = [
        {"type": "tool_use", "id": _ident(call.id), "name": call.name, "input": call.arguments}
        for call in turn.calls
    ]
    return [*texts, *calls]


def _result(chat: Chat, turn: Turn) -> Json:
    chat.call_name(turn.answers)  # refused here where no such call was made
    block: dict[str, Json] = {"type": "tool_result", "tool_use_id": _ident(turn.answers)}
    if content := _blocks(turn.parts):
        block["content"] = content
    return block


def _ident(given: str) -> str:
    """The id of a call, which may have been made by another provider's model."""
    return _NO_ID.sub("_", given) or "_"


def _blocks(parts: list[Part]) -> list[Json]:
    """Text of white space alone is left out: Anthropic refuses it."""
    return [_block(part) for part in parts if isinstance(part, Media) or part.text.strip()]


def _block(part: Part) -> Json:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if part.kind == "image":
        return {"type": "image", "source": _image(part)}
    if part.kind == "file":
        return _file(part)
    raise unsupported(part, _TAKES)


def _image(image: Media) -> Json:
    if image.url:
        return {"type": "url", "url": image.url}
    media_type = "image/jpeg" if image.media_type == "image/jpg" else image.media_type
    if media_type not in _IMAGES:
        raise unsupported(image, _TAKES)
    return {"type": "base64", "media_type": media_type, "data": image.data}


def _file(file: Media) -> Json:
    titled = {"title": file.name} if file.name else {}
    return {"type": "document", "source": _document(file), **titled}


def _document(file: Media) -> Json:
    if file.media_type == _PDF:
        return {"type": "base64", "media_type": _PDF, "data": file.inline()}
    if not file.media_type.startswith(_TEXTS):
        raise unsupported(file, _TAKES)
    try:
        text = file.raw().decode()
    except UnicodeDecodeError:
        raise BadRequest(f"{file.place} is no text in UTF-8.", param=file.place) from None
    return {"type": "text", "media_type": "text/plain", "data": text}
