"""Inspect's way to models: through our gateway, and no other."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import anyio
from inspect_ai.log._samples import sample_active
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    get_model,
    messages_to_openai,
    modelapi,
)
from inspect_ai.model import _model as _model_module
from inspect_ai.model._model import init_active_model, init_model_roles
from inspect_ai.model._model import model_roles as _roles
from inspect_ai.tool import ToolCall, ToolFunction

from ..asking import Failed, Gateway, Reply
from ..wire import Config

TARGET, JUDGE, ATTACKER = "target", "judge", "attacker"
# Inspect's names for what goes by another in OpenAI's request; the rest of these by the same.
_FIELDS = {"stop_seqs": "stop", "effort": "reasoning_effort"} | {
    name: name
    for name in (
        "max_tokens",
        "temperature",
        "top_p",
        "frequency_penalty",
        "presence_penalty",
        "logit_bias",
        "seed",
        "parallel_tool_calls",
    )
}
_STOPS = {"stop": "stop", "length": "max_tokens", "tool_calls": "tool_calls"}
NO_JUDGE = "needs a judge: give --judge NAME"
_NOBODY = {
    JUDGE: NO_JUDGE,
    ATTACKER: "needs an attacker: give --attacker NAME",
}
_NO_ROLE = (
    "There is no model for the role {}: grader and judge are the run's judge, attacker and"
    " red_team its attacker."
)


@dataclass(slots=True)
class Taken:
    """What one sample took. failed: the last call without an answer, and whose it was."""

    calls: dict[str, int] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    failed: Failed | None = None
    failed_role: str = ""


class Desk:
    """Who is asking, and what it took, by the id of the sample."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.gateway = Gateway(config.base_url, config.api_key)
        self.limiter = anyio.CapacityLimiter(max(1, config.concurrency))
        self.sessions: Mapping[str, str] = {}
        self._taken: dict[str, Taken] = {}
        self._lock = threading.Lock()

    def of(self, sample: str) -> Taken:
        with self._lock:
            return self._taken.setdefault(sample, Taken())

    def done(self, sample: str) -> Taken:
        with self._lock:
            return self._taken.pop(sample, Taken())


class GatewayModel(ModelAPI):  # type: ignore[misc]  # Inspect is not there to be read
    """model_name: as the gateway knows it. role: which part it plays in this run."""

    desk: ClassVar[Desk]
    role = TARGET

    async def generate(
        self,
        input: list[Any],  # noqa: A002 - the interface is Inspect's
        tools: list[Any],
        tool_choice: Any,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Raises asking.Failed."""
        messages = await messages_to_openai(input)
        options = _options(config)
        if tools:
            options |= {
                "tools": [_tool(tool) for tool in tools],
                "tool_choice": _chosen(tool_choice),
            }
        active = sample_active()
        sample = str(active.sample.id) if active else ""
        return await anyio.to_thread.run_sync(
            lambda: self._asked(sample, messages, options), limiter=self.desk.limiter
        )

    def _asked(self, sample: str, messages: list[Any], options: dict[str, Any]) -> ModelOutput:
        taken = self.desk.of(sample)
        session = self.desk.sessions.get(sample, "") if self.role == TARGET else ""
        taken.calls[self.role] = taken.calls.get(self.role, 0) + 1
        try:
            reply = self._sent(messages, session, options)
        except Failed as failed:
            taken.failed, taken.failed_role = failed, self.role
            raise
        if self.role == TARGET:
            taken.replies.append(reply)
        return _output(self.model_name, reply)

    def _sent(self, messages: list[Any], session: str, options: dict[str, Any]) -> Reply:
        if not self.model_name:
            raise Failed("no_model", _NOBODY.get(self.role) or _NO_ROLE.format(self.role))
        return self.desk.gateway.ask(self.model_name, messages, session=session, **options)

    def max_connections(self) -> int:
        return max(1, self.desk.config.concurrency)

    def connection_key(self) -> str:
        return "quintain"


@modelapi(name="quintain")  # type: ignore[untyped-decorator]  # as above
def _registered() -> type[ModelAPI]:
    return GatewayModel


def models(desk: Desk) -> tuple[Model, dict[str, Model]]:
    """The one under test, and who plays the other parts. One that is not there fails when asked.

    Otherwise Inspect would let the model under test grade itself.
    """
    GatewayModel.desk = desk
    _model_module.model_roles = lambda: _Roles(_roles())
    config = desk.config
    judge, attacker = _model(config.judge, JUDGE), _model(config.attacker, ATTACKER)
    others = {"grader": judge, "judge": judge, "attacker": attacker, "red_team": attacker}
    return _model(config.target.model, TARGET), others


def at_hand(desk: Desk) -> None:
    """For tasks that ask for a model where they are made, and not only where they run."""
    model, others = models(desk)
    init_active_model(model, GenerateConfig())
    init_model_roles(others)


class _Roles(dict[str, Any]):
    """Where `get_model` looks for a role: one that is not among them is nobody's."""

    def get(self, role: str, default: Any = None) -> Any:  # noqa: ARG002 - the interface is a dict's
        return self[role] if role in self else _model("", role)


def _model(name: str, role: str) -> Model:
    model = get_model(f"quintain/{name}", memoize=False)
    model.api.role = role
    return model


def _options(config: GenerateConfig) -> dict[str, Any]:
    options = {
        ours: value
        for theirs, ours in _FIELDS.items()
        if (value := getattr(config, theirs)) is not None
    }
    if config.response_schema is not None:
        schema = config.response_schema.model_dump(mode="json", exclude_none=True, by_alias=True)
        told = {"name": schema["name"], "schema": schema["json_schema"]}
        options["response_format"] = {"type": "json_schema", "json_schema": told}
    return options | (config.extra_body or {})


def _tool(tool: Any) -> dict[str, Any]:
    told = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters.model_dump(mode="json", exclude_none=True, by_alias=True),
    }
    return {"type": "function", "function": told}


def _chosen(choice: Any) -> Any:
    if isinstance(choice, ToolFunction):
        return {"type": "function", "function": {"name": choice.name}}
    return "required" if choice == "any" else choice


def _output(name: str, reply: Reply) -> ModelOutput:
    message = ChatMessageAssistant(
        content=reply.text,
        tool_calls=[_call(call, at) for at, call in enumerate(reply.tool_calls)] or None,
        model=name,
        source="generate",
    )
    reason: Any = "content_filter" if reply.blocked else _STOPS.get(reply.finish_reason, "unknown")
    total = reply.input_tokens + reply.output_tokens
    return ModelOutput(
        model=name,
        choices=[ChatCompletionChoice(message=message, stop_reason=reason)],
        usage=ModelUsage(
            input_tokens=reply.input_tokens, output_tokens=reply.output_tokens, total_tokens=total
        ),
    )


def _call(given: dict[str, Any], at: int) -> ToolCall:
    function = given.get("function") or {}
    written = function.get("arguments") or "{}"
    try:
        arguments = json.loads(written)
        wrong = None if isinstance(arguments, dict) else "The arguments are not a JSON object."
    except (TypeError, ValueError) as error:
        arguments, wrong = {}, f"The arguments are not JSON: {error}"
    return ToolCall(
        id=str(given.get("id") or f"call_{at}"),
        function=str(function.get("name") or ""),
        arguments={} if wrong else arguments,
        parse_error=wrong,
    )
