"""report.sarif: what the standard and code hosts ask for."""

import json

import pytest
from tests.unit.runs.reports.samples import KINDS, written


async def read(kind):
    log = json.loads(await written(kind, "sarif"))
    assert log["version"] == "2.1.0"
    return log["runs"][0]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_reference_leads_somewhere(kind):
    run = await read(kind)
    rules, taxonomies = run["tool"]["driver"]["rules"], run["taxonomies"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for index, supported in enumerate(run["tool"]["driver"]["supportedTaxonomies"]):
        assert taxonomies[index]["name"] == supported["name"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bot/v1"
        for taxon in result["taxa"]:
            taxonomy = taxonomies[taxon["toolComponent"]["index"]]
            assert taxon["id"] in {each["id"] for each in taxonomy["taxa"]}


async def test_a_finding_is_a_result():
    run = await read("bad")
    first = run["results"][0]
    assert (first["ruleId"], first["level"]) == ("system_prompt_leak.*", "error")
    assert "20 of 20 attempts got through" in first["message"]["text"]
    assert first["taxa"][0]["id"] == "LLM07"
    assert "name" not in run["tool"]["driver"]["rules"][0]  # which must not be its id
    assert run["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == "9.5"
    again = (await read("bad"))["results"][0]
    assert first["partialFingerprints"] == again["partialFingerprints"]


@pytest.mark.parametrize(
    ("kind", "well"), [("good", True), ("bad", True), ("failed", False), ("unjudged", False)]
)
async def test_only_a_run_that_tested_something_was_successful(kind, well):
    run = await read(kind)
    assert run["invocations"][0]["executionSuccessful"] is well
