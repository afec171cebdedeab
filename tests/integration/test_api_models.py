"""The five calls of `/models` and the history, over HTTP."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.served.shapes import accepted, changed, refused

HERE = Path(__file__).parent
REQUEST = json.loads((HERE / "seed_request.json").read_text())
ANSWER = json.loads((HERE / "seed_answer.json").read_text())
KEY = "sk-models-0123456789-abcdefghij"


def headers(name, version=None):
    return {"X-Enkrypt-Model": name} | ({"X-Enkrypt-Model-Version": version} if version else {})


def body(name, **config):
    config = {"model_provider": "together", "apikeys": [KEY]} | config
    return {
        "model_saved_name": name,
        "model_version": "v1",
        "model_name": "some-model",
        "model_config": config,
    }


def missing(expected, found, path=""):
    """What of `expected` is not in `found`, at any depth."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            yield from missing(value, (found or {}).get(key, "absent"), f"{path}.{key}")
    elif found != expected:
        yield f"{path}: {found!r} in place of {expected!r}"


@pytest.fixture
def project(quintain, name):
    """The key of an editor in a project of the test's own."""
    return quintain.new_key("editor", project=name)


def test_the_page_s_request_has_the_page_s_answer(quintain, project):
    answer = accepted(quintain.call("POST", "/models/add-model", REQUEST, key=project))

    assert set(answer) == set(ANSWER)
    told = {"created_at", "updated_at", "model_id", "project_name"}
    page = ANSWER | {"data": {k: v for k, v in ANSWER["data"].items() if k not in told}}
    assert list(missing(page, answer)) == []
    assert set(answer["data"]) == set(ANSWER["data"])


def test_the_page_s_request_is_told_in_the_project_default_with_an_id_and_two_times(quintain, name):
    data = changed(
        quintain.call("POST", "/models/add-model", REQUEST | {"model_saved_name": name}), "added"
    )

    assert data["project_name"] == "default"
    assert isinstance(data["model_id"], int)
    assert data["created_at"] == data["updated_at"]
    assert data["created_at"].endswith("+00:00")
    assert len(data["created_at"]) == len(ANSWER["data"]["created_at"])
    datetime.fromisoformat(data["created_at"])


def test_get_answers_the_bare_model_as_it_was_added(quintain, name):
    data = changed(quintain.call("POST", "/models/add-model", body(name)), "added")

    got = accepted(quintain.call("GET", "/models/get-model", headers=headers(name)))

    assert got == data
    assert got["model_config"]["apikeys"] == ["sk-...ghij"]


def test_the_version_is_v1_unless_given(quintain, name):
    for version in ("v1", "v2"):
        quintain.add(name, body(name)["model_config"], model_version=version)

    first = accepted(quintain.call("GET", "/models/get-model", headers=headers(name)))
    second = accepted(quintain.call("GET", "/models/get-model", headers=headers(name, "v2")))

    assert (first["model_version"], second["model_version"]) == ("v1", "v2")


def test_modify_answers_the_merged_model(quintain, name):
    data = quintain.add(name, body(name, system_prompt="Be kind.")["model_config"])

    change = {"model_config": {"rate_per_min": 7}}
    modified = changed(
        quintain.call("PATCH", "/models/modify-model", change, headers=headers(name)), "updated"
    )

    assert modified["model_config"] == data["model_config"] | {"rate_per_min": 7}
    assert modified["created_at"] == data["created_at"]
    assert modified["updated_at"] > data["updated_at"]


def test_delete_answers_the_model_and_frees_its_name_at_once(quintain, name):
    data = quintain.add(name, body(name)["model_config"])

    gone = changed(
        quintain.call("DELETE", "/models/delete-model", headers=headers(name)), "deleted"
    )

    assert gone["model_id"] == data["model_id"]
    refused(
        quintain.call("GET", "/models/get-model", headers=headers(name)), 404, "model_not_found"
    )
    again = quintain.add(name, body(name)["model_config"])
    assert again["model_id"] > data["model_id"]


def test_the_history_tells_who_changed_what_and_is_readable_after_a_delete(quintain, name, project):
    quintain.add(name, body(name)["model_config"], key=project)
    change = {"model_config": {"rate_per_min": 7, "apikeys": ["sk-models-another-0123456789"]}}
    of = headers(name)
    accepted(quintain.call("PATCH", "/models/modify-model", change, headers=of, key=project))
    accepted(quintain.call("DELETE", "/models/delete-model", headers=of, key=project))

    answer = quintain.call("GET", "/models/history", headers=of, key=project)

    revisions = accepted(answer)["revisions"]
    assert [each["action"] for each in revisions] == ["added", "modified", "deleted"]
    assert {each["who"] for each in revisions} == {project[:11]}
    assert revisions[1]["changes"] == [
        {"field": "model_config.rate_per_min", "from": None, "to": 7},
        {"field": "model_config.apikeys.0", "change": "changed"},
    ]


def test_the_history_follows_a_rename(quintain, name):
    quintain.add(name, body(name)["model_config"])
    change = {"model_saved_name": f"{name} anew", "model_version": "v9"}
    accepted(quintain.call("PATCH", "/models/modify-model", change, headers=headers(name)))

    of_new = accepted(
        quintain.call("GET", "/models/history", headers=headers(f"{name} anew", "v9"))
    )
    of_old = accepted(quintain.call("GET", "/models/history", headers=headers(name)))

    assert of_new == of_old
    assert [each["action"] for each in of_new["revisions"]] == ["added", "modified"]


def test_a_taken_name_and_version_is_a_conflict(quintain, name):
    quintain.add(name, body(name)["model_config"])
    quintain.add(name, body(name)["model_config"], model_version="v2")

    refused(quintain.call("POST", "/models/add-model", body(name)), 409, "name_taken")
    change = {"model_version": "v2"}
    refused(
        quintain.call("PATCH", "/models/modify-model", change, headers=headers(name)),
        409,
        "name_taken",
    )


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/models/get-model", None),
        ("GET", "/models/history", None),
        ("PATCH", "/models/modify-model", {}),
        ("DELETE", "/models/delete-model", None),
        ("POST", "/redteam/v3/model/model-health", None),
        ("POST", "/redteam/model/model-health", None),
    ],
)
def test_another_project_s_model_is_as_unknown_as_one_that_does_not_exist(
    quintain, name, project, method, path, sent
):
    quintain.add(name, body(name)["model_config"])

    other = quintain.call(method, path, sent, key=project, headers=headers(name))
    none = quintain.call(method, path, sent, key=project, headers=headers(f"{name} not there"))

    refused(other, 404, "model_not_found")
    assert _timeless(other) == _timeless(none)


def _timeless(answer):
    return answer.status_code, {k: v for k, v in answer.json().items() if k != "request_id"}


def test_the_same_name_lives_in_two_projects_independently(quintain, name, project):
    mine = quintain.add(name, body(name)["model_config"], key=project)
    theirs = quintain.add(name, body(name, rate_per_min=3)["model_config"])

    accepted(quintain.call("DELETE", "/models/delete-model", headers=headers(name), key=project))

    left = accepted(quintain.call("GET", "/models/get-model", headers=headers(name)))
    assert left["model_id"] == theirs["model_id"] != mine["model_id"]


def test_a_name_is_trimmed_and_may_be_written_in_any_script(quintain, project):
    given = body("  Müller 模型 🛠 ")
    data = changed(quintain.call("POST", "/models/add-model", given, key=project), "added")

    assert data["model_saved_name"] == "Müller 模型 🛠"
    named = {"X-Enkrypt-Model": "Müller 模型 🛠".encode()}
    got = accepted(quintain.call("GET", "/models/get-model", key=project, headers=named))
    assert got == data


@pytest.mark.parametrize("empty", [None, "as clients send it"])
def test_nulls_and_empty_values_of_optional_fields_are_taken(quintain, name, empty):
    config = {
        "model_jwt_config": None,
        "custom_curl_command": None if empty is None else "",
        "custom_payload": None if empty is None else {},
        "custom_headers": None if empty is None else [],
        "custom_response_format": None if empty is None else "",
        "custom_response_content_type": None if empty is None else "",
        "model_auth_type": None if empty is None else "",
        "endpoint": None if empty is None else {},
        "paths": None if empty is None else {},
        "auth_data": None if empty is None else {},
        "system_prompt": None if empty is None else "",
        "model_source": None if empty is None else "",
        "tools": None if empty is None else [],
        "context": None if empty is None else {},
        "metadata": None if empty is None else {},
        "default_request_options": None if empty is None else {},
        "input_modalities": None if empty is None else [],
        "rate_per_min": None,
        "hosting_type": None,
    }
    given = body(name, **config) | {"certifications": None if empty is None else []}

    data = changed(quintain.call("POST", "/models/add-model", given), "added")

    assert data["certifications"] == []
    assert data["hosting_type"] == "External"
    assert data["model_config"]["rate_per_min"] == 20
    assert None not in data["model_config"].values()


def test_what_older_clients_send_is_taken_and_not_stored(quintain, name):
    legacy = dict.fromkeys(("model_type", "conversation_template", "is_compatible_with"), "x")
    given = body(name, **legacy, model_version="v7") | legacy

    data = changed(quintain.call("POST", "/models/add-model", given), "added")

    assert data["model_version"] == "v1"
    assert not set(data["model_config"]) & {*legacy, "model_version"}
    assert not set(data) & set(legacy)


def test_a_known_provider_brings_its_endpoint_paths_and_auth(quintain, name):
    data = quintain.add(name, {"model_provider": "openai", "apikeys": [KEY]})

    config = data["model_config"]
    assert config["endpoint"] == {
        "scheme": "https", "host": "api.openai.com", "port": 443, "base_path": "/v1"
    }  # fmt: skip
    assert config["paths"]["chat"] == "/chat/completions"
    assert config["auth_data"]["header_name"] == "Authorization"


class TestList:
    @pytest.fixture
    def listed(self, quintain, project):
        """Ask for a list in a project that has five models; gives their names or the whole body."""
        for number, (saved, provider, purpose) in enumerate(
            [
                ("100% sure", "together", "agents"),
                ("under_score", "openai", "foundationModels"),
                ("Straße", "together", "foundationModels"),
                ("back\\slash", "openai", "foundationModels"),
                ("plain", "together", "agents"),
            ]
        ):
            given = {"testing_for": purpose, "model_name": f"target-{number}"}
            quintain.add(saved, {"model_provider": provider}, key=project, **given)

        def ask(**query):
            parts = "&".join(f"{k}={v}" for k, v in query.items())
            answer = quintain.call("GET", f"/models/list-models?{parts}", key=project)
            return accepted(answer)

        return ask

    @staticmethod
    def names(answer):
        return [model["model_saved_name"] for model in answer["models"]]

    def test_everything_comes_by_id_and_without_pagination_unless_asked(self, listed):
        answer = listed()

        assert set(answer) == {"models"}
        ids = [model["model_id"] for model in answer["models"]]
        assert len(ids) == 5
        assert ids == sorted(ids)

    def test_pages_say_where_they_stand(self, listed):
        last = listed(page=3, per_page=2)

        assert self.names(last) == ["plain"]
        assert last["pagination"] == {
            "page": 3, "per_page": 2, "total_count": 5, "total_pages": 3,
            "has_next": False, "has_previous": True,
        }  # fmt: skip
        assert listed(per_page=2)["pagination"]["has_next"] is True
        assert listed(page=9)["models"] == []

    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("100%25", ["100% sure"]),
            ("%25", ["100% sure"]),
            ("r_s", ["under_score"]),
            ("_", ["under_score"]),
            ("STRASSE", ["Straße"]),
            ("stra%C3%9Fe", ["Straße"]),
            ("k%5Cs", ["back\\slash"]),
            ("PLAIN", ["plain"]),
            ("TARGET-2", ["Straße"]),
            ("nothing-like-it", []),
        ],
    )
    def test_q_is_plain_text_in_any_case(self, listed, q, found):
        assert self.names(listed(q=q)) == found

    def test_filters_hold_together(self, listed):
        assert self.names(listed(testing_for="agents")) == ["100% sure", "plain"]
        assert self.names(listed(testing_for="agents", model_provider="together", q="pl")) == [
            "plain"
        ]
        assert listed(testing_for="agents", per_page=1)["pagination"]["total_count"] == 2

    @pytest.mark.parametrize(
        "query",
        ["page=0", "per_page=101", "per_page=0", "page=x", "testing_for=all", "q=%00",
         "model_provider=acme", "page=99999999999999999999999"],
    )  # fmt: skip
    def test_a_wrong_query_is_named(self, quintain, project, query):
        answer = quintain.call("GET", f"/models/list-models?{query}", key=project)

        assert set(refused(answer, 422, "invalid")) == {query.partition("=")[0]}
