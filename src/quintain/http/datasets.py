"""`/datasets`: the project's own prompts."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
import orjson
from fastapi import APIRouter, Request

from quintain.http.bodies import Caller, OrjsonResponse, strict_router
from quintain.http.rules import DATA_SET_KINDS
from quintain.http.run_views import moment
from quintain.http.wire import header
from quintain.runs.records import DataSet, DataSets

_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string"}} for kind in DATA_SET_KINDS},
    }
}


def dataset_router(datasets: DataSets) -> APIRouter:
    router = strict_router("datasets")

    @router.get("/datasets")
    async def list_datasets(caller: Caller) -> OrjsonResponse:
        """Data sets by name, without their rows."""
        found = await datasets.list(caller.project_id)
        return OrjsonResponse({"datasets": [_view(each) for each in found]})

    @router.get("/datasets/{name}")
    async def get_dataset(caller: Caller, name: str) -> OrjsonResponse:
        """One data set, with its rows as they were read."""
        found = await datasets.get(caller.project_id, name)
        text = await datasets.rows(caller.project_id, name)
        rows = await anyio.to_thread.run_sync(_rows, text)
        return OrjsonResponse(_view(found) | {"rows": rows})

    @router.put("/datasets/{name}", openapi_extra=_BODY)
    async def put_dataset(caller: Caller, name: str, request: Request) -> OrjsonResponse:
        """Keep a file of prompts, in place of the one of its name; Content-Type says what it is."""
        kind = header(request.scope, b"content-type").partition(";")[0].strip().lower()
        made = await datasets.put(
            caller, name, request.state.body, DATA_SET_KINDS.get(kind, "jsonl")
        )
        return OrjsonResponse({"dataset": _view(made)})

    @router.delete("/datasets/{name}")
    async def delete_dataset(caller: Caller, name: str) -> OrjsonResponse:
        """Remove a data set; a run that has come to it keeps its rows, one that has not will fail."""
        return OrjsonResponse({"dataset": _view(await datasets.delete(caller.project_id, name))})

    return router


def _rows(text: str) -> list[Any]:
    # By the end of line of JSON Lines alone: a text may hold others, such as U+2028.
    return [orjson.loads(line) for line in text.split("\n") if line]


def _view(dataset: DataSet) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "number_of_rows": dataset.number_of_rows,
        "digest": dataset.digest,
        "created_by": dataset.created_by,
        "created_at": moment(dataset.created_at),
    }
