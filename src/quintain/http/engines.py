"""`/engines`: which there are, and what each can do. They are installed on the server's machine."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from fastapi import APIRouter

from quintain.http.bodies import Caller, OrjsonResponse, strict_router
from quintain.runs.engines.installed import Installed, State


def engine_router(installed: Installed) -> APIRouter:
    router = strict_router("engines")

    @router.get("/engines")
    async def list_engines(_: Caller) -> OrjsonResponse:
        """Every engine, installed or not."""
        states = await anyio.to_thread.run_sync(installed.list)
        return OrjsonResponse({"engines": [_view(state) for state in states]})

    @router.get("/engines/{name}")
    async def get_engine(_: Caller, name: str) -> OrjsonResponse:
        """One engine, with its catalogue where it is installed."""
        state = await anyio.to_thread.run_sync(installed.state, name)
        catalogue = await anyio.to_thread.run_sync(installed.catalogue, name)
        return OrjsonResponse(_view(state) | {"catalogue": catalogue})

    return router


def _view(state: State) -> dict[str, Any]:
    engine, note = state.engine, state.note
    return {
        "name": engine.name,
        "title": engine.title,
        "about": engine.about,
        "licence": engine.licence,
        "version": engine.version,
        "state": state.state,
        "installed_version": engine.version if engine.built_in else note and note.version,
        "lite": bool(note and note.lite),
        "megabytes": note.megabytes if note else engine.megabytes,
    }
