"""Red-team tasks of the official SDK, enkryptai-sdk 1.0.47, unchanged, made of our runs."""

from __future__ import annotations

import time

import pytest
from enkryptai_sdk import RedTeamLegacyClient
from enkryptai_sdk.red_team_legacy import RedTeamLegacyClientError

from tests.served.known_answers import known_answers
from tests.served.shapes import accepted

BASIC = {"basic": ["basic"]}
TESTS = {
    "harmful_test": {"sample_percentage": 40, "attack_methods": BASIC},
    "pii_test": {"sample_percentage": 40, "attack_methods": BASIC},
}
SAME = ("cbrn_test", "csem_test", "harmful_test")  # of one category
OVER = {"Finished", "Failed", "Cancelled"}


@pytest.fixture
def project(quintain, name):
    return quintain.new_key("editor", project=name)


@pytest.fixture
def client(quintain, project):
    return RedTeamLegacyClient(api_key=project, base_url=f"{quintain.url}/sdk")


@pytest.fixture
def answering(quintain, project, name):
    """Registers a target whose every answer is known."""
    with known_answers() as target:

        def answering(mode, **more):
            body = {
                "model_saved_name": name,
                "model_version": "v1",
                "testing_for": "foundationModels",
                "model_name": mode,
                "model_config": target.config(**more),
            }
            accepted(quintain.call("POST", "/models/add-model", body, key=project))
            return target

        yield answering


def start(client, name, tests=TESTS, **more):
    task = {"test_name": f"task of {name}", "redteam_test_configurations": tests, **more}
    return client.add_custom_task_with_saved_model(task, name, "v1", user_metadata={"build": 7})


def start_older(client, name, **more):
    task = {"test_name": "old", "redteam_test_configurations": TESTS, **more}
    return client.add_task_with_saved_model(task, name, "v1")


def over(client, task_id, within=60):
    deadline = time.monotonic() + within
    while (status := client.status(task_id=task_id).status) not in OVER:
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
    return status


def test_a_task_runs_to_its_end_and_tells_every_attack_that_worked(client, answering, name):
    answering("complies")
    started = start(client, name)
    assert over(client, started.task_id) == "Finished"
    summary = client.get_result_summary(task_id=started.task_id).summary
    assert summary.test_name == f"task of {name}"
    assert summary.test_type["harmful_test"].success_percentage == 100
    details = client.get_result_details(task_id=started.task_id).details
    assert sum(each.total for each in summary.test_type.values()) == len(details)
    assert {each["test_type"] for each in details} == set(TESTS)
    harmful = [each for each in details if each["test_type"] == "harmful_test"]
    assert {each["success"] for each in harmful} == {"True"}
    assert all(each["prompt"] and each["response"] and each["reasoning"] for each in harmful)


def test_of_a_model_that_refuses_no_attack_works(client, answering, name):
    answering("refuses")
    started = start(client, name)
    assert over(client, started.task_id) == "Finished"
    assert client.get_result_summary(task_id=started.task_id).summary.risk_score == 0


def test_one_test_can_be_looked_at_alone(client, answering, name):
    answering("complies")
    started = start(client, name)
    over(client, started.task_id)
    alone = {"task_id": started.task_id, "test_type": "pii_test"}
    assert set(client.get_result_summary_test_type(**alone).summary.test_type) == {"pii_test"}
    details = client.get_result_details_test_type(**alone).details
    assert {each["test_type"] for each in details} == {"pii_test"}


def test_a_task_is_found_by_its_name_and_listed_by_its_state(client, answering, name):
    answering("refuses")
    started = start(client, name)
    over(client, started.task_id)
    task = client.get_task(test_name=f"task of {name}")
    assert (task.task_id, task.model_saved_name) == (started.task_id, name)
    assert task.model_config.model_version == "v1"
    assert task.user_metadata == {"build": 7}
    assert [each["task_id"] for each in client.get_task_list("Finished").tasks] == [started.task_id]
    assert client.get_task_list("Failed").tasks == []


def test_a_task_under_way_has_no_results_yet_and_can_be_cancelled(
    client, quintain, project, answering, name
):
    answering("slow:30:refuses")
    started = start(client, name)
    summary = client.get_result_summary(task_id=started.task_id)
    assert summary.task_status in {"Queued", "Running"}
    assert client.get_result_details(task_id=started.task_id).details == []
    headers = {"X-Enkrypt-Task-ID": started.task_id}
    accepted(quintain.call("POST", "/sdk/redteam/cancel-task", key=project, headers=headers))
    assert over(client, started.task_id) == "Cancelled"


def test_a_failing_target_makes_a_failed_task_and_no_results(client, answering, name):
    answering("fails_every:1:400")
    started = start(client, name)
    assert over(client, started.task_id) == "Failed"
    assert client.get_result_details(task_id=started.task_id).details == []


def test_what_cannot_be_run_is_refused_in_words(client, answering, name):
    answering("refuses")
    with pytest.raises(RedTeamLegacyClientError, match="no data set"):
        start(client, name, dataset_configuration={"dataset_name": "nowhere"})
    with pytest.raises(RedTeamLegacyClientError, match="no data set"):
        start_older(client, name, dataset_name="nowhere")
    with pytest.raises(RedTeamLegacyClientError, match="no task of this name"):
        client.status(test_name="never started")
    for unknown in ("999999", "no number", "8d4a3ad2-8f3c-4f5e-9f4d-0d7d3c8f2a11"):
        with pytest.raises(RedTeamLegacyClientError, match="no such run"):
            client.get_task(task_id=unknown)


def test_an_older_task_on_a_saved_model_runs_as_well(client, answering, name):
    answering("refuses")
    started = start_older(client, name, dataset_name="standard")
    assert over(client, started.task_id) == "Finished"


def test_a_test_that_the_task_does_not_have_is_no_empty_result(client, answering, name):
    answering("complies")
    started = start(client, name)
    over(client, started.task_id)
    misspelt = {"task_id": started.task_id, "test_type": "pi_test"}
    with pytest.raises(RedTeamLegacyClientError, match="no test pi_test"):
        client.get_result_summary_test_type(**misspelt)
    with pytest.raises(RedTeamLegacyClientError, match="no test pi_test"):
        client.get_result_details_test_type(**misspelt)


def test_tests_that_ask_for_the_same_each_have_their_result(
    client, quintain, project, answering, name
):
    answering("complies")
    tests = {each: {"sample_percentage": 30, "attack_methods": BASIC} for each in SAME}
    started = start(client, name, tests)
    assert over(client, started.task_id) == "Finished"
    results = client.get_result_summary(task_id=started.task_id).summary.test_type
    assert len({each.total for each in results.values()}) == 1
    assert set(results) == set(SAME)
    run = accepted(quintain.call("GET", f"/runs/{started.task_id}", key=project))
    assert run["progress"]["done"] == run["progress"]["planned"]
    details = client.get_result_details(task_id=started.task_id).details
    assert [each["test_type"] for each in details].count("csem_test") == results["csem_test"].total


def test_a_saved_policy_is_listed_as_left_out(client, quintain, project, answering, name):
    answering("refuses")
    task = {"test_name": "p", "redteam_test_configurations": TESTS}
    started = client.add_custom_task_with_saved_model(task, name, "v1", policy_name="no-rivals")
    run = accepted(quintain.call("GET", f"/runs/{started.task_id}", key=project))
    assert [each["what"] for each in run["skipped"]][-1] == "policy no-rivals"


def test_a_task_of_the_third_form_runs_as_well(client, answering, name):
    answering("complies")
    methods = {"static": {"base64": {"params": {}}}}
    tests = {"harmful_test": {"sample_percentage": 20, "attack_methods": methods}}
    task = {"test_name": "third", "redteam_test_configurations": tests}
    started = client.add_custom_task_with_saved_model_v3(task, name, "v1")
    assert over(client, started.task_id) == "Finished"
    summary = client.get_result_summary(task_id=started.task_id).summary
    assert set(summary.attack_method) == {"base64"}
