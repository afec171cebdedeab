"""How one model's conversations are kept: its `metadata.session`, made ready for calls."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from yarl import URL

from quintain.dialects.base import Outgoing
from quintain.dialects.custom.dialect import with_auth
from quintain.dialects.template import Template
from quintain.dialects.urls import join
from quintain.gateway.sessions.reading import Reader
from quintain.registry.schema import Endpoint, Metadata, ModelConfig, Opening, Session

PLACEHOLDER = "{session_id}"
_OPENING = frozenset({"model_name", "session_id", "system_prompt"})


@dataclass(frozen=True, slots=True)
class Opener:
    """The call that begins a conversation. body: None for a GET."""

    url: URL
    method: str
    body: Template | None
    values: Mapping[str, Any]

    @classmethod
    def of(cls, given: Opening, model_name: str, config: ModelConfig) -> Opener:
        payload = Template.compile(with_auth(given.payload or {}, config.auth_data), _OPENING)
        return cls(
            join(config.endpoint or Endpoint(), given.path),
            given.method,
            payload if given.method == "POST" else None,
            {"model_name": model_name, "system_prompt": config.system_prompt or ""},
        )

    def outgoing(self, ident: str | None) -> Outgoing:
        if self.body is None:
            return Outgoing(self.url, b"", method=self.method)
        filled = self.body.render({**self.values, "session_id": ident})
        return Outgoing(self.url, orjson.dumps(filled), method=self.method)


@dataclass(frozen=True, slots=True)
class Plan:
    """reader: where the target's id is found; None where the id is ours.

    headers: those of the registration that hold the id. cookie: what the registration's own Cookie
    header says, which the id's cookie joins. opener: the call that begins a conversation.
    """

    reader: Reader | None
    headers: tuple[tuple[str, str], ...]
    cookie: str
    opener: Opener | None

    @classmethod
    def of(cls, model_name: str, config: ModelConfig, *, kept: bool) -> Plan | None:
        """None where the target keeps nothing. config: with its defaults filled in.

        kept: the target keeps conversations even where the registration does not say so.
        """
        session = (config.metadata or Metadata()).session or Session(
            kind="client" if kept else "none"
        )
        if session.kind == "none":
            return None
        given = [(header.key, header.value) for header in config.custom_headers or []]
        texts = [
            (key, with_auth(value.reveal(), config.auth_data))
            for key, value in given
            if value.readable
        ]
        return cls(
            Reader.of(session.read) if session.kind == "server" and session.read else None,
            tuple((key, text) for key, text in texts if PLACEHOLDER in text),
            "; ".join(text for key, text in texts if key.lower() == "cookie"),
            Opener.of(session.open, model_name, config) if session.open else None,
        )

    def first_id(self) -> str | None:
        """The id of a conversation that has not begun: ours, or None where the target will say it."""
        return str(uuid.uuid4()) if self.reader is None else None

    def headers_with(self, ident: str | None, given: Mapping[str, str]) -> dict[str, str]:
        """The headers of one call, with the conversation's id in them. given: those it has by now."""
        named = {name.lower() for name in given}
        found = dict(given) | {
            name: text.replace(PLACEHOLDER, ident or "")
            for name, text in self.headers
            if name.lower() not in named
        }
        if self.reader is None or not ident:
            return found
        back = self.reader.headers(ident)
        if "Cookie" in back and self.cookie:
            back["Cookie"] = f"{self.cookie}; {back['Cookie']}"
        return found | back
