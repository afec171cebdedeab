"""A request to a known provider's API: what of it a registration keeps."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from yarl import URL

from quintain.imports.credentials import Credentials, hide_in_payload
from quintain.imports.draft import Draft, given
from quintain.imports.hosts import base_path_of, brought_base, is_chat_path
from quintain.imports.places import Json
from quintain.imports.prompts import text_of
from quintain.imports.request import Address
from quintain.registry.providers import defaults
from quintain.secret import Secret

_PER_CALL = {
    "model", "messages", "prompt", "input", "stream", "stream_options", "n", "user", "tools", "functions",
    "system", "contents", "systemInstruction", "system_instruction", "instructions",
}  # fmt: skip
# Other providers' words for OpenAI's options.
_OPTIONS = {
    "temperature": "temperature", "topP": "top_p", "top_p": "top_p", "p": "top_p", "maxTokens": "max_tokens",
    "max_tokens": "max_tokens", "maxOutputTokens": "max_tokens", "max_output_tokens": "max_tokens",
    "stopSequences": "stop", "stop_sequences": "stop", "seed": "seed", "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}  # fmt: skip
_OWN_WORDS = {
    "anthropic",
    "anthropic_compatible",
    "cohere",
    "cohere_compatible",
    "gemini",
    "bedrock",
}
_DEPLOYMENT = re.compile(r"/openai/deployments/([^/]+)")
_IN_PATH = re.compile(r"/models?/([^/:]+(?:/[^/:]+)*?)(?::\w+|/(?:converse|invoke)[\w-]*)?/?$")
_BEDROCK = re.compile(r"/model/([^/]+)/")  # the model's own name holds colons
_BROUGHT_HEADERS = {"content-type", "anthropic-version", "accept"}


def native(provider: str, address: Address, body: Json, found: Credentials, label: str) -> Draft:
    """The registration for a provider whose dialect is spoken here."""
    fields = body if isinstance(body, dict) else {}
    model = _model(provider, address, fields)
    draft = Draft(
        label or f"{_short(provider, address)}-{model}", {"model_provider": provider}, model
    )
    _place(draft, provider, address)
    _key(draft, provider, address, found)
    draft.config["custom_headers"] = [
        {"key": name, "value": Secret(value)}
        for name, value in found.headers
        if name.lower() not in _BROUGHT_HEADERS
    ]
    _contents(draft, provider, hide_in_payload(_stable(fields), found))
    if found.extra:
        draft.config["auth_data"] = (draft.config.get("auth_data") or {}) | found.extra
    draft.note(*found.notes)
    return draft


def _short(provider: str, address: Address) -> str:
    return address.host if provider.endswith("_compatible") else provider


def _model(provider: str, address: Address, fields: dict[str, Any]) -> str:
    deployment = _DEPLOYMENT.search(address.path)
    if deployment:
        return unquote(deployment[1])
    named = fields.get("model")
    if isinstance(named, str) and named and "{" not in named:
        return named
    if provider == "bedrock":
        in_path = _BEDROCK.search(address.path)
    else:
        in_path = _IN_PATH.search(address.path) if provider in {"gemini", "huggingface"} else None
    return unquote(in_path[1]) if in_path else ""


def _place(draft: Draft, provider: str, address: Address) -> None:
    """Endpoint and path, where they are not those that the provider brings."""
    base = base_path_of(address)
    if _is_brought(provider, address, base):
        return
    if provider == "azure_openai":
        _azure(draft, address)
    elif provider == "anthropic_compatible":
        draft.target(
            address.scheme, address.host, address.port, re.sub(r"/v1/messages/?$", "", address.path)
        )
        _path_beside(draft, provider, address)
    elif provider == "bedrock":
        draft.config |= bedrock_place(address.host.split(".")[1])
    elif provider in _OWN_WORDS:
        draft.target(address.scheme, address.host, address.port)
    elif is_chat_path(address) or base != address.path.rstrip("/"):
        draft.target(address.scheme, address.host, address.port, base)
    else:
        draft.target(address.scheme, address.host, address.port)
        draft.config["paths"] = {"chat": address.path or "/"}


def _is_brought(provider: str, address: Address, base: str) -> bool:
    """Whether this is where the provider is by itself."""
    brought = brought_base(provider)
    if not brought or not _same(brought, address):
        return False
    return provider in _OWN_WORDS or base.rstrip("/") == URL(brought).path.rstrip("/")


def bedrock_place(region: str) -> dict[str, Any]:
    """The region says where Bedrock is, and what its requests are signed for."""
    return {"metadata": {"aws_region": region}}


def _path_beside(draft: Draft, provider: str, address: Address) -> None:
    """Where the whole address is not what base path and default path make, both are given."""
    default = defaults(provider).paths.get("chat", "")
    base = draft.config["endpoint"].get("base_path", "")
    if f"{base}{default}".rstrip("/") != address.path.rstrip("/"):
        draft.config["endpoint"].pop("base_path", None)
        draft.config["paths"] = {"chat": address.path or "/"}


def _azure(draft: Draft, address: Address) -> None:
    draft.target(address.scheme, address.host, address.port)
    version = dict(address.query).get("api-version")
    if _DEPLOYMENT.search(address.path) and version:
        draft.config["paths"] = {"chat": f"{address.path}?api-version={version}"}
    elif not _DEPLOYMENT.search(address.path):
        draft.config["paths"] = {
            "chat": f"{address.path}?api-version={version}" if version else address.path
        }


def _same(base_url: str, address: Address) -> bool:
    brought = URL(base_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    return (brought.scheme, brought.host, brought.port) == (
        address.scheme,
        address.host.lower(),
        port,
    )


def _key(draft: Draft, provider: str, address: Address, found: Credentials) -> None:
    """The key, and its header where the provider has another."""
    in_query = dict(address.query).get("key") if provider == "gemini" else None
    if in_query and not found.key:
        stands_in = in_query.startswith("{auth.") or "$" in in_query
        secret = found.extra.pop("key", None)
        if secret is not None:
            found.notes[:] = [note for note in found.notes if "auth_data.key" not in note]
            draft.config["apikeys"] = [secret]
        elif stands_in:
            found.notes[:] = [note for note in found.notes if not note.startswith("auth_data.key")]
            found.notes.append("apikeys: the source names the key without giving it; give it.")
        return
    draft.config["apikeys"] = found.apikeys()
    usual = defaults(provider).auth
    own = {
        "anthropic": "x-api-key",
        "gemini": "x-goog-api-key",
        "azure_openai": "api-key",
        "anthropic_compatible": "x-api-key",
    }
    header = usual.header_name if usual else own.get(provider, "Authorization")
    if found.header and found.header.lower() != (header or "").lower():
        draft.config["auth_data"] = found.auth_data()
    if not found.header and not found.key and "model_jwt_config" not in draft.config:
        found.notes.append("apikeys: the source holds no key; give it, if the target needs one.")


def _stable(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _contents(draft: Draft, provider: str, fields: dict[str, Any]) -> None:
    """System text, tools and options; the conversation itself is the caller's."""
    draft.system(_system(fields))
    draft.config["tools"] = _tools(fields.get("tools"), draft)
    options = (
        _translated(fields)
        if provider in _OWN_WORDS
        else {name: value for name, value in fields.items() if name not in _PER_CALL}
    )
    if options:
        draft.config["default_request_options"] = options
        draft.note(
            f"default_request_options: {', '.join(list(options)[:10])} of the source hold for every call."
        )


def _system(fields: dict[str, Any]) -> str:
    messages = fields.get("messages")
    inside = [
        text_of(each.get("content"))
        for each in (messages if isinstance(messages, list) else [])
        if isinstance(each, dict) and str(each.get("role")) in {"system", "developer"}
    ]
    beside = [
        text_of(fields.get(name))
        for name in ("system", "systemInstruction", "system_instruction", "instructions")
    ]
    return "\n\n".join(text for text in (*beside, *inside) if text and "{" not in text)[:262_144]


def _tools(tools: Json, draft: Draft) -> list[dict[str, Any]]:
    """OpenAI's and Anthropic's definitions as the registration's."""
    found = []
    for each in tools if isinstance(tools, list) else []:
        inner = each.get("function", each) if isinstance(each, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get("name"), str) and inner["name"]:
            parameters = inner.get("parameters") or inner.get("input_schema")
            description = inner.get("description")
            found.append(
                given(
                    {
                        "name": inner["name"],
                        "description": description if isinstance(description, str) else "",
                        "parameters": parameters if isinstance(parameters, dict) else None,
                    }
                )
            )
        else:
            draft.note(
                "tools: one of the source has another form than a function's and is left out."
            )
    return found


def _translated(fields: dict[str, Any]) -> dict[str, Any]:
    inner = fields.get("generationConfig") or fields.get("inferenceConfig") or {}
    merged = fields | (inner if isinstance(inner, dict) else {})
    return {_OPTIONS[name]: value for name, value in merged.items() if name in _OPTIONS}
