"""The sketches of CONTRIBUTING.md do what it says of them."""

import json
from types import SimpleNamespace

import pytest
from tests.docs_examples import example
from tests.unit.dialects.asks import asking
from tests.unit.gateway.fakes import FakeJq

from quintain.dialects.base import Piece, Translator
from quintain.errors import BadRequest, TargetError
from quintain.exports.base import Facts
from quintain.imports.draft import finished
from quintain.imports.refusal import Unimportable
from quintain.imports.source import Source
from quintain.registry.schema import ModelConfig, Target
from quintain.runners.asking import Failed, Reply
from quintain.runners.wire import Config
from quintain.runners.wire import Target as RunTarget

AT = {"endpoint": {"scheme": "https", "host": "acme.example"}, "paths": {"chat": "/talk"}}


def sketch(name, package=""):
    made = {"__name__": f"{package}.acme_{name}".strip("."), "__package__": package or None}
    exec(compile(example("../CONTRIBUTING.md", name), f"CONTRIBUTING.md: {name}", "exec"), made)
    return made


def config_of(**more):
    return ModelConfig.model_validate({"model_provider": "openai_compatible", **AT, **more})


@pytest.fixture(scope="module")
def acme():
    return sketch("dialect")["Acme"]()


def talk(*messages, **fields):
    return asking({"messages": [*messages]} | fields, stream=bool(fields.get("stream")))


HI = {"role": "user", "content": "hi"}


def test_a_dialect_sends_in_its_targets_words(acme):
    speaker = acme.compile("m", config_of(system_prompt="Be kind."), FakeJq())
    assert isinstance(speaker, Translator)
    sent = speaker.outgoing(talk(HI, temperature=0.5, persona="Ann", seed=7, stream=True))
    assert (str(sent.url), sent.dropped) == ("https://acme.example/talk", ("seed",))
    assert json.loads(sent.body) == {
        "model": "m",
        "turns": [{"by": "user", "text": "hi"}],
        "rules": "Be kind.",
        "stream": True,
        "heat": 0.5,
        "persona": "Ann",
    }
    picture = {"type": "image_url", "image_url": {"url": "https://a.example/p.png"}}
    tool = {"type": "function", "function": {"name": "f"}}
    with pytest.raises(BadRequest, match="tools"):
        speaker.outgoing(talk(HI, tools=[tool]))
    with pytest.raises(BadRequest, match="image"):
        speaker.outgoing(talk({"role": "user", "content": [picture]}))


async def test_a_dialect_reads_what_comes_back(acme):
    speaker = acme.compile("m", config_of(), FakeJq())
    assert speaker.status(420, b"") == 429
    found = await speaker.answer(b'{"reply": "Hello.", "cut": true}')
    assert (found.text, found.finish_reason) == ("Hello.", "length")
    with pytest.raises(TargetError):
        await speaker.answer(b'{"text": "Hello."}')


async def test_a_dialect_reads_a_stream_and_notices_its_end(acme):
    speaker = acme.compile("m", config_of(), FakeJq())

    async def arriving(*events):
        for event in events:
            yield b"data: " + event + b"\n\n"

    begun, end = b'{"add": "Hel"}', b'{"add": "lo", "last": true}'
    pieces = [piece async for piece in speaker.pieces(arriving(begun, end))]
    assert pieces == [Piece("Hel"), Piece("lo", finish_reason="stop")]
    with pytest.raises(TargetError, match="ended before"):
        [piece async for piece in speaker.pieces(arriving(begun))]


async def test_a_dialect_checks_a_registration(acme):
    config = {"model_provider": "openai_compatible", "tools": [{"name": "f"}]}
    found = await acme.check(Target.model_validate({"model_config": config}), FakeJq())
    assert [each.field for each in found] == ["model_config.endpoint.host", "model_config.tools"]


def test_a_provider_that_is_nearly_openai_is_a_table():
    speaker = sketch("nearly")["ACME"].compile("m", config_of(), FakeJq())
    sent = speaker.outgoing(talk(HI | {"name": "Ann"}, seed=7, logit_bias={"1": 2}, top_k=3))
    assert sent.dropped == ("logit_bias", "messages.name")
    assert json.loads(sent.body) == {"model": "m", "messages": [HI], "random_seed": 7, "top_k": 3}


def test_an_importer_makes_a_registration():
    made = sketch("importer")
    document = {"acme_target": {"url": "https://bot.example/ask", "key": "sk-live-0123456789"}}
    assert made["is_acme"](document)
    [model] = finished("acme", made["read"](Source("", document)).drafts).models
    config = model["model_config"]
    assert (config["endpoint"]["host"], config["paths"]) == ("bot.example", {"chat": "/ask"})
    assert config["custom_payload"] == {"question": "{prompt}"}
    assert config["apikeys"][0].reveal() == "sk-live-0123456789"
    with pytest.raises(Unimportable, match="acme_target.url"):
        made["read"](Source("", {"acme_target": 1}))


def test_an_export_is_one_function():
    facts = Facts("http://127.0.0.1:8321/v1", "it's:v1", "CI_KEY")
    text = sketch("export")["write"](facts)
    assert text == (
        'ACME_KEY="${CI_KEY:?}" acme scan --url http://127.0.0.1:8321/v1'
        """ --model 'it'"'"'s:v1'\n"""
    )


class Door:
    """A gateway whose model says what it is told, refuses to answer, or has a guardrail."""

    def __init__(self, base_url, api_key):
        assert (base_url, api_key) == ("http://gateway/v1", "key")

    def ask(self, model, turns, *, session):
        assert session.startswith("run-1-")
        if model == "broken":
            raise Failed("target_http_failed", "It broke.", 502)
        return Reply(turns[-1]["content"], {}, blocked=model == "guarded", request_id="req_1")


@pytest.mark.parametrize(
    ("model", "verdict"), [("m", "breached"), ("guarded", "resisted"), ("broken", "error")]
)
def test_an_engine_asks_and_tells(model, verdict, tmp_path):
    made = sketch("engine", package="quintain.runners")
    made["Gateway"] = Door
    config = Config(
        1,
        0,
        "http://gateway/v1",
        RunTarget(model),
        tmp_path,
        api_key="key",
        done={"acme:Door": [[0, 0]]},
    )
    told = []
    out = SimpleNamespace(say=lambda event, **more: told.append({"event": event} | more))
    made["run"](config, out)
    [attempt] = told  # the other one is recorded already
    assert (attempt["event"], attempt["probe"], attempt["seq"]) == ("attempt", "acme:Door", 1)
    assert attempt["verdict"] == verdict
    assert (attempt["error"] or {}).get("status") == (502 if model == "broken" else None)
    [probe] = made["plan"](config)
    [entry] = made["catalogue"]()
    assert probe.attempts == entry["prompts"] == 2
