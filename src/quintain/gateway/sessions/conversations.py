"""The conversations that are under way with targets that keep them on their side.

Kept in memory, bounded in number, and forgotten when nobody came back to one for long.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

MOST_KEPT = 10_000
IDLE_S = 3600.0


@dataclass(eq=False, slots=True)
class Conversation:
    """of: the model. name: what the caller may call it by. target_id: the target's own id for it.

    said: the digest of what was said in it. fresh: no turn of it has come to its end.
    """

    of: Hashable
    name: str
    target_id: str | None
    said: bytes = b""
    fresh: bool = True
    used: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Conversations:
    def __init__(self, most: int = MOST_KEPT, idle_s: float = IDLE_S) -> None:
        self._most, self._idle_s = most, idle_s
        self._kept: OrderedDict[tuple[Hashable, str], Conversation] = OrderedDict()
        self._by_words: dict[tuple[Hashable, bytes], list[Conversation]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, conversation: Conversation) -> bool:
        return self._kept.get((conversation.of, conversation.name)) is conversation

    def named(self, of: Hashable, name: str) -> Conversation | None:
        self._forget_old()
        return self._kept.get((of, name))

    def by_words(self, of: Hashable, said: bytes) -> Conversation | None:
        """The one in which just this was said, and which is not being continued right now."""
        self._forget_old()
        found = self._by_words.get((of, said), ())
        return next((each for each in found if not each.turn.locked()), None)

    def begin(self, of: Hashable, name: str = "", target_id: str | None = None) -> Conversation:
        made = Conversation(of, name or uuid.uuid4().hex, target_id)
        self._kept[of, made.name] = made
        self._touch(made)
        while len(self._kept) > self._most:
            self.forget(next(iter(self._kept.values())))
        return made

    def continued(self, conversation: Conversation, said: bytes) -> None:
        """Note what was said by now. said: b"" where it is not known."""
        if conversation not in self:
            return
        self._unlist(conversation)
        conversation.said, conversation.fresh = said, False
        if said:
            self._by_words.setdefault((conversation.of, said), []).append(conversation)
        self._touch(conversation)

    def forget(self, conversation: Conversation) -> None:
        if conversation in self:
            del self._kept[conversation.of, conversation.name]
            self._unlist(conversation)

    def _touch(self, conversation: Conversation) -> None:
        conversation.used = time.monotonic()
        self._kept.move_to_end((conversation.of, conversation.name))

    def _unlist(self, conversation: Conversation) -> None:
        key = (conversation.of, conversation.said)
        listed = self._by_words.get(key, [])
        if conversation in listed:
            listed.remove(conversation)
        if not listed:
            self._by_words.pop(key, None)

    def _forget_old(self) -> None:
        oldest = time.monotonic() - self._idle_s
        while self._kept:
            first = next(iter(self._kept.values()))
            if first.used > oldest or first.turn.locked():
                return
            self.forget(first)
