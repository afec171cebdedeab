"""The load: N keep-alive callers, each sending its next request when the last is answered.

Reads one JSON order on the standard input and writes one JSON result on the standard output, so
that it runs as a process of its own. Raw asyncio protocols on httptools and uvloop: it must cost
less than what it measures.
"""

import asyncio
import gc
import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import httptools
import orjson
import uvloop

from processes import Usage, usage


@dataclass
class Order:
    """What to do. pid: the process whose cost is counted, with its children; 0 for none."""

    port: int
    path: str
    headers: dict[str, str]
    bodies: list[str]
    clients: int
    pid: int = 0
    warm_s: float = 0.5
    seconds: float = 3.0


@dataclass
class Result:
    """What was seen. Times in ms, CPU in microseconds a call."""

    calls: int
    errors: int
    per_s: float
    p50_ms: float
    p99_ms: float
    first_byte_p50_ms: float
    cpu_us: float
    rss_mb: float
    error: str = ""


@dataclass
class Tally:
    """Counts only between `open` and `close`, so that warming up is not part of the result."""

    latencies: list[float] = field(default_factory=list)
    first_bytes: list[float] = field(default_factory=list)
    errors: int = 0
    error: str = ""
    stopped: bool = False
    before: Usage = field(default_factory=Usage)
    started: float = 0.0

    def open(self, pid: int) -> None:
        self.latencies.clear()
        self.first_bytes.clear()
        self.errors = 0
        self.before = usage(pid)
        self.started = time.perf_counter()

    def close(self, pid: int) -> Result:
        took, after = time.perf_counter() - self.started, usage(pid)
        self.stopped = True
        calls = len(self.latencies)
        return Result(
            calls=calls,
            errors=self.errors,
            per_s=calls / took,
            p50_ms=_percentile(self.latencies, 0.50),
            p99_ms=_percentile(self.latencies, 0.99),
            first_byte_p50_ms=_percentile(self.first_bytes, 0.50),
            cpu_us=(after.cpu_s - self.before.cpu_s) * 1e6 / max(1, calls),
            rss_mb=after.rss_mb,
            error=self.error,
        )


def _percentile(seconds: list[float], share: float) -> float:
    if not seconds:
        return 0.0
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] * 1000


class Caller(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport
        self._sent = 0.0
        self._first = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._tally.stopped:
            self._fail(f"the gateway closed the connection ({exc})")

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, _: bytes) -> None:
        if not self._first:
            self._first = time.perf_counter()

    def on_message_complete(self) -> None:
        now, tally = time.perf_counter(), self._tally
        if self._parser.get_status_code() == 200:
            tally.latencies.append(now - self._sent)
            tally.first_bytes.append(self._first - self._sent)
        else:
            self._fail(f"HTTP {self._parser.get_status_code()}")
        if tally.stopped:
            self._transport.close()
        else:
            self._send()

    def _send(self) -> None:
        self._first = 0.0
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def _fail(self, error: str) -> None:
        self._tally.errors += 1
        self._tally.error = error


def _requests(order: Order) -> Iterator[bytes]:
    lines = [f"POST {order.path} HTTP/1.1", f"host: 127.0.0.1:{order.port}"]
    lines += [f"{name}: {value}" for name, value in order.headers.items()]
    head = "\r\n".join([*lines, "content-type: application/json"]).encode()
    return itertools.cycle(
        [
            b"%s\r\ncontent-length: %d\r\n\r\n%s" % (head, len(body), body)
            for body in map(str.encode, order.bodies)
        ]
    )


async def run(order: Order) -> Result:
    loop, tally, requests = asyncio.get_running_loop(), Tally(), _requests(order)
    for _ in range(order.clients):
        await loop.create_connection(lambda: Caller(requests, tally), "127.0.0.1", order.port)
    await asyncio.sleep(order.warm_s)
    tally.open(order.pid)
    await asyncio.sleep(order.seconds)
    return tally.close(order.pid)


if __name__ == "__main__":
    gc.disable()  # a pause here would be read as a slow gateway
    result = uvloop.run(run(Order(**orjson.loads(sys.stdin.buffer.read()))))
    sys.stdout.buffer.write(orjson.dumps(asdict(result)) + b"\n")
