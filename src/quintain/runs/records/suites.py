"""Users' own suites in the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from quintain.registry.clock import as_time, now_us
from quintain.runs.records import named
from quintain.runs.records.texts import in_column, written
from quintain.storage.tables import suites

if TYPE_CHECKING:
    from quintain.registry.model import Actor
    from quintain.runs.suite import Suite
    from quintain.storage.engine import Store


@dataclass(frozen=True, slots=True)
class SuiteRecord:
    """document: the suite as it was given; empty in lists. created_by: the prefix of the key."""

    name: str
    title: str
    engines: tuple[str, ...]
    digest: str
    created_by: str
    created_at: datetime
    document: dict[str, Any]


# Named here, since inside the class `list` is a method.
SuiteRecords = list[SuiteRecord]


class Suites:
    """Every method raises Unavailable if the store is away, and NotFound (`suite_not_found`)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, actor: Actor, suite: Suite) -> SuiteRecord:
        """Keep it under its name, in place of what was there."""
        engines = dict.fromkeys(step.engine for step in suite.steps)
        values = {
            "project_id": actor.project_id,
            "name": suite.name,
            "title": in_column(suite.title, 200),
            "engines": written(list(engines)),
            "digest": suite.digest,
            "created_by": actor.key_prefix,
            "created_at": now_us(),
            "document": written(suite.document),
        }
        row = await self._store.write(lambda c: named.put(c, suites, values))
        return _record(row, suite.document)

    async def get(self, project_id: int, name: str) -> SuiteRecord:
        row = await self._store.read(lambda c: named.find(c, suites, project_id, name, suites))
        return _record(row, orjson.loads(row.document))

    async def list(self, project_id: int) -> SuiteRecords:
        rows = await self._store.read(lambda c: named.listed(c, suites, project_id))
        return [_record(row, {}) for row in rows]

    async def delete(self, project_id: int, name: str) -> SuiteRecord:
        """What was there, without its document."""
        return _record(
            await self._store.write(lambda c: named.remove(c, suites, project_id, name)), {}
        )


def _record(row: Any, document: dict[str, Any]) -> SuiteRecord:
    return SuiteRecord(
        name=row.name,
        title=row.title,
        engines=tuple(orjson.loads(row.engines)),
        digest=row.digest,
        created_by=row.created_by,
        created_at=as_time(row.created_at),
        document=document,
    )
