"""What an agent reports to have done: steps lifted out of its answers (`metadata.trace`).

They stand beside the answer as `x_quintain_trace`, so that a test can judge what the agent did and
not only what it said.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import orjson

from quintain.dialects.jq import Jq, JqBusy, JqFailed, JqTimeout
from quintain.dialects.records import Records
from quintain.dialects.sse import Events, data_of
from quintain.errors import TargetError

FIELD = "x_quintain_trace"
MOST_STEPS = 1000
MOST_EVENTS = 20_000  # of a stream: each costs a run of the program
LARGEST = 1 << 20  # bytes of all steps of a call together
LONGEST_HEADER = 4096  # bytes


class Trace:
    """The steps of one call. program: jq over the answer, or over each event's data of a stream."""

    def __init__(self, program: str, jq: Jq) -> None:
        self._program, self._jq = program, jq
        self._records = Records()
        self.steps: list[Any] = []
        self._size = 0
        self._events = 0

    def hear_head(self, headers: Mapping[str, str]) -> None:
        """A head tells no steps."""

    async def hear_body(self, body: bytes) -> None:
        """Raises JqFailed where the program does not fit a whole answer."""
        self._add(await self._jq.run(self._program, body))

    async def hear_chunk(self, chunk: bytes) -> None:
        """Most events of a stream are words and no steps, so one that does not fit tells none."""
        for data in self._records.feed(chunk):
            if data == b"[DONE]":
                continue
            self._events += 1
            if self._events > MOST_EVENTS:
                raise TargetError(
                    "mapping",
                    f"The target's stream has more than {MOST_EVENTS} events, which is more than"
                    " metadata.trace can read.",
                )
            try:
                self._add(await self._jq.run(self._program, data))
            except (JqBusy, JqTimeout):
                raise
            except JqFailed:
                continue

    def _add(self, outputs: list[Any]) -> None:
        """A list counts as the steps in it; a null is none."""
        for output in outputs:
            steps = output if isinstance(output, list) else [output]
            self.steps += [step for step in steps if step is not None]
            self._size += len(orjson.dumps(output))
        if len(self.steps) > MOST_STEPS or self._size > LARGEST:
            raise TargetError(
                "mapping",
                f"metadata.trace yields more than {MOST_STEPS} steps, or {LARGEST} bytes of them:"
                " let it pick less.",
            )

    def put_into(self, body: bytes) -> bytes:
        """A whole answer with the steps beside it. Raises TargetError where it is no object."""
        try:
            return orjson.dumps({**orjson.loads(body), FIELD: self.steps})
        except (ValueError, TypeError):
            raise TargetError(
                "mapping",
                "The target's answer is no JSON object: metadata.trace has no place in it.",
            ) from None

    async def followed(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """A stream with an event for the steps before its end."""
        events, told = Events(), False
        async with aclosing(stream):
            async for chunk in stream:
                for event in events.feed(chunk):
                    if data_of(event) == b"[DONE]":
                        told = True
                        yield self._event()
                    yield event
        if not told:
            yield self._event()
        if rest := events.rest():
            yield rest

    def _event(self) -> bytes:
        body = {"object": "chat.completion.chunk", "choices": [], FIELD: self.steps}
        return b"data: " + orjson.dumps(body) + b"\n\n"


def header_of(steps: list[Any]) -> bytes | None:
    """The steps as JSON in ASCII for a header, None where they are too long for one."""
    text = json.dumps(steps, separators=(",", ":")).encode()
    return text if len(text) <= LONGEST_HEADER else None
