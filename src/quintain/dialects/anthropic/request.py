"""The body of a call to Anthropic's Messages API.

Source: Anthropic's API reference, "Create a Message"; its page on using OpenAI's SDK, for what its
own translation does with a temperature above 1.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.anthropic.messages import messages_of
from quintain.dialects.anthropic.models import Takes
from quintain.dialects.anthropic.schema import closed
from quintain.dialects.anthropic.thinking import think
from quintain.dialects.anthropic.tools import put_tools
from quintain.dialects.base import Ask
from quintain.dialects.chat import Chat
from quintain.dialects.options import Options, schema_alone
from quintain.errors import BadRequest

Json = Any
# Its own options, by its own names.
_PASSED = frozenset(
    {"cache_control", "container", "context_management", "inference_geo", "mcp_servers", "speed"}
)
_TIERS = ("auto", "standard_only")


def body_of(ask: Ask, chat: Chat, options: Options, takes: Takes, model: str) -> dict[str, Json]:
    """Raises BadRequest for what has no place in this format and cannot be left out."""
    body: dict[str, Json] = {"model": model, "messages": messages_of(chat)}
    if chat.system:
        body["system"] = chat.system
    if ask.stream:
        body["stream"] = True
    _put_format(body, options)
    put_tools(body, options)
    _put_stops(body, options)
    think(body, chat, options, takes, _limit(options))
    _put_sampling(body, options, takes)
    _put_account(body, options)
    return body | options.passed(_PASSED)


def _limit(options: Options) -> int | None:
    """The most tokens of an answer, where the caller or the registration says it."""
    limit = options.whole("max_completion_tokens", "max_tokens")
    if limit is not None and limit < 1:
        raise BadRequest("max_tokens must be a whole number from 1 on.", param="max_tokens")
    return limit


def _put_format(body: dict[str, Json], options: Options) -> None:
    output, asked = options.object("output_config"), schema_alone(options.response_format())
    if asked.kind == "json_schema":
        output["format"] = {"type": "json_schema", "schema": closed(asked.schema)}
    if output:
        body["output_config"] = output


def _put_stops(body: dict[str, Json], options: Options) -> None:
    """Stops of white space alone are refused by Anthropic."""
    given = options.stops()
    stops = [stop for stop in given if stop.strip()]
    if stops:
        body["stop_sequences"] = stops
    if len(stops) < len(given):
        options.drop("stop")


def _put_sampling(body: dict[str, Json], options: Options, takes: Takes) -> None:
    """What the model takes; the rest is left and so named as dropped."""
    thinks = body.get("thinking", {}).get("type", "disabled") != "disabled"
    if thinks or not takes.sampling:
        return
    temperature = options.number("temperature")
    if temperature is not None:
        body["temperature"] = min(max(temperature, 0), 1)
    if temperature is None or takes.sampling > 1:
        top_p = options.number("top_p")
        if top_p is not None:
            body["top_p"] = top_p
    top_k = options.number("top_k")
    if top_k is not None:
        body["top_k"] = int(top_k)


def _put_account(body: dict[str, Json], options: Options) -> None:
    """Whom a call is made for, and how it is billed."""
    user = options.take("safety_identifier", "user")
    if isinstance(user, str) and user:
        body["metadata"] = {"user_id": user}
    tier = options.take("service_tier")
    if tier in _TIERS:
        body["service_tier"] = tier
    elif tier is not None:
        options.drop("service_tier")
