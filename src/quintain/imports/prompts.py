"""Where in a request the user's message stands: that place becomes `{prompt}` or `{messages}`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from quintain.imports.places import Json, Path, lists, name_of, put, rewritten, texts, written

PROMPT, MESSAGES = "{prompt}", "{messages}"

# How sources mark the place themselves.
_MARKS = re.compile(
    r"\{\{\s*(?:prompt|input|message|query|question|user_?(?:input|prompt|message|query))\s*(?:\|\s*\w+\s*)?\}\}"
    r"|(?-i:\$\{?(?:INPUT|PROMPT)\}?)|\$\{prompt\}|<prompt>|\[PROMPT\]|\{\{PROMPT\}\}",
    re.IGNORECASE,
)
_NAMES = {
    "prompt": 100, "userprompt": 100, "question": 97, "userquestion": 97, "userinput": 96, "usermessage": 96,
    "userquery": 96, "chatinput": 95, "query": 93, "message": 90, "utterance": 90, "inputtext": 88,
    "input": 85, "inputs": 84, "msg": 82, "text": 75, "content": 70, "ask": 66, "say": 66, "q": 64, "body": 50,
    "instruction": 50, "instructions": 40, "request": 40, "search": 40, "command": 35, "value": 25, "data": 25,
}  # fmt: skip
_PARTS = ("prompt", "question", "query", "message", "utterance", "input", "text")
_NEVER = re.compile(
    r"(?:^|.*(?:\b|_|[a-z](?=[A-Z])))(?:ids?|uuid|model|role|type|lang(?:uage)?|locale|version|token|key|url|uri|"
    r"time(?:stamp)?|date|user|author|email|name|status|format|system|source|channel|mode|intent|"
    r"negative\w*)$",
    re.IGNORECASE,
)
_GRAPHQL = re.compile(r"\s*(?:query|mutation|subscription)\b[^{]{0,2000}\{|\s*\{\s*\w+\s*[({]")
_HISTORY = {
    "history",
    "chathistory",
    "conversationhistory",
    "messagehistory",
    "previousmessages",
    "context",
    "pastmessages",
}
_ROLES = ("role", "author", "sender", "from", "speaker", "type")
_TEXTS = ("content", "text", "message", "parts", "body", "value", "utterance")
_USERS = {"user", "human", "customer", "client", "me", "visitor", "end_user", "enduser"}
OPENAI_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
_OPENAI_KEYS = {"role", "content", "name", "tool_calls", "tool_call_id", "refusal", "function_call"}
_SESSION_STEP = re.compile(
    r"/(?:sessions?|conversations?|threads?)/((?=[^/:]*\d)[^/:]+|(?:SESSION|CONVERSATION|THREAD)_ID)(?=[/:]|$)"
)
MAX_XML = 65_536  # characters that are searched for it
_ELEMENT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)(?:\s[^<>]*)?>([^<>]+)</")
SESSIONS = re.compile(
    r"(?:session|conversation|thread|chat|dialog(?:ue)?)_?(?:id|uuid|key)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A payload with the prompt's place in it. where: "" when none was found.

    system: the system text that stood among the messages. others: further places it could be.
    said: what stood in the prompt's place.
    """

    payload: Json
    where: str = ""
    others: tuple[str, ...] = ()
    system: str = ""
    notes: tuple[str, ...] = ()
    said: str = ""


def unmarked(text: str) -> str:
    """The source's own mark of the prompt's place in our words."""
    return _MARKS.sub(PROMPT, text)


def has_place(text: str) -> bool:
    return PROMPT in text or MESSAGES in text


def placed(payload: Json) -> Placed:
    """Find the place of the user's message in a JSON body."""
    payload = rewritten(payload, lambda _, text: unmarked(text))
    marked = [path for path, text in texts(payload) if has_place(text)]
    if marked:
        return Placed(payload, written(marked[0]))
    return _in_messages(payload) or _in_field(payload)


def is_openai(messages: Json) -> bool:
    """Whether a list is one of OpenAI's messages, and nothing more."""
    return (
        isinstance(messages, list)
        and bool(messages)
        and all(
            isinstance(each, dict)
            and str(each.get("role")) in OPENAI_ROLES
            and isinstance(each.get("content"), str | list | None)
            and set(each) <= _OPENAI_KEYS
            for each in messages
        )
    )


def text_of(content: Any) -> str:
    """A message's content as text, its parts joined."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return text_of(content.get("text") or content.get("parts"))
    if isinstance(content, list):
        return "".join(text_of(part) for part in content)
    return ""


def best_pair(pairs: Iterable[tuple[str, str]]) -> tuple[int | None, list[str]]:
    """Which field of a form or a query holds the prompt, and the names of others."""
    scored = sorted(
        ((_score((name,), value), -n) for n, (name, value) in enumerate(list(pairs))), reverse=True
    )
    names = [name for name, _ in pairs]
    good = [-n for score, n in scored if score > 0]
    return (good[0] if good else None), [names[n] for n in good[1:4]]


def xml_placed(text: str) -> tuple[str, str] | None:
    """An XML body with the place in it, and the element that holds it; None where there is none."""
    if not text.lstrip().startswith("<"):
        return None
    found = [(_score((each[1],), each[2]), each) for each in _ELEMENT.finditer(text[:MAX_XML])]
    best = max(found, key=lambda pair: pair[0], default=None)
    if best is None or not best[0]:
        return None
    start, end = best[1].span(2)
    return text[:start] + PROMPT + text[end:], best[1][1]


def _in_messages(payload: Json) -> Placed | None:
    rivals = _rivals(payload)
    for path, items in lists(payload):
        if not _is_chat(items):
            continue
        if rivals and _plain(name_of(path)) in _HISTORY:
            inner = _in_field(put(payload, path, []))
            note = f"{written(path)} held earlier turns of one conversation: it is sent empty."
            return replace(inner, notes=(note,))
        if is_openai(items):
            return _whole_list(payload, path, items)
        return _last_turn(payload, path, items)
    return None


def _rivals(payload: Json) -> bool:
    """Whether a field of its own holds the message, beside what may be history."""
    if not isinstance(payload, dict):
        return False
    return any(
        isinstance(value, str) and _NAMES.get(_plain(key), 0) >= 60
        for key, value in payload.items()
    )


def _is_chat(items: list[Json]) -> bool:
    return (
        bool(items)
        and all(
            isinstance(each, dict)
            and any(isinstance(each.get(role), str) for role in _ROLES)
            and any(each.get(text) for text in _TEXTS)
            for each in items
        )
        and any(any(str(each.get(role)).lower() in _USERS for role in _ROLES) for each in items)
    )


def _whole_list(payload: Json, path: Path, items: list[Json]) -> Placed:
    system = "\n\n".join(
        text_of(each.get("content")) for each in items if each["role"] in {"system", "developer"}
    )
    said = next(
        (text_of(each.get("content")) for each in reversed(items) if each["role"] == "user"), ""
    )
    return Placed(put(payload, path, MESSAGES), written(path), system=system, said=said)


def _last_turn(payload: Json, path: Path, items: list[Json]) -> Placed:
    """Messages of another shape keep theirs: the last one of the user gets the prompt."""
    users = [
        each for each in items if any(str(each.get(role)).lower() in _USERS for role in _ROLES)
    ]
    last = users[-1]
    inner = max(
        texts(last), key=lambda found: _score(found[0], found[1]) + _said(found[0]), default=None
    )
    if inner is None:
        return Placed(payload)
    said = inner[1]
    turn = rewritten(
        last,
        lambda at, text: PROMPT if at == inner[0] or (text == said and len(said) > 3) else text,
    )
    kept = [each for each in items if each not in users and _is_first(each, items)]
    notes = (
        ("Earlier turns of the conversation are left out.",) if len(items) > len(kept) + 1 else ()
    )
    where = written((*path, len(kept), *inner[0]))
    return Placed(put(payload, path, [*kept, turn]), where, notes=notes, said=said)


def _said(path: Path) -> int:
    """The text of a message, rather than another field of it."""
    return 200 if name_of(path) in _TEXTS else 0


def _is_first(each: Json, items: list[Json]) -> bool:
    """A system message, which stands before all others."""
    return each is items[0] and any(str(each.get(role)).lower() == "system" for role in _ROLES)


def _in_field(payload: Json) -> Placed:
    scored = [(_score(path, text), -n, path, text) for n, (path, text) in enumerate(texts(payload))]
    good = sorted((each for each in scored if each[0] > 0), key=lambda each: each[:2], reverse=True)
    if not good:
        return Placed(payload)
    _, _, path, said = good[0]
    others = tuple(written(each[2]) for each in good[1:4])
    if (inner := _in_json_text(said)) is not None:
        return replace(inner, payload=put(payload, path, inner.payload), others=others)
    return Placed(put(payload, path, PROMPT), written(path), others, said=said)


def _in_json_text(text: str) -> Placed | None:
    """The place inside of a text that is JSON itself; its payload is the text with the place in it."""
    try:
        document = orjson.loads(text) if text.lstrip()[:1] in {"{", "["} else None
    except orjson.JSONDecodeError:
        return None
    found = placed(document) if isinstance(document, dict | list) else None
    if found is None or not found.where:
        return None
    return replace(found, payload=orjson.dumps(found.payload).decode())


def _score(path: Path, text: str) -> int:
    """How likely a text is the user's message: by its field's name, then by how it reads."""
    name = name_of(path)
    plain = _plain(name)
    points = _NAMES.get(plain, 0)
    if _GRAPHQL.match(text):
        return 0
    if not points and _NEVER.match(name):
        return 0
    if not points and any(part in plain for part in _PARTS):
        points = 45
    words = len(text.split())
    prose = min(words, 8) * 3 + (5 if text.rstrip().endswith(("?", ".", "!")) else 0)
    if not points and words >= 3:
        points = 5
    return points + (prose if words > 1 else 0) - 3 * len(path) if points else 0


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def session_in_path(path: str) -> tuple[str, str]:
    """The same for a path such as `/conversations/42/messages`; and the id that stood there."""
    found = _SESSION_STEP.search(path)
    if found is None or "{" in found[1]:
        return path, ""
    return path[: found.start(1)] + "{session_id}" + path[found.end(1) :], found[1]


def with_sessions(payload: Json) -> tuple[Json, list[str]]:
    """A sample's fixed conversation id becomes `{session_id}`: else all calls would share it."""
    found: list[str] = []

    def change(path: Path, text: str) -> str:
        if text and path and SESSIONS.fullmatch(str(path[-1])) and "{" not in text:
            found.append(written(path))
            return "{session_id}"
        return text

    return rewritten(payload, change), found
