"""Users' own prompts in the store: read once, when they are put, and kept as JSON Lines."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from quintain.errors import Detail, Invalid
from quintain.registry.clock import as_time, now_us
from quintain.runners.core.data import Bad, normal
from quintain.runs.records import named
from quintain.runs.records.texts import written
from quintain.storage.tables import datasets

if TYPE_CHECKING:
    from quintain.registry.model import Actor
    from quintain.storage.engine import Store


@dataclass(frozen=True, slots=True)
class DataSet:
    """created_by: the prefix of the key. digest: equal for equal rows."""

    name: str
    digest: str
    number_of_rows: int
    created_by: str
    created_at: datetime


# Named here, since inside the class `list` is a method.
DataSetRecords = list[DataSet]


class DataSets:
    """Every method raises Unavailable if the store is away, and NotFound (`dataset_not_found`)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put(self, actor: Actor, name: str, content: bytes, format: str) -> DataSet:  # noqa: A002
        """Keep it under this name, in place of what was there.

        format: jsonl, csv or yaml. Raises Invalid for the name, and for content that cannot be read;
        the message names the line.
        """
        named.check_name(name)
        lines = await asyncio.to_thread(_lines, content, format)
        text = "".join(f"{line}\n" for line in lines)
        values = {
            "project_id": actor.project_id,
            "name": name,
            "digest": hashlib.sha256(text.encode()).hexdigest(),
            "number_of_rows": len(lines),
            "created_by": actor.key_prefix,
            "created_at": now_us(),
            "content": text,
        }
        return _record(await self._store.write(lambda c: named.put(c, datasets, values)))

    async def get(self, project_id: int, name: str) -> DataSet:
        return _record(await self._store.read(lambda c: named.find(c, datasets, project_id, name)))

    async def list(self, project_id: int) -> DataSetRecords:
        rows = await self._store.read(lambda c: named.listed(c, datasets, project_id))
        return [_record(row) for row in rows]

    async def delete(self, project_id: int, name: str) -> DataSet:
        """What was there."""
        return _record(
            await self._store.write(lambda c: named.remove(c, datasets, project_id, name))
        )

    async def rows(self, project_id: int, name: str) -> str:
        """JSON Lines, a normalised row each."""
        column = datasets.c.content
        row = await self._store.read(lambda c: named.find(c, datasets, project_id, name, column))
        return str(row.content)


def _lines(content: bytes, format: str) -> list[str]:  # noqa: A002
    try:
        return [written(row) for row in normal(content, format)]
    except Bad as error:
        raise Invalid(tuple(Detail("content", str(each)) for each in error.problems)) from None


def _record(row: Any) -> DataSet:
    created_at = as_time(row.created_at)
    return DataSet(row.name, row.digest, row.number_of_rows, row.created_by, created_at)
