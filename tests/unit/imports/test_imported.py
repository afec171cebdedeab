"""What becomes of each kind of source."""

import json

import pytest
from tests.unit.imports.samples import SAMPLES

from quintain.imports.draft import masked, written_out
from quintain.imports.kinds import imported
from quintain.imports.refusal import Unimportable
from quintain.registry.providers import PROVIDERS

BASE = {name: row.base_url for name, row in PROVIDERS.items()}


def models_of(source, **options):
    text = source if isinstance(source, str) else json.dumps(source)
    found = imported(text, **options)
    return [written_out(model) for model in found.models], "\n".join(found.notes)


def one(source, **options):
    (model,), notes = models_of(source, **options)
    return model, notes


def config(source, **options):
    return one(source, **options)[0]["model_config"]


def posts(url, body, *headers):
    lines = "".join(f" -H '{header}'" for header in headers)
    return f"curl '{url}'{lines} --json '{json.dumps(body)}'"


# --- which kind


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_is_recognised_by_its_content(name):
    kinds = {"raw": "http"} | {
        k: k for k in ("garak", "litellm", "promptfoo", "postman", "har", "openapi")
    }
    assert imported(SAMPLES[name]).kind == kinds.get(name, "curl")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Dear Sir or Madam",
        "vm",
        "a: 1",
        "{}",
        "[]",
        "null",
        "12",
        "https://bot.example.com",
    ],
)
def test_what_is_of_no_kind_is_refused(text):
    with pytest.raises(Unimportable):
        imported(text)


def test_a_byte_order_mark_and_windows_lines_change_nothing():
    text = SAMPLES["raw"].replace("\n", "\r\n")
    assert models_of("\ufeff" + text)[0] == models_of(SAMPLES["raw"])[0]


# --- known providers


@pytest.mark.parametrize(
    ("url", "body", "headers", "provider", "model"),
    [
        ("https://api.openai.com/v1/chat/completions", {"model": "gpt-4o", "messages": []}, ["Authorization: Bearer KEY"], "openai", "gpt-4o"),
        ("https://api.openai.com/v1/responses", {"model": "gpt-5", "input": "hi"}, ["Authorization: Bearer KEY"], "openai", "gpt-5"),
        ("https://api.anthropic.com/v1/messages", {"model": "claude-x", "messages": []}, ["x-api-key: KEY", "anthropic-version: 2023-06-01"], "anthropic", "claude-x"),
        ("https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:generateContent", {"contents": []}, ["x-goog-api-key: KEY"], "gemini", "gemini-2.0-flash"),
        ("https://generativelanguage.googleapis.com/v1beta/models/gemini-2.0-flash:streamGenerateContent?alt=sse&key=KEY", {"contents": []}, [], "gemini", "gemini-2.0-flash"),
        ("https://api.groq.com/openai/v1/chat/completions", {"model": "llama", "messages": []}, ["Authorization: Bearer KEY"], "groq", "llama"),
        ("https://api.mistral.ai/v1/chat/completions", {"model": "m", "messages": []}, ["Authorization: Bearer KEY"], "mistral", "m"),
        ("https://api.cohere.com/v2/chat", {"model": "command-r", "messages": []}, ["Authorization: bearer KEY"], "cohere", "command-r"),
        (BASE["together"] + "/chat/completions", {"model": "a/b", "messages": []}, ["Authorization: Bearer KEY"], "together", "a/b"),
        (BASE["deepseek"] + "/chat/completions", {"model": "d", "messages": []}, ["Authorization: Bearer KEY"], "deepseek", "d"),
        ("https://api.fireworks.ai/inference/v1/chat/completions", {"model": "f", "messages": []}, ["Authorization: Bearer KEY"], "fireworks", "f"),
    ],
)  # fmt: skip
def test_a_known_host_leaves_the_provider_the_model_and_the_key(
    url, body, headers, provider, model
):
    key = "sk-live-0123456789abcdef"
    found, _ = one(posts(url.replace("KEY", key), body, *(h.replace("KEY", key) for h in headers)))
    assert found["model_name"] == model
    assert found["testing_for"] == "foundationModels"
    assert found["model_config"] == {"model_provider": provider, "apikeys": [key]}


def test_azure_keeps_its_resource_and_its_version():
    found, _ = one(SAMPLES["azure"])
    assert found["model_name"] == "gpt4o-prod"
    assert found["model_config"]["endpoint"]["host"] == "acme.openai.azure.com"
    assert found["model_config"]["paths"]["chat"].endswith("?api-version=2024-10-21")


def test_bedrock_keeps_its_region_and_no_signature_of_one_request():
    url = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse"
    body = {
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "inferenceConfig": {"maxTokens": 99},
    }
    found, notes = one(
        posts(url, body, "Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=abc")
    )
    assert found["model_name"] == "anthropic.claude-3-haiku-20240307-v1:0"
    assert found["model_config"]["metadata"] == {"aws_region": "eu-west-1"}
    assert found["model_config"]["default_request_options"] == {"max_tokens": 99}
    assert "apikeys" not in found["model_config"]
    assert "signature" in notes


def test_openai_tools_and_options_are_kept_and_the_conversation_is_not():
    body = {
        "model": "gpt-4o", "stream": True, "n": 2, "temperature": 0, "seed": 7,
        "messages": [{"role": "system", "content": [{"type": "text", "text": "Be kind."}]}, {"role": "user", "content": "Hi"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}, {"type": "web_search"}],
    }  # fmt: skip
    found = config(posts("https://api.openai.com/v1/chat/completions", body))
    assert found["system_prompt"] == "Be kind."
    assert found["default_request_options"] == {"temperature": 0, "seed": 7}
    assert found["tools"] == [{"name": "f", "parameters": {"type": "object"}}]


def test_a_shape_decides_at_an_unknown_host():
    openai = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    assert config(posts("https://llm.corp.example/api/v1/chat/completions", openai))["endpoint"] == {
        "scheme": "https", "host": "llm.corp.example", "base_path": "/api/v1",
    }  # fmt: skip
    anthropic = config(
        posts("https://llm.corp.example/proxy/v1/messages", openai, "anthropic-version: 2023-06-01")
    )
    assert anthropic["model_provider"] == "anthropic_compatible"
    assert anthropic["endpoint"]["base_path"] == "/proxy"
    elsewhere = config(posts("https://llm.corp.example/talk", openai))
    assert (elsewhere["model_provider"], elsewhere["paths"]) == (
        "openai_compatible",
        {"chat": "/talk"},
    )


# --- where the prompt goes


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        ({"q": "hi", "lang": "en"}, {"q": "{prompt}", "lang": "en"}),
        ({"inputs": "Tell me", "parameters": {"n": 1}}, {"inputs": "{prompt}", "parameters": {"n": 1}}),
        ({"data": {"user_input": "x", "title": "A long title of the page."}}, {"data": {"user_input": "{prompt}", "title": "A long title of the page."}}),
        ({"a": "What is the weather in Paris today?", "b": "xy"}, {"a": "{prompt}", "b": "xy"}),
        ({"prompt": "", "model": "m"}, {"prompt": "{prompt}", "model": "m"}),
        ({"messages": [{"role": "user", "content": "Hi"}], "bot": 3}, {"messages": "{messages}", "bot": 3}),
        (
            {"turns": [{"from": "bot", "text": "Welcome!"}, {"from": "user", "text": "Hi bot"}]},
            {"turns": [{"from": "user", "text": "{prompt}"}]},
        ),
        (
            {"question": "Hi?", "history": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
            {"question": "{prompt}", "history": []},
        ),
        ({"x": "ask: {{prompt}}", "message": "fixed"}, {"x": "ask: {prompt}", "message": "fixed"}),
        ([{"message": "hi"}], [{"message": "{prompt}"}]),
        ({"n": 1}, {"n": 1}),
    ],
)  # fmt: skip
def test_the_prompt_goes_where_the_users_message_stands(body, payload):
    found, notes = one(posts("https://bot.example.com/x", body))
    assert found["model_config"]["custom_payload"] == payload
    assert ("no place for the prompt was found" in notes) == (payload == {"n": 1})


def test_other_places_are_named():
    _, notes = one(
        posts(
            "https://bot.example.com/x", {"query": "hi", "context": "c", "text": "some more text"}
        )
    )
    assert "the prompt goes to query. It could also be text" in notes


def test_a_fixed_conversation_becomes_a_session_and_a_stream_a_whole_answer():
    body = {
        "message": "hi",
        "conversationId": "5f2b8c1e-0c5e-4b6e-9f3e-111111111111",
        "stream": True,
        "thread": {"session_id": None},
    }
    payload = config(posts("https://bot.example.com/x", body))["custom_payload"]
    assert payload == {
        "message": "{prompt}",
        "conversationId": "{session_id}",
        "stream": False,
        "thread": {"session_id": None},
    }


# --- secrets


def test_no_secret_stands_in_a_field_that_is_none():
    url = "https://ada:hunter22@hooks.example.com/T0/xoxb-0123456789-abcdefghij/chat?sig=s3cr3t-value-9&v=1"
    body = {
        "message": "hi",
        "auth": {"accessToken": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig"},
        "deep": [{"note": "ghp_0123456789abcdefghijABCDEFGHIJ0123"}],
    }
    found = imported(
        posts(
            url,
            body,
            "X-Api-Key: first-key-12345",
            "X-Session-Token: second-key-12345",
            "Cookie: sid=third-key",
        )
    )
    public = json.dumps(masked(found.models[0])) + " ".join(found.notes)
    for secret in (
        "hunter22",
        "xoxb-0123456789",
        "s3cr3t-value",
        "eyJzdWIi",
        "ghp_0123456789",
        "first-key-12345",
        "second-key-12345",
        "third-key",
    ):
        assert secret not in public
    kept = written_out(found.models[0])["model_config"]
    assert kept["paths"]["chat"] == "/T0/{auth.path_token}/chat?sig={auth.sig}&v=1"
    assert kept["custom_payload"]["auth"]["accessToken"] == "{auth.accessToken}"
    assert {h["key"] for h in kept["custom_headers"]} == {"X-Api-Key", "X-Session-Token", "Cookie"}
    assert kept["apikeys"] == ["YWRhOmh1bnRlcjIy"]
    assert len(found.secrets) == 8


@pytest.mark.parametrize(
    "value",
    [
        "$API_KEY",
        "${API_KEY}",
        "<your key>",
        "YOUR_API_KEY",
        "{{key}}",
        "sk-...",
        "xxxxxxxx",
        "%API_KEY%",
    ],
)
def test_what_only_names_a_key_is_asked_for(value):
    found, notes = one(posts("https://bot.example.com/x", {"message": "hi"}, f"X-Api-Key: {value}"))
    assert "apikeys" not in found["model_config"]
    assert found["model_config"]["auth_data"]["header_name"] == "X-Api-Key"
    assert "apikeys: the source names the key of X-Api-Key" in notes


def test_a_shells_variables_and_commands_are_neither_run_nor_kept():
    text = 'curl -H "Authorization: Bearer $(gcloud auth print-access-token)" "https://bot.example.com/$TENANT/ask" --json \'{"q":"hi"}\''
    found, notes = one(text)
    assert "apikeys" not in found["model_config"]
    assert "gcloud" in notes


@pytest.mark.parametrize(
    "noise",
    [
        "User-Agent: x",
        "sec-ch-ua: y",
        "Accept-Encoding: br",
        "Content-Length: 3",
        "Origin: https://a",
        "Connection: close",
    ],
)
def test_headers_of_browsers_and_the_transport_are_dropped(noise):
    assert "custom_headers" not in config(
        posts("https://bot.example.com/x", {"message": "hi"}, noise)
    )


# --- the kinds' own


def test_litellm_gives_a_model_for_each_entry_and_says_what_it_leaves_out():
    models, notes = models_of(SAMPLES["litellm"])
    assert [m["model_saved_name"] for m in models] == [
        "gpt-4o",
        "gpt-4o-2",
        "vllm",
        "claude",
        "g",
        "or",
    ]
    azure, _, vllm, claude, *_ = [m["model_config"] for m in models]
    assert azure["endpoint"]["host"] == "my-endpoint.openai.azure.com"
    assert azure["rate_per_min"] == 6
    assert vllm["hosting_type"] == "Internal"
    assert claude["apikeys"] == ["AKIAABCDEFGHIJKLMNOP:abcdefghijklmno0123456789ABCDEFGHIJKLMNOP"]
    assert "gpt-4o: apikeys: the source does not give the key (os.environ/AZURE_API_KEY)" in notes
    assert "sagemaker is not a provider" in notes


def test_promptfoo_reads_plain_paths_and_runs_no_program():
    models, notes = models_of(SAMPLES["promptfoo"])
    assert [m["model_config"]["model_provider"] for m in models] == [
        "openai",
        "anthropic",
        "custom",
        "custom",
        "azure_openai",
    ]
    bot, raw = models[2]["model_config"], models[3]["model_config"]
    assert bot["custom_response_format"] == ".choices[0].message.content"
    assert bot["metadata"] == {"session": {"kind": "server", "read": "header:x-session-id"}}
    assert raw["custom_payload"] == {"model": "llama", "prompt": "{prompt}", "max_tokens": 100}
    assert "custom_response_format" not in raw
    assert "transformResponse is a program" in notes
    assert "file://x.py is left out" in notes


@pytest.mark.parametrize(
    ("options", "jq"),
    [
        ({"response_json": True, "response_json_field": "text"}, ".text"),
        ({"response_json": True, "response_json_field": "$.choices[*].message['content']"}, ".choices[].message.content"),
        ({"response_json": True, "response_json_field": "$['a b'][0]"}, '.["a b"][0]'),
        ({"response_json": False}, None),
    ],
)  # fmt: skip
def test_garaks_field_becomes_jq(options, jq):
    found = config(
        {
            "rest": {
                "RestGenerator": {
                    "uri": "https://e.example.com/x",
                    "req_template": '{"t": "$INPUT"}',
                    **options,
                }
            }
        }
    )
    assert found.get("custom_response_format") == jq
    assert found["custom_payload"] == {"t": "{prompt}"}


def test_openapi_says_why_and_follows_only_what_is_inside():
    found, notes = one(SAMPLES["openapi"])
    assert 'Chosen: POST /tenants/{tenant}/chat, for "chat" in its path' in notes
    assert "Runners-up: POST /documents" in notes
    assert found["model_config"]["model_jwt_config"]["grant_type"] == "client_credentials"
    with pytest.raises(Unimportable, match="nothing is fetched"):
        imported(
            SAMPLES["openapi"].replace(
                "'#/components/schemas/Ask'", "'https://x.example.com/ask.json'"
            )
        )


def test_openapi_without_an_address_takes_the_one_that_is_given():
    text = SAMPLES["openapi"].replace("https://{region}.bot.example.com/api", "/api")
    assert "host" not in config(text)["endpoint"]
    assert config(text, server="http://127.0.0.1:9/x")["endpoint"]["port"] == 9


def test_swagger_2_is_read_as_well():
    found = config({
        "swagger": "2.0", "host": "bot.example.com", "basePath": "/v1", "schemes": ["https"],
        "securityDefinitions": {"k": {"type": "apiKey", "in": "query", "name": "key"}}, "security": [{"k": []}],
        "paths": {"/ask": {"post": {"parameters": [{"in": "body", "name": "b", "schema": {"$ref": "#/definitions/Q"}}], "responses": {"200": {"schema": {"type": "object", "properties": {"answer": {"type": "string"}}}}}}}},
        "definitions": {"Q": {"type": "object", "properties": {"question": {"type": "string"}}}},
    })  # fmt: skip
    assert found["paths"] == {"chat": "/v1/ask?key={auth.key}"}
    assert found["custom_payload"] == {"question": "{prompt}"}
    assert found["custom_response_format"] == ".answer"


def test_a_har_of_a_stream_is_read_as_a_stream():
    found = config(SAMPLES["har"])
    assert found["custom_response_content_type"] == "sse"
    assert found["custom_response_format"] == "(.delta)? // empty"
    assert found["custom_payload"]["messages"][0]["parts"][0]["text"] == "{prompt}"


def test_postman_fills_variables_and_inherits_credentials():
    (ask, form), notes = models_of(SAMPLES["postman"])
    assert ask["model_config"]["apikeys"] == ["abcdef-real-token-1"]
    assert "apikeys" not in form["model_config"]
    assert "{{unk}} has no value" in notes
    assert "Not taken: Login" in notes


def test_a_name_is_kept_fit_and_its_own():
    found = imported(SAMPLES["litellm"], name="Help: desk/ü")
    assert [m["model_saved_name"] for m in found.models][:2] == ["Help-desk", "Help-desk-2"]


def test_what_is_shown_of_an_import_masks_itself():
    assert "sk-live-0123456789abcdef" not in repr(
        imported(
            posts(
                "https://b.example.com/x", {"message": "hi"}, "X-Api-Key: sk-live-0123456789abcdef"
            )
        )
    )


# --- what is written to do harm


def test_variables_that_stand_for_each_other_end_in_a_sentence():
    item = {
        "name": "n",
        "request": {
            "method": "POST",
            "url": "https://b.example.com/chat",
            "body": {"mode": "raw", "raw": "{{a}}"},
        },
    }
    variables = [{"key": "a", "value": "{{b}}" * 1000}, {"key": "b", "value": "{{a}}" * 1000}]
    with pytest.raises(Unimportable, match="too much text"):
        imported(json.dumps({"info": {}, "variable": variables, "item": [item]}))


def test_schemas_that_hold_themselves_come_to_an_end():
    schemas = {
        "A": {"properties": {"message": {"type": "string"}, "a": {"$ref": "#/components/schemas/A"}}, "required": ["message", "a"], "allOf": [{"$ref": "#/components/schemas/A"}]},
    }  # fmt: skip
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}
    document = {
        "openapi": "3.0.0",
        "paths": {"/chat": {"post": {"requestBody": body}}},
        "components": {"schemas": schemas},
    }
    assert config(document)["custom_payload"]["message"] == "{prompt}"


@pytest.mark.parametrize(
    "text",
    ["a: !!python/object/apply:os.system [id]", "&a [*a]", "? {a: 1}\n: b", "a: 1\n---\nb: 2"],
)
def test_yaml_that_is_more_than_data_is_refused(text):
    with pytest.raises(Unimportable):
        imported(text)
