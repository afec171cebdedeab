"""A target without a network: scripted answers, and a record of what was sent to it."""

import json
import types

from msgspec import Raw
from multidict import CIMultiDict
from tests.unit.admission.simloop import SimulatedLoop

from quintain.admission.gates import Gates
from quintain.dialects.base import CHAT, Ask
from quintain.gateway import attempts as attempts_module
from quintain.gateway.attempts import Attempts
from quintain.gateway.call import Call
from quintain.gateway.calls import Gateway
from quintain.gateway.compiled import Identity, compile_model
from quintain.gateway.exchange import Exchange
from quintain.registry.schema import ModelConfig
from quintain.secret import Secret
from quintain.settings import Settings
from quintain.telemetry.metrics import Metrics

ENDPOINT = {"scheme": "https", "host": "target.example", "port": 443, "base_path": "/v1"}
USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def chat(content="hi", finish="stop", **more):
    message = {"role": "assistant", "content": content}
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return json.dumps({"id": "x", "choices": choices, "usage": USAGE} | more).encode()


def event(content=None, finish=None, **more):
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]} | more).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


class FakeReply:
    """`open` until it was read to its end or closed, as a connection is. broken: how it breaks off."""

    def __init__(self, status=200, body=b"", *, chunks=None, broken=None, **headers):
        self.status = status
        self.headers = CIMultiDict({k.replace("_", "-"): v for k, v in headers.items()})
        self.parts = [body] if chunks is None else list(chunks)
        self.unread = iter(self.parts)
        self.broken = broken
        self.open = True

    async def read(self, limit):
        parts = []
        while part := await self.chunk():
            parts.append(part)
        return b"".join(parts)

    async def chunk(self):
        for part in self.unread:
            if part:
                return part
        self.unread = iter(self.parts)  # the same reply may be scripted for several requests
        self.open = False
        if self.broken is not None:
            raise self.broken
        return b""

    def close(self):
        self.open = False


def sse(*chunks, **more):
    return FakeReply(200, chunks=chunks, Content_Type="text/event-stream", **more)


class FakeEgress:
    """Answers from its script, in order, the last one for ever.

    An exception in the script is raised: after `sent` where it says that the request went out.
    """

    def __init__(self, *script):
        self.script = list(script)
        self.requests = []
        self.replies = []

    async def send(self, request, *, sent=None):
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        self.requests.append(request)
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, Exception):
            if sent is not None and getattr(answer, "sent", False):
                sent()
            raise answer
        if sent is not None:
            sent()
        self.replies.append(answer)
        return answer

    def header(self, name):
        return [request.headers.get(name) for request in self.requests]


class FakeJq:
    """`answer`: what every program yields, or what is raised. asked: (program, data) of each run."""

    def __init__(self, answer=()):
        self.answer = answer
        self.asked = []

    async def check(self, program, **_):
        if program == "bad":
            raise ValueError("syntax error")

    async def run(self, program, data, **_):
        self.asked.append((program, data))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer(data) if callable(self.answer) else list(self.answer)


def config(**given):
    document = {"model_provider": "openai_compatible", "endpoint": ENDPOINT, "rate_per_min": 1000}
    document |= {"paths": {"embeddings": "/embeddings", "responses": "/responses"}}
    return ModelConfig.model_validate(document | given)


def compiled(jq=None, *, revision=1, **given):
    identity = Identity("bot", "v1", "gate", revision)
    return compile_model(identity, "gpt-x", config(**given), jq or FakeJq())


def ask(kind=CHAT, *, stream=False, **fields):
    fields = (
        {"messages": [{"role": "user", "content": "hello"}]} | fields if kind == CHAT else fields
    )
    return Ask(kind, {k: Raw(json.dumps(v).encode()) for k, v in fields.items()}, stream=stream)


def call(model, asked=None, *, wait_s=60.0, **more):
    return Call("req_1", model, asked or ask(), "bot", wait_s, **more)


class House:
    """A gateway over a fake egress, on a loop whose time passes by itself."""

    def __init__(self, *script, jq=None, **settings):
        self.loop = SimulatedLoop()
        self.egress = FakeEgress(*script)
        self.jq = jq or FakeJq()
        self.gates = Gates(clock=self.loop.time)
        self.settings = Settings(**settings)
        self.metrics = Metrics()
        self.attempts = Attempts(self.gates, self.egress, self.jq, self.settings, self.metrics)
        self.gateway = Gateway(Exchange(self.attempts, self.settings), None, self.jq)

    def __enter__(self):
        self._time = attempts_module.time
        passing = types.SimpleNamespace(monotonic=self.loop.time, perf_counter=self.loop.time)
        attempts_module.time = passing
        return self

    def __exit__(self, *_):
        attempts_module.time = self._time
        self.loop.finish()

    def run(self, work):
        return self.loop.run_until_complete(work)

    def call(self, made):
        """The result, with a stream read to its end: its bytes are the body then."""

        async def go():
            result = await self.gateway.call(made)
            if result.stream is not None:
                result.body = b"".join([piece async for piece in result.stream])
                await result.close()
            return result

        return self.run(go())

    @property
    def counted(self):
        """How many places of the gate are taken."""
        return self.gates.gate("gate")._window._counted


def secrets(*texts):
    return [Secret(text) for text in texts]


def lines(body):
    """The JSON of each event of a stream, without the end mark."""
    data = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: ")]
    return [json.loads(each) for each in data if each != b"[DONE]"]
