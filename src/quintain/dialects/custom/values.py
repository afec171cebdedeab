"""What the placeholders of a custom target stand for in one call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from quintain.dialects.base import Ask
from quintain.dialects.chat import is_system, messages_of
from quintain.dialects.parts import plain_text
from quintain.errors import BadRequest
from quintain.registry.placeholders import OF_EACH


class Values:
    """names: the placeholders that occur anywhere in the request. fixed: those of `auth_data`.

    roles: what the target calls OpenAI's roles, where it calls them otherwise.
    """

    def __init__(
        self,
        model_name: str,
        system: str,
        names: frozenset[str],
        fixed: Mapping[str, str],
        roles: Mapping[str, str],
    ) -> None:
        self._model_name, self._system, self._fixed = model_name, system, fixed
        self._roles = roles
        self._takes_system = "system_prompt" in names
        self._takes_messages = "messages" in names
        self._repeats = bool(names & OF_EACH)
        self._takes_session = "session_id" in names

    def of(self, ask: Ask) -> dict[str, Any]:
        """The system text goes where the template has a place for it. Raises BadRequest."""
        messages = messages_of(ask)
        told = [plain_text(message.get("content")) for message in messages if is_system(message)]
        system = "\n\n".join(filter(None, [self._system, *told]))
        turns = [message for message in messages if not is_system(message)]
        prompt = _prompt(turns, needs_text=not self._takes_messages)
        if system and not self._takes_system and not ask.continued:
            turns = [{"role": "system", "content": system}, *turns]
            if not (self._takes_messages or self._repeats):
                prompt = f"{system}\n\n{prompt}"
        return {
            **self._fixed,
            "prompt": prompt,
            "system_prompt": system,
            "messages": turns,
            "model_name": self._model_name,
            "session_id": self._session(ask),
            **(self._each(turns) if self._repeats else {}),
        }

    def _each(self, turns: list[dict[str, Any]]) -> dict[str, Any]:
        """The conversation, and what came before the user's last message, one by one."""
        for turn in turns:
            _refuse_parts(turn)
        last = max(at for at, turn in enumerate(turns) if turn.get("role") == "user")
        return {
            "message": [self._named("message", turn) for turn in turns],
            "history": [self._named("history", turn) for turn in turns[:last]],
        }

    def _named(self, of: str, turn: dict[str, Any]) -> dict[str, str]:
        role = str(turn.get("role") or "")
        return {
            f"{of}.role": self._roles.get(role, role),
            f"{of}.text": plain_text(turn.get("content")),
        }

    def _session(self, ask: Ask) -> str | None:
        """One for this call alone where the target keeps no conversation, so that none is shared."""
        new = ask.session == "" and self._takes_session
        return str(uuid.uuid4()) if new else ask.session


def _prompt(turns: list[dict[str, Any]], *, needs_text: bool) -> str:
    """The last user message. With needs_text, one with other parts is refused: they would be lost."""
    last = next((turn for turn in reversed(turns) if turn.get("role") == "user"), None)
    if last is None:
        raise BadRequest("messages must contain a message of the user.", param="messages")
    if needs_text:
        _refuse_parts(last)
    return plain_text(last.get("content"))


def _refuse_parts(turn: dict[str, Any]) -> None:
    content = turn.get("content")
    parts = content if isinstance(content, list) else []
    if any(isinstance(p, dict) and p.get("type") not in ("text", "input_text") for p in parts):
        raise BadRequest(
            "This model's template takes messages as text; other parts need {messages}.",
            param="messages",
        )
