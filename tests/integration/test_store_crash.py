"""What was answered survives a kill -9, at any moment."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from quintain.registry.master_keys import check_keyring
from quintain.registry.models import Models
from quintain.storage.engine import Store
from quintain.vault.envelope import Vault
from quintain.vault.keyring import Keyring

PROGRAM = """
import asyncio, sys
from pathlib import Path
from quintain.registry.keys import Keys
from quintain.registry.master_keys import check_keyring
from quintain.registry.models import Models
from quintain.registry.parse import parse_add
from quintain.storage.engine import Store
from quintain.vault.envelope import Vault
from quintain.vault.keyring import Keyring

async def main(url, keyring, callers):
    store = Store(url)
    await store.start()
    vault = Vault(Keyring.load_or_create(Path(keyring)))
    await check_keyring(store, vault)
    text = await Keys(store).ensure_admin(None)
    admin = (await Keys(store).by_prefix(text[:11])).actor()
    models = Models(store, vault)

    async def add_for_ever(caller):
        number = 0
        while True:
            name = f"model {caller} {number}"
            await models.add(admin, parse_add({
                "model_saved_name": name, "model_version": "v1", "model_name": "n",
                "model_config": {"model_provider": "openai", "apikeys": [f"the key of {name}"]},
            }))
            print(name, flush=True)
            number += 1

    await asyncio.gather(*(add_for_ever(caller) for caller in range(callers)))

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def killed_amid_adds(url, keyring, callers, after):
    """Names whose add had returned when the process was killed."""
    command = [sys.executable, "-c", PROGRAM, url, str(keyring), str(callers)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        names = [process.stdout.readline().strip() for _ in range(after)]
        os.kill(process.pid, signal.SIGKILL)
        rest = process.stdout.read().split("\n")
    # The last line may be half a line: its name was answered nowhere.
    return names + rest[:-1]


@pytest.mark.parametrize(("callers", "after"), [(1, 1), (1, 7), (8, 40)])
async def test_every_add_that_had_returned_is_in_the_store(store_url, keyring_file, callers, after):
    returned = await asyncio.to_thread(killed_amid_adds, store_url, keyring_file, callers, after)
    store = Store(store_url)
    await store.start()
    vault = Vault(Keyring.load_or_create(keyring_file))
    await check_keyring(store, vault)
    found, total = await Models(store, vault).list(1)
    await store.close()
    kept = {model.saved_name: model.config.apikeys[0].reveal() for model in found}
    assert len(returned) >= after
    assert {name: kept.get(name) for name in returned} == {
        name: f"the key of {name}" for name in returned
    }
    # At most one add a caller was under way, whole or not at all.
    assert total - len(returned) <= callers
