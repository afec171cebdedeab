"""report.xml."""

import xml.etree.ElementTree as ET

import pytest
from tests.unit.runs.reports.samples import KINDS, written


async def read(kind):
    return ET.fromstring(await written(kind, "xml"))


@pytest.mark.parametrize("kind", KINDS)
async def test_its_counts_are_those_of_its_cases(kind):
    root = await read(kind)
    for suite in [root, *root.iter("testsuite")]:
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(suite.get(name)) == len(list(suite.iter(tag))), (suite.attrib, tag)


async def test_breaches_and_errors_are_cases_of_their_own_and_the_rest_is_one_a_probe():
    suites = {suite.get("name"): suite for suite in (await read("bad")).iter("testsuite")}
    assert len(list(suites["jailbreak"].iter("failure"))) == 9
    assert [case.get("name") for case in suites["jailbreak"].iter("testcase")][0] == (
        "core:jailbreak/direct: 31 as it should"
    )
    assert len(list(suites["hate"].iter("error"))) == 3
    assert (
        suites["over_refusal"].find(".//failure").get("type") == "a harmless question was refused"
    )
    failure = suites["jailbreak"].find(".//failure")
    assert "prompt: jailbreak by role_play" in failure.text
    assert failure.get("message") == "It did what it must not."


@pytest.mark.parametrize("kind", ["failed", "cancelled", "unjudged", "empty"])
async def test_a_run_that_says_nothing_does_not_pass(kind):
    run = next((await read(kind)).iter("testsuite"))
    assert run.get("name") == "run"
    assert run.find(".//error") is not None


async def test_what_was_skipped_is_in_it():
    run = next((await read("bad")).iter("testsuite"))
    assert run.find(".//skipped").get("message") == "needs a judge: give --judge NAME"
    assert run.find(".//error") is None
