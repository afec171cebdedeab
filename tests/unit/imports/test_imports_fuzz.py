"""Whatever comes in: a registration that the schema takes, or the one error with a sentence."""

import json

import orjson
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.imports.samples import SAMPLES

from quintain.imports.draft import written_out
from quintain.imports.kinds import KINDS, imported
from quintain.imports.refusal import Unimportable
from quintain.registry.parse import parse_add

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
)
WORDS = [
    "model_list", "litellm_params", "model", "model_name", "api_base", "api_key", "providers", "id", "config", "url",
    "body", "headers", "request", "rest", "RestGenerator", "uri", "req_template", "log", "entries", "postData", "text",
    "response", "content", "mimeType", "openapi", "swagger", "paths", "/chat", "post", "get", "parameters", "$ref",
    "schema", "properties", "allOf", "oneOf", "items", "requestBody", "application/json", "responses", "200", "servers",
    "security", "components", "securitySchemes", "info", "item", "variable", "auth", "type", "key", "value", "method",
    "header", "raw", "mode", "messages", "role", "user", "prompt", "token", "host", "example", "required", "enum", "in",
    "name", "flows", "tokenUrl", "cookies", "params", "transformResponse", "sessionParser",
]  # fmt: skip
VALUES = [
    "#", "#/", "#/paths/~1chat", "http://x.json#/a", "https://bot.example.com/chat?key=AIzaSyA1234567890abcdefghij",
    "{{prompt}}", "$INPUT", "{{env.X}}", "os.environ/X", "azure/x", "bedrock/y", "openai:chat:gpt", "https", "object",
    "array", "string", "Bearer $KEY", "http://[::1", "//", "https://{a}.b", "json.a[0]", "\x00", "\ud83d", "{prompt}", "{auth.x}",
]  # fmt: skip
words = st.sampled_from(WORDS) | st.text(max_size=8)
values = scalars | st.sampled_from(VALUES) | st.sampled_from(WORDS)
documents = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=25,
)
kinds = st.sampled_from(["", *KINDS])
many = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def holds(text, **options):
    """Gives what came of it, after every promise about it was checked."""
    try:
        found = imported(text, **options)
    except Unimportable as error:
        assert 0 < len(error.message) < 1500  # noqa: PT017
        return None
    assert found.models
    for model in found.models:
        parse_add(model)
        parse_add(json.loads(orjson.dumps(written_out(model))))
    names = [model["model_saved_name"] for model in found.models]
    assert len(set(names)) == len(names)
    assert len(found.notes) <= 500
    assert all(isinstance(note, str) and 0 < len(note) < 5000 for note in found.notes)
    return found


@many
@given(text=st.text(max_size=300), kind=kinds)
def test_any_text_is_taken_or_refused_in_words(text, kind):
    holds(text, kind=kind)


@many
@given(document=documents, kind=kinds, server=st.sampled_from(["", "https://s.example.com", "x y"]))
def test_any_document_is_taken_or_refused_in_words(document, kind, server):
    try:
        text = json.dumps(document)
        text.encode()
    except UnicodeEncodeError:
        return
    holds(text, kind=kind, server=server)


@many
@given(document=documents)
def test_any_yaml_is_taken_or_refused_in_words(document):
    try:
        text = yaml.dump(document, Dumper=yaml.CSafeDumper, allow_unicode=True)
        text.encode()
    except (UnicodeEncodeError, yaml.YAMLError):
        return
    holds(text)


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_sample_that_was_broken_anywhere_is_taken_or_refused_in_words(name, data):
    """Cut, doubled, or with another text put in: what half a paste or a hostile hand would do."""
    text = SAMPLES[name]
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(len(text), at + 60)))
    put = data.draw(
        st.sampled_from(
            ["", "{", "}", '"', "[", "\n", "\x00", "{prompt}", "'", "&a *a", "$ref", "//", "%zz"]
        )
        | st.text(max_size=5)
    )
    holds(text[:at] + put + text[end:])


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_sample_with_one_value_changed_is_taken_or_refused_in_words(name, data):
    try:
        document = json.loads(SAMPLES[name])
    except ValueError:
        try:
            document = yaml.safe_load(SAMPLES[name])
        except yaml.YAMLError:
            return
    if not isinstance(document, dict | list):
        return
    places = []

    def walk(value):
        for key in value if isinstance(value, dict) else range(len(value)):
            places.append((value, key))
            if isinstance(value[key], dict | list):
                walk(value[key])

    walk(document)
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(documents)
    try:
        text = json.dumps(document)
        text.encode()
    except UnicodeEncodeError:
        return
    holds(text)
