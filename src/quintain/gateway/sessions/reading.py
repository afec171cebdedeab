"""Where a target tells the id of a conversation: in a header, a cookie, or its answer's body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from multidict import MultiMapping

from quintain.dialects.jq import Jq, JqBusy, JqFailed, JqTimeout

LONGEST_ID = 4096  # characters


@dataclass(frozen=True, slots=True)
class Reader:
    """where: `header`, `cookie` or `body`. name: the header's or cookie's, or a jq program."""

    where: str
    name: str

    @classmethod
    def of(cls, read: str) -> Reader:
        """read: `header:NAME`, `cookie:NAME`, or jq over the body."""
        for where in ("header", "cookie"):
            if read.startswith(f"{where}:"):
                return cls(where, read.partition(":")[2].strip())
        return cls("body", read)

    def in_head(self, headers: Mapping[str, str]) -> str | None:
        """The id that the head of an answer gives, None without one."""
        if self.where == "header":
            return _bounded(headers.get(self.name))
        if self.where == "cookie" and isinstance(headers, MultiMapping):
            return _bounded(_cookie(headers.getall("Set-Cookie", []), self.name))
        return None

    async def in_body(self, body: bytes, jq: Jq) -> str | None:
        """The id that a body, or one event's data, gives; a body of another shape gives none.

        Raises JqBusy or JqTimeout.
        """
        if self.where != "body":
            return None
        try:
            found = await jq.run(self.name, body)
        except (JqBusy, JqTimeout):
            raise
        except JqFailed:
            return None
        return next((text for each in found if (text := _bounded(each))), None)

    def headers(self, ident: str) -> dict[str, str]:
        """How it goes back, where it came in the head."""
        if self.where == "header":
            return {self.name: ident}
        return {"Cookie": f"{self.name}={ident}"} if self.where == "cookie" else {}


def _cookie(lines: list[str], name: str) -> str | None:
    """The last value set for a cookie."""
    found = None
    for line in lines:
        try:
            jar = SimpleCookie(line)
        except CookieError:
            continue
        if name in jar:
            found = jar[name].coded_value
    return found


def _bounded(value: Any) -> str | None:
    """An id is a short text; numbers are written as such."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if 0 < len(text) <= LONGEST_ID else None
