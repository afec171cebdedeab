"""`/keys`: who may call."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from quintain.http.bodies import Body, Caller, OrjsonResponse, takes
from quintain.http.doorman import Doorman
from quintain.registry.fields import Name, Strict
from quintain.registry.keys import KeyRecord, Keys, NewKey
from quintain.registry.parse import validated

LONGEST_LIFE_S = 10 * 366 * 86_400
LONGEST_ID = 18  # digits: what surely fits the store's 64 bits


class KeyBody(Strict):
    """models: saved names, or name:version; only for the role caller. expires_in_s: seconds from now."""

    role: Literal["admin", "editor", "caller", "viewer"]
    name: Name | None = None
    project: Name | None = None
    models: (
        Annotated[list[Annotated[str, Field(min_length=1, max_length=193)]], Field(max_length=1000)]
        | None
    ) = None
    expires_in_s: Annotated[int, Field(ge=1, le=LONGEST_LIFE_S)] | None = None


class KeyRoutes:
    def __init__(self, keys: Keys, doorman: Doorman) -> None:
        self._keys = keys
        self._doorman = doorman

    def router(self) -> APIRouter:
        router = APIRouter(tags=["keys"], default_response_class=OrjsonResponse)

        @router.get("/keys")
        async def list_keys() -> OrjsonResponse:
            """All keys of all projects, without their secret part."""
            return OrjsonResponse(
                {"keys": [key_view(record) for record in await self._keys.list()]}
            )

        @router.post("/keys", openapi_extra=takes(KeyBody.model_json_schema()))
        async def create_key(caller: Caller, body: Body) -> OrjsonResponse:
            """Make a key; it is shown in this answer and never again. Naming a project makes it."""
            wanted = validated(KeyBody, {k: v for k, v in body.items() if v is not None})
            expires = time.time() + wanted.expires_in_s if wanted.expires_in_s else None
            record, key = await self._keys.create(
                caller,
                NewKey(
                    name=wanted.name or wanted.role,
                    role=wanted.role,
                    project=wanted.project or caller.project,
                    models=tuple(wanted.models) if wanted.models is not None else None,
                    expires_at=datetime.fromtimestamp(expires, UTC) if expires else None,
                ),
            )
            data = key_view(record) | {"key": key.reveal()}
            return OrjsonResponse({"message": "Key created; it is shown only here", "data": data})

        @router.delete("/keys/{prefix_or_id}")
        async def revoke_key(prefix_or_id: str) -> OrjsonResponse:
            """End a key at once."""
            is_id = prefix_or_id.isdecimal() and len(prefix_or_id) <= LONGEST_ID
            record = await self._keys.revoke(int(prefix_or_id) if is_id else prefix_or_id)
            self._doorman.forget()
            return OrjsonResponse({"message": "Key revoked", "data": key_view(record)})

        return router


def key_view(record: KeyRecord) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return at.isoformat(timespec="seconds") if at else None

    return {
        "id": record.id,
        "prefix": record.prefix,
        "name": record.name,
        "role": record.role,
        "project_name": record.project,
        "models": list(record.models) if record.models is not None else None,
        "created_at": moment(record.created_at),
        "expires_at": moment(record.expires_at),
        "last_used_at": moment(record.last_used_at),
        "revoked_at": moment(record.revoked_at),
    }
