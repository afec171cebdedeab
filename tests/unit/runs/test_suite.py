import pytest

from quintain.errors import Invalid, NotFound
from quintain.runs.engines.table import ENGINES
from quintain.runs.suite import BASELINE, parse_suite, shipped, shipped_suite

OWN = {"name": "own", "steps": [{"engine": "core", "options": {"categories": ["jailbreak"]}}]}


def fields(error):
    return {detail.field: detail.message for detail in error.value.details}


def test_every_shipped_suite_is_valid_and_says_what_it_is_for():
    assert {"smoke", "deep", *BASELINE.values()} == set(shipped())
    for name, suite in shipped().items():
        assert suite.name == name
        assert suite.title
        assert suite.description.strip()
        assert {step.engine for step in suite.steps} <= set(ENGINES)


@pytest.mark.parametrize("testing_for", BASELINE)
def test_every_purpose_has_a_baseline_of_its_own(testing_for):
    assert shipped_suite("baseline", testing_for).name == BASELINE[testing_for]


def test_a_suite_that_is_not_there_is_not_found():
    with pytest.raises(NotFound, match="quintain suites list"):
        shipped_suite("nope", "agents")


def test_words_for_people_do_not_change_the_digest():
    other = {**OWN, "name": "other", "title": "Another", "description": "Told otherwise."}
    assert parse_suite(OWN).digest == parse_suite(other).digest


def test_what_is_asked_for_changes_the_digest():
    other = {**OWN, "steps": [{"engine": "core", "options": {"categories": ["hate"]}}]}
    assert parse_suite(OWN).digest != parse_suite(other).digest


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Not A Name"}, "name"),
        ({"steps": []}, "steps"),
        ({"stepz": []}, "stepz"),
        ({"steps": [{"engine": "nope"}]}, "steps.0.engine"),
        ({"steps": [{"engine": "core", "when": {"tool": True}}]}, "steps.0.when.tool"),
        ({"steps": [{"engine": "core", "options": []}]}, "steps.0.options"),
    ],
)
def test_what_is_wrong_is_named(change, field):
    with pytest.raises(Invalid) as error:
        parse_suite({**OWN, **change})
    assert field in fields(error)


def test_a_suite_must_be_an_object():
    with pytest.raises(Invalid, match="suite"):
        parse_suite(["core"])
