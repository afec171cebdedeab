"""A registration made ready for calls."""

import pytest
from tests.unit.gateway.fakes import FakeJq, compiled

from quintain.errors import TargetError
from quintain.gateway.compiled import Identity, compile_model
from quintain.registry.schema import ModelConfig
from quintain.secret import Secret

LOST = Secret.unreadable()
KEY = "sk-0123456789abcdefghij"


def header(model, name="Authorization"):
    return model.keys.take(0.0).headers.get(name)


def test_a_key_travels_as_its_provider_wants_it():
    assert header(compiled(apikeys=[KEY])) == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("auth", "value"),
    [
        ({"header_name": "X-Key", "header_prefix": "Token"}, f"Token {KEY}"),
        (
            {"header_name": "X-Key", "header_prefix": "Token", "space_after_prefix": False},
            f"Token{KEY}",
        ),
        ({"header_name": "X-Key", "header_prefix": ""}, KEY),
        ({"header_name": "X-Key"}, KEY),
    ],
)
def test_auth_data_says_how_a_key_travels(auth, value):
    assert header(compiled(apikeys=[KEY], auth_data=auth), "X-Key") == value


def test_several_keys_go_out_in_turn():
    model = compiled(apikeys=[KEY + "1", KEY + "2"])
    assert [header(model) for _ in range(3)] == [f"Bearer {KEY}{n}" for n in (1, 2, 1)]


def test_without_keys_nothing_is_sent_in_their_place():
    assert header(compiled()) is None
    assert header(compiled(apikeys=[""])) is None


def test_custom_headers_replace_ours_and_the_key_replaces_theirs():
    headers = [
        {"key": "content-type", "value": "text/x"},
        {"key": "authorization", "value": "theirs"},
        {"key": "X-Twice", "value": "1"},
        {"key": "X-Twice", "value": "2"},
    ]
    sent = compiled(custom_headers=headers, apikeys=[KEY]).keys.take(0.0).headers
    assert sent.getall("Content-Type") == ["text/x"]
    assert sent.getall("Authorization") == [f"Bearer {KEY}"]
    assert sent.getall("X-Twice") == ["1", "2"]


def test_a_header_may_name_further_auth_values():
    model = compiled(
        auth_data={"tenant": "the-tenant"},
        custom_headers=[{"key": "X", "value": "t={auth.tenant}"}],
    )
    assert header(model, "X") == "t=the-tenant"


def test_what_is_left_out_has_its_default():
    model = compile_model(
        Identity("bot", "v1", 1, 1),
        None,
        ModelConfig(model_provider="openai", apikeys=[]),
        FakeJq(),
    )
    assert (model.rate, model.internal, model.dialect) == (20, False, "openai")
    assert model.inputs == model.outputs == {"text"}
    assert model.blocked is None


CUSTOM = {"model_provider": "custom", "custom_payload": {"q": "{prompt}", "t": "{auth.t}"}}
HEADER = [{"key": "X-Other", "value": LOST}]


@pytest.mark.parametrize(
    "given",
    [
        {"apikeys": [LOST]},
        {"apikeys": [LOST, LOST]},
        {"apikeys": [KEY], "custom_headers": HEADER},
        {"apikeys": [KEY, LOST], "custom_headers": HEADER},  # one lost secret equals another
        {**CUSTOM, "auth_data": {"t": LOST}},
        {"auth_data": {"t": LOST}, "custom_headers": [{"key": "X", "value": "{auth.t}"}]},
    ],
)
def test_a_lost_secret_stops_calls_with_a_sentence_and_breaks_nothing(given):
    with pytest.raises(TargetError, match="entered again") as caught:
        compiled(**given).keys.take(0.0)
    assert caught.value.code == "credential_needs_reentry"


def test_one_lost_key_leaves_the_others_working():
    model = compiled(apikeys=[LOST, KEY])
    assert {header(model) for _ in range(3)} == {f"Bearer {KEY}"}


def test_what_is_redacted_are_the_secrets_the_longest_first():
    model = compiled(
        apikeys=[KEY, KEY + "-and-more", "short"],
        auth_data={"tenant": "tenant-secret"},
        custom_headers=[{"key": "X-Token", "value": "Bearer another-token"}],
    )
    expected = {KEY, KEY + "-and-more", "tenant-secret", "Bearer another-token", "another-token"}
    assert {secret.decode() for secret in model.secrets} == expected
    assert list(model.secrets) == sorted(model.secrets, key=len, reverse=True)


def test_ordinary_header_values_are_not_masked_in_answers():
    headers = [
        {"key": "Content-Type", "value": "application/json"},
        {"key": "Accept", "value": "text/event-stream"},
    ]
    assert compiled(custom_headers=headers).secrets == ()
