"""Models behind the gateway, as PyRIT's targets: for the attacked, the judge and the attacker."""

from __future__ import annotations

import asyncio
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pyrit.models import Message as Said
from pyrit.models import construct_response_from_request
from pyrit.prompt_target import PromptTarget, TargetCapabilities, TargetConfiguration

from ..asking import Failed, Gateway, Message, Reply
from .ledger import CURRENT, TARGET, Exchange, Ledger

_CHAT = TargetCapabilities(
    supports_multi_turn=True,
    supports_editable_history=True,
    supports_system_prompt=True,
)


class Behind(PromptTarget):  # type: ignore[misc]  # PyRIT is not there for mypy
    """pool: what waits for answers; a thread keeps its connection."""

    _DEFAULT_CONFIGURATION = TargetConfiguration(capabilities=_CHAT)

    def __init__(
        self, *, gateway: Gateway, pool: ThreadPoolExecutor, model: str, role: str
    ) -> None:
        super().__init__(model_name=model)
        self._gateway, self._pool, self._model, self._role = gateway, pool, model, role

    async def _send_prompt_to_target_async(
        self, *, normalized_conversation: list[Said]
    ) -> list[Said]:
        ledger = CURRENT.get()
        request = normalized_conversation[-1].message_pieces[0]
        messages = [_message(said) for said in normalized_conversation]
        ledger.began(self._role, request.conversation_id)
        exchange = Exchange(request.conversation_id, messages)
        if self._role == TARGET:
            ledger.exchanges.append(exchange)
        reply = await self._asked(messages, ledger, request.conversation_id)
        answer = _answer(request, reply)
        exchange.reply, exchange.ident = reply, str(answer.message_pieces[0].id)
        return [answer]

    async def _asked(self, messages: list[Message], ledger: Ledger, conversation: str) -> Reply:
        """Raises Failed."""
        session = f"{ledger.session}-{_short(conversation)}" if self._role == TARGET else ""
        ask = partial(self._gateway.ask, self._model, messages, session=session)
        try:
            reply = await asyncio.get_running_loop().run_in_executor(self._pool, ask)
        except Failed as failure:
            ledger.failed(self._role, failure)
            raise
        ledger.answered(reply)
        return reply


def _short(conversation: str) -> str:
    """Of a UUID: what a target that keeps conversations is to tell branches apart by."""
    return uuid.UUID(conversation).hex[:12]


def _message(said: Any) -> Message:
    text = "\n".join(piece.converted_value for piece in said.message_pieces)
    return {"role": said.message_pieces[0].api_role, "content": text}


def _answer(request: Any, reply: Reply) -> Any:
    """Where the guardrail answered, PyRIT's scorers take it for a refusal and ask no judge."""
    error = "blocked" if reply.blocked else "none"
    return construct_response_from_request(
        request=request, response_text_pieces=[seen(reply)], error=error
    )


def seen(reply: Reply) -> str:
    """The answer as a text, calls of tools included: they too may be what the attack was after."""
    calls = [f"[calls a tool: {call}]" for call in reply.tool_calls]
    return "\n".join([*([reply.text] if reply.text else []), *calls]) or "[an empty answer]"
