import pytest

from quintain.errors import Invalid
from quintain.runs.redteam import asked, words
from quintain.runs.taxonomy import TAXONOMY

BASIC = {"basic": ["basic"]}
STATIC = {"static": ["encoding", "single_shot", "figstep"], "dynamic": ["iterative"]}


def body(tests=None, **more):
    given = tests or {"bias_test": {"sample_percentage": 50, "attack_methods": BASIC}}
    return {"test_name": "Q3 check", "redteam_test_configurations": given, **more}


def fields(error):
    return {detail.field: detail.message for detail in error.value.details}


def options(task, at=0):
    return task.suite.steps[at].options


def test_tests_that_ask_alike_are_one_step_of_the_built_in_engine():
    tests = {"bias_test": {}, "pii_test": {"attack_methods": BASIC}}
    more = {"toxicity_test": {"sample_percentage": 20}}
    task = asked.read_task(body(tests | more))
    assert [step.options["categories"] for step in task.suite.steps] == [
        ["bias", "sensitive_disclosure"],
        ["hate"],
    ]
    assert options(task) == {
        "categories": ["bias", "sensitive_disclosure"],
        "techniques": ["direct"],
        "share": 0.05,
        "controls": False,
    }


def test_the_second_and_the_third_form_of_attack_methods_mean_the_same():
    second = body({"bias_test": {"attack_methods": {**BASIC, "advanced": STATIC}}})
    third = body(
        {
            "version": "3.0",
            "bias_test": {
                "attack_methods": {
                    "basic": {"basic": {"params": {}}},
                    "static": {name: {"params": {}} for name in STATIC["static"]},
                    "dynamic": {"iterative": {"params": {}}},
                }
            },
        }
    )
    assert asked.read_task(second).suite == asked.read_task(third).suite
    assert {"direct", "base64", "role_play", "multi_turn"} <= set(
        options(asked.read_task(third))["techniques"]
    )


def test_no_prompt_is_asked_for_twice_however_many_tests_want_it():
    encoded = {"advanced": {"static": ["encoding"]}}
    tests = {
        "pii_test": {"sample_percentage": 50, "attack_methods": BASIC},
        "adv_pii_test": {"sample_percentage": 20, "attack_methods": BASIC | encoded},
        "adv_info_test": {"sample_percentage": 80, "attack_methods": BASIC},
    }
    task = asked.read_task(body(tests))
    cells = [
        (category, technique, step.options["share"])
        for step in task.suite.steps
        for category in step.options["categories"]
        for technique in step.options["techniques"]
    ]
    assert len(cells) == len({cell[:2] for cell in cells})
    assert ("sensitive_disclosure", "direct", 0.8) in cells
    assert ("sensitive_disclosure", "hex", 0.2) in cells
    assert task.labels["tests"]["pii_test"] == ["direct"]


@pytest.mark.parametrize(
    "methods",
    [
        {"basic": ["basic"], "advanced": {}},
        {"basic": ["basic"], "advanced": {"static": [], "dynamic": []}},
        {"basic": []},
        {"basic": {}},
        {"basic": {"params": {}}},
    ],
)
def test_an_empty_group_is_no_method(methods):
    task = asked.read_task(body({"bias_test": {"attack_methods": methods}}))
    assert (options(task)["techniques"], task.left_out) == (["direct"], ())


@pytest.mark.parametrize("methods", [{"basic": 5}, {"static": {"dynamic": None}}, {"static": [7]}])
def test_methods_that_are_none_are_refused_by_their_field(methods):
    with pytest.raises(Invalid) as error:
        asked.read_task(body({"bias_test": {"attack_methods": methods}}))
    assert list(fields(error)) == ["redteam_test_configurations.bias_test.attack_methods"]


@pytest.mark.parametrize("given", [5, "basic", []])
def test_a_test_that_is_no_object_is_refused_by_its_name(given):
    with pytest.raises(Invalid) as error:
        asked.read_task(body({"bias_test": given}))
    assert fields(error) == {"redteam_test_configurations.bias_test": "must be an object"}


def test_what_is_not_done_here_is_told():
    made = {"sample_prompts": ["Say it."], "tools": [], "max_prompts": 100}
    task = asked.read_task(body(dataset_configuration=made), "no-rivals")
    assert [each.what for each in task.left_out] == [
        "dataset_configuration.sample_prompts",
        "policy no-rivals",
    ]


def test_an_older_task_names_its_data_set_beside_the_tests():
    assert asked.read_task(body(dataset_name="mine")).dataset == "mine"
    assert asked.read_task(body(dataset_name="standard")).dataset == ""
    made = {"dataset_name": "other"}
    task = asked.read_task(body(dataset_name="standard", dataset_configuration=made))
    assert (task.dataset, task.labels["dataset_name"]) == ("other", "other")


def test_what_needs_images_or_is_unknown_is_left_out_with_the_reason():
    methods = {"static": ["encoding", "figstep", "nonsense"]}
    task = asked.read_task(body({"bias_test": {"attack_methods": {"advanced": methods}}}))
    assert {each.what: each.reason for each in task.left_out} == {
        "bias_test, figstep": "needs images or sound",
        "bias_test, nonsense": "this attack method is not known here",
    }


def test_a_task_of_nothing_that_can_be_run_is_refused():
    with pytest.raises(Invalid, match="text alone"):
        asked.read_task(body({"bias_test": {"attack_methods": {"static": ["figstep"]}}}))


def test_an_unknown_test_is_named_with_the_nearest_known_one():
    with pytest.raises(Invalid) as error:
        asked.read_task(body({"bais_test": {}}))
    assert fields(error)["redteam_test_configurations.bais_test"].endswith(
        "did you mean bias_test?"
    )


@pytest.mark.parametrize("given", [None, {}, [], {"version": "3.0"}])
def test_tests_are_required(given):
    with pytest.raises(Invalid):
        asked.read_task({"test_name": "x", "redteam_test_configurations": given})


def test_a_name_is_required_and_kept_as_it_is():
    with pytest.raises(Invalid) as error:
        asked.read_task({"redteam_test_configurations": {"bias_test": {}}})
    assert "test_name" in fields(error)
    assert asked.read_task(body()).labels["test_name"] == "Q3 check"


def test_the_tasks_own_words_are_what_the_judge_goes_by():
    tests = {"competitor_test": {"competitors_list": ["Acme"], "system_description": "A shop."}}
    made = {"dataset_name": "mine", "policy_description": "Be kind."}
    task = asked.read_task(body(tests, dataset_configuration=made, user_metadata={"ci": 7}))
    assert task.context["policy_description"].startswith("Be kind.")
    assert "Acme" in task.context["policy_description"]
    assert task.context["system_description"] == "A shop."
    assert task.dataset == "mine"
    assert task.labels["user_metadata"] == {"ci": 7}


def test_every_category_and_technique_of_the_tables_is_one_of_ours():
    for categories in words.tests().values():
        assert set(categories) <= set(TAXONOMY.categories)
    for method in ("basic", "encoding", "single_shot", "masking", "lang", "lang_fr", "iterative"):
        assert set(words.techniques(method)) <= set(TAXONOMY.techniques)


def test_every_test_that_the_sdk_knows_is_known_here():
    from enkryptai_sdk.dto.red_team_legacy import RedTeamTestConfigurations

    assert set(RedTeamTestConfigurations.__annotations__) - {"_extra_fields"} == set(words.tests())


def test_a_wrong_field_of_a_test_is_named_with_the_test():
    with pytest.raises(Invalid) as error:
        asked.read_task(body({"bias_test": {"sample_percentage": "many"}}))
    assert list(fields(error)) == ["redteam_test_configurations.bias_test.sample_percentage"]
