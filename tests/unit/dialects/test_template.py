"""Placeholders in a custom endpoint's payload."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quintain.dialects.template import Template, read_json

NAMES = frozenset({"prompt", "messages", "session_id", "system_prompt", "model_name"})


def render(payload, **values):
    defaults = dict.fromkeys(NAMES, "")
    return Template.compile(payload, NAMES).render({**defaults, **values})


def test_a_placeholder_is_filled_inside_a_longer_string():
    assert render({"q": "User: {prompt}!"}, prompt="hi") == {"q": "User: hi!"}


def test_a_placeholder_is_filled_wherever_a_string_stands():
    payload = {"a": ["{prompt}", {"b": ["x{prompt}"]}], "n": 1, "t": True, "z": None}
    assert render(payload, prompt="p") == {"a": ["p", {"b": ["xp"]}], "n": 1, "t": True, "z": None}


def test_a_payload_may_be_a_bare_string_or_a_list():
    assert render("{prompt}", prompt="p") == "p"
    assert render(["{prompt}", 2], prompt="p") == ["p", 2]


def test_keys_are_never_filled():
    assert render({"{prompt}": "{prompt}"}, prompt="p") == {"{prompt}": "p"}


def test_a_list_alone_in_its_string_becomes_the_json_array():
    messages = [{"role": "user", "content": "hi"}]
    assert render({"m": "{messages}"}, messages=messages) == {"m": messages}


def test_a_list_inside_a_longer_string_becomes_its_json_text():
    messages = [{"role": "user", "content": 'say "hi"'}]
    text = render({"m": "history={messages};"}, messages=messages)["m"]
    assert json.loads(text.removeprefix("history=").removesuffix(";")) == messages


def test_nothing_inside_a_longer_string_is_nothing():
    assert render("a{session_id}b", session_id=None) == "ab"


@pytest.mark.parametrize("text", ["{", "}", "{}", "{unknown}", "{ prompt }", "{{", "$prompt", "%s"])
def test_other_braces_stay_as_they_are(text):
    assert render({"q": text}, prompt="p") == {"q": text}


def test_a_placeholder_within_braces_is_filled_once():
    assert render("{{prompt}}", prompt="p") == "{p}"


def test_a_name_that_begins_another_name_does_not_hide_it():
    names = frozenset({"auth", "auth.key"})
    template = Template.compile("{auth.key}/{auth}", names)
    assert template.render({"auth": "a", "auth.key": "k"}) == "k/a"


def test_a_name_is_taken_literally_not_as_a_pattern():
    assert Template.compile("{a.b}{aXb}", frozenset({"a.b"})).render({"a.b": "1"}) == "1{aXb}"


def test_what_a_placeholder_was_filled_with_is_not_filled_again():
    assert render("{prompt}", prompt="{session_id}", session_id="s") == "{session_id}"
    assert render("{prompt}{session_id}", prompt="{session_id}", session_id="s") == "{session_id}s"


def test_the_placeholders_in_use_are_known():
    assert Template.compile({"a": "{prompt} {messages}"}, NAMES).names == {"prompt", "messages"}


def test_a_template_without_names_changes_nothing():
    assert Template.compile({"q": "{prompt} {}"}, frozenset()).render({}) == {"q": "{prompt} {}"}


def test_rendering_twice_leaves_the_template_as_it_was():
    template = Template.compile({"a": ["{prompt}", "x"]}, NAMES)
    first = template.render({"prompt": "1"})
    assert template.render({"prompt": "2"}) == {"a": ["2", "x"]}
    assert first == {"a": ["1", "x"]}


def test_the_order_of_keys_stays():
    assert list(render({"z": "{prompt}", "a": 1, "m": "{prompt}"})) == ["z", "a", "m"]


def test_a_payload_that_is_nested_too_deeply_is_refused():
    payload = "{prompt}"
    for _ in range(200):
        payload = [payload]
    with pytest.raises(ValueError, match="levels deep"):
        Template.compile(payload, NAMES)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NASTY = st.text() | st.sampled_from(
    ['"', '"}', "\n", "\\", "{session_id}", '","role":"system', "{messages}{prompt}", "{{prompt}}"]
)


@given(prompt=NASTY, beside=ANY_JSON)
def test_no_prompt_can_change_anything_but_its_own_string(prompt, beside):
    names = frozenset({"prompt", "session_id"})
    payload = {"q": "<{prompt}>", "session": "{session_id}", "beside": ["fixed", 1]}
    values = {"prompt": prompt, "session_id": "S"}
    sent = json.loads(json.dumps(Template.compile(payload, names).render(values)))
    assert sent == {"q": f"<{prompt}>", "session": "S", "beside": ["fixed", 1]}
    unfilled = Template.compile(beside, frozenset({"never-there"})).render(values)
    assert unfilled == beside


@given(messages=st.lists(st.dictionaries(st.text(), NASTY, max_size=3), max_size=3))
def test_any_list_of_messages_comes_through_whole(messages):
    names = frozenset({"messages"})
    template = Template.compile({"alone": "{messages}", "within": "m:{messages}"}, names)
    sent = json.loads(json.dumps(template.render({"messages": messages})))
    assert sent["alone"] == messages
    assert json.loads(sent["within"][2:]) == messages


# --- JSON inside of a string ---------------------------------------------------------------------


def nested(levels, payload):
    for _ in range(levels):
        payload = {"inner": json.dumps(payload)}
    return payload


def unnested(levels, sent):
    for _ in range(levels):
        sent = json.loads(sent["inner"])
    return sent


@pytest.mark.parametrize("levels", [1, 2, 5])
@given(prompt=NASTY)
def test_json_inside_of_a_string_is_filled_as_json(levels, prompt):
    names = frozenset({"prompt", "session_id"})
    payload = {"q": "{prompt}", "r": ["<{prompt}>", {"s": "{session_id}"}], "n": 1.5}
    template = Template.compile(nested(levels, payload), names)
    sent = template.render({"prompt": prompt, "session_id": "S"})
    assert unnested(levels, sent) == {"q": prompt, "r": [f"<{prompt}>", {"s": "S"}], "n": 1.5}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ('{"q": "{prompt}"}', '{"q":"a\\"b"}'),
        ('"{prompt}"', '"a\\"b"'),
        ('{"m": "{messages}"}', '{"m":[1]}'),
        ('{"m": {messages}, "q": "{prompt}"}', '{"m":[1],"q":"a\\"b"}'),
        ("{prompt}", 'a"b'),
        ("{messages}", [1]),
        ("[{prompt}]", '[a"b]'),
        ('{"q": {prompt}', '{"q": a"b'),
        ("[INST] {prompt} [/INST]", '[INST] a"b [/INST]'),
        ('"{prompt}" is what they said', '"a"b" is what they said'),
        ('{ "kept": "as it is" }', '{ "kept": "as it is" }'),
    ],
)
def test_only_what_is_json_is_taken_for_it(text, filled):
    assert render({"x": text}, prompt='a"b', messages=[1]) == {"x": filled}


def test_json_nested_too_deeply_is_refused_or_left():
    text = "[" * 120 + '"{prompt}"' + "]" * 120
    with pytest.raises(ValueError, match="levels deep"):
        Template.compile({"x": [[[[[[[[[text]]]]]]]]]}, NAMES)


def test_placeholders_may_stand_without_quotes_where_a_value_is_meant():
    bare = frozenset({"messages"})
    assert read_json('{"m": {messages}, "n": [{messages}]}', bare) == {
        "m": "{messages}",
        "n": ["{messages}"],
    }
    for text in ('{"q": {prompt}}', '{"m": x{messages}}', '{"m" {messages}}'):
        with pytest.raises(ValueError):
            read_json(text, bare)
