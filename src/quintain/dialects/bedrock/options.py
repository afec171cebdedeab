"""A call's options as Bedrock has them.

Source: docs.aws.amazon.com/bedrock, API reference (Converse, InferenceConfiguration,
ToolConfiguration, OutputConfig), and the User Guide's pages of models for what goes into
additionalModelRequestFields.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.bedrock.messages import called
from quintain.dialects.bodies import written
from quintain.dialects.chat import Chat
from quintain.dialects.options import Format, Options, Tool
from quintain.errors import BadRequest

Json = Any
# AWS's own names that a caller may use as they are.
_OWN = frozenset(
    {"guardrailConfig", "performanceConfig", "promptVariables", "requestMetadata", "serviceTier"}
)
_MERGED = ("inferenceConfig", "additionalModelRequestFields", "outputConfig")
_OF_CLAUDE = frozenset({"thinking", "anthropic_beta"})
_NUMBERS = {
    "maxTokens": ("max_completion_tokens", "max_tokens"),
    "temperature": ("temperature",),
    "topP": ("top_p",),
}
_HOTTEST = 1  # where OpenAI goes up to 2
_EFFORTS = ("minimal", "low", "medium", "high", "xhigh", "max")
_TIERS = ("default", "flex", "priority")


def options_of(options: Options, chat: Chat, model_name: str) -> Json:
    """Everything of a request but its messages and system text."""
    body = {name: _object(options, name) for name in _MERGED}
    body["inferenceConfig"] |= _inference(options)
    body["additionalModelRequestFields"] |= _of_model(options, model_name)
    body["outputConfig"] |= _format(options.response_format())
    body["outputConfig"] |= _effort(options, model_name)
    body["toolConfig"] = _tool_config(options, chat)
    body |= _tier(options) | options.passed(_OWN)
    return {name: value for name, value in body.items() if value}


def _object(options: Options, name: str) -> Json:
    given = options.take(name) or {}
    if not isinstance(given, dict):
        raise BadRequest(f"{name} must be an object.", param=name)
    return dict(given)


def _inference(options: Options) -> Json:
    found: Json = {name: options.number(*theirs) for name, theirs in _NUMBERS.items()}
    if found["temperature"] is not None:
        found["temperature"] = min(found["temperature"], _HOTTEST)
    found["stopSequences"] = options.stops() or None
    return {name: value for name, value in found.items() if value is not None}


def _of_model(options: Options, model_name: str) -> Json:
    """What one family of models takes and Converse has no name for."""
    found = options.passed(_OF_CLAUDE)
    top_k = options.number("top_k")
    if top_k is not None:
        found |= {"inferenceConfig": {"topK": top_k}} if "nova" in model_name else {"top_k": top_k}
    if "gpt-oss" in model_name:
        found |= options.passed(frozenset({"reasoning_effort"}))
    return found


def _effort(options: Options, model_name: str) -> Json:
    """Of Claude alone; for other models the option counts as dropped."""
    if "claude" not in model_name:
        return {}
    effort = options.take("reasoning_effort")
    if effort in (None, "none"):
        return {}
    if effort not in _EFFORTS:
        known = ", ".join(["none", *_EFFORTS])
        raise BadRequest(f"reasoning_effort must be one of {known}.", param="reasoning_effort")
    return {"effort": "low" if effort == "minimal" else effort}


def _format(asked: Format) -> Json:
    if asked.kind == "text":
        return {}
    if asked.kind != "json_schema":
        raise BadRequest(
            "This model's provider has no JSON mode without a schema: give response_format of type"
            " json_schema.",
            code="unsupported_field",
            param="response_format",
        )
    schema = {"schema": written(asked.schema).decode()}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}


def _tier(options: Options) -> Json:
    tier = options.take("service_tier")
    if tier in _TIERS:
        return {"serviceTier": {"type": tier}}
    if tier != "auto":
        options.drop("service_tier")
    return {}


def _tool_config(options: Options, chat: Chat) -> Json:
    """Bedrock wants the tools of a conversation with calls in it told, whatever is asked for now."""
    tools, choice = [_spec(tool) for tool in options.tools()], options.tool_choice()
    names = called(chat)
    if choice == "none" and names:
        raise BadRequest(
            "This model's provider cannot be kept from calling tools once the messages hold calls:"
            " leave tool_choice out.",
            code="unsupported_field",
            param="tool_choice",
        )
    tools = [] if choice == "none" else tools or [_spec(_called(name)) for name in names]
    if not tools:
        return {}
    return {"tools": tools} | _choice(choice)


def _choice(choice: str) -> Json:
    if choice.startswith(":"):
        return {"toolChoice": {"tool": {"name": choice[1:]}}}
    named = {"auto": "auto", "required": "any"}.get(choice)
    return {"toolChoice": {named: {}}} if named else {}


def _called(name: str) -> Tool:
    return Tool(name, "", {"type": "object", "properties": {}})


def _spec(tool: Tool) -> Json:
    described = {"description": tool.description} if tool.description else {}
    return {"toolSpec": {"name": tool.name, **described, "inputSchema": {"json": tool.parameters}}}
