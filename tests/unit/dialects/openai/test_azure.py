"""Azure OpenAI: where a call goes, and that its answers pass."""

import json

import pytest
from tests.unit.dialects.asks import sending, sent, speaker

from quintain.dialects.base import COMPLETIONS, EMBEDDINGS, RESPONSES
from quintain.dialects.openai.answers import guarded
from quintain.dialects.openai.azure import NEWEST_GA
from quintain.dialects.table import check
from quintain.errors import TargetError
from quintain.registry.schema import Target

HOST = {"host": "res.openai.azure.com"}


def url(kind="chat", model_name="gpt 4o/mini", **config):
    config = {"endpoint": HOST, "model_name": model_name} | config
    return str(sending("azure_openai", {}, kind, config=config).url)


def test_the_deployment_stands_in_the_path_and_the_version_behind_it():
    base = "https://res.openai.azure.com/openai/deployments/gpt%204o%2Fmini"
    assert url() == f"{base}/chat/completions?api-version={NEWEST_GA}"
    assert url(COMPLETIONS) == f"{base}/completions?api-version={NEWEST_GA}"
    assert url(EMBEDDINGS) == f"{base}/embeddings?api-version={NEWEST_GA}"
    assert url(RESPONSES) == "https://res.openai.azure.com/openai/v1/responses"


def test_the_version_is_the_registrations_and_no_field_of_the_body():
    options = {"api-version": "2025-04-01-preview", "seed": 1}
    assert url(default_request_options=options).endswith("?api-version=2025-04-01-preview")
    config = {"endpoint": HOST, "default_request_options": options}
    assert sent("azure_openai", {}, config=config)["seed"] == 1
    assert "api-version" not in sent("azure_openai", {}, config=config)


def test_the_newer_surface_is_below_its_own_base_path_and_needs_no_version():
    newer = {**HOST, "base_path": "/openai/v1"}
    base = "https://res.openai.azure.com/openai/v1"
    assert url(endpoint=newer) == f"{base}/chat/completions"
    assert url(EMBEDDINGS, endpoint=newer) == f"{base}/embeddings"
    assert url(RESPONSES, endpoint=newer) == f"{base}/responses"
    assert sent("azure_openai", {}, config={"endpoint": newer, "model_name": "d"})["model"] == "d"


def test_a_path_of_the_users_own_brings_its_own_version():
    path = "/openai/deployments/other/chat/completions?api-version=2024-06-01"
    assert url(paths={"chat": path}) == f"https://res.openai.azure.com{path}"


async def problems(**config):
    document = {"model_provider": "azure_openai"} | config
    target = Target.model_validate({"model_name": "d", "model_config": document})
    return [
        (each.field.removeprefix("model_config."), each.message)
        for each in await check(target, None)
    ]


async def test_the_resource_is_asked_for():
    ((field, message),) = await problems()
    assert field == "endpoint.host"
    assert "NAME.openai.azure.com" in message
    assert await problems(endpoint=HOST) == []


@pytest.mark.parametrize("version", ["2024-10-21", "2025-04-01-preview", "preview", "latest", "v1"])
async def test_versions_of_the_api_are_taken(version):
    assert await problems(endpoint=HOST, default_request_options={"api-version": version}) == []


@pytest.mark.parametrize("version", [1, None, "", "newest", "2024-10-21&x=1", "../.."])
async def test_what_is_no_version_is_refused(version):
    ((field, message),) = await problems(
        endpoint=HOST, default_request_options={"api-version": version}
    )
    assert field == "default_request_options.api-version"
    assert NEWEST_GA in message


def test_azures_answers_pass_as_they_are():
    assert not hasattr(speaker("azure_openai", endpoint=HOST), "mended")


# What Azure puts before the first words: the results of the prompt's filters, without a choice.
FILTERED = {
    "choices": [],
    "created": 0,
    "id": "",
    "model": "",
    "object": "",
    "prompt_filter_results": [
        {
            "prompt_index": 0,
            "content_filter_results": {
                "hate": {"filtered": False, "severity": "safe"},
                "jailbreak": {"error": {"code": "content_filter_error", "message": "timed out"}},
            },
        }
    ],
}


def event(body):
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def said(delta, finish_reason=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return event({"id": "c", "choices": [choice], "object": "chat.completion.chunk"})


async def arriving(*events):
    for each in events:
        yield each


async def test_the_filters_results_before_the_first_words_break_no_stream():
    events = [event(FILTERED), said({"role": "assistant", "content": ""}), said({"content": "Hi"})]
    end = [said({}, "stop"), b"data: [DONE]\n\n"]
    passed = [part async for part in guarded(arriving(*events, *end))]
    assert b"".join(passed) == b"".join([*events, *end])


async def test_the_filters_results_are_no_words():
    events = [event(FILTERED), said({"role": "assistant", "content": ""}), said({}, "stop")]
    with pytest.raises(TargetError) as caught:
        [part async for part in guarded(arriving(*events))]
    assert caught.value.code == "empty_answer"


async def test_an_answer_that_the_filter_stopped_is_an_answer():
    events = [event(FILTERED), said({}, "content_filter"), b"data: [DONE]\n\n"]
    assert b"".join([part async for part in guarded(arriving(*events))]) == b"".join(events)
