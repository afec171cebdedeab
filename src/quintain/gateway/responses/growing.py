"""One item of a response while it is being said, with the events of its growth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quintain.gateway.responses import output

Json = dict[str, Any]


class Growing:
    """number: the item's place in the output. place: what tells it from others of its kind."""

    def __init__(self, ident: str, number: int, place: int, given: Json | None) -> None:
        self.place = place
        self._ident, self._number, self._given = ident, number, given or {}
        self._said: list[str] = []
        self._id = self.item("in_progress")["id"]

    @property
    def text(self) -> str:
        return "".join(self._said)

    def item(self, status: str) -> Json:
        raise NotImplementedError

    def opened(self) -> Iterator[Json]:
        yield {
            "type": "response.output_item.added",
            "output_index": self._number,
            "item": self.item("in_progress"),
        }

    def grow(self, text: str) -> Iterator[Json]:
        raise NotImplementedError

    def closed(self) -> Iterator[Json]:
        yield {
            "type": "response.output_item.done",
            "output_index": self._number,
            "item": self.item("completed"),
        }

    def _event(self, kind: str, **more: Any) -> Json:
        where = {"item_id": self._id, "output_index": self._number}
        return {"type": f"response.{kind}", **where, **more}


class Thought(Growing):
    def item(self, status: str) -> Json:
        return output.thought(self._ident, self.text, status)

    def grow(self, text: str) -> Iterator[Json]:
        self._said.append(text)
        yield self._event("reasoning_text.delta", content_index=0, delta=text)

    def closed(self) -> Iterator[Json]:
        yield self._event("reasoning_text.done", content_index=0, text=self.text)
        yield from super().closed()


class Message(Growing):
    """place: 0 for text, 1 for a refusal."""

    @property
    def _part(self) -> Json:
        return output.refusal_part(self.text) if self.place else output.text_part(self.text)

    def item(self, status: str) -> Json:
        return output.message(self._ident, [self._part] if self._said else [], status)

    def opened(self) -> Iterator[Json]:
        yield from super().opened()
        yield self._event("content_part.added", content_index=0, part=self._part)

    def grow(self, text: str) -> Iterator[Json]:
        self._said.append(text)
        if self.place:
            yield self._event("refusal.delta", content_index=0, delta=text)
        else:
            yield self._event("output_text.delta", content_index=0, delta=text, logprobs=[])

    def closed(self) -> Iterator[Json]:
        if self.place:
            yield self._event("refusal.done", content_index=0, refusal=self.text)
        else:
            yield self._event("output_text.done", content_index=0, text=self.text, logprobs=[])
        yield self._event("content_part.done", content_index=0, part=self._part)
        yield from super().closed()


class Call(Growing):
    """place: the call's index in the chat's stream."""

    def item(self, status: str) -> Json:
        function = (self._given.get("function") or {}) | {"arguments": self.text}
        return output.call(self._ident, self.place, self._given | {"function": function}, status)

    def grow(self, text: str) -> Iterator[Json]:
        self._said.append(text)
        yield self._event("function_call_arguments.delta", delta=text)

    def closed(self) -> Iterator[Json]:
        yield self._event(
            "function_call_arguments.done", arguments=self.text, name=self.item("")["name"]
        )
        yield from super().closed()
