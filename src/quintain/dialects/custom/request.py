"""The request that a custom target takes: where it goes, its headers and its body.

It comes from the registration's own fields or from its curl command; the former win.
"""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Any

from quintain.dialects.custom.bodies import (
    Body,
    FormBody,
    JsonBody,
    MultipartBody,
    NoBody,
    TextBody,
    XmlBody,
)
from quintain.dialects.custom.headers import Headers
from quintain.dialects.template import read_json
from quintain.dialects.urls import Address
from quintain.errors import Detail, Invalid
from quintain.registry.curl import FORM_TYPE, MULTIPART_TYPE, CurlRequest, FormPart
from quintain.registry.curled import curl_of
from quintain.registry.placeholders import NAMES, OF_EACH, PLACEHOLDER
from quintain.registry.schema import Endpoint, ModelConfig

PAYLOAD = "model_config.custom_payload"
CURL = "model_config.custom_curl_command"
_OPTIONS = "model_config.default_request_options"


class CustomRequest:
    """names: the placeholders that occur anywhere in it. fixed: the values of `auth_data`."""

    def __init__(self, config: ModelConfig) -> None:
        """config: with the provider's defaults. Raises Invalid for what cannot be compiled."""
        # Where a secret was lost no call is made (gateway/credentials.py).
        self.fixed = config.auth_data.filling if config.auth_data else {}
        names = NAMES | self.fixed.keys()
        curl = _curl(config)
        endpoint, paths = _endpoint(config), config.paths or {}
        self.address = Address(endpoint, paths.get("chat") or paths.get("completions") or "", names)
        seeing = paths.get("vision")
        self.vision = Address(endpoint, seeing, names) if seeing else self.address
        self.headers = Headers(config.custom_headers or [], names)
        outside = self.address.names | self.headers.names
        _refuse_repeated(outside | self.vision.names)
        self.body = _compiled(config, curl, names, bodyless=bool(outside))
        self.method = _method(config, curl, self.body)
        self.names = outside | self.vision.names | self.body.names


def _refuse_repeated(names: frozenset[str]) -> None:
    stray = sorted(names & OF_EACH)
    if stray:
        why = f"{{{stray[0]}}} stands in an item of a JSON list, not in the URL or in a header"
        raise Invalid((Detail("model_config.paths", why),))


def _endpoint(config: ModelConfig) -> Endpoint:
    """Without a host, since the curl command that says it was lost: no call is made either."""
    endpoint = config.endpoint or Endpoint()
    return endpoint if endpoint.host else endpoint.model_copy(update={"host": "unknown.invalid"})


def _curl(config: ModelConfig) -> CurlRequest | None:
    try:
        return curl_of(config)
    except ValueError as error:
        raise Invalid((Detail(CURL, str(error)),)) from None


def _method(config: ModelConfig, curl: CurlRequest | None, body: Body) -> str:
    if curl is None or (config.custom_payload and curl.method in {"GET", "HEAD"}):
        return "GET" if isinstance(body, NoBody) else "POST"
    return curl.method


def _compiled(
    config: ModelConfig, curl: CurlRequest | None, names: frozenset[str], *, bodyless: bool
) -> Body:
    """bodyless: the call has its place elsewhere, so that an empty payload is none."""
    try:
        if config.custom_payload or (curl is None and not bodyless):
            return _of_payload(config, names)
        return _of_curl(curl, config, names) if curl else _closed(NoBody(), config)
    except ValueError as error:
        field = PAYLOAD if config.custom_payload or curl is None else CURL
        raise Invalid((Detail(field, str(error)),)) from None


def _of_payload(config: ModelConfig, names: frozenset[str]) -> Body:
    """A template, written as the registration's Content-Type says."""
    payload = _with_options(config.custom_payload or {}, config)
    takes_fields = _FIELDS.get(_content_type(config, default="application/json").get_content_type())
    if takes_fields is None:
        return JsonBody(payload, names)
    if not isinstance(payload, dict):
        raise ValueError("must be an object for a form: each entry is a field")  # noqa: TRY004 - the caller's, not the code's
    return takes_fields(payload, names)


def _of_curl(curl: CurlRequest, config: ModelConfig, names: frozenset[str]) -> Body:
    if curl.form:
        return _closed(MultipartBody.of_parts(curl.form, names), config)
    if curl.body is None:
        return _closed(NoBody(), config)
    kind = _content_type(config, default="")
    payload = _json_in(curl.body, kind.get_content_type())
    if payload is not None:
        return JsonBody(_with_options(payload, config), names)
    return _closed(_of_text(curl.body, kind, names), config)


def _of_text(text: str, kind: Message, names: frozenset[str]) -> Body:
    name = kind.get_content_type()
    if name == FORM_TYPE:
        return FormBody.of_text(text, names)
    if name == MULTIPART_TYPE:
        return MultipartBody.of_parts(_parts_in(text, kind), names)
    body = (XmlBody if _is_xml(name) else TextBody)(text, names)
    if stray := sorted(body.names & OF_EACH):
        raise ValueError(f"has {{{stray[0]}}} in a body that is no JSON, which has no lists")
    return body


def _json_in(text: str, kind: str) -> Any:
    """The body's JSON, None where it is none and need not be. Raises ValueError where it must be.

    Commands often leave the header out, so a body that begins like JSON is taken for it.
    """
    needed = kind == "application/json" or kind.endswith("+json")
    text = text.strip()
    likely = text[:1] in {"{", "["} and not PLACEHOLDER.match(text) and kind != MULTIPART_TYPE
    if not (needed or likely):
        return None
    try:
        return read_json(text, NAMES)
    except ValueError as error:
        if needed or kind == FORM_TYPE:
            raise ValueError(
                f"has a body that is not JSON ({error}): placeholders stand inside of its strings"
            ) from None
        return None


def _is_xml(kind: str) -> bool:
    return kind.endswith(("/xml", "+xml", "/html"))


def _parts_in(text: str, kind: Message) -> list[FormPart]:
    """A multipart body that was pasted whole, boundary and all, as browsers copy it."""
    head = f"Content-Type: {kind['Content-Type']}\n\n"
    message = BytesParser(policy=compat32).parsebytes((head + text).encode())
    parts = message.get_payload()
    found = (
        [_part(part) for part in parts if isinstance(part, Message)]
        if message.is_multipart()
        else []
    )
    if not found or not all(part.name for part in found):
        raise ValueError("has a multipart body that its boundary does not part: use -F")
    return found


def _part(part: Message) -> FormPart:
    raw = part.get_payload(decode=True)
    named = str(part.get_param("name", "", "content-disposition"))
    value = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    return FormPart(named, value, part.get_filename(), part["Content-Type"])


def _content_type(config: ModelConfig, *, default: str) -> Message:
    """The registration's own, as a header that knows its parameters."""
    message = Message()
    named = [h.value for h in config.custom_headers or [] if h.key.lower() == "content-type"]
    message["Content-Type"] = named[0].reveal() if named and named[0].readable else default
    return message


def _with_options(payload: Any, config: ModelConfig) -> Any:
    """Default options lie below a template that is an object."""
    if isinstance(payload, dict):
        return {**(config.default_request_options or {}), **payload}
    _refuse_options(config)
    return payload


def _closed(body: Body, config: ModelConfig) -> Body:
    _refuse_options(config)
    return body


def _refuse_options(config: ModelConfig) -> None:
    if config.default_request_options:
        why = "have no place in this model's request, whose body is no JSON object"
        raise Invalid((Detail(_OPTIONS, why),))


_FIELDS: dict[str, Callable[[dict[str, Any], frozenset[str]], Body]] = {
    FORM_TYPE: FormBody.of_payload,
    MULTIPART_TYPE: MultipartBody.of_payload,
}
