from dataclasses import replace
from datetime import UTC, datetime

import pytest

from quintain.errors import Invalid
from quintain.registry.model import Model
from quintain.registry.parse import parse_add
from quintain.runs.planning import Company, make_plan, model_digest
from quintain.runs.suite import parse_suite

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = {"concurrency": 8, "error_budget": 0.05, "max_attempts": None}


class AllInstalled:
    def version(self, name):
        return "1"


class OnlyCore:
    def version(self, name):
        return "1" if name == "core" else None


def model(testing_for="chatbotsAndCopilots", **config):
    given = {"model_provider": "openai", "apikeys": ["sk-0123456789abcdefgh"], **config}
    body = parse_add(
        {
            "model_saved_name": "desk",
            "model_version": "v1",
            "testing_for": testing_for,
            "model_name": "m",
            "model_config": given,
        }
    )
    return Model(
        id=1, project_id=1, project="default", saved_name="desk", version="v1", testing_for=testing_for,
        model_name="m", certifications=("OWASP",), config=body.config, revision=1, created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def plan(*steps, of=None, company=None, installed=None):
    suite = parse_suite({"name": "own", "steps": list(steps)})
    return make_plan(
        suite, of or model(), "desk:v1", company or Company(), installed or AllInstalled(), LIMITS
    )


def reasons(made):
    return [each.reason for each in made.skipped]


def test_each_step_becomes_a_part_with_a_label_of_its_own():
    made = plan({"engine": "core", "options": {"controls": 3}}, {"engine": "core"})
    assert [(part.label, part.options) for part in made.parts] == [
        ("01-core", {"controls": 3}),
        ("02-core", {}),
    ]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"modalities": ["image"]}, "takes image"),
        ({"modalities": ["text", "image"]}, "takes text, image"),
        ({"tools": True}, "needs tools"),
        ({"context": True}, "needs context"),
        ({"judge": True}, "--judge NAME"),
        ({"attacker": True}, "--attacker NAME"),
    ],
)
def test_a_step_without_a_place_is_left_out_with_the_reason(when, said):
    made = plan({"engine": "core"}, {"engine": "core", "when": when})
    assert len(made.parts) == 1
    assert said in reasons(made)[0]


def test_a_step_for_other_kinds_of_models_is_no_part_and_nothing_that_was_left_out():
    made = plan({"engine": "core"}, {"engine": "core", "when": {"testing_for": ["agents"]}})
    assert (len(made.parts), made.skipped) == (1, ())
    with pytest.raises(Invalid, match="no step is for testing_for chatbotsAndCopilots"):
        plan({"engine": "core", "when": {"testing_for": ["agents"]}})


def test_a_step_for_runs_without_a_judge_is_left_out_where_there_is_one():
    steps = [{"engine": "core"}, {"engine": "core", "when": {"judge": False}}]
    assert len(plan(*steps).parts) == 2
    assert "without a judge" in reasons(plan(*steps, company=Company(judge="j")))[0]


def test_what_is_asked_for_and_there_lets_the_step_in():
    tools = [{"name": "pay", "description": "Pays."}]
    of = model("agents", tools=tools, context={"policy_description": "No."})
    when = {"testing_for": ["agents"], "tools": True, "context": True, "judge": True}
    made = plan({"engine": "core", "when": when}, of=of, company=Company(judge="j"))
    assert len(made.parts) == 1
    assert made.target["policy_description"] == "No."
    assert made.target["tools"][0]["name"] == "pay"


def test_an_engine_that_is_not_installed_is_named_with_the_command_that_installs_it():
    made = plan({"engine": "core"}, {"engine": "garak"}, installed=OnlyCore())
    assert "quintain engines install garak" in reasons(made)[0]


def test_a_run_of_nothing_is_refused_with_every_reason():
    with pytest.raises(Invalid, match="is not installed"):
        plan({"engine": "garak"}, installed=OnlyCore())


def test_data_sets_that_were_asked_for_are_a_part_of_their_own():
    made = plan({"engine": "core"}, company=Company(datasets=("tricks",)))
    assert made.parts[1].datasets == ("tricks",)
    assert made.parts[1].options == {"categories": [], "controls": False}


def test_a_data_set_of_the_suite_that_is_asked_for_as_well_runs_once():
    its_own = {"engine": "core", "datasets": ["tricks"]}
    made = plan(its_own, company=Company(datasets=("tricks", "more", "more")))
    assert [part.datasets for part in made.parts] == [("tricks",), ("more",)]
    left_out = {**its_own, "when": {"judge": True}}
    made = plan({"engine": "core"}, left_out, company=Company(datasets=("tricks",)))
    assert [part.datasets for part in made.parts] == [(), ("tricks",)]


def test_engines_are_told_of_canaries_and_of_no_secret():
    of = model(system_prompt="The code is X.", metadata={"canaries": ["BLUE-77"]})
    told = repr(plan({"engine": "core"}, of=of))
    assert "BLUE-77" in told
    assert "The code is X." not in told
    assert "sk-0123456789" not in told


def test_the_rate_in_force_is_among_the_limits():
    assert plan({"engine": "core"}, of=model(rate_per_min=7)).limits["rate_per_min"] == 7
    assert plan({"engine": "core"}).limits["rate_per_min"] == 20


def test_a_digest_changes_with_what_a_model_answers_and_not_with_its_pace_or_keys():
    digest = model_digest(model())
    assert digest == model_digest(model(rate_per_min=3))
    assert digest == model_digest(model(apikeys=["sk-another-key-0123456789"]))
    assert digest != model_digest(model(system_prompt="Be kind."))
    assert digest != model_digest(replace(model(), model_name="other"))
