"""report.avid.json."""

import json

from tests.unit.runs.reports.samples import written


async def test_a_finding_is_a_report_of_a_measurement():
    reports = json.loads(await written("bad", "avid.json"))
    first = reports[0]
    assert first["problemtype"]["classof"] == "LLM Evaluation"
    assert first["affects"]["artifacts"] == [{"type": "System", "name": "gpt-x"}]
    assert first["impact"]["avid"]["sep_view"] == ["S0301: Information Leak"]
    assert first["impact"]["avid"]["risk_domain"] == ["Security"]
    assert first["impact"]["atlas"][0]["technique"] == "AML.T0056: Extract LLM System Prompt"
    assert first["metrics"][0]["results"]["breached"] == 20
    assert first["reported_date"] == "2026-03-01"


async def test_where_nothing_broke_there_is_nothing_to_report():
    assert json.loads(await written("good", "avid.json")) == []


async def test_no_field_is_missing_that_avidtools_wants():
    first = json.loads(await written("bad", "avid.json"))[0]
    assert first["credit"] == []
    assert first["impact"]["avid"]["vuln_id"] is None
