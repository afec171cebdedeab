"""The target of every measurement: answers at once, and costs next to nothing.

A raw asyncio protocol on httptools and uvloop. It wants `Authorization: Bearer <TARGET_KEY>`, so a
gateway that does not put the key on fails visibly instead of being fast.
"""

import argparse
import asyncio

import httptools
import orjson
import uvloop

TARGET_KEY = "sk-bench-target-0123456789abcdef"
CALLER_KEY = "sk-bench-caller-0123456789abcdef"  # what gateways want from their own callers
MODEL = "bench-model"
BODY_BYTES = 701
CHUNKS = 50


def _completion() -> bytes:
    def body(text: str) -> bytes:
        message = {"role": "assistant", "content": text, "refusal": None}
        return orjson.dumps(
            {
                "id": "chatcmpl-bench",
                "object": "chat.completion",
                "created": 1750000000,
                "model": MODEL,
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 12, "completion_tokens": 90, "total_tokens": 102},
            }
        )

    return body("x" * (BODY_BYTES - len(body(""))))


def _event(delta: dict[str, str], reason: str | None = None) -> bytes:
    event = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1750000000,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }
    return b"data: " + orjson.dumps(event) + b"\n\n"


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _answer(status: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (status, len(body)) + body


JSON_ANSWER = _answer(b"200 OK", _completion())
REFUSAL = _answer(b"401 Unauthorized", b'{"error":{"message":"wrong key"}}')
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
EVENTS = [
    *(_framed(_event({"content": f" word{at:02}"})) for at in range(CHUNKS - 1)),
    _framed(_event({}, "stop")),
    _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n",
]


class Stub(asyncio.Protocol):
    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._gone = False
        self._authorized = False
        self._body = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        self._gone = True

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._authorized = False
        self._body = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"authorization":
            self._authorized = value == b"Bearer " + TARGET_KEY.encode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not self._authorized:
            self._transport.write(REFUSAL)
        elif b'"stream":true' in self._body or b'"stream": true' in self._body:
            self._transport.write(STREAM_HEAD)
            self._next_event(0)
        else:
            self._transport.write(JSON_ANSWER)

    def _next_event(self, at: int) -> None:
        """Write one event in each turn of the loop: written at once, they would be one packet."""
        if self._gone:
            return
        self._transport.write(EVENTS[at])
        if at + 1 == len(EVENTS):
            return
        if self._gap_s:
            self._loop.call_later(self._gap_s, self._next_event, at + 1)
        else:
            self._loop.call_soon(self._next_event, at + 1)


async def _serve(port: int, gap_s: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Stub(gap_s), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gap-ms", type=float, default=0.0, help="between two events of a stream")
    given = parser.parse_args()
    uvloop.run(_serve(given.port, given.gap_ms / 1000))
