"""Which model a caller means, and how long that is remembered."""

from datetime import UTC, datetime

import pytest
from tests.unit.gateway.fakes import FakeJq, config

from quintain.errors import NotFound
from quintain.gateway import directory as directory_module
from quintain.gateway.directory import Directory
from quintain.registry.model import Model

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def model(name="bot", version="v1", *, ident=1, revision=1):
    return Model(
        id=ident, project_id=1, project="default", saved_name=name, version=version,
        testing_for="agents", model_name=None, certifications=(), config=config(), revision=revision,
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip


class FakeModels:
    """meanwhile: what happens while the registry is being read."""

    def __init__(self, *models):
        self.models = {(each.saved_name, each.version): each for each in models}
        self.number = 1
        self.reads = 0
        self.meanwhile = lambda: None

    async def resolve(self, project_id, spelled):
        name, _, version = spelled.partition(":")
        return await self.get(project_id, name, version or "v1")

    async def get(self, project_id, name, version):
        self.reads += 1
        if project_id != 1 or (name, version) not in self.models:
            raise NotFound("There is no such model.")
        found = self.models[name, version]
        self.meanwhile()
        return found

    async def version(self):
        return self.number


async def test_what_was_found_is_remembered_by_its_spelling():
    models = FakeModels(model())
    directory = Directory(models, FakeJq())
    found = [
        await directory.find(1, "bot"),
        await directory.find(1, "bot:v1"),
        await directory.find(1, "bot", "v1"),
    ]
    assert len({id(each) for each in found}) == 1
    assert directory.cached(1, "bot") is directory.cached(1, "bot", "v1") is found[0]


async def test_another_project_finds_nothing():
    directory = Directory(FakeModels(model()), FakeJq())
    await directory.find(1, "bot")
    assert directory.cached(2, "bot") is None
    with pytest.raises(NotFound):
        await directory.find(2, "bot")


async def test_a_change_in_the_registry_makes_it_look_again():
    models = FakeModels(model())
    directory = Directory(models, FakeJq())
    assert await directory.refresh()
    old = await directory.find(1, "bot")
    assert not await directory.refresh()
    assert directory.cached(1, "bot") is old
    models.models["bot", "v1"], models.number = model(revision=2), 2
    assert await directory.refresh()
    assert directory.cached(1, "bot") is None
    assert (await directory.find(1, "bot")).identity.revision == 2


async def test_a_model_that_did_not_change_stays_compiled_so_that_its_keys_keep_resting():
    directory = Directory(FakeModels(model()), FakeJq())
    old = await directory.find(1, "bot")
    directory.forget()
    assert await directory.find(1, "bot") is old


async def test_what_was_read_before_a_change_is_used_once_and_not_remembered():
    models = FakeModels(model())
    directory = Directory(models, FakeJq())
    for _ in range(2):  # also when it was told to forget twice in a row
        models.meanwhile = directory.forget
        await directory.find(1, "bot")
        assert directory.cached(1, "bot") is None
    models.meanwhile = lambda: None
    await directory.find(1, "bot")
    assert directory.cached(1, "bot") is not None


async def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(directory_module, "MOST_KEPT", 2)
    models = FakeModels(*[model(f"bot{n}", ident=n) for n in range(4)])
    directory = Directory(models, FakeJq())
    for n in range(4):
        await directory.find(1, f"bot{n}")
    assert [directory.cached(1, f"bot{n}") is not None for n in range(4)] == [
        False,
        False,
        True,
        True,
    ]


async def test_what_a_provider_needs_is_ready_before_its_model_is_used(monkeypatch):
    asked = []

    async def prepare(provider):
        asked.append(provider)

    monkeypatch.setattr(directory_module, "prepare", prepare)
    await Directory(FakeModels(model()), FakeJq()).find(1, "bot")
    assert asked == ["openai_compatible"]
