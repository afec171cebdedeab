"""report.json and its schema."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.unit.runs.fakes import FakeRecords, a_run, many
from tests.unit.runs.reports.samples import HOSTILE, KINDS, written

from quintain.runs.reports import stream
from quintain.runs.reports.data import schema

DOCS = Path(__file__).parents[4] / "docs" / "schemas" / "run-report.schema.json"


def test_the_documents_have_the_schema_that_is_shipped():
    assert DOCS.read_text() == schema()
    Draft202012Validator.check_schema(json.loads(schema()))


@pytest.mark.parametrize("kind", KINDS)
async def test_reports_are_as_the_schema_says(kind):
    report = json.loads(await written(kind, "json"))
    errors = Draft202012Validator(json.loads(schema())).iter_errors(report)
    assert [(list(error.path), error.message) for error in errors] == []
    _, records = KINDS[kind]()
    assert len(report["attempts"]) == len(records.rows)


async def test_every_attempt_of_many_is_in_it_once():
    records = FakeRecords().add(many(1001, "breached", "hate", "direct"))
    pieces = [piece async for piece in stream(records, a_run(), "json")]
    attempts = json.loads(b"".join(pieces))["attempts"]
    assert [each["id"] for each in attempts] == [row.id for row in records.rows]


async def test_texts_are_whole_in_it():
    report = json.loads(await written("hostile", "json"))
    asked = {each["prompt"][0]["content"] for each in report["attempts"]}
    assert {text for text in HOSTILE if "half" not in text} <= asked
    assert "half \ufffd a character \ufffd" in asked


async def test_the_head_says_what_the_figures_are():
    report = json.loads(await written("bad", "json"))
    assert report["verdict"]["tone"] == "broke"
    assert report["scores"]["attacks"]["breached"] == 30
    assert report["scores"]["tasks_done"]["rate"] == 0.75
    assert report["scores"]["counts"]["not_attempted"] == 120 - len(report["attempts"])
    assert report["findings"][0]["id"] == "system_prompt_leak.*"
    assert report["findings"][0]["frameworks"] == {"owasp_llm": ["LLM07"]}
    assert report["run"]["model"]["model_provider"] == "openai"


@pytest.mark.parametrize("field", ["verdict", "run", "scores", "attempts"])
async def test_the_schema_notices_what_is_missing(field):
    report = json.loads(await written("bad", "json"))
    del report[field]
    assert not Draft202012Validator(json.loads(schema())).is_valid(report)
