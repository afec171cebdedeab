"""Pages as models: registered, called by the stock client, told by their errors."""

from __future__ import annotations

import json
import uuid

import openai
import pytest
import pytest_asyncio

from tests.docs_examples import example
from tests.integration.pages.site_server import Site

pytestmark = pytest.mark.timeout(180)


@pytest_asyncio.fixture
async def chat(node_modules):
    made = await Site(node_modules).start()
    yield made
    await made.close()


@pytest.fixture
def registered(quintain, chat):
    """Registers the example of docs/pages.md, with a page of the test's in its host's place."""

    def registered(path: str, hosting: str = "Internal", **metadata) -> str:
        body = json.loads(example("pages.md", "page"))
        body["model_saved_name"] += f"-{uuid.uuid4().hex}"
        port = int(chat.url.rpartition(":")[2])
        body["model_config"] |= {
            "endpoint": {"scheme": "http", "host": "127.0.0.1", "port": port},
            "paths": {"chat": path},
            "hosting_type": hosting,
            "metadata": metadata,
        }
        answer = quintain.call("POST", "/models/add-model", body)
        assert answer.status_code == 200, answer.text
        return body["model_saved_name"]

    return registered


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


async def test_the_example_is_called_like_any_model(registered, chat, stock_async):
    name = registered("/site/textarea.html")
    answer = await stock_async.chat.completions.create(model=name, messages=[user("Hello there")])
    assert answer.choices[0].message.content == "Answer 1 to 11 characters."
    assert answer.choices[0].finish_reason == "stop"
    assert chat.prompts == ["Hello there"]


async def test_a_stream_gives_the_answer_in_one_piece(registered, stock_async):
    name = registered("/site/editable.html")
    stream = await stock_async.chat.completions.create(
        model=name, messages=[user("Hello")], stream=True
    )
    parts = [chunk.choices[0].delta.content async for chunk in stream if chunk.choices]
    assert [part for part in parts if part] == ["Answer 1 to 5 characters."]


async def test_a_history_goes_on_in_the_page_where_it_began(registered, chat, stock_async):
    name = registered("/site/bubble.html")
    messages = []
    for turn in ("one", "two", "three"):
        messages.append(user(turn))
        answer = await stock_async.chat.completions.create(model=name, messages=messages)
        messages.append({"role": "assistant", "content": answer.choices[0].message.content})
    assert chat.prompts == ["one", "two", "three"]
    assert chat.visits.count("bubble.html") == 1


async def test_a_named_session_keeps_its_page_and_another_has_its_own(
    registered, chat, stock_async
):
    name = registered("/site/textarea.html")
    for session in ("a", "b", "a"):
        await stock_async.chat.completions.create(
            model=name,
            messages=[user(f"for {session}")],
            extra_headers={"X-Quintain-Session": f"{session}-{name}"},
        )
    assert chat.visits.count("textarea.html") == 2


@pytest.mark.parametrize(
    ("path", "hosting", "code"),
    [
        ("/site/textarea.html", "External", "egress_refused"),
        ("/site/odd.html?does=stuck", "Internal", "page_part_not_found"),
        ("/status/404", "Internal", "target_http_failed"),
    ],
)
async def test_what_fails_is_told_and_not_tried_again(path, hosting, code, registered, stock_async):
    name = registered(path, hosting)
    with pytest.raises(openai.APIStatusError) as caught:
        await stock_async.chat.completions.create(model=name, messages=[user("Hello")])
    assert (caught.value.status_code, caught.value.code) == (424, code)
    assert caught.value.response.headers["x-should-retry"] == "false"


async def test_the_deadline_of_the_registration_holds(registered, stock_async):
    name = registered("/site/odd.html?does=nothing", timeouts={"read_s": 6})
    with pytest.raises(openai.APIStatusError) as caught:
        await stock_async.chat.completions.create(model=name, messages=[user("Hello")])
    assert (caught.value.status_code, caught.value.code) == (504, "target_read_timeout")
