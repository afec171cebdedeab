"""`reasoning_effort` as Anthropic's thinking, and the room that an answer gets.

Source: Anthropic's documentation, "Thinking" and "Effort". Thinking is left out where the API
would refuse it: beside a call that is forced, before an answer that was begun for the model, and
for models with a budget after a tool's result, since the thinking that led to the call, which
would have to come back signed, has no place in OpenAI's messages.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.anthropic.models import Takes, Thinking
from quintain.dialects.anthropic.tools import forced
from quintain.dialects.chat import Chat
from quintain.dialects.options import Options
from quintain.errors import BadRequest

Json = Any
_LEAST = 1024  # tokens of thinking
_BUDGETS = {
    "minimal": _LEAST,
    "low": 2048,
    "medium": 8192,
    "high": 16_384,
    "xhigh": 24_576,
    "max": 32_768,
}


def think(
    body: dict[str, Json], chat: Chat, options: Options, takes: Takes, limit: int | None
) -> None:
    """Put `thinking`, what goes with it, and `max_tokens`. limit: what the caller asked for."""
    body["max_tokens"] = limit or takes.room
    own, effort = options.take("thinking"), options.effort(["none", *_BUDGETS])
    if own is not None:
        _own(body, own, limit)
    carried = _put_effort(body, effort, takes)
    if own is None and effort:
        carried = _thinks(body, chat, effort, takes, limit)
    if effort and not carried:
        options.drop("reasoning_effort")


def _own(body: dict[str, Json], own: Json, limit: int | None) -> None:
    if not isinstance(own, dict):
        raise BadRequest("thinking must be an object.", param="thinking")
    body["thinking"] = own
    budget = own.get("budget_tokens")
    if limit is None and isinstance(budget, int):
        body["max_tokens"] += budget


def _put_effort(body: dict[str, Json], effort: str, takes: Takes) -> bool:
    """Whether the model knows efforts; what the caller says of it in Anthropic's words stands."""
    if effort in ("", "none") or not takes.efforts:
        return False
    known = effort if effort in takes.efforts else {"minimal": "low"}.get(effort, "high")
    body["output_config"] = {"effort": known} | body.get("output_config", {})
    return True


def _thinks(
    body: dict[str, Json], chat: Chat, effort: str, takes: Takes, limit: int | None
) -> bool:
    """Whether the effort could be carried."""
    if effort == "none":
        return _without(body, takes)
    kind, last = takes.thinking, chat.turns[-1].role
    if forced(body) or last == "assistant":
        return bool(takes.efforts)
    if kind is Thinking.ADAPTIVE:
        body["thinking"] = {"type": "adaptive"}
        return True
    return kind is Thinking.BUDGET and last != "tool" and _budget(body, effort, limit)


def _without(body: dict[str, Json], takes: Takes) -> bool:
    """Older models do not think unless told to; a few of the newest always do."""
    if takes.thinking is Thinking.ADAPTIVE and takes.may_not_think:
        body["thinking"] = {"type": "disabled"}
    return takes.may_not_think


def _budget(body: dict[str, Json], effort: str, limit: int | None) -> bool:
    """At most half of what the caller allows for the whole answer, else room beside it."""
    budget = _BUDGETS[effort]
    if limit is None:
        body["max_tokens"] += budget
    elif limit <= _LEAST:
        return False
    else:
        budget = max(_LEAST, min(budget, limit // 2))
    body["thinking"] = {"type": "enabled", "budget_tokens": budget}
    return True
