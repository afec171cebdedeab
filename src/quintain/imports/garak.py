"""garak's REST generator: options of `rest.RestGenerator`.

Source: reference.garak.ai, garak.generators.rest. `$INPUT` is the prompt, `$KEY` the key, which
comes from an environment variable there.
"""

from __future__ import annotations

from typing import Any

import orjson

from quintain.imports.answers import Mapping
from quintain.imports.draft import Draft
from quintain.imports.known import Known
from quintain.imports.paths_in import of_jsonpath
from quintain.imports.places import Json
from quintain.imports.refusal import Unimportable
from quintain.imports.request import HttpRequest, with_query
from quintain.imports.shaping import shaped
from quintain.imports.source import Found, Source, items, mapping, text


def options_in(document: Json) -> dict[str, Any] | None:
    """The generator's options, wherever a configuration has them; None where it has none."""
    holder = mapping(document)
    for key in ("plugins", "generators"):
        holder = mapping(holder.get(key)) or holder
    for options in (
        mapping(holder.get("rest")).get("RestGenerator"),
        holder.get("rest.RestGenerator"),
        holder.get("RestGenerator"),
        holder,
    ):
        if isinstance(options, dict) and "uri" in options:
            return options
    return None


def read(source: Source) -> Found:
    options = options_in(source.document)
    if options is None:
        raise Unimportable('A garak REST generator is {"rest": {"RestGenerator": {"uri": ...}}}.')
    return Found([_draft(options)])


def _draft(options: dict[str, Any]) -> Draft:
    method = text(options.get("method")) or "post"
    template = _template(options)
    key = text(options.get("api_key"))
    headers = [
        (name, text(value).replace("$KEY", key or "$KEY"))
        for name, value in mapping(options.get("headers")).items()
    ]
    url = text(options.get("uri"))
    if method.lower() == "get":
        url, template = with_query(url, template), ""
    notes = (
        []
        if key or "$KEY" not in repr(options)
        else [
            f"garak takes $KEY from the environment variable {text(options.get('key_env_var'))[:64] or 'REST_API_KEY'}."
        ]
    )
    request = HttpRequest(
        method, url, tuple(headers), template.replace("$KEY", key) if key else template
    )
    label = text(options.get("name"))
    known = Known(
        "" if label == options.get("uri") else label, _answer(options, notes), notes=tuple(notes)
    )
    draft = shaped(request, known)
    _further(options, draft)
    return draft


def _template(options: dict[str, Any]) -> str:
    inner = options.get("req_template_json_object")
    if inner is not None:
        return orjson.dumps(inner).decode()
    template = options.get("req_template", "$INPUT")
    return template if isinstance(template, str) else orjson.dumps(template).decode()


def _answer(options: dict[str, Any], notes: list[str]) -> Mapping | None:
    if not options.get("response_json"):
        return Mapping("", "text")
    written = text(options.get("response_json_field"))
    found = of_jsonpath(written) if written else None
    if found is None:
        notes.append(
            f"custom_response_format: {written[:100] or 'response_json_field'} is no plain path; give a jq program."
        )
    return found


def _further(options: dict[str, Any], draft: Draft) -> None:
    timeout = options.get("request_timeout")
    if isinstance(timeout, int | float) and not isinstance(timeout, bool) and 0 < timeout <= 3600:
        draft.config["metadata"] = {"timeouts": {"read_s": timeout}}
    blocked = [code for code in items(options.get("skip_codes")) if isinstance(code, int)]
    if blocked:
        draft.note(
            "skip_codes: if these mean that the target blocked a prompt, set metadata.blocked."
        )
