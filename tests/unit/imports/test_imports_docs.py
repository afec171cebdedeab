"""The examples of docs/imports.md are of the kind that they are named after, and come to something."""

import re
from pathlib import Path

import pytest

from quintain.dialects import table
from quintain.http.imports import ImportRequest
from quintain.imports import bounded, draft
from quintain.imports.draft import written_out
from quintain.imports.kinds import KINDS, imported
from quintain.registry.parse import parse_add

PAGE = (Path(__file__).parents[3] / "docs" / "imports.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


class AnyJq:
    async def check(self, program):
        assert program


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_has_an_example_that_can_be_registered(kind):
    (text,) = [text for language, text in EXAMPLES if language == kind]
    found = imported(text)
    assert found.kind == kind
    (model,) = found.models
    assert await table.check(parse_add(written_out(model)), AnyJq()) == []
    assert f"### {kind}" in PAGE


def test_the_bounds_are_those_of_the_code():
    assert f"{bounded.MAX_SOURCE >> 20} MiB" in PAGE
    assert f"{bounded.MAX_YAML >> 20} MiB, {bounded.MAX_DEPTH} levels" in PAGE
    assert f"{bounded.MAX_YAML_NODES:,} values" in PAGE
    assert f"{draft.MAX_MODELS} models" in PAGE


def test_the_route_takes_the_kinds_that_there_are():
    kind = ImportRequest.model_json_schema()["properties"]["kind"]
    (named,) = [each["enum"] for each in kind["anyOf"] if "enum" in each]
    assert named == list(KINDS)
