"""A call's options as Bedrock has them.

Source: docs.aws.amazon.com/bedrock, API reference (Converse, InferenceConfiguration,
ToolConfiguration, OutputConfig), and the User Guide's pages of models for what goes into
additionalModelRequestFields.
"""

from __future__ import annotations

from typing import Any

from quintain.dialects.anthropic.models import takes
from quintain.dialects.bedrock.messages import called
from quintain.dialects.chat import Chat
from quintain.dialects.options import Format, Options, Tool, schema_alone
from quintain.dialects.writing import written
from quintain.errors import BadRequest

Json = Any
# AWS's own names that a caller may use as they are.
_OWN = frozenset(
    {"guardrailConfig", "performanceConfig", "promptVariables", "requestMetadata", "serviceTier"}
)
_MERGED = ("inferenceConfig", "additionalModelRequestFields", "outputConfig")
_OF_CLAUDE = frozenset({"thinking", "anthropic_beta"})
# Where a model takes but one of them, the first that is given.
_SAMPLING = {"temperature": "temperature", "topP": "top_p"}
_HOTTEST = 1  # where OpenAI goes up to 2
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_TIERS = ("default", "flex", "priority")


def options_of(options: Options, chat: Chat, model_name: str) -> Json:
    """Everything of a request but its messages and system text."""
    body = {name: options.object(name) for name in _MERGED}
    body["inferenceConfig"] |= _inference(options, model_name)
    body["additionalModelRequestFields"] |= _of_model(options, model_name)
    body["outputConfig"] |= _format(options.response_format())
    body["outputConfig"] |= _effort(options, model_name)
    body["toolConfig"] = _tool_config(options, chat)
    body |= _tier(options) | options.passed(_OWN)
    return {name: value for name, value in body.items() if value}


def _inference(options: Options, model_name: str) -> Json:
    found = {"maxTokens": options.number("max_completion_tokens", "max_tokens")}
    found |= _sampled(options, model_name) | {"stopSequences": _stops(options, model_name) or None}
    return {name: value for name, value in found.items() if value is not None}


def _sampled(options: Options, model_name: str) -> Json:
    """As many as the model takes; the rest is left and so named as dropped."""
    found: Json = {}
    for name, theirs in _SAMPLING.items():
        if len(found) < _sampling(model_name) and (value := options.number(theirs)) is not None:
            found[name] = min(value, _HOTTEST)
    return found


def _sampling(model_name: str) -> int:
    """How many of temperature and top_p: newer models of Claude's take one of them, or neither."""
    return takes(model_name, api_version="").sampling


def _stops(options: Options, model_name: str) -> list[str]:
    """Claude refuses a stop of white space alone."""
    given = options.stops()
    kept = [stop for stop in given if stop.strip() or "claude" not in model_name]
    if len(kept) < len(given):
        options.drop("stop")
    return kept


def _of_model(options: Options, model_name: str) -> Json:
    """What one family of models takes and Converse has no name for."""
    found = options.passed(_OF_CLAUDE)
    top_k = options.number("top_k") if _sampling(model_name) else None
    if top_k is not None:
        found |= {"inferenceConfig": {"topK": top_k}} if "nova" in model_name else {"top_k": top_k}
    if "gpt-oss" in model_name:
        found |= options.passed(frozenset({"reasoning_effort"}))
    return found


def _effort(options: Options, model_name: str) -> Json:
    """Of Claude alone; for other models the option counts as dropped."""
    if "claude" not in model_name:
        return {}
    effort = options.effort(_EFFORTS)
    if effort in ("", "none"):
        return {}
    return {"effort": "low" if effort == "minimal" else effort}


def _format(asked: Format) -> Json:
    if schema_alone(asked).kind == "text":
        return {}
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
    given, names = options.tools(), called(chat)
    choice = options.tool_choice(given)
    if choice == "none" and names:
        raise BadRequest(
            "This model's provider cannot be kept from calling tools once the messages hold calls:"
            " leave tool_choice out.",
            code="unsupported_field",
            param="tool_choice",
        )
    tools = [] if choice == "none" else given or [_called(name) for name in names]
    if not tools:
        return {}
    return {"tools": [_spec(tool) for tool in tools]} | _choice(choice)


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
