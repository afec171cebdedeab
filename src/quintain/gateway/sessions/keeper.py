"""Which conversation a call belongs to, and its turn in it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from msgspec import Raw

from quintain.dialects.base import CHAT, Ask
from quintain.dialects.jq import Jq
from quintain.errors import RateLimited
from quintain.gateway.call import Call
from quintain.gateway.sessions import history
from quintain.gateway.sessions.conversations import Conversation, Conversations
from quintain.gateway.sessions.plan import Plan
from quintain.gateway.sessions.turn import Turn


class Keeper:
    def __init__(self, jq: Jq) -> None:
        self._jq = jq
        self._conversations = Conversations()

    async def turn(self, call: Call, plan: Plan) -> Turn:
        """The call's turn, with its ask made ready for it; release it in the end.

        Raises RateLimited where an earlier turn of the same conversation outlasts the caller's
        patience.
        """
        messages = _messages(call.ask)
        begins = history.after_last_answer(messages)
        conversation, state = self._found(call, plan, messages[:begins])
        await _entered(conversation, call)
        # Its first turn failed while this one waited.
        while conversation not in self._conversations:
            conversation.turn.release()
            conversation, state = self._found(call, plan, messages[:begins])
            await _entered(conversation, call)
        turn = Turn(plan, conversation, self._conversations, messages, state, self._jq)
        call.ask.session = conversation.target_id
        if not conversation.fresh:
            _leave_out(call.ask, messages, begins)
        return turn

    def _found(
        self, call: Call, plan: Plan, before: list[dict[str, Any]]
    ) -> tuple[Conversation, str]:
        of = (call.compiled.identity.gate, call.compiled.identity.revision)
        if call.session:
            known = self._conversations.named(of, call.session)
        else:
            known = self._conversations.by_words(of, history.digest(before)) if before else None
        if known is not None:
            return known, "held"
        made = self._conversations.begin(of, call.session, plan.first_id())
        return made, "without-history" if before else "new"


async def _entered(conversation: Conversation, call: Call) -> None:
    if not conversation.turn.locked():
        await conversation.turn.acquire()
        return
    began = time.perf_counter()
    try:
        async with asyncio.timeout(max(0.0, call.wait_s - call.waited_s)):
            await conversation.turn.acquire()
    except TimeoutError:
        raise RateLimited(
            f"An earlier turn of the conversation {conversation.name} is still under way.",
            retry_after=1,
        ) from None
    finally:
        call.waited_s += time.perf_counter() - began


def _messages(ask: Ask) -> list[dict[str, Any]]:
    messages = ask.value("messages") if ask.kind == CHAT else None
    if not isinstance(messages, list):
        return []
    return [message for message in messages if isinstance(message, dict)]


def _leave_out(ask: Ask, messages: list[dict[str, Any]], begins: int) -> None:
    """Send what is new alone: the target knows the rest."""
    ask.continued = True
    if 0 < begins < len(messages):
        ask.fields = {**ask.fields, "messages": Raw(msgspec.json.encode(messages[begins:]))}
