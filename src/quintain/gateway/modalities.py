"""What a call carries, against what the model takes: refused before it leaves.

Source of the part types: OpenAI's API reference, "Create chat completion", message content.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.base import CHAT, Ask
from quintain.errors import BadRequest

_PARTS = {
    "text": "text",
    "input_text": "text",
    "refusal": "text",
    "image_url": "image",
    "input_image": "image",
    "input_audio": "audio",
    "video_url": "video",
    "input_video": "video",
}


def check(ask: Ask, inputs: frozenset[str], outputs: frozenset[str]) -> None:
    """Raise BadRequest for a part or an asked output that the model does not have, or no list.

    Notes on the ask whether it carries an image.
    """
    if "modalities" in ask.fields:
        _check_outputs(ask.value("modalities"), outputs)
    messages = ask.fields.get("messages") if ask.kind == CHAT else None
    if messages is None:
        return
    raw = bytes(messages)
    if not raw.startswith(b"["):
        raise BadRequest("messages must be a list of objects.", param="messages")
    # Plain text is by far the most common: only parts have a type, so most calls end here.
    if "text" in inputs and b'"type"' not in raw and b"\\u00" not in raw:
        return
    for place, part, kind in _parts(ask.value("messages")):
        ask.images = ask.images or kind == "image"
        if kind not in inputs and not (kind == "text" and "code" in inputs):
            raise BadRequest(
                f"{place} is {part}, which this model does not take: its input_modalities are"
                f" {', '.join(sorted(inputs))}.",
                code="unsupported_modality",
                param=place,
            )


def _parts(messages: Any) -> list[tuple[str, str, str]]:
    """Every part with its place, its type and its modality."""
    found: list[tuple[str, str, str]] = []
    for number, message in enumerate(messages if isinstance(messages, list) else []):
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, str):
            found.append((f"messages.{number}.content", "text", "text"))
        for place, part in enumerate(content if isinstance(content, list) else []):
            name = str(part.get("type")) if isinstance(part, dict) else ""
            if name in _PARTS:
                found.append((f"messages.{number}.content.{place}", name, _PARTS[name]))
    return found


def _check_outputs(asked: Any, outputs: frozenset[str]) -> None:
    for name in asked if isinstance(asked, list) else []:
        if not isinstance(name, str):
            raise BadRequest("modalities must be a list of strings.", param="modalities")
        if name not in outputs and not (name == "text" and "code" in outputs):
            raise BadRequest(
                f"This model does not answer with {name}: its output_modalities are {', '.join(sorted(outputs))}.",
                code="unsupported_modality",
                param="modalities",
            )
