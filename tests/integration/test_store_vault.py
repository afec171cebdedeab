"""Secrets at rest: sealed, bound to their place, and what happens when a key or a row is lost."""

import asyncio
import base64
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from quintain.errors import Invalid
from quintain.registry.keys import NewKey
from quintain.registry.master_keys import check_keyring, models_by_key, needs_reentry, rotate
from quintain.registry.models import Models
from quintain.storage.engine import Store
from quintain.vault.checks import WrongKeyring
from quintain.vault.envelope import Vault
from quintain.vault.keyring import Keyring

EVERY_SECRET = {
    "model_provider": "custom",
    "endpoint": {"scheme": "https", "host": "api.example.com"},
    "apikeys": ["secret-key-number-one", "secret-key-number-two"],
    "auth_data": {"header_name": "Authorization", "tenant": "secret-tenant-of-auth"},
    "custom_headers": [{"key": "X-Token", "value": "secret-header-value"}],
    "model_jwt_config": {
        "jwt_url": "https://login.example.com/token",
        "jwt_headers": [{"key": "X-Login", "value": "secret-login-header"}],
        "jwt_body": '{"password": "secret-jwt-body"}',
        "client_secret": "secret-of-the-client",
    },
    "custom_curl_command": "curl https://api.example.com/ -H 'x: secret-in-curl'",
}
TEXTS = [
    "secret-key-number-one",
    "secret-key-number-two",
    "secret-tenant-of-auth",
    "secret-header-value",
    "secret-login-header",
    "secret-jwt-body",
    "secret-of-the-client",
    "secret-in-curl",
]
SECRET_COUNT = len(TEXTS)


def new_keyring(*numbers):
    return Keyring.parse(" ".join(base64.b64encode(bytes([n]) * 32).decode() for n in numbers))


def execute(statement, **values):
    return lambda connection: connection.execute(text(statement), values).close()


def unreadable(model):
    from quintain.registry.secrets import split

    return [path for path, secret in split(model.config)[1].items() if not secret.readable]


# What lies on the disk


async def bytes_at_rest(store, store_url):
    """Every byte that the store keeps: SQLite's files, or a dump of the PostgreSQL database."""
    url = make_url(store_url)
    if url.get_backend_name() == "sqlite":
        await store.read(execute("SELECT 1"))
        files = list(Path(url.database).parent.glob("quintain.db*"))
        assert "quintain.db-wal" in [file.name for file in files]
        return b"".join(file.read_bytes() for file in files)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return subprocess.run(["pg_dump", plain], capture_output=True, check=True).stdout


async def test_no_secret_and_no_key_is_found_in_what_the_store_keeps(
    store, store_url, models, keys, admin, registration, vault
):
    await models.add(admin, registration("m", **EVERY_SECRET))
    _, key = await keys.create(admin, NewKey("ci", "editor"))
    await models.modify(
        admin, "m", "v1", {"model_config": {"apikeys": ["secret-key-number-three"]}}
    )
    await models.add(admin, registration("gone", **EVERY_SECRET))
    await models.delete(admin, "gone", "v1")
    kept = await bytes_at_rest(store, store_url)
    assert b"api.example.com" in kept
    for secret in [*TEXTS, "secret-key-number-three", key.reveal()[12:]]:
        for form in (
            secret.encode(),
            base64.b64encode(secret.encode())[:-4],
            secret.encode().hex().encode(),
        ):
            assert form not in kept
    master = vault.keyring.primary.key
    assert master not in kept
    assert master.hex().encode() not in kept


async def test_the_store_keeps_no_mask_either(store, store_url, models, admin, registration):
    await models.add(admin, registration("m", **EVERY_SECRET))
    kept = await bytes_at_rest(store, store_url)
    assert b"sec...-one" not in kept


async def test_a_secret_that_was_taken_away_leaves_no_row(store, models, admin, registration):
    await models.add(admin, registration("m", **EVERY_SECRET))
    await models.modify(admin, "m", "v1", {"model_config": {"apikeys": ["sec...-two"]}})
    paths = "SELECT path FROM secrets WHERE path LIKE 'model_config.apikeys.%'"
    left = await store.read(lambda c: list(c.execute(text(paths)).scalars()))
    assert left == ["model_config.apikeys.0"]
    await models.delete(admin, "m", "v1")
    for table in ("secrets", "data_keys"):
        count = text(f"SELECT count(*) FROM {table}")
        assert await store.read(lambda c, count=count: c.execute(count).scalar_one()) == 0


# Rows that were changed or lost


async def test_a_corrupted_secret_hurts_nothing_else(store, models, admin, registration):
    await models.add(admin, registration("m", **EVERY_SECRET))
    await store.write(
        execute(
            "UPDATE secrets SET sealed = :junk WHERE path = 'model_config.apikeys.0'",
            junk=bytes(40),
        )
    )
    model = await models.get(admin.project_id, "m", "v1")
    assert unreadable(model) == ["model_config.apikeys.0"]
    assert model.config.apikeys[0].mask() == "needs re-entry"
    assert model.config.apikeys[1].reveal() == "secret-key-number-two"


async def test_a_lost_row_reads_as_an_unreadable_secret(store, models, admin, registration):
    await models.add(admin, registration("m", **EVERY_SECRET))
    await store.write(execute("DELETE FROM secrets WHERE path = 'model_config.apikeys.0'"))
    assert unreadable(await models.get(admin.project_id, "m", "v1")) == ["model_config.apikeys.0"]


async def test_bytes_copied_to_another_row_do_not_open_there(store, models, admin, registration):
    for name in ("a", "b"):
        await models.add(admin, registration(name, **EVERY_SECRET))
    swap = "UPDATE secrets SET sealed = (SELECT sealed FROM secrets s WHERE s.model_id = 1 AND s.path = :source) WHERE model_id = 2 AND path = :target"
    await store.write(
        execute(swap, source="model_config.apikeys.0", target="model_config.apikeys.0")
    )
    assert unreadable(await models.get(admin.project_id, "b", "v1")) == ["model_config.apikeys.0"]
    within = swap.replace("= 1", "= 2")
    await store.write(
        execute(
            within, source="model_config.apikeys.1", target="model_config.custom_headers.0.value"
        )
    )
    assert len(unreadable(await models.get(admin.project_id, "b", "v1"))) == 2


async def test_a_data_key_copied_to_another_model_does_not_open_there(
    store, models, admin, registration
):
    for name in ("a", "b"):
        await models.add(admin, registration(name, **EVERY_SECRET))
    await store.write(
        execute(
            "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys d WHERE d.model_id = 1)"
        )
    )
    assert unreadable(await models.get(admin.project_id, "a", "v1")) == []
    assert len(unreadable(await models.get(admin.project_id, "b", "v1"))) == SECRET_COUNT


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("api.example.com", "evil.example.com", SECRET_COUNT),
        ("login.example.com", "evil.example.com", 3),
        ('"https","host"', '"http","host"', SECRET_COUNT),
    ],
)
async def test_a_host_changed_behind_our_back_gets_no_secret(
    store, models, admin, registration, before, after, lost
):
    await models.add(admin, registration("m", **EVERY_SECRET))
    await store.write(
        execute(
            "UPDATE models SET config = replace(config, :before, :after)",
            before=before,
            after=after,
        )
    )
    assert len(unreadable(await models.get(admin.project_id, "m", "v1"))) == lost


async def test_a_modification_that_touches_no_secret_works_with_an_unreadable_one(
    store, models, admin, registration
):
    await models.add(admin, registration("m", **EVERY_SECRET))
    await store.write(
        execute(
            "UPDATE secrets SET sealed = :junk WHERE path = 'model_config.apikeys.0'", junk=b"junk"
        )
    )
    await models.modify(admin, "m", "v1", {"model_config": {"rate_per_min": 3}})
    await models.modify(
        admin, "m", "v1", {"model_config": {"custom_headers": [{"key": "N", "value": "new value"}]}}
    )
    model = await models.get(admin.project_id, "m", "v1")
    assert unreadable(model) == ["model_config.apikeys.0"]
    assert model.config.custom_headers[0].value.reveal() == "new value"


async def test_a_modification_that_touches_no_secret_works_with_a_lost_row(
    store, models, admin, registration
):
    await models.add(admin, registration("m", **EVERY_SECRET))
    await store.write(execute("DELETE FROM secrets WHERE path = 'model_config.apikeys.0'"))
    after = await models.modify(admin, "m", "v1", {"model_config": {"rate_per_min": 3}})
    assert unreadable(after) == ["model_config.apikeys.0"]


async def test_an_unreadable_secret_is_mended_by_giving_it_again(
    store, models, admin, registration
):
    await models.add(admin, registration("m", **EVERY_SECRET))
    await store.write(
        execute(
            "UPDATE secrets SET sealed = :junk WHERE path = 'model_config.apikeys.0'", junk=b"junk"
        )
    )
    change = {"model_config": {"apikeys": ["secret-key-number-one", "sec...-two"]}}
    await models.modify(admin, "m", "v1", change)
    model = await models.get(admin.project_id, "m", "v1")
    assert unreadable(model) == []
    assert [key.reveal() for key in model.config.apikeys] == TEXTS[:2]


async def test_an_unreadable_secret_cannot_move(store, models, admin, registration):
    await models.add(admin, registration("m", **EVERY_SECRET))
    await store.write(
        execute(
            "UPDATE secrets SET sealed = :junk WHERE path = 'model_config.apikeys.1'", junk=b"junk"
        )
    )
    with pytest.raises(Invalid, match="give it again") as refused:
        await models.modify(admin, "m", "v1", {"model_config": {"apikeys": ["needs re-entry"]}})
    assert [detail.field for detail in refused.value.details] == ["model_config.apikeys.0"]


# Keyrings


@pytest.fixture
def using(store):
    """The models of the same store, opened with another keyring."""

    async def use(*numbers):
        vault = Vault(new_keyring(*numbers))
        return Models(store, vault), vault, await check_keyring(store, vault)

    return use


async def test_a_wrong_keyring_is_refused_at_start_and_changes_nothing(store, using):
    await using(1)
    with pytest.raises(WrongKeyring, match="none of the master keys"):
        await using(2)
    known = await store.read(
        lambda c: list(c.execute(text("SELECT key_id FROM master_keys")).scalars())
    )
    assert known == list(new_keyring(1).ids)


async def test_a_check_value_that_was_changed_is_refused_at_start(store, using):
    await using(1)
    await store.write(execute("UPDATE master_keys SET check_value = :junk", junk=bytes(48)))
    with pytest.raises(WrongKeyring, match="does not open"):
        await using(1)


async def test_of_two_servers_with_different_keyrings_on_a_new_store_one_is_refused(using):
    outcomes = await asyncio.gather(using(1), using(2), return_exceptions=True)
    assert sorted(isinstance(outcome, WrongKeyring) for outcome in outcomes) == [False, True]


async def test_a_further_key_is_noted_and_writes_when_it_comes_first(
    store, using, admin, registration
):
    models, _, _ = await using(1)
    await models.add(admin, registration("a"))
    models, vault, lost = await using(2, 1)
    await models.add(admin, registration("b"))
    assert lost == 0
    assert await models_by_key(store) == dict.fromkeys(vault.keyring.ids, 1)
    assert [unreadable(model) for model in (await models.list(admin.project_id))[0]] == [[], []]


@pytest.fixture
async def lost_key(store, using, admin, registration):
    """Model `lost` is sealed under a master key that is gone, model `fine` under the one that is left."""
    models, _, _ = await using(1)
    await models.add(admin, registration("lost", **EVERY_SECRET))
    models, _, _ = await using(2, 1)
    await models.add(admin, registration("fine", **EVERY_SECRET))
    return await using(2)


async def test_a_lost_master_key_is_told_at_start_and_hurts_only_its_models(store, lost_key, admin):
    models, vault, lost = lost_key
    assert lost == 1
    broken = await models.get(admin.project_id, "lost", "v1")
    assert len(unreadable(broken)) == SECRET_COUNT
    assert unreadable(await models.get(admin.project_id, "fine", "v1")) == []
    assert await needs_reentry(store, vault) == [broken.id]


async def test_a_model_of_a_lost_key_is_modified_as_long_as_no_secret_is(lost_key, admin):
    models, _, _ = lost_key
    after = await models.modify(admin, "lost", "v1", {"model_config": {"rate_per_min": 3}})
    assert after.config.rate_per_min == 3
    assert len(unreadable(after)) == SECRET_COUNT
    back = await models.modify(
        admin, "lost", "v1", {"model_config": {"apikeys": ["needs re-entry", "needs re-entry"]}}
    )
    assert len(unreadable(back)) == SECRET_COUNT


async def test_a_model_of_a_lost_key_wants_all_its_secrets_again(lost_key, admin):
    models, _, _ = lost_key
    with pytest.raises(Invalid) as refused:
        await models.modify(
            admin, "lost", "v1", {"model_config": {"apikeys": EVERY_SECRET["apikeys"]}}
        )
    assert len(refused.value.details) == SECRET_COUNT - 2


async def test_a_model_of_a_lost_key_is_mended_by_giving_all_secrets_again(store, lost_key, admin):
    models, vault, _ = lost_key
    await models.modify(admin, "lost", "v1", {"model_config": EVERY_SECRET})
    assert unreadable(await models.get(admin.project_id, "lost", "v1")) == []
    assert await needs_reentry(store, vault) == []


async def test_a_model_of_a_lost_key_can_be_deleted_and_listed(lost_key, admin):
    models, _, _ = lost_key
    assert (await models.list(admin.project_id))[1] == 2
    assert (await models.delete(admin, "lost", "v1")).saved_name == "lost"


# Rotation


async def rotated(store, vault):
    return [progress async for progress in rotate(store, vault)]


async def test_rotation_moves_every_model_to_the_first_key_and_forgets_the_others(
    store, using, admin, registration, monkeypatch
):
    monkeypatch.setattr("quintain.registry.master_keys._BATCH", 2)
    models, _, _ = await using(1)
    for n in range(5):
        await models.add(admin, registration(f"m{n}", **EVERY_SECRET))
    _, vault, _ = await using(2, 1)
    assert await rotated(store, vault) == [(2, 5), (4, 5), (5, 5)]
    known = text("SELECT key_id FROM master_keys")
    assert await store.read(lambda c: list(c.execute(known).scalars())) == list(new_keyring(2).ids)
    models, vault, lost = await using(2)
    assert lost == 0
    assert [unreadable(model) for model in (await models.list(admin.project_id))[0]] == [[]] * 5
    assert await rotated(store, vault) == []


async def test_a_key_that_is_still_used_is_not_forgotten(store, lost_key):
    _, vault, _ = lost_key
    await rotated(store, vault)
    known = await store.read(
        lambda c: set(c.execute(text("SELECT key_id FROM master_keys")).scalars())
    )
    assert known == set(new_keyring(1, 2).ids)


async def test_a_data_key_that_does_not_open_is_left_alone(store, using, admin, registration):
    models, _, _ = await using(1)
    for name in ("a", "b"):
        await models.add(admin, registration(name))
    await store.write(
        execute("UPDATE data_keys SET wrapped = :junk WHERE model_id = 1", junk=b"junk")
    )
    _, vault, _ = await using(2, 1)
    assert await rotated(store, vault) == [(1, 2)]
    assert await models_by_key(store) == dict.fromkeys(vault.keyring.ids, 1)


async def test_models_are_written_and_read_while_their_keys_are_rotated(
    store, store_url, using, admin, registration, monkeypatch
):
    monkeypatch.setattr("quintain.registry.master_keys._BATCH", 3)
    models, _, _ = await using(1)
    for n in range(30):
        await models.add(admin, registration(f"m{n}", apikeys=[f"the first key of m{n}"]))
    _, vault, _ = await using(2, 1)
    other_store = Store(store_url)  # another server, with the rotated keyring too
    await other_store.start()
    other = Models(other_store, vault)

    async def write(n):
        await other.modify(
            admin, f"m{n}", "v1", {"model_config": {"apikeys": [f"the second key of m{n}"]}}
        )
        await other.add(admin, registration(f"new{n}"))
        assert unreadable(await other.get(admin.project_id, f"m{n}", "v1")) == []

    await asyncio.gather(rotated(store, vault), *(write(n) for n in range(30)))
    await rotated(store, vault)
    after, _, _ = await using(2)
    found, total = await after.list(admin.project_id)
    await other_store.close()
    assert total == 60
    assert [model.config.apikeys[0].reveal() for model in found[:30]] == [
        f"the second key of m{n}" for n in range(30)
    ]
    assert all(unreadable(model) == [] for model in found)


async def test_a_row_that_changed_since_it_was_read_is_not_written_over(
    store, using, admin, registration
):
    from quintain.registry.master_keys import _old, _rewrapped, _swap

    models, old_vault, _ = await using(1)
    await models.add(admin, registration("m"))
    _, vault, _ = await using(2, 1)
    batch = await store.read(lambda c: _old(c, vault, 0))
    fresh = [(one, _rewrapped(vault, one)) for one in batch]
    await store.write(execute("UPDATE data_keys SET wrapped = :other", other=b"written meanwhile"))
    assert await store.write(lambda c: _swap(c, fresh)) == 0
    kept = await store.read(
        lambda c: bytes(c.execute(text("SELECT wrapped FROM data_keys")).scalar_one())
    )
    assert kept == b"written meanwhile"
