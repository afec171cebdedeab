"""Where in a target's answer the text stands: the jq that picks it out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quintain.imports.bounded import json_or_none
from quintain.imports.places import Json, Path, as_jq, at, name_of, texts

_NAMES = {
    "answer": 100, "reply": 100, "responsetext": 98, "generatedtext": 98, "completion": 95, "outputtext": 95, "botmessage": 95,
    "response": 90, "output": 88, "text": 85, "content": 84, "message": 80, "result": 75, "answertext": 98,
    "utterance": 75, "speech": 70, "delta": 70, "body": 50, "value": 40, "data": 40, "token": 60, "chunk": 60,
}  # fmt: skip
_NEVER = re.compile(
    r".*(?:id|uuid|role|type|status|model|time|timestamp|date|created(?:at)?|url|name|lang|error|code|reason|"
    r"object|version|author|sender|user|prompt|question|query|input|session|finish\w*|reasoning\w*|thinking)",
    re.IGNORECASE,
)
_ASKED = {
    "prompt",
    "question",
    "query",
    "input",
    "request",
    "history",
    "sources",
    "references",
    "citations",
    "usage",
    "metadata",
    "reasoning",
    "thinking",
    "suggestions",
}
_OURS = re.compile(r"assistant|bot|ai|agent|model", re.IGNORECASE)
_ROLES = ("role", "sender", "author", "from")
MAX_EVENTS = 2000


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a target's answers are read. program: jq, "" for the bare text."""

    program: str
    reads: str  # json | text | sse
    where: str = ""


def mapped(text: str, content_type: str = "", asked: str = "") -> Mapping | None:
    """Tell from one answer how all are read; None where no text is found in it.

    asked: the prompt that it answers, which some targets repeat.
    """
    if "event-stream" in content_type or re.match(
        r"(?:event|data|id|retry):|:", text.lstrip("\ufeff\n")
    ):
        return _of_events(text, asked)
    document = json_or_none(text)
    if document is None:
        return Mapping("", "text") if text.strip() and "html" not in content_type else None
    if isinstance(document, str):
        return Mapping("", "json")
    path = best(document, asked)
    return Mapping(_program(document, path), "json", as_jq(path)) if path is not None else None


def best(document: Json, asked: str = "") -> Path | None:
    """The path of the most likely text of an answer."""
    scored = [
        (_score(path, text, asked), -n, path)
        for n, (path, text) in enumerate(texts(document))
        if not _of_user(document, path)
    ]
    found = max(scored, default=None)
    return found[2] if found and found[0] > 0 else None


def _of_user(document: Json, path: Path) -> bool:
    """Whether a text stands in a message of the user's."""
    holders = (at(document, path[:depth]) for depth in range(len(path)))
    return any(
        isinstance(holder, dict)
        and any(str(holder.get(role)).lower() in {"user", "human", "system"} for role in _ROLES)
        for holder in holders
    )


def _score(path: Path, text: str, asked: str) -> int:
    name = name_of(path)
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    points = _NAMES.get(plain, 0)
    if (asked and text == asked) or _ASKED & {str(step).lower() for step in path[:-1]}:
        return 0
    if not points:
        if _NEVER.fullmatch(name):
            return 0
        points = (
            40
            if any(word in plain for word in ("answer", "reply", "response", "text", "message"))
            else 0
        )
    words = len(text.split())
    points += min(words, 20) * 2 if words > 1 else 0
    return points - 2 * len(path) if points else 0


def _program(document: Json, path: Path) -> str:
    """The path as jq; of a conversation its last turn of the assistant, of parallel parts all."""
    for depth, step in enumerate(path):
        if not isinstance(step, int):
            continue
        items = at(document, path[:depth])
        if len(items) < 2:
            continue
        roles = [
            key
            for key in _ROLES
            if all(isinstance(i, dict) and isinstance(i.get(key), str) for i in items)
        ]
        spoken = str(items[step].get(roles[0])) if roles else ""
        if roles and _OURS.search(spoken):
            inner = as_jq(path[depth + 1 :])
            return f'[{as_jq(path[:depth])}[] | select(.{roles[0]} == "{_safe(spoken)}") | {inner}] | last'
        if not roles and all(_has_text(item, path[depth + 1 :]) for item in items):
            return f"{as_jq(path[:depth])}[]{as_jq(path[depth + 1 :]).removesuffix('.')}"
    return as_jq(path)


def _safe(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _has_text(item: Json, path: Path) -> bool:
    try:
        return isinstance(at(item, path), str)
    except (KeyError, IndexError, TypeError):
        return False


def _of_events(text: str, asked: str) -> Mapping | None:
    """An event stream: the place whose texts, joined over all events, read most like an answer."""
    data = [event for event in _data(text) if event != "[DONE]"][:MAX_EVENTS]
    documents = [json_or_none(event) for event in data]
    if not any(isinstance(each, dict | list) for each in documents):
        return Mapping("", "sse") if data else None
    joined: dict[Path, str] = {}
    counts: dict[Path, int] = {}
    for each in documents:
        for path, part in texts(each):
            joined[path] = joined.get(path, "") + part
            counts[path] = counts.get(path, 0) + 1
    scored = [
        (_score(p, t, asked) + 10 * min(counts[p], 10), p)
        for p, t in joined.items()
        if _score(p, t, asked)
    ]
    if not scored:
        return None
    path = max(scored, key=lambda each: each[0])[1]
    return Mapping(f"({as_jq(path)})? // empty", "sse", as_jq(path))


def _data(text: str) -> list[str]:
    """The data of each event (WHATWG HTML, 9.2.6)."""
    events: list[str] = []
    for block in re.split(r"\r?\n\r?\n", text):
        lines = [
            line[5:].removeprefix(" ") for line in block.splitlines() if line.startswith("data:")
        ]
        if lines:
            events.append("\n".join(lines))
    return events
