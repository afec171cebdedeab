"""What an engine is told."""

import hashlib
import json

import pytest

from quintain.errors import Conflict, NotFound
from quintain.runners.wire import Config, Target
from quintain.runs.model import Part, Plan
from quintain.runs.telling import Telling


class Sets:
    def __init__(self, **rows):
        self._rows = rows

    async def rows(self, project_id, name):
        if (project_id, name) != (5, "own") or name not in self._rows:
            raise NotFound("There is no such data set.", code="dataset_not_found")
        return self._rows[name]


def plan(**target):
    limits = {"concurrency": 4, "error_budget": 0.05}
    return Plan((), {}, {"model": "m:v1", **target}, {}, limits, judge="j:v2")


async def told(sets, part, folder):
    config = await Telling(sets, "http://127.0.0.1:1/v1", "/tasks").config(
        plan(canaries=["K-1"], tools=[{"name": "t"}]),
        part,
        folder,
        run_id=7,
        project_id=5,
        seed=3,
        api_key="key",
    )
    return Config.parse(json.loads(config.as_line()))


async def test_all_of_it_arrives_as_the_plan_has_it(tmp_path):
    config = await told(Sets(), Part("01-core", "core", {"controls": 3}), tmp_path)
    assert config.target == Target(
        "m:v1", canaries=("K-1",), tools=({"name": "t"},), input_modalities=()
    )
    assert (config.run, config.seed, config.concurrency) == (7, 3, 4)
    assert (config.judge, config.attacker, config.api_key) == ("j:v2", "", "key")
    assert config.options == {"controls": 3}
    assert (config.folder, config.tasks) == (tmp_path, "/tasks")


async def test_a_run_reads_the_same_rows_again_though_the_data_set_is_changed_or_gone(tmp_path):
    part = Part("01-core", "core", datasets=("own",))
    first = await told(Sets(own='{"prompt": "one"}\n'), part, tmp_path)
    again = await told(Sets(own='{"prompt": "two"}\n'), part, tmp_path)
    path = tmp_path / "dataset-1.jsonl"
    gone = await told(Sets(), part, tmp_path)
    assert first.datasets == again.datasets == gone.datasets == {"own": str(path)}
    assert path.read_text() == '{"prompt": "one"}\n'


async def test_a_data_set_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotFound):
        await told(Sets(), Part("01-core", "core", datasets=("own",)), tmp_path)


async def test_rows_that_are_not_those_of_the_plan_are_not_asked(tmp_path):
    rows = '{"prompt": "one"}\n'
    digest = hashlib.sha256(rows.encode()).hexdigest()
    part = Part("01-core", "core", datasets=("own",), digests={"own": digest})
    with pytest.raises(Conflict, match="own was changed"):
        await told(Sets(own='{"prompt": "two"}\n'), part, tmp_path)
    assert (await told(Sets(own=rows), part, tmp_path)).datasets
