"""The small types that the schema is made of: names, hosts, paths, header parts, secrets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from yarl import URL

from quintain.secret import Secret

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2 token
_HOST_FORBIDDEN = re.compile(r"[\s@/?#\\%\[\]<>^|\"'`{}]")

# The transport's own headers: a model may not set them, since they frame the message.
HOP_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "expect",
    }
)


MAX_SECRET = 65_536  # characters


class Strict(BaseModel):
    """What every part of the schema shares: no unknown field, no silent conversion."""

    # Without the input in its errors: it may be a secret.
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        protected_namespaces=(),
        frozen=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        named = {field.alias or name for name, field in cls.model_fields.items()}
        return {k: value for k, value in given.items() if value is not None or k not in named}


def _plain(text: str) -> str:
    text = text.strip()
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise ValueError("must not contain control characters")
    if not text:
        raise ValueError("must not be empty")
    return text


def _header_name(text: str) -> str:
    if text and not _HEADER_NAME.fullmatch(text):
        raise ValueError("is not a valid HTTP header name")
    if text.lower() in HOP_HEADERS:
        raise ValueError("is set by the transport and cannot be given")
    return text


def header_value(text: str) -> str:
    """Refuse what could end a header line early or cannot be sent in one.

    Raises ValueError with the sentence.
    """
    if any((char < " " and char != "\t") or char == "\x7f" for char in text):
        raise ValueError("must not contain line breaks or other control characters")
    return text


def _header_secret(secret: Secret) -> Secret:
    if secret.readable:
        header_value(secret.reveal())
    return secret


def _host(text: str) -> str:
    text = text.strip()
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if not bare:
        return ""
    if _HOST_FORBIDDEN.search(bare) or any(unicodedata.category(c) == "Cc" for c in bare):
        raise ValueError("must be a bare host name or address, without scheme, user, port or path")
    try:
        host = URL.build(scheme="http", host=bare).raw_host
    except ValueError:
        host = None
    if not host:
        raise ValueError("is not a host name or an IP address")
    return bare


def _path(text: str) -> str:
    if any(unicodedata.category(char) == "Cc" or char in " #\\" for char in text):
        raise ValueError("must not contain spaces, control characters, '#' or '\\'")
    return text


def _base_path(text: str) -> str:
    if "?" in text:
        raise ValueError("must not contain a query string; put it into `paths`")
    return _path(text)


class _SecretType:
    """Reads a string into a `Secret`; writes its mask."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _secret,
            json_schema_input_schema=core_schema.str_schema(max_length=MAX_SECRET),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda secret: secret.mask(), return_schema=core_schema.str_schema()
            ),
        )


def _secret(value: Any) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "must be a string")
    if len(value) > MAX_SECRET:
        raise PydanticCustomError("string_too_long", f"must have at most {MAX_SECRET} characters")
    return Secret(value)


def _template(value: Any) -> Any:
    if not isinstance(value, dict | list):
        raise PydanticCustomError("json_type", "must be a JSON object or list")
    return value


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


SecretText = Annotated[Secret, _SecretType]
HeaderSecret = Annotated[SecretText, AfterValidator(_header_secret)]
JsonTemplate = Annotated[Any, BeforeValidator(_template)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=128),
    AfterValidator(_plain),
]
Version = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(_plain),
]
HeaderName = Annotated[str, Field(max_length=256), AfterValidator(_header_name)]
HeaderText = Annotated[str, Field(max_length=1024), AfterValidator(header_value)]
Host = Annotated[str, Field(max_length=253), AfterValidator(_host)]
Path = Annotated[str, Field(max_length=2048), AfterValidator(_path)]
BasePath = Annotated[str, Field(max_length=2048), AfterValidator(_base_path)]
BlankIsNone = BeforeValidator(_blank_is_none)
