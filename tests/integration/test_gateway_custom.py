"""Targets with a JSON format of their own, spoken to by the stock client."""

import json

import openai
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.served.processes import sample_chatbot
from tests.served.target import KEY, answers, streams

HI = [{"role": "user", "content": "Hi"}]
NASTY = 'He said "}]}\\" \n{prompt} {messages} {session_id} \u2028 \x00 \\u0022 你好 {{'


@pytest.fixture
def custom(register, target):
    """Registers the scriptable target with a format of its own."""
    target.does(answers({"answer": {"text": "Hello from the bot."}}))

    def custom(**fields) -> str:
        return register(target.custom(**fields))

    return custom


@pytest.fixture(scope="module")
def chatbot():
    with sample_chatbot("desk-key-0123456789-abcdef") as url:
        yield url


@pytest.fixture
def desk(chatbot, register):
    """The sample chatbot in its own format."""
    return register(
        {
            "model_provider": "custom",
            "hosting_type": "Internal",
            "rate_per_min": 1000,
            "endpoint": {
                "scheme": "http",
                "host": "127.0.0.1",
                "port": int(chatbot.split(":")[-1]),
            },
            "paths": {"chat": "/bot/reply"},
            "auth_data": {"header_name": "X-Desk-Key", "header_prefix": ""},
            "apikeys": ["desk-key-0123456789-abcdef"],
            "custom_payload": {
                "question": "{prompt}",
                "conversation": {"id": "{session_id}", "turns": "{messages}"},
            },
            "custom_response_format": ".result.messages[].text",
        }
    )


def said(client, model, messages=HI, **more):
    return client.chat.completions.create(model=model, messages=messages, **more)


def text(answer) -> str:
    return answer.choices[0].message.content


# --- the sample chatbot


def test_the_sample_chatbot_answers_the_stock_client(stock, desk):
    answer = said(stock, desk, [{"role": "user", "content": "My card was stolen"}])
    assert "lost card is blocked" in text(answer)
    assert (answer.object, answer.model, answer.choices[0].finish_reason) == (
        "chat.completion",
        desk,
        "stop",
    )


def test_the_sample_chatbot_is_given_the_conversation_so_far(stock, desk):
    turns = [
        {"role": "user", "content": "My name is Ada"},
        {"role": "assistant", "content": "Pleased to meet you, Ada."},
        {"role": "user", "content": "What is my name?"},
    ]
    assert "Ada" in text(said(stock, desk, turns))


def test_the_sample_chatbot_streams_though_it_cannot(stock, desk):
    parts = list(said(stock, desk, stream=True))
    assert [part.choices[0].finish_reason for part in parts] == [None, "stop"]
    assert parts[0].choices[0].delta.content.startswith("Hello, this is Robin")
    assert parts[0].object == "chat.completion.chunk"


async def test_the_sample_chatbot_answers_the_async_client(stock_async, desk):
    assert "Robin" in text(await said(stock_async, desk))


# --- what goes out


def test_a_prompt_is_filled_in_as_data(stock, custom, target):
    turns = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "{prompt}"},
        {"role": "user", "content": NASTY},
    ]
    assert text(said(stock, custom(), turns)) == "Hello from the bot."
    arrival = target.arrivals[0]
    assert arrival.json == {"question": NASTY, "history": turns}
    assert (arrival.path, arrival.headers["X-Bot-Key"]) == ("/v1/reply", KEY)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(prompt=NASTY)
@given(prompt=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_prompt_can_change_anything_but_its_own_string(stock, fixed, target, prompt):
    target.arrivals.clear()
    said(stock, fixed, [{"role": "user", "content": prompt}])
    assert target.arrivals[0].json == {"a": f"<{prompt}>", "b": {"role": "user"}, "c": "{other}"}


@pytest.fixture
def fixed(custom):
    return custom(custom_payload={"a": "<{prompt}>", "b": {"role": "user"}, "c": "{other}"})


def test_messages_inside_a_longer_string_become_json_text(stock, custom, target):
    said(stock, custom(custom_payload={"all": "Talk: {messages}."}))
    written = target.arrivals[0].json["all"]
    assert json.loads(written.removeprefix("Talk: ").removesuffix(".")) == HI


def test_the_system_prompt_goes_to_its_place_before_the_caller_s_own(stock, custom, target):
    payload = {"rules": "{system_prompt}", "q": "{prompt}", "h": "{messages}"}
    model = custom(custom_payload=payload, system_prompt="Be brief.")
    said(stock, model, [{"role": "system", "content": "Be kind."}, *HI])
    assert target.arrivals[0].json == {"rules": "Be brief.\n\nBe kind.", "q": "Hi", "h": HI}


def test_the_system_prompt_is_not_lost_where_the_template_has_no_place(stock, custom, target):
    said(stock, custom(custom_payload={"q": "{prompt}"}, system_prompt="Be brief."))
    said(stock, custom(system_prompt="Be brief."))
    first, second = (each.json for each in target.arrivals)
    assert first == {"q": "Be brief.\n\nHi"}
    assert second["history"][0] == {"role": "system", "content": "Be brief."}


def test_the_model_name_and_a_session_id_are_filled_in(stock, custom, target):
    model = custom(custom_payload={"q": "{prompt}", "m": "{model_name}", "s": "{session_id}"})
    said(stock, model)
    said(stock, model)
    first, second = (each.json for each in target.arrivals)
    assert first["m"] == "target-model"
    assert first["s"]
    assert first["s"] != second["s"]


def test_default_options_stand_below_the_template(stock, custom, target):
    options = {"lang": "en", "question": "lost"}
    said(stock, custom(default_request_options=options))
    assert target.arrivals[0].json == {"lang": "en", "question": "Hi", "history": HI}


def test_headers_and_further_secrets_go_with_the_call(stock, custom, target):
    auth = {"header_name": "X-Bot-Key", "header_prefix": "Key", "tenant": "tenant-secret-0123"}
    headers = [{"key": "X-Tenant", "value": "is {auth.tenant}"}, {"key": "Accept", "value": "x/y"}]
    payload = {"q": "{prompt}", "t": "{auth.tenant}"}
    said(stock, custom(auth_data=auth, custom_headers=headers, custom_payload=payload))
    arrival = target.arrivals[0]
    assert arrival.headers["X-Bot-Key"] == f"Key {KEY}"
    assert arrival.headers["X-Tenant"] == "is tenant-secret-0123"
    assert arrival.headers["Accept"] == "x/y"
    assert arrival.json == {"q": "Hi", "t": "tenant-secret-0123"}


def test_a_completion_is_a_conversation_of_one_message(stock, custom, target):
    answer = stock.completions.create(model=custom(), prompt="Hi")
    assert (answer.object, answer.choices[0].text) == ("text_completion", "Hello from the bot.")
    assert target.arrivals[0].json == {"question": "Hi", "history": HI}


def test_fields_that_the_target_cannot_carry_are_dropped_and_named(quintain, custom, target):
    asked = {"model": custom(), "messages": HI, "temperature": 0.7, "stop": ["#"], "seed": 1}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert answer.headers["x-quintain-dropped"] == "seed,stop,temperature"
    assert "#" not in target.arrivals[0].body.decode()


def test_a_dropped_field_s_name_cannot_write_headers(quintain, custom):
    asked = {"model": custom(), "messages": HI, "a\r\nX-Evil: 1": 1, "b" * 100_000: 1, "é,x": 1}
    answer = quintain.call("POST", "/v1/chat/completions", asked)
    assert answer.status_code == 200
    assert "x-evil" not in answer.headers
    assert len(answer.headers.get("x-quintain-dropped", "")) < 4096


@pytest.mark.parametrize(
    "field",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"response_format": {"type": "json_object"}},
    ],
    ids=["tools", "response_format"],
)
def test_a_field_that_changes_what_the_caller_expects_is_refused(stock, custom, target, field):
    with pytest.raises(openai.BadRequestError) as refused:
        said(stock, custom(), **field)
    assert (refused.value.code, refused.value.param) == ("unsupported_field", next(iter(field)))
    assert not target.arrivals


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ([{"role": "system", "content": "x"}], "message of the user"),
        ([], "message of the user"),
        (["text"], "list of objects"),
        (
            [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}],
            "other parts need",
        ),
    ],
    ids=["no user", "none", "strings", "image"],
)
def test_messages_that_cannot_be_carried_are_refused(stock, custom, target, messages, sentence):
    modalities = ["text", "image"]
    model = custom(custom_payload={"q": "{prompt}"}, input_modalities=modalities)
    with pytest.raises(openai.BadRequestError, match=sentence):
        said(stock, model, messages)
    assert not target.arrivals


# --- what comes back


@pytest.mark.parametrize(
    ("body", "program", "text_of_it"),
    [
        ({"a": [{"t": "one"}, {"t": "two"}]}, ".a[].t", "one\ntwo"),
        ({"a": {"b": 1}}, ".a", '{"b":1}'),
        ({"a": 3}, ".a", "3"),
        ({"a": "x", "b": None}, '[.a, .b // "y"] | join(" ")', "x y"),
        ("just text", ".", "just text"),
    ],
)
def test_jq_picks_the_text(stock, custom, target, body, program, text_of_it):
    target.does(answers(body))
    assert text(said(stock, custom(custom_response_format=program))) == text_of_it


def test_a_text_answer_is_the_text(stock, custom, target):
    target.does(answers("Größe \u2028".encode(), headers={"Content-Type": "text/plain"}))
    model = custom(custom_response_content_type="text", custom_response_format="")
    assert text(said(stock, model)) == "Größe \u2028"


def test_jq_works_on_a_text_answer_as_well(stock, custom, target):
    target.does(answers(b"status: fine", headers={"Content-Type": "text/plain"}))
    model = custom(custom_response_content_type="text", custom_response_format='split(": ")[1]')
    assert text(said(stock, model)) == "fine"


SSE = [b'data: {"t": "Hel"}\n\n', b'event: x\ndata: {"t":\ndata: "lo"}\n\n', b'data: {"u": 1}\n\n']


def test_an_event_stream_is_translated_piece_by_piece(stock, custom, target, hold):
    target.does(streams(SSE[0], hold, *SSE[1:]))
    model = custom(custom_response_content_type="sse", custom_response_format=".t // empty")
    stream = said(stock, model, stream=True)
    assert next(stream).choices[0].delta.content == "Hel"
    hold.release()
    rest = [(p.choices[0].delta.content, p.choices[0].finish_reason) for p in stream]
    assert rest == [("lo", None), (None, "stop")]


def test_an_event_stream_becomes_one_answer_where_none_was_asked_for(stock, custom, target):
    target.does(streams(*SSE))
    model = custom(custom_response_content_type="sse", custom_response_format=".t // empty")
    assert text(said(stock, model)) == "Hello"


def test_several_choices_are_several_calls(stock, custom, target):
    target.does(*(answers({"answer": {"text": each}}) for each in ("one", "two")))
    answer = said(stock, custom(), n=2)
    assert {choice.message.content for choice in answer.choices} == {"one", "two"}
    target.does(*(answers({"answer": {"text": each}}) for each in ("one", "two")))
    parts = list(said(stock, custom(), n=2, stream=True))
    assert {p.choices[0].index for p in parts} == {0, 1}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>", "target_mapping_failed"),
        ({"answer": ["no object"]}, "mapping_failed"),
        ({"answer": {"text": ""}}, "empty_answer"),
        ({"answer": {}}, "empty_answer"),
    ],
    ids=["no json", "another shape", "empty", "absent"],
)
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_an_answer_that_does_not_fit_is_told_as_such(stock, custom, target, body, code, stream):
    target.does(answers(body))
    with pytest.raises(openai.APIStatusError) as failed:
        said(stock, custom(), stream=stream)
    assert (failed.value.status_code, failed.value.code) == (424, code)
    assert failed.value.response.headers["x-should-retry"] == "false"


def test_a_jq_program_without_an_end_is_stopped(quintain, stock, custom, target):
    with pytest.raises(openai.APIStatusError) as failed:
        said(stock, custom(custom_response_format="last(range(1e18))"))
    assert failed.value.code == "mapping_timeout"
    assert text(said(stock, custom())) == "Hello from the bot."


# --- odd answers


@pytest.mark.parametrize(
    ("body", "kind", "reads", "program"),
    [
        (b'\xef\xbb\xbf{"t": "Gr\xc3\xbc\xc3\x9fe"}', "application/json", "json", ".t"),
        ('{"t": "Grüße"}'.encode("latin-1"), "application/json; charset=iso-8859-1", "json", ".t"),
        ("Grüße".encode("utf-16"), "text/plain; charset=utf-16", "text", None),
        (b'{"t": "Gr\xc3\xbc\xc3\x9fe", "score": NaN}', "application/json", "json", ".t"),
        ('data: begin\n\ndata: {"t": "Grüße"}\n\ndata: END\n\n'.encode(), "text/event-stream", "sse", ".t?"),
        (b'{\n "t": "Gr\\u00fc\\u00dfe",\n\n "n": {\n }\n}', "application/json", "sse", ".t"),
    ],
)  # fmt: skip
def test_odd_answers_are_read(body, kind, reads, program, stock, custom, target):
    target.does(answers(body, headers={"Content-Type": kind}))
    mapped = {"custom_response_format": program, "custom_response_content_type": reads}
    assert text(said(stock, custom(**mapped))) == "Grüße"


def test_an_answer_without_a_body_is_an_empty_one(stock, custom, target):
    target.does(answers(b"", 202))
    with pytest.raises(openai.APIStatusError, match="no text"):
        said(stock, custom())


def test_a_request_without_a_body_names_no_type_of_it(stock, custom, target):
    said(stock, custom(custom_payload=None, paths={"chat": "/ask?q={prompt}"}))
    assert target.arrivals[0].method == "GET"
    assert "Content-Type" not in target.arrivals[0].headers
