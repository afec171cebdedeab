"""One measurement: a look whether the answers are right, then the load, in a process of its own."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median

from gateways import CHAT, HERE, Running, post
from load import Order, Result
from processes import free_port, listens, running
from stub import BODY_BYTES, CHUNKS, MODEL

PROMPT = "Which of the two branches is open on Saturday, and until when? " * 3


def body(model: str = MODEL, *, stream: bool = False) -> str:
    """Make a call of the usual size: a system and a user message and a few options."""
    call = {
        "model": model,
        "messages": [
            {"role": "system", "content": "You are a helpful assistant. Answer in one sentence."},
            {"role": "user", "content": PROMPT},
        ],
        "temperature": 0.7,
        "max_tokens": 256,
        "stream": stream,
    }
    return json.dumps(call, separators=(",", ":"))


@contextmanager
def stub(folder: Path, gap_ms: float = 0.0) -> Iterator[int]:
    """Run the target; yields its port."""
    port = free_port()
    command = [sys.executable, str(HERE / "stub.py"), "--port", str(port), "--gap-ms", str(gap_ms)]
    with running(command, lambda: listens(port), folder / "stub.log"):
        yield port


def fault(gateway: Running, *, stream: bool) -> str:
    """Say what is wrong with the answer to one call; nothing where it is right."""
    headers = {**gateway.request_headers(), "content-type": "application/json"}
    try:
        status, answer = post(gateway.port, CHAT, body(stream=stream).encode(), headers)
    except OSError as error:
        return f"no answer: {error}"
    if status != 200:
        return f"HTTP {status}: {answer[:120].decode(errors='replace')}"
    if not stream:
        return "" if len(answer) >= BODY_BYTES * 0.9 else f"an answer of {len(answer)} bytes"
    events = answer.count(b"data: {")
    if events < CHUNKS:
        return f"{events} of {CHUNKS} events"
    return "" if b"data: [DONE]" in answer else "no [DONE]"


def one_by_one_ms(gateway: Running, bodies: list[str]) -> float:
    """Make each call once, on one connection; the median of the latencies."""
    headers = {**gateway.request_headers(), "content-type": "application/json"}
    connection, taken = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60), []
    for each in bodies:
        began = time.perf_counter()
        connection.request("POST", CHAT, each, headers)
        connection.getresponse().read()
        taken.append((time.perf_counter() - began) * 1000)
    connection.close()
    return median(taken)


def warm_s(seconds: float) -> float:
    return max(0.5, seconds / 6)


def load(
    gateway: Running, clients: int, seconds: float, bodies: list[str], path: str = CHAT
) -> Result:
    """Put a gateway under load. Raises CalledProcessError when the load itself fails."""
    order = Order(
        port=gateway.port,
        path=path,
        headers=gateway.request_headers(),
        bodies=bodies,
        clients=clients,
        pid=gateway.pid,
        warm_s=warm_s(seconds),
        seconds=seconds,
    )
    done = subprocess.run(
        [sys.executable, str(HERE / "load.py")],
        input=json.dumps(asdict(order)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Result(**json.loads(done.stdout))
