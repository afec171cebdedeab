"""API keys in the store."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from quintain.errors import Conflict, Invalid, NotFound
from quintain.registry.keys import Keys, NewKey, prefix_of

GIVEN = "an admin key that the operator chose"


async def test_a_first_start_makes_one_admin_key_and_shows_it_once(keys):
    made = await keys.ensure_admin(None)
    assert await keys.ensure_admin(None) is None
    [record] = await keys.list()
    assert record.matches(made)
    assert (record.role, record.project, record.prefix) == ("admin", "default", made[:11])


async def test_servers_that_start_together_make_one_admin_key(keys, store):
    made = await asyncio.gather(*(Keys(store).ensure_admin(None) for _ in range(4)))
    assert len([key for key in made if key]) == len(await keys.list()) == 1


async def test_a_key_is_found_by_its_prefix_and_only_its_hash_is_stored(keys, admin, store):
    record, secret = await keys.create(admin, NewKey("ci", "editor"))
    found = await keys.by_prefix(prefix_of(secret.reveal()))
    assert found == record
    assert found.matches(secret.reveal())
    rows = await store.read(lambda c: str(c.execute(text("SELECT * FROM keys")).all()))
    assert secret.reveal()[12:] not in rows


@pytest.mark.parametrize("prefix", ["qt_nothing0", "", "\0"])
async def test_an_unknown_prefix_is_no_key(keys, prefix):
    assert await keys.by_prefix(prefix) is None


async def test_a_new_project_is_made_with_its_first_key(keys, admin):
    one, _ = await keys.create(admin, NewKey("a", "editor", project="red team"))
    two, _ = await keys.create(admin, NewKey("b", "viewer", project="red team"))
    assert one.project_id == two.project_id != admin.project_id
    assert (one.project, one.created_by) == ("red team", admin.key_prefix)


async def test_limits_and_expiry_are_kept(keys, admin):
    expires = datetime(2099, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    record, _ = await keys.create(
        admin, NewKey("c", "caller", models=("a", "ü"), expires_at=expires)
    )
    assert (record.models, record.expires_at) == (("a", "ü"), expires)


async def test_a_wrong_key_is_refused_before_anything_is_written(keys, admin):
    before = await keys.list()
    with pytest.raises(Invalid):
        await keys.create(admin, NewKey("", "owner"))
    assert await keys.list() == before


@pytest.mark.parametrize("by", ["id", "prefix"])
async def test_a_revoked_key_stays_in_the_list_and_works_no_more(keys, admin, by):
    record, _ = await keys.create(admin, NewKey("ci", "editor"))
    revoked = await keys.revoke(getattr(record, by))
    assert not revoked.works(datetime.now(UTC))
    assert await keys.by_prefix(record.prefix) == revoked
    assert await keys.revoke(record.id) == revoked


@pytest.mark.parametrize("which", [999, "qt_nothing0"])
async def test_revoking_what_is_not_there_is_not_found(keys, admin, which):
    with pytest.raises(NotFound, match="no such key"):
        await keys.revoke(which)


async def test_the_last_admin_key_that_works_is_not_revoked(keys, admin):
    with pytest.raises(Conflict, match="last admin key"):
        await keys.revoke(admin.key_id)
    second, _ = await keys.create(admin, NewKey("second", "admin"))
    await keys.revoke(admin.key_id)
    with pytest.raises(Conflict):
        await keys.revoke(second.id)


async def test_two_admins_that_revoke_each_other_at_once_do_not_both_succeed(keys, admin):
    second, _ = await keys.create(admin, NewKey("second", "admin"))
    outcomes = await asyncio.gather(
        keys.revoke(admin.key_id), keys.revoke(second.id), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "KeyRecord"]


async def test_an_expired_admin_key_does_not_count_as_one_that_works(keys, admin, store):
    second, _ = await keys.create(
        admin, NewKey("second", "admin", expires_at=datetime.now(UTC) + timedelta(hours=1))
    )
    await store.write(
        lambda c: c.execute(text(f"UPDATE keys SET expires_at = 1 WHERE id = {second.id}")).close()
    )
    with pytest.raises(Conflict):
        await keys.revoke(admin.key_id)


async def test_an_admin_key_is_made_again_when_none_works_any_more(keys, admin, store):
    await store.write(lambda c: c.execute(text("UPDATE keys SET revoked_at = 1")).close())
    assert await keys.ensure_admin(None) is not None


async def test_the_last_use_only_moves_forward(keys, admin):
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    for moment in (early, late, early):
        await keys.touch([(admin.key_id, moment), (999, moment)])
    assert (await keys.list())[0].last_used_at == late
    await keys.touch([])


async def test_the_last_use_of_a_runs_keys_is_that_of_any(keys, admin):
    assert await keys.last_use_of_run(7) is None
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    for moment in (late, early):
        new = NewKey(name="of a run", role="caller", project=admin.project, run_id=7)
        record, _ = await keys.create(admin, new)
        await keys.touch([(record.id, moment)])
    assert await keys.last_use_of_run(7) == late


# The operator's own admin key


async def test_the_operators_own_key_works_from_the_start(keys):
    assert await keys.ensure_admin(GIVEN) is None
    record = await keys.by_prefix(prefix_of(GIVEN))
    assert record.matches(GIVEN)
    assert (record.role, record.prefix[:4]) == ("admin", "env_")
    assert await keys.ensure_admin(GIVEN) is None
    assert await keys.list() == [record]


async def test_another_key_of_the_operator_revokes_the_former(keys):
    await keys.ensure_admin(GIVEN)
    await keys.ensure_admin(GIVEN[::-1])
    former, present = await keys.list()
    assert (former.revoked_at is None, present.revoked_at is None) == (False, True)
    await keys.ensure_admin(GIVEN)
    former, present = await keys.list()
    assert (former.revoked_at is None, present.revoked_at is None) == (True, False)


async def test_keys_that_were_made_by_others_stay_when_the_operators_key_changes(keys, admin):
    await keys.ensure_admin(GIVEN)
    await keys.ensure_admin(GIVEN[::-1])
    assert (await keys.by_prefix(admin.key_prefix)).revoked_at is None


@pytest.mark.parametrize("given", ["too short", "", "qt_abcdefgh_" + "x" * 43])
async def test_a_weak_key_of_the_operator_is_refused(keys, given):
    with pytest.raises(Invalid, match="QUINTAIN_ADMIN_KEY"):
        await keys.ensure_admin(given)
    assert await keys.list() == []


async def test_others_learn_which_keys_changed(keys, admin, models):
    start = await models.version()
    record, _ = await keys.create(admin, NewKey("ci", "editor"))
    assert await keys.changes_since(start) == [record.prefix]
    assert await models.version() == start + 1
    await keys.revoke(record.id)
    assert await keys.changes_since(start + 1) == [record.prefix]
    await keys.touch([(record.id, datetime.now(UTC))])
    assert await models.version() == start + 2
