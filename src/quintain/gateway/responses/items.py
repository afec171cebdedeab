"""The items of a Responses input as a chat's messages.

Source of the shapes: OpenAI's API reference, "Create a model response", input.
"""

from __future__ import annotations

from typing import Any

from quintain.errors import BadRequest

Json = dict[str, Any]
_ROLES = ("user", "assistant", "system", "developer")


def messages_of(instructions: Any, given: Any) -> list[Json]:
    """The conversation. Raises BadRequest naming the item that cannot be carried."""
    messages: list[Json] = []
    if instructions is not None:
        if not isinstance(instructions, str):
            raise BadRequest("instructions must be text.", param="instructions")
        messages.append({"role": "system", "content": instructions})
    if isinstance(given, str) and given:
        return [*messages, {"role": "user", "content": given}]
    if not isinstance(given, list) or not given:
        raise BadRequest("input must be text or a list of items.", param="input")
    for number, item in enumerate(given):
        _add(messages, item, f"input.{number}")
    return messages


def _add(messages: list[Json], item: Any, place: str) -> None:
    kind = item.get("type", "message") if isinstance(item, dict) else None
    if kind == "message":
        messages.append(_message(item, place))
    elif kind == "function_call":
        _add_call(messages, item, place)
    elif kind == "function_call_output":
        messages.append(_result(item, place))
    elif kind != "reasoning":  # a model's own earlier thoughts, which no other model reads
        raise BadRequest(
            f"{place} is of type {kind}, which this model does not take: it takes message,"
            " function_call and function_call_output.",
            code="unsupported_field",
            param=place,
        )


def _message(item: Json, place: str) -> Json:
    role, content = item.get("role"), item.get("content")
    if role not in _ROLES:
        raise BadRequest(f"{place}.role must be user, assistant, system or developer.", param=place)
    if isinstance(content, str):
        return {"role": role, "content": content}
    if not isinstance(content, list):
        raise BadRequest(f"{place}.content must be text or a list of parts.", param=place)
    parts = [_part(part, f"{place}.content.{number}") for number, part in enumerate(content)]
    if all(part["type"] == "text" for part in parts):
        return {"role": role, "content": "".join(part["text"] for part in parts)}
    return {"role": role, "content": parts}


def _part(part: Any, place: str) -> Json:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind in ("input_text", "output_text", "text", "refusal"):
        text = part.get("refusal" if kind == "refusal" else "text")
        if isinstance(text, str):
            return {"type": "text", "text": text}
    elif kind == "input_image" and isinstance(part.get("image_url"), str):
        detail = {"detail": part["detail"]} if part.get("detail") else {}
        return {"type": "image_url", "image_url": {"url": part["image_url"], **detail}}
    elif kind == "input_file" and isinstance(part.get("file_data"), str):
        file = {name: part[name] for name in ("file_data", "filename") if part.get(name)}
        return {"type": "file", "file": file}
    elif kind == "input_audio" and isinstance(part.get("input_audio"), dict):
        return {"type": "input_audio", "input_audio": part["input_audio"]}
    raise BadRequest(
        f"{place} must be input_text, input_image (with image_url), input_file (with file_data) or"
        " input_audio.",
        code="unsupported_field",
        param=place,
    )


def _add_call(messages: list[Json], item: Json, place: str) -> None:
    """A call of a function: it belongs to the assistant's message just before it, if there is one."""
    name, ident = item.get("name"), item.get("call_id") or item.get("id")
    if not isinstance(name, str) or not isinstance(ident, str):
        raise BadRequest(f"{place} needs name and call_id.", param=place)
    function = {"name": name, "arguments": item.get("arguments") or "{}"}
    call = {"id": ident, "type": "function", "function": function}
    last = messages[-1] if messages else {}
    if last.get("role") == "assistant":
        last.setdefault("tool_calls", []).append(call)
    else:
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})


def _result(item: Json, place: str) -> Json:
    output, ident = item.get("output"), item.get("call_id")
    if not isinstance(ident, str):
        raise BadRequest(f"{place}.call_id is required.", param=place)
    if isinstance(output, list):
        content: Any = [_part(part, f"{place}.output.{n}") for n, part in enumerate(output)]
    elif isinstance(output, str):
        content = output
    else:
        raise BadRequest(f"{place}.output must be text or a list of parts.", param=place)
    return {"role": "tool", "tool_call_id": ident, "content": content}
