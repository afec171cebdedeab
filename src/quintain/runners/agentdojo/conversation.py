"""One agent's conversation: the model's turns through the gateway, its tool calls in AgentDojo."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agentdojo.agent_pipeline.agent_pipeline import load_system_message
from agentdojo.agent_pipeline.base_pipeline_element import BasePipelineElement
from agentdojo.agent_pipeline.tool_execution import ToolsExecutor
from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.types import get_text_content_as_str, text_content_block_from_string

from ..asking import Gateway, Message, Reply

MOST_TURNS = 16  # of the model; AgentDojo's own loop ends there too
_NO_OBJECT = "The arguments are not a JSON object."


class Agent(BasePipelineElement):  # type: ignore[misc]  # AgentDojo is not there to be read
    """AgentDojo asks it once, with the user's task, and gets what was said and done.

    turns: in OpenAI's words, as the model got them. replies: the model's own.
    """

    name = "local"  # one of the names that AgentDojo's attacks insist on

    def __init__(self, gateway: Gateway, model: str, session: str) -> None:
        self._gateway, self._model, self._session = gateway, model, session
        self.turns: list[Message] = []
        self.replies: list[Reply] = []

    def query(
        self,
        query: str,
        runtime: FunctionsRuntime,
        env: Any = None,
        messages: Sequence[Any] = (),  # noqa: ARG002 - the interface is AgentDojo's
        extra_args: dict[str, Any] | None = None,
    ) -> tuple[str, FunctionsRuntime, Any, list[Any], dict[str, Any]]:
        """Raises asking.Failed."""
        system = load_system_message(None)
        self.turns = [{"role": "system", "content": system}, {"role": "user", "content": query}]
        said = [_own("system", system), _own("user", query)]
        tools = [_as_tool(function) for function in runtime.functions.values()]
        for _ in range(MOST_TURNS):
            reply = self._ask(tools)
            calls = [_read(call) for call in reply.tool_calls]
            said.append(_own("assistant", reply.text) | {"tool_calls": [call for call, _ in calls]})
            if not calls or len(self.replies) == MOST_TURNS:
                break
            for call, wrong in calls:
                said.append(result := _done(call, wrong, runtime, env))
                self.turns.append(_told(result))
        return query, runtime, env, said, extra_args or {}

    def _ask(self, tools: list[Any]) -> Reply:
        reply = self._gateway.ask(self._model, self.turns, session=self._session, tools=tools)
        self.replies.append(reply)
        self.turns.append({"role": "assistant", "content": reply.text, **reply.message})
        return reply


def _own(role: str, text: str) -> dict[str, Any]:
    """A message in AgentDojo's words."""
    return {"role": role, "content": [text_content_block_from_string(text)]}


def _as_tool(function: Any) -> dict[str, Any]:
    told = {
        "name": function.name,
        "description": function.description,
        "parameters": function.parameters.model_json_schema(),
    }
    return {"type": "function", "function": told}


def _read(given: dict[str, Any]) -> tuple[FunctionCall, str]:
    """The call, and what is wrong with how it is written."""
    function = given.get("function") or {}
    try:
        args = json.loads(function.get("arguments") or "{}")
    except (TypeError, ValueError):
        args = None
    wrong = "" if isinstance(args, dict) else _NO_OBJECT
    name, id_ = str(function.get("name") or ""), str(given.get("id") or "")
    return FunctionCall(function=name, args={} if wrong else args, id=id_), wrong


def _done(call: FunctionCall, wrong: str, runtime: FunctionsRuntime, env: Any) -> dict[str, Any]:
    """What the tool brings back. A call that cannot be made is the agent's mistake, and told it."""
    if not wrong:
        asked = _own("assistant", "") | {"tool_calls": [call]}
        try:
            result: dict[str, Any] = ToolsExecutor().query("", runtime, env, [asked])[3][-1]
        except Exception as error:  # noqa: BLE001 - whatever a tool makes of odd arguments
            wrong = f"{type(error).__name__}: {error}"
        else:
            return result
    return _own("tool", "") | {"tool_call_id": call.id, "tool_call": call, "error": wrong}


def _told(result: dict[str, Any]) -> Message:
    text = result["error"] or get_text_content_as_str(result["content"])
    return {"role": "tool", "tool_call_id": result["tool_call_id"], "content": text}
