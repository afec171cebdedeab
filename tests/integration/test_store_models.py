"""The registered models, with the same behaviour on both stores."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quintain.errors import Conflict, Detail, Invalid, NotFound
from quintain.registry import models as models_module
from quintain.registry.keys import NewKey
from quintain.registry.model import Filters, Page
from quintain.registry.models import Models
from quintain.storage.engine import Store

KEY = "sk-a-key-of-together-0001"


@pytest.fixture
async def outsider(keys, admin):
    """The admin of another project."""
    record, _ = await keys.create(admin, NewKey("outside", "admin", project="other"))
    return record.actor()


def revealed(model):
    return [key.reveal() for key in model.config.apikeys]


# Adding and finding


async def test_an_added_model_is_got_as_it_was_given(models, admin, registration):
    body = registration(
        rate_per_min=5, metadata={"team": None, "session": {"kind": "client"}}, paths={}
    )
    before = datetime.now(UTC)
    added = await models.add(admin, body)
    assert added == await models.get(admin.project_id, "Test Model", "v1")
    assert added.config == body.config
    assert (added.project, added.revision, added.model_name) == ("default", 1, "mixtral")
    assert before <= added.created_at == added.updated_at <= datetime.now(UTC)


async def test_every_secret_comes_back(models, admin, registration):
    body = registration(
        "m",
        model_provider="custom",
        endpoint={"host": "api.example.com"},
        apikeys=[KEY, "another"],
        auth_data={"header_name": "Authorization", "tenant.id": "t"},
        custom_headers=[{"key": "X", "value": "h"}, {"key": "X", "value": "i"}],
        model_jwt_config={
            "jwt_url": "https://login.example.com",
            "jwt_body": "b",
            "jwt_headers": [{"key": "L", "value": "l"}],
        },
        custom_curl_command="curl https://api.example.com/chat -H 'x: y'",
    )
    await models.add(admin, body)
    assert (await models.get(admin.project_id, "m", "v1")).config == body.config


async def test_a_model_without_secrets_is_fine(models, admin, registration):
    body = registration("m", apikeys=None)
    await models.add(admin, body)
    assert (await models.get(admin.project_id, "m", "v1")).config == body.config


@pytest.mark.parametrize(
    "name", ["ein Größenmodell", "模型", "🛡️", "a'b\"c%_\\", "a:b:c", "x" * 128]
)
async def test_names_of_any_kind_are_found(models, admin, registration, name):
    added = await models.add(admin, registration(name))
    assert await models.get(admin.project_id, name, "v1") == added
    assert await models.resolve(admin.project_id, name) == added
    assert await models.resolve(admin.project_id, f"{name}:v1") == added


async def test_a_name_has_each_version_once(models, admin, registration):
    await models.add(admin, registration("m", "v1"))
    await models.add(admin, registration("m", "v2"))
    with pytest.raises(Conflict, match="'m' with version 'v1' exists already") as refused:
        await models.add(admin, registration("m", "v1"))
    assert refused.value.code == "name_taken"


async def test_of_two_adds_at_once_one_is_refused(models, admin, registration, store_url, vault):
    other_store = Store(store_url)
    await other_store.start()
    other = Models(other_store, vault)
    for round_number in range(5):
        adds = [
            each.add(admin, registration("m", f"v{round_number}"))
            for each in (models, other, models, other)
        ]
        outcomes = await asyncio.gather(*adds, return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 3 + [
            "Model"
        ]
    _, total = await models.list(admin.project_id)
    await other_store.close()
    assert total == 5


async def test_a_failed_add_leaves_nothing(models, admin, registration):
    await models.add(admin, registration("m"))
    version = await models.version()
    with pytest.raises(Conflict):
        await models.add(admin, registration("m"))
    assert await models.version() == version
    assert len(await models.history(admin.project_id, "m", "v1")) == 1


async def test_text_that_postgresql_cannot_hold_is_refused_on_both(models, admin, registration):
    with pytest.raises(Invalid) as refused:
        await models.add(admin, registration("m", model_name="a\0b"))
    assert refused.value.details == (Detail("model_name", "must not contain NUL"),)


async def test_nul_where_json_may_hold_it_is_kept(models, admin, registration):
    body = registration("m", system_prompt="a\0b", metadata={"x\0": "\0"}, auth_data={"n\0": "s"})
    await models.add(admin, body)
    assert (await models.get(admin.project_id, "m", "v1")).config == body.config


@pytest.mark.parametrize("name", ["nothing", "n\0", "", "m:v1", "M", "m "])
async def test_what_is_not_there_is_not_found(models, admin, registration, name):
    await models.add(admin, registration("m"))
    for call in (models.get, models.history):
        with pytest.raises(NotFound, match="no such model"):
            await call(admin.project_id, name, "v1")


async def test_another_projects_model_is_as_if_it_were_not_there(
    models, admin, outsider, registration
):
    await models.add(admin, registration("m"))
    for refused in (
        models.get(outsider.project_id, "m", "v1"),
        models.resolve(outsider.project_id, "m"),
        models.modify(outsider, "m", "v1", {}),
        models.delete(outsider, "m", "v1"),
        models.history(outsider.project_id, "m", "v1"),
    ):
        with pytest.raises(NotFound):
            await refused
    assert await models.list(outsider.project_id) == ([], 0)
    assert (await models.add(outsider, registration("m"))).project == "other"


# What a caller spells


async def test_a_name_alone_means_its_newest_version(models, admin, registration):
    for version in ("v2", "v10", "v1"):
        newest = await models.add(admin, registration("m", version))
    assert await models.resolve(admin.project_id, "m") == newest
    assert (await models.resolve(admin.project_id, "m:v10")).version == "v10"


async def test_an_exact_name_with_a_colon_wins(models, admin, registration):
    await models.add(admin, registration("a", "b:c"))
    await models.add(admin, registration("a:b", "c"))
    assert (await models.resolve(admin.project_id, "a:b:c")).saved_name == "a:b"
    await models.delete(admin, "a:b", "c")
    assert (await models.resolve(admin.project_id, "a:b:c")).version == "b:c"
    exact = await models.add(admin, registration("a:b:c"))
    assert await models.resolve(admin.project_id, "a:b:c") == exact


@pytest.mark.parametrize(
    "spelled", ["", ":", "m:", ":v1", "m:v2", "m\0", "M:v1", ":" * 5000, "m:v1:"]
)
async def test_what_names_no_model_is_not_found(models, admin, registration, spelled):
    await models.add(admin, registration("m"))
    with pytest.raises(NotFound):
        await models.resolve(admin.project_id, spelled)


# Lists


@pytest.fixture
async def many(models, admin, registration, monkeypatch):
    """Seven models, and batches so small that a list needs several."""
    monkeypatch.setattr(models_module, "_BATCH", 3)
    providers = ["together", "openai", "groq"]
    return [
        await models.add(
            admin,
            registration(f"Model {n}", model_provider=providers[n % 3], model_name=f"Llama-{n}"),
        )
        for n in range(7)
    ]


async def test_a_list_has_every_model_by_id(models, admin, many):
    assert await models.list(admin.project_id) == (many, 7)


async def test_batches_together_are_the_list(models, admin, many):
    batches = [batch async for batch in models.batches(admin.project_id)]
    assert [len(batch) for batch in batches] == [3, 3, 1]
    assert [model for batch in batches for model in batch] == many


@pytest.mark.parametrize(
    ("page", "expected"), [(1, slice(0, 3)), (3, slice(6, 7)), (4, slice(0, 0))]
)
async def test_pages_are_cut_out_of_the_list(models, admin, many, page, expected):
    assert await models.list(admin.project_id, Filters(), Page(page, 3)) == (many[expected], 7)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(model_provider="groq"), [2, 5]),
        (Filters(testing_for="foundationModels"), [0, 1, 2, 3, 4, 5, 6]),
        (Filters(testing_for="agents"), []),
        (Filters(q="MODEL 3"), [3]),
        (Filters(q="lLaMa-4"), [4]),
        (Filters(q="model", model_provider="openai"), [1, 4]),
        (Filters(q="%"), []),
        (Filters(q="_"), []),
        (Filters(q="\\"), []),
        (Filters(q="\0"), []),
        (Filters(q="x" * 100_000), []),
        (Filters(q=""), [0, 1, 2, 3, 4, 5, 6]),
    ],
)
async def test_filters_and_search(models, admin, many, filters, expected):
    found, total = await models.list(admin.project_id, filters)
    assert [many.index(model) for model in found] == expected
    assert total == len(expected)
    assert await models.list(admin.project_id, filters, Page(1, 100)) == (found, total)


async def test_a_search_knows_more_than_ascii(models, admin, registration):
    added = await models.add(admin, registration("GRÖSSE Straße"))
    for q in ("größe", "STRASSE", "ÖSS"):
        assert await models.list(admin.project_id, Filters(q=q)) == ([added], 1)


# Modifying


async def test_a_modification_is_seen_by_the_next_get(models, admin, registration):
    added = await models.add(admin, registration("m", rate_per_min=5))
    after = await models.modify(admin, "m", "v1", {"model_config": {"rate_per_min": 6}})
    assert after == await models.get(admin.project_id, "m", "v1")
    assert (after.id, after.revision, after.created_at) == (added.id, 2, added.created_at)
    assert after.updated_at > added.updated_at
    assert (after.config.rate_per_min, revealed(after)) == (6, [KEY])


async def test_secrets_are_changed_added_moved_and_removed(models, admin, registration):
    await models.add(
        admin, registration("m", apikeys=["first key of this model", "second key of this one"])
    )
    headers = [{"key": "X", "value": "a header's value"}]
    for keys, expected in (
        (["sec...else", "fir...odel"], None),
        (["sec... one", "fir...odel"], ["second key of this one", "first key of this model"]),
        (["fir...odel"], ["first key of this model"]),
        (["brand new", "fir...odel"], ["brand new", "first key of this model"]),
    ):
        change = {"model_config": {"apikeys": keys, "custom_headers": headers}}
        if expected is None:
            with pytest.raises(Invalid):
                await models.modify(admin, "m", "v1", change)
            continue
        await models.modify(admin, "m", "v1", change)
        stored = await models.get(admin.project_id, "m", "v1")
        assert revealed(stored) == expected
        assert stored.config.custom_headers[0].value.reveal() == "a header's value"


async def test_a_model_without_secrets_can_be_given_one(models, admin, registration):
    await models.add(admin, registration("m", apikeys=None))
    await models.modify(admin, "m", "v1", {"model_config": {"apikeys": [KEY]}})
    assert revealed(await models.get(admin.project_id, "m", "v1")) == [KEY]


async def test_a_refused_modification_changes_nothing(models, admin, registration):
    added = await models.add(admin, registration("m"))
    change = {"model_config": {"endpoint": {"host": "evil.example.com"}, "rate_per_min": 7}}
    with pytest.raises(Invalid) as refused:
        await models.modify(admin, "m", "v1", change)
    assert [detail.field for detail in refused.value.details] == ["model_config.apikeys.0"]
    assert await models.get(admin.project_id, "m", "v1") == added
    assert len(await models.history(admin.project_id, "m", "v1")) == 1


async def test_a_new_origin_with_all_secrets_given_again_works(models, admin, registration):
    await models.add(admin, registration("m"))
    change = {"model_config": {"endpoint": {"host": "new.example.com"}, "apikeys": [KEY]}}
    await models.modify(admin, "m", "v1", change)
    stored = await models.get(admin.project_id, "m", "v1")
    assert (stored.config.endpoint.host, revealed(stored)) == ("new.example.com", [KEY])


async def test_a_rename_frees_the_former_name(models, admin, registration):
    added = await models.add(admin, registration("old"))
    renamed = await models.modify(
        admin, "old", "v1", {"model_saved_name": "new", "model_version": "v9"}
    )
    assert (renamed.id, renamed.saved_name, renamed.version) == (added.id, "new", "v9")
    with pytest.raises(NotFound):
        await models.get(admin.project_id, "old", "v1")
    assert await models.list(admin.project_id, Filters(q="new")) == ([renamed], 1)
    assert (await models.add(admin, registration("old"))).id != added.id


async def test_a_rename_to_a_taken_name_is_refused_and_changes_nothing(models, admin, registration):
    await models.add(admin, registration("a"))
    before = await models.add(admin, registration("b"))
    with pytest.raises(Conflict, match="'a' with version 'v1'"):
        await models.modify(
            admin, "b", "v1", {"model_saved_name": "a", "model_config": {"rate_per_min": 3}}
        )
    assert await models.get(admin.project_id, "b", "v1") == before


async def test_modifications_at_once_are_all_merged(models, admin, registration):
    await models.add(admin, registration("m"))
    changes = [{"model_config": {"metadata": {f"key{n}": n}}} for n in range(20)]
    await asyncio.gather(*(models.modify(admin, "m", "v1", change) for change in changes))
    after = await models.get(admin.project_id, "m", "v1")
    assert after.revision == 21
    assert after.config.metadata.model_extra == {f"key{n}": n for n in range(20)}


async def test_a_clock_that_was_set_back_does_not_turn_time_round(
    models, admin, registration, monkeypatch
):
    added = await models.add(admin, registration("m"))
    monkeypatch.setattr(models_module, "now_us", lambda: 0)
    assert (await models.modify(admin, "m", "v1", {})).updated_at > added.updated_at


# Deleting, history, and what others learn of it


async def test_a_deleted_model_is_gone_and_its_name_free_at_once(models, admin, registration):
    added = await models.add(admin, registration("m"))
    assert await models.delete(admin, "m", "v1") == added
    with pytest.raises(NotFound):
        await models.get(admin.project_id, "m", "v1")
    with pytest.raises(NotFound):
        await models.delete(admin, "m", "v1")
    assert (await models.add(admin, registration("m"))).id > added.id


async def test_the_history_tells_who_did_what_and_no_secret(models, admin, registration):
    editor = replace(admin, key_prefix="qt_editor00", role="editor")
    added = await models.add(admin, registration("m", rate_per_min=5))
    change = {"model_config": {"rate_per_min": 6, "apikeys": ["a new key, quite long"]}}
    modified = await models.modify(editor, "m", "v1", change)
    await models.delete(admin, "m", "v1")
    history = await models.history(admin.project_id, "m", "v1")
    assert [(each.revision, each.action, each.who) for each in history] == [
        (1, "added", admin.key_prefix),
        (2, "modified", "qt_editor00"),
        (3, "deleted", admin.key_prefix),
    ]
    assert [each.at for each in history[:2]] == [added.created_at, modified.updated_at]
    assert history[1].changes == [
        {"field": "model_config.rate_per_min", "from": 5, "to": 6},
        {"field": "model_config.apikeys.0", "change": "changed"},
    ]
    assert history[0].changes == history[2].changes == []


async def test_the_history_follows_a_model_through_its_names(models, admin, registration):
    await models.add(admin, registration("old"))
    await models.modify(admin, "old", "v1", {"model_saved_name": "new"})
    await models.delete(admin, "new", "v1")
    by_old = await models.history(admin.project_id, "old", "v1")
    assert by_old == await models.history(admin.project_id, "new", "v1")
    assert [each.saved_name for each in by_old] == ["old", "new", "new"]


async def test_the_history_of_a_name_has_all_models_that_had_it(models, admin, registration):
    first = await models.add(admin, registration("m"))
    await models.delete(admin, "m", "v1")
    second = await models.add(admin, registration("m"))
    history = await models.history(admin.project_id, "m", "v1")
    assert [each.model_id for each in history] == [first.id, first.id, second.id]


async def test_others_learn_what_changed_by_one_number(models, admin, registration):
    start = await models.version()
    added = await models.add(admin, registration("m"))
    await models.modify(admin, "m", "v1", {"model_saved_name": "n"})
    changes = await models.changes_since(start)
    assert [(each.model_id, each.saved_name) for each in changes] == [
        (added.id, "m"),
        (added.id, "n"),
    ]
    assert changes[-1].number == await models.version() == start + 2
    assert await models.changes_since(start + 1) == changes[1:]


async def test_a_get_takes_one_statement(models, admin, registration, store):
    from sqlalchemy import event

    await models.add(admin, registration("m", custom_headers=[{"key": "X", "value": "v"}]))
    statements = []

    def count(connection, cursor, statement, *_):
        statements.append(statement)

    event.listen(store._reader, "before_cursor_execute", count)
    await models.get(admin.project_id, "m", "v1")
    await models.resolve(admin.project_id, "m:v1")
    selects = [statement for statement in statements if "SELECT" in statement]
    assert len(selects) == 2
