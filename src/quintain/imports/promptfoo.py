"""promptfoo's providers: one block, a list of them, or a whole `promptfooconfig.yaml`.

Source: promptfoo.dev/docs/providers and its page on the HTTP provider. `{{env.X}}` there names an
environment variable. Transforms in JavaScript are read where they are plain paths, and never run.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import orjson

from quintain.imports.answers import Mapping
from quintain.imports.draft import MAX_MODELS, Draft
from quintain.imports.hosts import ALIASES
from quintain.imports.known import Known
from quintain.imports.named import Named
from quintain.imports.paths_in import of_javascript, of_read
from quintain.imports.places import Json
from quintain.imports.rawhttp import parsed
from quintain.imports.refusal import Unimportable
from quintain.imports.request import HttpRequest, basic, with_query
from quintain.imports.secretive import stands_in
from quintain.imports.shaping import shaped
from quintain.imports.source import Found, Source, chosen, mapping, text
from quintain.secret import Secret

_OPTIONS = (
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "seed",
    "frequency_penalty",
    "presence_penalty",
)
_AWS = ("accessKeyId", "secretAccessKey", "sessionToken")
_NOT_CARRIED = (
    "transformRequest", "requestTransform", "signatureAuth", "tls", "validateStatus",
)  # fmt: skip
# The middle of `openai:chat:gpt-4o`: which of a provider's APIs is meant.
_APIS = {
    "chat",
    "messages",
    "completion",
    "completions",
    "responses",
    "converse",
    "assistant",
    "embedding",
    "embeddings",
    "realtime",
    "text-generation",
}
_ID = re.compile(r"[A-Za-z][\w.-]{1,40}:[^\s]")
_LOCAL = re.compile(
    r"(?:file|exec|python|ruby|go|package|browser|mcp|echo|prompt|webhook|websocket|wss?)(?::|$)"
)


def blocks_in(document: Json) -> list[Json] | None:
    """The provider blocks of a document; None where it has none."""
    if isinstance(document, str) and document.partition(":")[0].lower() not in ALIASES:
        return None
    holder = mapping(document)
    listed = holder.get("providers", holder.get("targets", holder if "id" in holder else document))
    blocks = listed if isinstance(listed, list) else [listed]
    if not all(_ID.match(block) for block in blocks if isinstance(block, str)):
        return None
    fitting = all(
        isinstance(b, str)
        or (isinstance(b, dict) and b and (isinstance(b.get("id"), str) or len(b) == 1))
        for b in blocks
    )
    return blocks if blocks and fitting else None


def read(source: Source) -> Found:
    blocks = blocks_in(source.document)
    if blocks is None:
        raise Unimportable("promptfoo's configuration has a list providers, each with an id.")
    found = Found()
    for block in blocks[: MAX_MODELS + 1]:
        name, options = _opened(block)
        try:
            found.drafts.append(_draft(name, options, source.server))
        except Unimportable as error:
            chosen(found, name or "a provider without id", error)
    return found


def _opened(block: Json) -> tuple[str, dict[str, Any]]:
    if isinstance(block, str):
        return block, {}
    if "id" in block:
        return text(block["id"]), block
    name, options = next(iter(block.items()))
    return name, mapping(options)


def _draft(name: str, block: dict[str, Any], server: str) -> Draft:
    config = mapping(block.get("config"))
    label = text(block.get("label"))
    if _LOCAL.match(name):
        raise Unimportable("it is a program or a file of its own; nothing is run or read.")
    if name in {"http", "https"} or name.startswith(("http://", "https://")):
        return _http(name, config, label, server)
    alias, _, rest = name.partition(":")
    api, _, model = rest.partition(":")
    model = model if api in _APIS else rest
    if not model or alias == "promptfoo":
        raise Unimportable("it names no model of a provider.")
    return _named("gemini" if alias in {"vertex", "google"} else alias, model, config, label)


def _named(alias: str, model: str, config: dict[str, Any], label: str) -> Draft:
    host = text(config.get("apiHost"))
    base = text(config.get("apiBaseUrl")) or (
        f"https://{host}" if host and not stands_in(host) else host
    )
    key_env = text(config.get("apiKeyEnvar"))
    named = Named(
        alias, model, label or f"{alias}-{model}", base, text(config.get("apiKey")) or (f"${key_env}" if key_env else ""),
        text(config.get("apiVersion") or config.get("api_version")), text(config.get("region")), tuple(text(config.get(n)) for n in _AWS),
        {key: text(value) for key, value in mapping(config.get("headers")).items()},
        {key: config[key] for key in _OPTIONS if config.get(key) is not None},
    )  # fmt: skip
    draft = named.draft()
    organization = text(config.get("organization"))
    if organization and not stands_in(organization):
        draft.config["custom_headers"].append(
            {"key": "OpenAI-Organization", "value": Secret(organization)}
        )
    return draft


def _http(name: str, config: dict[str, Any], label: str, server: str) -> Draft:
    notes: list[str] = []
    request = _request(name, config, server, notes)
    request = _authorised(request, mapping(config.get("auth")), notes)
    answer = _answer(config, notes)
    notes += [
        f"{option} of the source is not carried over: look whether the target needs it."
        for option in _NOT_CARRIED
        if config.get(option) is not None
    ]
    draft = shaped(request, Known(label, answer, notes=tuple(notes)))
    _session(draft, config)
    _login(draft, mapping(config.get("auth")))
    return draft


def _request(name: str, config: dict[str, Any], server: str, notes: list[str]) -> HttpRequest:
    raw = text(config.get("request"))
    if raw.startswith("file://"):
        raise Unimportable("its request is in a file, which is not read: give the request itself.")
    if raw:
        request, further = parsed(_sessions(raw), server, https=bool(config.get("useHttps")))
        notes += further
        return _bare_quoted(request)
    url = text(config.get("url")) or (name if "://" in name else "")
    if not url:
        raise Unimportable("it has no config.url.")
    query = "&".join(
        f"{quote(key)}={_quoted(text(value))}"
        for key, value in mapping(config.get("queryParams")).items()
    )
    url = with_query(url, query)
    body = config.get("body")
    headers = tuple(
        (key, _sessions(text(value))) for key, value in mapping(config.get("headers")).items()
    )
    method = text(config.get("method")) or ("POST" if body is not None else "GET")
    written = (
        None
        if body is None
        else _sessions(body if isinstance(body, str) else orjson.dumps(_chat(body)).decode())
    )
    return _bare_quoted(HttpRequest(method, _sessions(url), headers, written))


def _quoted(value: str) -> str:
    """A parameter's value, its variables as they are."""
    return "".join(
        part if part.startswith("{{") else quote(part)
        for part in re.split(r"(\{\{[^{}]*\}\})", value)
    )


def _chat(body: Json) -> Json:
    """`messages: "{{prompt}}"` is a conversation in JSON there."""
    if (
        isinstance(body, dict)
        and isinstance(body.get("messages"), str)
        and "{{" in body["messages"]
    ):
        return body | {"messages": "{messages}"}
    return body


def _sessions(value: str) -> str:
    return re.sub(r"\{\{\s*sessionId\s*\}\}", "{session_id}", value)


def _bare_quoted(request: HttpRequest) -> HttpRequest:
    """`{"p": {{prompt | dump}}}` writes its own quotes."""
    body = re.sub(
        r"(?<=[:\[,])(\s*)\{\{\s*prompt\s*(?:\|\s*\w+\s*)*\}\}(?=\s*[,}\]])",
        r'\1"{prompt}"',
        request.body or "",
    )
    return HttpRequest(request.method, request.url, request.headers, body or None, request.form)


def _answer(config: dict[str, Any], notes: list[str]) -> Mapping | None:
    written = config.get("transformResponse", config.get("responseParser"))
    if written is None:
        return None
    found = of_javascript(written) if isinstance(written, str) else None
    if found is None:
        notes.append(
            "custom_response_format: transformResponse is a program and not a plain path; say the same in jq."
        )
    return found


def _authorised(request: HttpRequest, auth: dict[str, Any], notes: list[str]) -> HttpRequest:
    kind = text(auth.get("type"))
    header: tuple[str, str] | None = None
    url = request.url
    if kind == "bearer":
        header = ("Authorization", f"Bearer {text(auth.get('token')) or '$TOKEN'}")
    elif kind == "basic":
        pair = text(auth.get("username")), text(auth.get("password"))
        header = ("Authorization", basic(*pair))
    elif kind == "api_key" and text(auth.get("placement")) == "query":
        url = with_query(url, f"{quote(text(auth.get('keyName')))}={text(auth.get('value'))}")
    elif kind == "api_key":
        header = (text(auth.get("keyName")) or "X-API-Key", text(auth.get("value")) or "$KEY")
    elif kind and kind != "oauth":
        notes.append(f"auth: the type {kind[:32]} of the source is not carried over.")
    headers = (*request.headers, header) if header else request.headers
    return HttpRequest(request.method, url, headers, request.body, request.form)


def _login(draft: Draft, auth: dict[str, Any]) -> None:
    """OAuth's client credentials become the registration's login."""
    if auth.get("type") != "oauth" or not text(auth.get("tokenUrl")):
        return
    if text(auth.get("grantType")) not in {"", "client_credentials"}:
        draft.note(
            "auth: only OAuth's client credentials are carried over; set model_jwt_config for another grant."
        )
        return
    scopes = auth.get("scopes")
    login: dict[str, Any] = {"jwt_url": text(auth["tokenUrl"]), "grant_type": "client_credentials"}
    for ours, theirs in (("client_id", "clientId"), ("client_secret", "clientSecret")):
        value = text(auth.get(theirs))
        if stands_in(value):
            draft.note(f"model_jwt_config.{ours}: the source does not give it; give it.")
        else:
            login[ours] = Secret(value) if ours == "client_secret" else value
    if isinstance(scopes, list) and scopes:
        login["scope"] = " ".join(text(scope) for scope in scopes)
    draft.config |= {"model_auth_type": "jwt", "model_jwt_config": login}


def _session(draft: Draft, config: dict[str, Any]) -> None:
    parser = config.get("sessionParser")
    uses = "{session_id}" in repr(config).replace("{{sessionId}}", "{session_id}").replace(
        "{{ sessionId }}", "{session_id}"
    )
    if isinstance(parser, str) and parser:
        read = of_read(parser)
        if read:
            draft.config["metadata"] = {"session": {"kind": "server", "read": read}}
        else:
            draft.note(
                "metadata.session: sessionParser is a program and not a plain path; say the same in jq."
            )
    elif uses:
        draft.config["metadata"] = {"session": {"kind": "client"}}
