"""The examples of docs/sessions.md and docs/agents.md, registered and called."""

import json
import uuid

from tests.docs_examples import example
from tests.served.chatbots import Rememberer, in_body
from tests.served.target import answers


def registered(quintain, target, page, name):
    """Registers an example, with the target in its host's place."""
    body = json.loads(example(page, name))
    assert body["model_config"]["endpoint"]["host"].endswith(".example.com")
    body["model_config"]["endpoint"] = {"scheme": "http", "host": "127.0.0.1", "port": target.port}
    body["model_config"]["hosting_type"] = "Internal"
    body["model_saved_name"] += f"-{uuid.uuid4().hex}"
    answer = quintain.call("POST", "/models/add-model", body)
    assert answer.status_code == 200, answer.text
    return body["model_saved_name"]


def test_the_helpdesk_holds_its_conversation(quintain, target, stock):
    def gives(_, answer, ident):
        answer["meta"] = {"sid": ident}

    target.does(Rememberer(in_body("sid"), gives))
    name = registered(quintain, target, "sessions.md", "session")
    messages = [{"role": "user", "content": "My word: heron."}]
    for expected in ("I will remember.", "It was heron."):
        said = stock.chat.completions.create(model=name, messages=messages)
        assert said.choices[0].message.content == expected
        messages += [
            {"role": "assistant", "content": expected},
            {"role": "user", "content": "Which?"},
        ]


def test_the_buyer_tells_its_steps(quintain, target, stock):
    step = {"tool": "search", "input": {"q": "x"}, "output": 3}
    target.does(answers({"answer": {"text": "Done."}, "steps": [step | {"ms": 12}]}))
    name = registered(quintain, target, "agents.md", "agent")
    messages = [{"role": "user", "content": "Buy."}]
    answer = stock.chat.completions.create(model=name, messages=messages)
    assert answer.x_quintain_trace == [step]
    assert target.arrivals[0].json == {"task": "Buy."}
