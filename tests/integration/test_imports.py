"""Imported, registered, called: what reaches the target is what the source describes."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.served.shapes import accepted, refused
from tests.served.target import answers, completion, streams

PROMPT = 'Say "hi" & wave,\nplease? {auth.token} 100% +'
KEY = "sk-live-0123456789abcdefghij"
REPLY = {"data": {"reply": "Hello from the bot."}}


@dataclass
class Case:
    """SERVER in source stands for the target's address. headers: those that must arrive."""

    source: Any
    path: str
    body: Any = None
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    said: str = "Hello from the bot."
    answer: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    patch: dict[str, Any] = field(default_factory=dict)


BEARER = {"Authorization": f"Bearer {KEY}"}
ASKED = {"role": "user", "content": PROMPT}
CASES = {
    "a curl command with a JSON body": Case(
        f"""curl 'SERVER/api/chat?lang=en' \\
          -H 'accept: */*' -H 'authorization: Bearer {KEY}' -H 'content-type: application/json' \\
          -H 'cookie: sid=0123456789' -H 'sec-fetch-mode: cors' -H 'x-tenant: acme' \\
          --data-raw '{{"question":"What is my balance?","meta":{{"lang":"en","n":3}},"history":[]}}' """,
        "/api/chat?lang=en",
        {"question": PROMPT, "meta": {"lang": "en", "n": 3}, "history": []},
        headers=BEARER | {"Cookie": "sid=0123456789", "X-Tenant": "acme", "Content-Type": "application/json"},
        absent=("Sec-Fetch-Mode",),
        said=json.dumps(REPLY, separators=(",", ":")),
    ),
    "a curl command with a key in its URL and another in its body": Case(
        f"""curl "SERVER/hooks/chat?token=tok-9f8e7d6c5b4a&x=a%20b" --json '{{"msg": "hello", "api_key": "{KEY}"}}'""",
        "/hooks/chat?token=tok-9f8e7d6c5b4a&x=a+b",
        {"msg": PROMPT, "api_key": KEY},
        said=json.dumps(REPLY, separators=(",", ":")),
    ),
    "a curl command that gets": Case(
        "curl -G SERVER/ask --data-urlencode 'q=how are you' -d lang=en -H 'X-API-Key: k-0123456789'",
        "/ask", {"q": PROMPT, "lang": "en"}, "GET", {"X-Api-Key": "k-0123456789"},
        said=json.dumps(REPLY, separators=(",", ":")),
    ),
    "a curl command with a form": Case(
        "curl -u ada:s3cret SERVER/ask -d 'message=hello there&lang=en'",
        "/ask", {"message": PROMPT, "lang": "en"},
        headers={"Authorization": "Basic YWRhOnMzY3JldA==", "Content-Type": "application/x-www-form-urlencoded"},
        said=json.dumps(REPLY, separators=(",", ":")),
    ),
    "a curl command for an OpenAI-compatible server": Case(
        f"""curl SERVER/v1/chat/completions -H "Authorization: Bearer {KEY}" -H "Content-Type: application/json" \\
          -d '{{"model":"llama3","messages":[{{"role":"system","content":"Be kind."}},{{"role":"user","content":"Hi"}}],"temperature":0.5}}'""",
        "/v1/chat/completions",
        {"model": "llama3", "messages": [{"role": "system", "content": "Be kind."}, ASKED], "temperature": 0.5},
        headers=BEARER, said="Hello there.", answer=completion(),
    ),
    "a raw HTTP request": Case(
        f"POST /api/v1/message HTTP/1.1\r\nHost: HOST\r\nX-Api-Key: {KEY}\r\nContent-Type: application/json\r\n"
        'Content-Length: 40\r\n\r\n{"message": "hi", "user": {"id": 3}}',
        "/api/v1/message", {"message": PROMPT, "user": {"id": 3}}, headers={"X-Api-Key": KEY},
        said=json.dumps(REPLY, separators=(",", ":")),
    ),
    "an OpenAPI document": Case(
        {
            "openapi": "3.0.3", "info": {"title": "Bot", "version": "1"}, "servers": [{"url": "SERVER/{stage}", "variables": {"stage": {"default": "v2"}}}],
            "security": [{"key": []}],
            "paths": {
                "/health": {"get": {"responses": {"200": {"description": "ok"}}}},
                "/conversations/{bot}/messages": {
                    "parameters": [{"name": "bot", "in": "path", "required": True, "schema": {"type": "string", "default": "desk"}}],
                    "post": {
                        "operationId": "postMessage",
                        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ask"}}}},
                        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Reply"}}}}},
                    },
                },
            },
            "components": {
                "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Bot-Key"}},
                "schemas": {
                    "Ask": {"type": "object", "required": ["text", "channel"], "properties": {
                        "text": {"type": "string"}, "channel": {"type": "string", "enum": ["web"]}, "top": {"type": "integer"}}},
                    "Reply": {"type": "object", "properties": {"data": {"type": "object", "properties": {"reply": {"type": "string"}}}}},
                },
            },
        },
        "/v2/conversations/desk/messages", {"text": PROMPT, "channel": "web"}, headers={"X-Bot-Key": KEY},
        patch={"apikeys": [KEY]},
    ),
    "a Postman collection": Case(
        {
            "info": {"name": "Bot", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
            "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]},
            "variable": [{"key": "base", "value": "SERVER/api"}, {"key": "token", "value": KEY}],
            "item": [{"name": "Chat", "item": [{
                "name": "Ask the bot",
                "request": {
                    "method": "POST", "header": [{"key": "X-Off", "value": "1", "disabled": True}, {"key": "X-On", "value": "yes"}],
                    "url": {"raw": "{{base}}/ask?v=2", "host": ["{{base}}"], "path": ["ask"], "query": [{"key": "v", "value": "2"}]},
                    "body": {"mode": "raw", "raw": '{"query": "hi there", "k": 4}', "options": {"raw": {"language": "json"}}},
                },
                "response": [{"code": 200, "body": json.dumps(REPLY)}],
            }]}],
        },
        "/api/ask?v=2", {"query": PROMPT, "k": 4}, headers=BEARER | {"X-On": "yes"}, absent=("X-Off",),
    ),
    "a HAR file": Case(
        {"log": {"version": "1.2", "entries": [
            {"request": {"method": "POST", "url": "SERVER/collect", "headers": [], "postData": {"mimeType": "application/json", "text": '{"event":"x"}'}},
             "response": {"status": 200, "content": {"mimeType": "application/json", "text": "{}"}}},
            {"request": {
                "method": "POST", "url": "SERVER/api/chat",
                "headers": [{"name": ":authority", "value": "x"}, {"name": "x-csrf-token", "value": KEY}, {"name": "Accept-Encoding", "value": "br"}],
                "postData": {"mimeType": "application/json", "text": json.dumps({"messages": [{"id": "1", "sender": "user", "text": "Hi you"}], "tz": "UTC"})}},
             "response": {"status": 200, "content": {"mimeType": "application/json", "text": json.dumps({"id": "a1", "data": {"reply": "Hi! How can I help you?"}})}}},
        ]}},
        "/api/chat", {"messages": [{"id": "1", "sender": "user", "text": PROMPT}], "tz": "UTC"}, headers={"X-Csrf-Token": KEY},
    ),
    "a LiteLLM configuration": Case(
        f"model_list:\n  - model_name: mine\n    litellm_params: {{model: openai/llama3, api_base: SERVER/v1, api_key: {KEY}, temperature: 0.1, rpm: 90}}\n",
        "/v1/chat/completions", {"model": "llama3", "messages": [ASKED], "temperature": 0.1}, headers=BEARER,
        said="Hello there.", answer=completion(),
    ),
    "a promptfoo provider": Case(
        f"""
providers:
  - id: https
    label: helpdesk
    config:
      url: SERVER/generate
      method: POST
      headers: {{Content-Type: application/json, Authorization: Bearer {KEY}}}
      body: {{myPrompt: '{{{{prompt}}}}', n: 1}}
      transformResponse: json.data.reply
""",
        "/generate", {"myPrompt": PROMPT, "n": 1}, headers=BEARER,
    ),
    "a garak REST generator": Case(
        {"rest": {"RestGenerator": {
            "name": "bot", "uri": "SERVER/llm", "method": "post", "headers": {"X-Authorization": "$KEY"},
            "req_template_json_object": {"text": "$INPUT", "mode": "fast"}, "response_json": True, "response_json_field": "$.data.reply"}}},
        "/llm", {"text": PROMPT, "mode": "fast"}, headers={"X-Authorization": KEY}, patch={"apikeys": [KEY]},
    ),
}  # fmt: skip


def aimed(value, target):
    text = value if isinstance(value, str) else json.dumps(value)
    text = text.replace("SERVER", f"http://127.0.0.1:{target.port}").replace(
        "HOST", f"127.0.0.1:{target.port}"
    )
    return text if isinstance(value, str) else json.loads(text)


@pytest.fixture
def imports(quintain, target):
    def imports(source, **options):
        return quintain.call("POST", "/models/import", {"source": aimed(source, target), **options})

    return imports


@pytest.fixture
def register_first(quintain):
    """Registers the first model of an import as it came, but for its name and what is patched."""

    def register_first(found, **patch):
        body = found["models"][0]
        body["model_saved_name"] = f"imported-{uuid.uuid4().hex}"
        body["model_config"] |= patch
        accepted(quintain.call("POST", "/models/add-model", body))
        return body["model_saved_name"]

    return register_first


def fields(arrival):
    """The body or, of a GET, the query, as fields."""
    if arrival.method == "GET":
        return dict(parse_qsl(urlsplit(arrival.path).query, keep_blank_values=True))
    if arrival.headers["Content-Type"].startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(arrival.body.decode(), keep_blank_values=True))
    return arrival.json


@pytest.mark.parametrize("name", CASES)
def test_what_was_imported_calls_as_its_source_does(name, imports, register_first, target, stock):
    case = CASES[name]
    target.does(answers(case.answer or REPLY))
    found = accepted(imports(case.source, **case.options))
    model = register_first(found, rate_per_min=100_000, **case.patch)
    answer = stock.chat.completions.create(model=model, messages=[ASKED])
    assert answer.choices[0].message.content == case.said
    (arrival,) = target.arrivals
    assert arrival.method == case.method
    path = arrival.path if "?" in case.path else arrival.path.partition("?")[0]
    assert path == case.path
    assert fields(arrival) == case.body
    headers = {key.lower(): value for key, value in arrival.headers.items()}
    for key, value in case.headers.items():
        assert headers[key.lower()] == value
    for key in case.absent:
        assert key.lower() not in headers


@pytest.mark.parametrize("name", CASES)
def test_no_secret_of_a_source_can_be_read_back(name, imports, register_first, quintain):
    case = CASES[name]
    model = register_first(accepted(imports(case.source, **case.options)), **case.patch)
    shown = quintain.call("GET", "/models/get-model", headers={"X-Enkrypt-Model": model})
    for secret in (
        KEY,
        "tok-9f8e7d6c5b4a",
        "k-0123456789",
        "sid=0123456789",
        "YWRhOnMzY3JldA==",
        "s3cret",
    ):
        assert secret not in shown.text


def test_a_recorded_stream_is_read_as_one(imports, register_first, target, stock):
    events = [
        b'data: {"type":"start","id":"m1"}\n\n',
        b'data: {"type":"delta","delta":"Hello "}\n\n',
        b'data: {"type":"delta","delta":"there, friend."}\n\n',
    ]
    har = {"log": {"version": "1.2", "entries": [{
        "request": {"method": "POST", "url": "SERVER/chat", "headers": [], "postData": {"mimeType": "application/json", "text": '{"prompt":"Hi","stream":true}'}},
        "response": {"status": 200, "content": {"mimeType": "text/event-stream", "text": b"".join(events).decode()}},
    }]}}  # fmt: skip
    model = register_first(accepted(imports(har)))
    target.does(streams(*events))
    chunks = stock.chat.completions.create(model=model, messages=[ASKED], stream=True)
    assert (
        "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        == "Hello there, friend."
    )
    assert target.arrivals[0].json == {"prompt": PROMPT, "stream": True}


def test_a_multipart_form_keeps_its_fields(imports, register_first, target, stock):
    found = accepted(imports("curl SERVER/ask -F 'message=hello there' -F lang=en"))
    target.does(answers(b"Fine.", headers={"Content-Type": "text/plain"}))
    model = register_first(found, custom_response_content_type="text")
    answer = stock.chat.completions.create(model=model, messages=[ASKED])
    assert answer.choices[0].message.content == "Fine."
    body = target.arrivals[0].body.decode()
    assert 'name="message"' in body
    assert 'Say "hi" & wave,' in body
    assert 'name="lang"' in body


def test_an_import_stores_nothing_and_is_not_kept_by_caches(imports, quintain):
    before = quintain.call("GET", "/models/list-models").json()
    answer = imports(CASES["a raw HTTP request"].source)
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"kind", "models", "notes", "secrets"}
    assert answer.json()["secrets"] == ["models.0.model_config.apikeys.0"]
    assert quintain.call("GET", "/models/list-models").json() == before


def test_what_cannot_be_imported_is_refused_in_a_sentence(imports, quintain):
    refused(imports("Dear Sir or Madam"), 422, "import_failed")
    refused(imports("curl", kind="curl"), 422, "import_failed")
    assert refused(imports("x", kind="telegram"), 422, "invalid").keys() == {"kind"}
    assert refused(quintain.call("POST", "/models/import", {}), 422, "invalid").keys() == {"source"}
    assert refused(
        quintain.call("POST", "/models/import", {"source": 7}), 422, "invalid"
    ).keys() == {"source"}
    viewer = quintain.new_key("viewer")
    refused(quintain.call("POST", "/models/import", {"source": "x"}, key=viewer), 403, "forbidden")


def test_a_document_that_would_unfold_without_end_is_refused_at_once(imports):
    bomb = "a0: &a0 [x,x]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
    )
    refused(imports(bomb), 422, "import_failed")
    refused(imports("[" * 50_000), 422, "import_failed")
