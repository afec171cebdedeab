"""Which key calls: looked up once, kept until a key changes, compared in constant time."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime

from quintain.errors import Unauthorized, Unavailable
from quintain.registry.keys import KeyRecord, Keys, prefix_of
from quintain.registry.model import Actor

MOST_KEPT = 10_000


class Doorman:
    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._known: OrderedDict[str, tuple[KeyRecord, Actor]] = OrderedDict()
        self._used: dict[int, datetime] = {}
        self._epoch = 0

    def recognise(self, text: str) -> Actor | None:
        """The caller, when its key was seen before; None when it must be looked up.

        Raises Unauthorized.
        """
        known = self._known.get(prefix_of(text))
        return None if known is None else self._admit(*known, text)

    async def identify(self, text: str) -> Actor:
        """Raises Unauthorized, in one sentence for every reason."""
        prefix, epoch = prefix_of(text), self._epoch
        record = await self._keys.by_prefix(prefix)
        if record is None:
            raise Unauthorized
        actor = self._admit(record, record.actor(), text)
        if epoch == self._epoch:  # else keys changed meanwhile: this one may be revoked by now
            self._known[prefix] = record, actor
            if len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)
        return actor

    def _admit(self, record: KeyRecord, actor: Actor, text: str) -> Actor:
        now = datetime.now(UTC)
        if not record.matches(text) or not record.works(now):
            raise Unauthorized
        self._used[record.id] = now
        return actor

    def forget(self) -> None:
        self._known.clear()
        self._epoch += 1

    async def flush(self) -> None:
        """Write when keys were last used."""
        used, self._used = self._used, {}
        try:
            await self._keys.touch(list(used.items()))
        except Unavailable:
            self._used = used | self._used
            raise
