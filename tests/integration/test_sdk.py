"""The official SDK, enkryptai-sdk 1.0.47, unchanged, with our address as its base_url."""

import copy

import pytest
from enkryptai_sdk import ModelClient, ModelClientError, RedTeamClient, RedTeamLegacyClient
from enkryptai_sdk.red_team import RedTeamClientError

from tests.served.quintain import ADMIN_KEY
from tests.served.shapes import accepted
from tests.served.target import KEY, answers

CHAT = {"messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def project(quintain, name):
    return quintain.new_key("editor", project=name)


@pytest.fixture
def sdk(quintain, project):
    return ModelClient(api_key=project, base_url=f"{quintain.url}/sdk")


@pytest.fixture
def config(target, name):
    """What the SDK's own documentation passes to add_model."""
    return {
        "model_saved_name": name,
        "model_version": "v1",
        "testing_for": "foundationModels",
        "model_name": "target-model",
        "model_config": {
            "model_provider": "openai_compatible",
            "hosting_type": "Internal",
            "model_source": "https://target.example",
            "system_prompt": "",
            "endpoint": {"scheme": "http", "host": "127.0.0.1", "port": target.port, "base_path": "/v1"},
            "paths": {"completions": "/completions", "chat": "/chat/completions"},
            "auth_data": {"header_name": "Authorization", "header_prefix": "Bearer", "space_after_prefix": True},
            "apikeys": [KEY],
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "default_request_options": {"temperature": 0.5},
        },
    }  # fmt: skip


@pytest.fixture
def stored(quintain, project, name):
    def stored():
        named = {"X-Enkrypt-Model": name}
        return accepted(quintain.call("GET", "/models/get-model", key=project, headers=named))

    return stored


@pytest.fixture
def called(quintain, project, target, name):
    """How the target is reached in so many calls: paths and keys."""

    def called(times=1):
        target.does(answers())
        target.arrivals.clear()
        for _ in range(times):
            accepted(
                quintain.call("POST", "/v1/chat/completions", CHAT | {"model": name}, key=project)
            )
        return {
            (each.path, each.headers.get("Authorization", "").removeprefix("Bearer "))
            for each in target.arrivals
        }

    return called


def test_add_get_list_and_delete(sdk, config, name):
    added = sdk.add_model(copy.deepcopy(config))
    assert added.message == "Model details added successfully"
    assert added.data["model_saved_name"] == name

    got = sdk.get_model(name, "v1")
    assert (got.model_saved_name, got.model_version, got.project_name) == (name, "v1", name)
    assert got.model_config.apikey == "sk-...ghij"
    assert got.to_dict()["model_config"]["model_provider"] == "openai_compatible"

    listed = sdk.get_model_list()
    assert [each.model_saved_name for each in listed.models] == [name]
    assert len(listed.to_dataframe()) == 1

    gone = sdk.delete_model(name, "v1")
    assert gone.message == "Model details deleted successfully"
    assert sdk.get_model_list().models == []


def test_what_was_added_can_be_called(sdk, config, called):
    sdk.add_model(copy.deepcopy(config))

    assert called() == {("/v1/chat/completions", KEY)}


def test_get_then_modify_loses_nothing(sdk, config, name, called, stored):
    sdk.add_model(copy.deepcopy(config))
    before = stored()

    answer = sdk.modify_model(sdk.get_model(name, "v1"))

    assert answer.message == "Model details updated successfully"
    assert stored()["model_config"] == before["model_config"]
    assert called() == {("/v1/chat/completions", KEY)}


def test_get_then_modify_of_one_field_changes_that_one(sdk, config, name, called, stored):
    sdk.add_model(copy.deepcopy(config))
    before = stored()

    got = sdk.get_model(name, "v1")
    got.model_config.system_prompt = "Be kind."
    sdk.modify_model(got)

    assert stored()["model_config"] == before["model_config"] | {"system_prompt": "Be kind."}
    assert called() == {("/v1/chat/completions", KEY)}


def test_modify_with_a_new_key_replaces_it(sdk, config, name, called):
    sdk.add_model(copy.deepcopy(config))

    got = sdk.get_model(name, "v1")
    got.model_config.apikey = "sk-a-new-key-0123456789"
    sdk.modify_model(got)

    assert called() == {("/v1/chat/completions", "sk-a-new-key-0123456789")}


def test_modify_renames(sdk, config, name):
    sdk.add_model(copy.deepcopy(config))

    got = sdk.get_model(name, "v1")
    got.model_saved_name, got.model_version = f"{name} anew", "v2"
    sdk.modify_model(got, old_model_saved_name=name, old_model_version="v1")

    assert sdk.get_model(f"{name} anew", "v2").model_saved_name == f"{name} anew"
    with pytest.raises(ModelClientError, match="no such model"):
        sdk.get_model(name, "v1")


class TestWhatTheSdkCannotSay:
    """Registered by other means; a get-then-modify by the SDK keeps what it has no place for."""

    @pytest.fixture
    def registered(self, quintain, target, project, name):
        quintain.add(
            name,
            target.config(
                apikeys=[KEY, "sk-second-key-0123456789-abcdef"],
                rate_per_min=777,
                endpoint={"scheme": "http", "host": "127.0.0.1", "port": target.port, "base_path": "/api/v1"},
                input_modalities=["text", "image", "video"],
                output_modalities=["text", "code"],
                auth_data={"header_name": "Authorization", "header_prefix": "Bearer", "space_after_prefix": True, "extra": "an extra secret 012"},
                context={"system_description": "a chatbot"},
                custom_headers=[{"key": "X-Tenant", "value": "tenant secret 0123456789"}],
                metadata={"team": "red", "timeouts": {"read_s": 5}},
                tools=[{"name": "search", "description": "Searches.", "parameters": {"type": "object"}}],
            ),
            key=project,
        )  # fmt: skip

    def test_get_then_modify_keeps_it(self, sdk, registered, name, stored, called):
        before = stored()

        sdk.modify_model(sdk.get_model(name, "v1"))

        after = stored()["model_config"]
        assert after | before["model_config"] == after
        assert called(4) == {
            ("/api/v1/chat/completions", KEY),
            ("/api/v1/chat/completions", "sk-second-key-0123456789-abcdef"),
        }

    def test_the_rate_is_shown_and_kept(self, sdk, registered, name, stored):
        got = sdk.get_model(name, "v1")
        assert got.model_config.rate_per_min == 777

        got.model_config.rate_per_min = 5
        sdk.modify_model(got)

        # The SDK does not send it, so nobody has changed it.
        assert stored()["model_config"]["rate_per_min"] == 777

    def test_a_list_with_it_can_be_read(self, sdk, registered, name):
        (model,) = sdk.get_model_list().models

        assert model.model_saved_name == name
        assert model.model_config.context.system_description == "a chatbot"


class TestAnyProvider:
    @pytest.mark.parametrize("provider", ["openai", "together", "groq", "mistral", "portkey"])
    def test_a_model_by_its_defaults_is_read_and_sent_back_unchanged(
        self, quintain, sdk, project, name, stored, provider
    ):
        quintain.add(name, {"model_provider": provider, "apikeys": [KEY]}, key=project)
        before = stored()["model_config"]

        sdk.modify_model(sdk.get_model(name, "v1"))

        after = stored()["model_config"]
        assert after | before == after

    def test_a_custom_one_is_read_and_sent_back_unchanged(
        self, quintain, sdk, target, project, name, stored
    ):
        quintain.add(name, target.custom(paths={"chat": "/reply?x=1"}), key=project)
        before = stored()["model_config"]

        sdk.modify_model(sdk.get_model(name, "v1"))

        after = stored()["model_config"]
        assert after | before == after


class TestPathsThatTheSdkFillsIn:
    """It sends `vision: images` and more where only a chat path was given."""

    def test_they_do_not_become_the_model_s(self, sdk, config, stored):
        config["model_config"]["paths"] = {"chat": "/chat/completions"}
        sdk.add_model(config)

        assert stored()["model_config"]["paths"] == {"chat": "/chat/completions"}

    def test_those_that_were_given_stay(self, sdk, config, stored):
        config["model_config"]["paths"] = given = {
            "completions": "/own", "chat": "/own/chat", "vision": "/own/vision", "embeddings": "/e",
        }  # fmt: skip
        sdk.add_model(copy.deepcopy(config))

        assert stored()["model_config"]["paths"] == given


class TestErrors:
    def test_an_unknown_model_is_an_error_with_our_sentence(self, sdk):
        with pytest.raises(ModelClientError, match="no such model"):
            sdk.get_model("not there", "v1")

    def test_a_wrong_field_is_named(self, sdk, config):
        config["model_config"]["hosting_type"] = "Elsewhere"

        with pytest.raises(ModelClientError, match=r"model_config\.hosting_type"):
            sdk.add_model(config)

    def test_a_wrong_key_is_an_error(self, quintain, name):
        wrong = ModelClient(api_key="not a key", base_url=f"{quintain.url}/sdk")

        assert "API key" in wrong.get_model_list()["error"]


class TestHealth:
    @pytest.fixture
    def legacy(self, quintain):
        return RedTeamLegacyClient(api_key=ADMIN_KEY, base_url=f"{quintain.url}/sdk")

    @pytest.fixture
    def current(self, quintain):
        return RedTeamClient(api_key=ADMIN_KEY, base_url=f"{quintain.url}/sdk")

    @pytest.fixture
    def saved(self, quintain, target, name):
        quintain.add(name, target.config())
        return name

    def test_a_saved_model_is_healthy_for_both_clients(self, legacy, current, saved, target):
        old = legacy.check_saved_model_health(saved, "v1")
        new = current.check_saved_model_health(saved, "v1")

        assert (old.status, old.error) == ("healthy", "")
        assert old.data["response"] == "Hello there."
        assert new["status"] == "healthy"

    def test_an_unhealthy_one_is_an_answer_and_no_crash(self, legacy, current, saved, target):
        target.does(answers({"error": {"message": "bad key"}}, status=401))

        old = legacy.check_saved_model_health(saved, "v1")
        new = current.check_saved_model_health(saved, "v1")

        assert old.status == new["status"] == "unhealthy"
        assert "bad key" in old.message
        failed = [rung["stage"] for rung in old.data["diagnosis"] if rung["result"] == "failed"]
        assert failed == ["auth"]

    def test_an_unknown_one_is_an_error(self, legacy, current):
        with pytest.raises(Exception, match="no such model"):
            legacy.check_saved_model_health("not there", "v1")
        with pytest.raises(RedTeamClientError, match="no such model"):
            current.check_saved_model_health("not there", "v1")

    @pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/v1/chat/completions"])
    def test_an_unsaved_one_is_checked_by_its_url(self, legacy, target, path):
        flat = {
            "model_provider": "openai_compatible",
            "model_endpoint_url": f"http://127.0.0.1:{target.port}{path}",
            "model_name": "target-model",
            "model_api_key": KEY,
            "rate_per_min": 1000,
            "hosting_type": "Internal",
        }
        # The SDK's class has no field for it, and takes it beside its fields.
        hosting = flat.pop("hosting_type")
        config = {"target_model_configuration": flat | {"_extra_fields": {"hosting_type": hosting}}}

        health = legacy.check_model_health(config)

        assert health.status == "healthy", health.message
        assert target.arrivals[0].path == path
        assert target.arrivals[0].headers["Authorization"] == f"Bearer {KEY}"

    def test_an_unsaved_one_in_v3_form_is_answered_with_its_diagnosis(self, legacy, target):
        config = target.config()
        del config["hosting_type"]
        health = legacy.check_model_health_v3(
            {"endpoint_configuration": {"model_name": "m", "model_config": config}}
        )

        # The SDK drops hosting_type here, and only Internal models may reach a loopback address.
        assert health.status == "unhealthy"
        assert "hosting_type" in health.message

    def test_the_service_is_well(self, legacy, current):
        assert legacy.get_health().status == "healthy"
        assert current.health_check()["status"] == "healthy"
