"""A call's options as Gemini has them.

Source: ai.google.dev/api/generate-content (GenerationConfig), /api/caching (Tool, ToolConfig), and
/gemini-api/docs/openai for what `reasoning_effort` means.
"""

from __future__ import annotations

import re
from typing import Any

from quintain.dialects.options import Format, Options, Tool

Json = Any
# Google's own names that a caller may use as they are: of a request, and of its generationConfig.
_OF_REQUEST = frozenset({"safetySettings", "cachedContent", "labels", "serviceTier"})
_OF_CONFIG = frozenset(
    {"maxOutputTokens", "topP", "topK", "stopSequences", "presencePenalty", "frequencyPenalty",
     "responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities",
     "mediaResolution", "speechConfig", "imageConfig", "thinkingConfig", "audioTimestamp",
     "enableEnhancedCivicAnswers"}
)  # fmt: skip
_NUMBERS = {
    "temperature": ("temperature",),
    "topP": ("top_p",),
    "topK": ("top_k",),
    "maxOutputTokens": ("max_completion_tokens", "max_tokens"),
    "seed": ("seed",),
    "presencePenalty": ("presence_penalty",),
    "frequencyPenalty": ("frequency_penalty",),
}
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576}
_LEVELS = {"none": "MINIMAL", "minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH"}  # fmt: skip
_THINKS_BY_BUDGET = re.compile(r"gemini-2\.5|gemini-robotics")
# Before 2.5: they do not think, and take penalties, for which the later ones refuse the call.
_OLDER = re.compile(r"gemini-(1\.|2\.0)|gemma|learnlm")
_PENALTIES = ("presencePenalty", "frequencyPenalty")


def options_of(options: Options, model_name: str) -> Json:
    """Everything of a request but its contents."""
    tools = options.tools()
    choice = options.tool_choice(tools)
    body = {"generationConfig": _config(options, model_name)}
    if tools:
        body["tools"] = [{"functionDeclarations": [_declared(tool) for tool in tools]}]
        body |= _tool_config(choice)
    body |= options.passed(_OF_REQUEST)
    return {name: value for name, value in body.items() if value}


def _config(options: Options, model_name: str) -> Json:
    given = options.object("generationConfig")
    found = {name: options.number(*theirs) for name, theirs in _numbers(model_name).items()}
    found |= {"stopSequences": options.stops() or None} | _format(options.response_format())
    own = options.passed(_OF_CONFIG)
    if "thinkingConfig" not in own | given:
        found |= _thinking(options, model_name)
    # Answers are read for one candidate: a call for n of them is n calls.
    kept = {name: value for name, value in given.items() if name != "candidateCount"}
    return kept | own | {name: value for name, value in found.items() if value is not None}


def _numbers(model_name: str) -> dict[str, tuple[str, ...]]:
    older = _OLDER.search(model_name)
    return {name: theirs for name, theirs in _NUMBERS.items() if older or name not in _PENALTIES}


def _format(asked: Format) -> Json:
    if asked.kind == "text":
        return {}
    schema = {"responseJsonSchema": asked.schema} if asked.kind == "json_schema" else {}
    return {"responseMimeType": "application/json"} | schema


def _thinking(options: Options, model_name: str) -> Json:
    """How hard to think, where the model can be told so; else the option counts as dropped."""
    if _OLDER.search(model_name):
        return {}
    effort = options.effort(_LEVELS)
    if not effort:
        return {}
    if _THINKS_BY_BUDGET.search(model_name):
        return {"thinkingConfig": {"thinkingBudget": _BUDGETS[effort]}}
    return {"thinkingConfig": {"thinkingLevel": _LEVELS[effort]}}


def _declared(tool: Tool) -> Json:
    found: Json = {"name": tool.name}
    if tool.description:
        found["description"] = tool.description
    return found | {"parametersJsonSchema": tool.parameters}


def _tool_config(choice: str) -> Json:
    if not choice:
        return {}
    calling: Json = {"mode": _MODES.get(choice, "ANY")}
    if choice.startswith(":"):
        calling["allowedFunctionNames"] = [choice[1:]]
    return {"toolConfig": {"functionCallingConfig": calling}}
