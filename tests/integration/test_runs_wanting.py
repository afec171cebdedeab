"""From what a user asks for to what a run does, over a real registry."""

from dataclasses import replace

import pytest

from quintain.errors import Conflict, Forbidden, Invalid, NotFound
from quintain.runs.records.datasets import DataSets
from quintain.runs.records.suites import Suites
from quintain.runs.suite import parse_suite
from quintain.runs.wanting import RunRequest, Wanting

SUITE = {"name": "mine", "steps": [{"engine": "core", "options": {"controls": 3}}]}


class OnlyCore:
    def version(self, name):
        return "1" if name == "core" else None


@pytest.fixture
def suites(store):
    return Suites(store)


@pytest.fixture
def datasets(store):
    return DataSets(store)


@pytest.fixture
def wanting(models, suites, datasets):
    return Wanting(models, suites, datasets, OnlyCore())


@pytest.fixture
def registered(models, admin, registration):
    async def add(name, version="v1", **config):
        return await models.add(admin, registration(name, version, **config))

    return add


async def test_models_are_pinned_to_their_versions(wanting, admin, registered):
    await registered("tested", "v1")
    model = await registered("tested", "v2", rate_per_min=30)
    await registered("judge", "2026-01")
    wanted = await wanting.wanted(admin, RunRequest("tested", SUITE, judge="judge", seed=9))
    run = wanted.new_run
    assert (run.model_id, run.saved_name, run.version, run.seed) == (model.id, "tested", "v2", 9)
    assert run.plan.target["model"] == "tested:v2"
    assert (run.plan.judge, run.plan.attacker) == ("judge:2026-01", "")
    assert run.plan.limits == {
        "rate_per_min": 30,
        "concurrency": 8,
        "error_budget": 0.05,
        "max_attempts": None,
    }


async def test_a_name_that_means_another_model_at_the_gateway_is_refused(
    wanting, admin, registered
):
    await registered("tested", "v1")
    await registered("tested:v1", "v1")
    with pytest.raises(Conflict, match="rename one of the two"):
        await wanting.wanted(admin, RunRequest("tested", SUITE))
    wanted = await wanting.wanted(admin, RunRequest("tested:v1", SUITE))
    assert wanted.plan.target["model"] == "tested:v1:v1"


async def test_who_may_call_only_some_models_starts_no_runs(wanting, admin, registered):
    await registered("tested")
    for limited in (replace(admin, models=("tested",)), replace(admin, run_id=3)):
        with pytest.raises(Forbidden):
            await wanting.wanted(limited, RunRequest("tested", SUITE))


async def test_what_is_not_there_is_named(wanting, admin, registered):
    await registered("tested")
    for request, code in (
        (RunRequest("none", SUITE), "model_not_found"),
        (RunRequest("tested", SUITE, attacker="none"), "model_not_found"),
        (RunRequest("tested", "none"), "suite_not_found"),
    ):
        with pytest.raises(NotFound) as refused:
            await wanting.wanted(admin, request)
        assert refused.value.code == code
    with pytest.raises(Invalid, match=r"^suite\.steps\.0\.engine: "):
        await wanting.wanted(
            admin, RunRequest("tested", {"name": "x", "steps": [{"engine": "none"}]})
        )


async def test_a_users_own_suite_goes_before_a_shipped_one(wanting, suites, admin, registered):
    await registered("tested")
    assert (await wanting.wanted(admin, RunRequest("tested", "smoke"))).suite.steps[0].engine
    await suites.put(admin, parse_suite(SUITE | {"name": "smoke"}))
    wanted = await wanting.wanted(admin, RunRequest("tested", "smoke"))
    assert wanted.suite.steps[0].options == {"controls": 3}
    assert (await wanting.wanted(admin, RunRequest("tested"))).suite.name == "baseline"


async def test_a_limit_of_attempts_is_told_to_our_own_engine(wanting, admin, registered):
    await registered("tested")
    for own, told in ((None, 50), (10, 10), (90, 50)):
        options = {} if own is None else {"max_attempts": own}
        suite = {"name": "mine", "steps": [{"engine": "core", "options": options}]}
        wanted = await wanting.wanted(admin, RunRequest("tested", suite, max_attempts=50))
        assert wanted.plan.parts[0].options == {"max_attempts": told}
        assert wanted.suite.document["steps"][0].get("options", {}) == options


async def test_data_sets_are_pinned_as_they_are_when_the_run_is_made(
    wanting, datasets, admin, registered
):
    await registered("tested", "v1")
    with pytest.raises(NotFound):
        await wanting.wanted(admin, RunRequest("tested", SUITE, datasets=("own",)))
    kept = await datasets.put(admin, "own", b'{"prompt": "one"}', "jsonl")
    wanted = await wanting.wanted(admin, RunRequest("tested", SUITE, datasets=("own",)))
    assert [part.digests for part in wanted.plan.parts] == [{}, {"own": kept.digest}]
