"""The gateway's calls in the API's description: OpenAI's, told in short.

The bodies are OpenAI's own and pass through, so only what the gateway itself reads is described;
docs/gateway.md says the rest.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
_MODEL: Schema = {
    "type": "string",
    "description": "`<saved name>` (its newest version) or `<saved name>:<version>`.",
}
_STREAM: Schema = {"type": "boolean", "default": False}
_N: Schema = {"type": "integer", "minimum": 1, "maximum": 128, "default": 1}
_WAIT: Schema = {
    "name": "X-Quintain-Max-Wait",
    "in": "header",
    "description": "Longest wait for a slot of rate_per_min, in seconds.",
    "schema": {"type": "number", "minimum": 0},
}
_SESSION: Schema = {
    "name": "X-Quintain-Session",
    "in": "header",
    "description": "Names the conversation of a chatbot that keeps it.",
    "schema": {"type": "string", "maxLength": 128},
}
_ERROR: Schema = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_REFUSALS = {
    "400": "The call cannot be made of this model, or the target refused it",
    "401": "The key is missing or not valid",
    "403": "The key has not the right",
    "404": "No such model",
    "424": "The target failed in a way that no retry can mend",
    "429": "No slot became free in time; Retry-After says when to come again",
    "502": "The target failed; a later call may pass",
    "503": "Shutting down, or the store or the target is away",
    "504": "The target did not answer in time",
}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _operation(summary: str, answers: Schema, **more: Any) -> Schema:
    refusals = {
        status: {"description": what, "content": _json(_ERROR)}
        for status, what in _REFUSALS.items()
    }
    responses = {"200": {"description": "It worked", "content": answers}} | refusals
    return {
        "tags": ["gateway"],
        "summary": summary,
        "responses": responses,
        "security": [{"bearer": []}, {"apikey": []}],
        **more,
    }


def _call(summary: str, required: list[str], fields: dict[str, Schema], *, streams: bool) -> Schema:
    body: Schema = {
        "type": "object",
        "required": ["model", *required],
        "properties": {"model": _MODEL} | fields,
        "additionalProperties": True,
    }
    answers = _json({"type": "object"})
    if streams:
        answers["text/event-stream"] = {"schema": {"type": "string"}}
    content = {"required": True, "content": _json(body)}
    return {"post": _operation(summary, answers, requestBody=content, parameters=[_WAIT, _SESSION])}


_MESSAGES: Schema = {"type": "array", "items": {"type": "object"}}
_TEXTS: Schema = {"anyOf": [{"type": "string"}, {"type": "array"}]}

GATEWAY: dict[str, Schema] = {
    "/v1/chat/completions": _call(
        "Chat with a model",
        ["messages"],
        {"messages": _MESSAGES, "stream": _STREAM, "n": _N},
        streams=True,
    ),
    "/v1/completions": _call(
        "Complete a text",
        ["prompt"],
        {"prompt": _TEXTS, "stream": _STREAM, "n": _N},
        streams=True,
    ),
    "/v1/embeddings": _call("Embed texts", ["input"], {"input": _TEXTS}, streams=False),
    "/v1/responses": _call(
        "Create a response (the Responses API)",
        ["input"],
        {"input": _TEXTS, "stream": _STREAM},
        streams=True,
    ),
    "/v1/models": {"get": _operation("All models of the project", _json({"type": "object"}))},
    "/v1/models/{model}": {
        "get": _operation(
            "One model",
            _json({"type": "object"}),
            parameters=[{"name": "model", "in": "path", "required": True, "schema": _MODEL}],
        )
    },
}
