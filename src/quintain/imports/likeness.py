"""How much a request looks like a chat: by its words, by a place for the prompt, by its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

_GOOD = {
    "chat": 30, "chats": 20, "chatbot": 25, "completions": 25, "completion": 25, "message": 22, "messages": 24, "ask": 26,
    "query": 18, "question": 20, "prompt": 24, "generate": 20, "converse": 26, "conversation": 22, "conversations": 16,
    "answer": 22, "reply": 24, "respond": 20, "talk": 22, "bot": 16, "assistant": 16, "agent": 12, "agents": 8, "invoke": 16,
    "predict": 14, "inference": 16, "llm": 14, "say": 18, "send": 8, "copilot": 14, "turn": 14, "run": 4, "stream": 4, "infer": 16,
}  # fmt: skip
_BAD = {
    "embedding": 30, "embeddings": 30, "file": 18, "files": 18, "upload": 25, "login": 30, "logout": 30, "auth": 22, "oauth": 25,
    "token": 20, "tokens": 20, "tokenize": 25, "health": 40, "status": 25, "ping": 35, "history": 22, "feedback": 35, "rating": 30,
    "rate": 20, "delete": 30, "list": 14, "image": 18, "images": 18, "audio": 18, "transcriptions": 30, "speech": 18, "moderations": 30,
    "config": 25, "settings": 25, "metrics": 40, "analytics": 45, "telemetry": 45, "track": 40, "collect": 35, "log": 25, "event": 20,
    "events": 25, "webhook": 15, "webhooks": 20, "user": 12, "users": 18, "account": 20, "search": 4, "models": 14, "title": 30, "suggestions": 30,
    "session": 8, "sessions": 8, "documents": 14, "ingest": 25, "index": 14, "rerank": 25,
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
ENOUGH = 25


@dataclass(frozen=True, slots=True)
class Likeness:
    points: int
    reasons: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        return ", ".join(self.reasons) or "nothing speaks for it"


def likeness(
    method: str, path: str, label: str = "", place: str = "", answer: str = ""
) -> Likeness:
    """place, answer: where prompt and answer stand, "" where no such place is."""
    points, reasons = 0, []
    for words, weight, what in ((_words(path), 1.0, "path"), (_words(label), 0.5, "name")):
        good, bad = (_best(words, table) for table in (_GOOD, _BAD))
        points += int((good[0] - bad[0]) * weight)
        reasons += [f'"{good[1]}" in its {what}'] if good[1] else []
    if place:
        points += 35
        reasons.append(f"a place for the prompt ({place})")
    if answer:
        points += 15
        reasons.append(f"a text in its answer ({answer})")
    points += 8 if method == "POST" else -30 if method not in {"GET", "PUT"} else -6
    return Likeness(points, tuple(reasons))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text[:500])]


def _best(words: list[str], table: dict[str, int]) -> tuple[int, str]:
    return max(((table[word], word) for word in words if word in table), default=(0, ""))


UNJUDGED = Likeness(0)
