"""`/vault`: which master keys wrap what, and moving everything to a new first one while serving."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter

from quintain.errors import QuintainError
from quintain.http.bodies import OrjsonResponse
from quintain.registry.master_keys import check_keyring, models_by_key, needs_reentry, rotate
from quintain.storage.engine import Store
from quintain.vault.envelope import Vault
from quintain.vault.keyring import Keyring

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Progress:
    done: int = 0
    total: int = 0
    running: bool = True
    error: str | None = None


class Rotation:
    """At most one at a time. keyring_file: None where the keyring comes from the environment."""

    def __init__(self, store: Store, vault: Vault, keyring_file: Path | None) -> None:
        self._store = store
        self._vault = vault
        self._keyring_file = keyring_file
        self._task: asyncio.Task[None] | None = None
        self._progress: Progress | None = None

    async def start(self) -> None:
        """Begin, unless one is under way.

        With a keyring file a new first key is made and written there before it is used; a keyring
        from the environment already says by its order which key writes.
        """
        if self._progress is not None and self._progress.running:
            return
        self._progress = Progress()
        self._task = asyncio.create_task(self._run(self._progress))

    async def _run(self, progress: Progress) -> None:
        try:
            if self._keyring_file is not None:
                self._vault.adopt(
                    await asyncio.to_thread(Keyring.with_new_primary, self._keyring_file)
                )
            await check_keyring(self._store, self._vault)
            async for done, total in rotate(self._store, self._vault):
                progress.done, progress.total = done, total
        except QuintainError as error:
            progress.error = error.message
            _log.warning("rotation stopped; start it again", reason=error.message)
        finally:
            progress.running = False

    async def status(self) -> dict[str, Any]:
        used = await models_by_key(self._store)
        ids = [*self._vault.keyring.ids, *sorted(set(used) - set(self._vault.keyring.ids))]
        primary = self._vault.keyring.primary.id
        return {
            "keys": [
                {"id": key, "primary": key == primary, "models": used.get(key, 0)} for key in ids
            ],
            "needs_reentry": len(await needs_reentry(self._store, self._vault)),
            "rotation": asdict(self._progress) if self._progress else None,
        }

    async def stop(self) -> None:
        """End it where it stands: each row is whole, and the next one goes on from there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def vault_router(rotation: Rotation) -> APIRouter:
    router = APIRouter(tags=["vault"], default_response_class=OrjsonResponse)

    @router.get("/vault")
    async def show_vault() -> OrjsonResponse:
        """The master keys by id, how many models each protects, and the rotation under way."""
        return OrjsonResponse(await rotation.status())

    @router.post("/vault/rotate")
    async def rotate_vault() -> OrjsonResponse:
        """Wrap every model's data key anew, with a new first master key; calls go on meanwhile."""
        await rotation.start()
        return OrjsonResponse(await rotation.status())

    return router
