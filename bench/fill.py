"""Fill a data directory with models through quintain's own registry.

Every row is what add-model would have written, sealed secrets and history included; only the HTTP
calls are left out, and the writes of one batch share a commit.
"""

import argparse
import asyncio
from pathlib import Path

from gateways import model_at, model_name
from quintain.registry.keys import Keys
from quintain.registry.master_keys import check_keyring
from quintain.registry.model import Actor
from quintain.registry.models import Models
from quintain.registry.parse import parse_add
from quintain.storage.engine import Store
from quintain.vault.envelope import Vault
from quintain.vault.keyring import Keyring
from stub import CALLER_KEY

BATCH = 64


async def fill(folder: Path, first: int, last: int, target: int) -> None:
    """Add the models numbered `first` to `last`, all of them with the stub as their target."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(f"sqlite:///{folder / 'quintain.db'}")
    await store.start()
    try:
        vault = Vault(Keyring.load_or_create(folder / "keyring"))
        await check_keyring(store, vault)
        models, actor = Models(store, vault), await _admin(store)
        for start in range(first, last + 1, BATCH):
            numbers = range(start, min(start + BATCH, last + 1))
            bodies = [parse_add(model_at(target, model_name(number))) for number in numbers]
            await asyncio.gather(*(models.add(actor, body) for body in bodies))
    finally:
        await store.close()


async def _admin(store: Store) -> Actor:
    keys = Keys(store)
    await keys.ensure_admin(CALLER_KEY)
    (record,) = [record for record in await keys.list() if record.role == "admin"]
    return record.actor()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--last", type=int, required=True)
    parser.add_argument("--target", type=int, required=True, help="the stub's port")
    given = parser.parse_args()
    asyncio.run(fill(given.folder, given.first, given.last, given.target))
