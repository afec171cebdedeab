"""The bodies that a custom target takes, each filled so that no value leaves its place."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote_plus, unquote_plus

import orjson

from quintain.dialects.pattern import Encode, Pattern
from quintain.dialects.template import Template, text_of
from quintain.errors import BadRequest
from quintain.registry.curl import FormPart
from quintain.registry.placeholders import PLACEHOLDER

Values = Mapping[str, Any]


# A body and its Content-Type, "" where that is the registration's own.
Filled = tuple[bytes, str]


class Body(Protocol):
    """names: the placeholders that occur in it."""

    @property
    def names(self) -> frozenset[str]: ...

    def fill(self, values: Values) -> Filled: ...


class NoBody:
    names: frozenset[str] = frozenset()

    def fill(self, _: Values) -> Filled:
        return b"", ""


class JsonBody:
    def __init__(self, payload: Any, names: frozenset[str]) -> None:
        self._template = Template.compile(payload, names)
        self.names = self._template.names

    def fill(self, values: Values) -> Filled:
        return orjson.dumps(self._template.render(values)), ""


class FormBody:
    """`application/x-www-form-urlencoded` (WHATWG URL standard, 5): pairs of name and value."""

    def __init__(self, pairs: Sequence[tuple[str, Template | None]]) -> None:
        """pairs: each name with its `=`, and the value; or a whole pair, as it is sent."""
        self._pairs = pairs
        self.names = frozenset(name for _, value in pairs if value for name in value.names)

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any], names: frozenset[str]) -> FormBody:
        fields = payload.items()
        return cls([(f"{quote_plus(k)}=", Template.compile(v, names)) for k, v in fields])

    @classmethod
    def of_text(cls, text: str, names: frozenset[str]) -> FormBody:
        """A form as it is sent: what has no placeholder stays letter by letter."""
        return cls([_pair(part, names) for part in text.split("&")])

    def fill(self, values: Values) -> Filled:
        filled = [
            name if value is None else name + quote_plus(text_of(value.render(values)))
            for name, value in self._pairs
        ]
        return "&".join(filled).encode(), ""


def _pair(part: str, names: frozenset[str]) -> tuple[str, Template | None]:
    name, equals, value = part.partition("=")
    if not equals:
        name, value = "", part
    if not PLACEHOLDER.search(value):
        return part, None
    return name + equals, Template.compile(unquote_plus(value), names)


class MultipartBody:
    """`multipart/form-data` (RFC 7578), its boundary new for each call."""

    def __init__(self, parts: Sequence[tuple[bytes, Template]]) -> None:
        self._parts = parts
        self.names = frozenset(name for _, value in parts for name in value.names)

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any], names: frozenset[str]) -> MultipartBody:
        fields = payload.items()
        return cls([(_head(FormPart(k, "")), Template.compile(v, names)) for k, v in fields])

    @classmethod
    def of_parts(cls, parts: Sequence[FormPart], names: frozenset[str]) -> MultipartBody:
        return cls([(_head(part), Template.compile(part.value, names)) for part in parts])

    def fill(self, values: Values) -> Filled:
        parts = [(head, text_of(value.render(values)).encode()) for head, value in self._parts]
        boundary = _boundary([text for _, text in parts])
        mark = f"--{boundary}".encode()
        body = b"".join(b"%b\r\n%b\r\n\r\n%b\r\n" % (mark, head, text) for head, text in parts)
        return body + mark + b"--\r\n", f"multipart/form-data; boundary={boundary}"


def _boundary(texts: list[bytes]) -> str:
    while True:
        boundary = f"quintain-{secrets.token_hex(16)}"
        if not any(boundary.encode() in text for text in texts):
            return boundary


def _head(part: FormPart) -> bytes:
    head = f'Content-Disposition: form-data; name="{_escaped(part.name)}"'
    if part.filename is not None:
        head += f'; filename="{_escaped(part.filename)}"'
    if part.content_type:
        head += f"\r\nContent-Type: {part.content_type}"
    return head.encode()


def _escaped(name: str) -> str:
    """As browsers and curl write names (WHATWG HTML standard, multipart/form-data encoding)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


class TextBody:
    """A text that values are put into as they are."""

    def __init__(self, text: str, names: frozenset[str]) -> None:
        self._pattern = self._compiled(text, names)
        self.names = self._pattern.names

    def _compiled(self, text: str, names: frozenset[str]) -> Pattern:
        return Pattern(text, names, lambda value: value)

    def fill(self, values: Values) -> Filled:
        return self._pattern.fill(values).encode(), ""


class XmlBody(TextBody):
    """XML or HTML: values are character data, in a CDATA section as elsewhere."""

    def _compiled(self, text: str, names: frozenset[str]) -> Pattern:
        return Pattern(text, names, _xml, within=_Cdata().after)


class _Cdata:
    """Whether the text so far ends inside of a CDATA section."""

    def __init__(self) -> None:
        self._inside = False

    def after(self, literal: str) -> Encode:
        opened, closed = literal.rfind("<![CDATA["), literal.rfind("]]>")
        if opened != closed:
            self._inside = opened > closed
        return _cdata if self._inside else _xml


_XML_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
    | {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}  # a parser makes spaces of them in an attribute
)
_XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0, 2.2 Char


_CDATA_ENDING = re.compile(r"[\]>\r]")  # a parser makes \n of a \r that is not escaped


def _xml(text: str) -> str:
    return _characters(text).translate(_XML_ESCAPES)


def _cdata(text: str) -> str:
    """In a section of its own where it could end the one around it, alone or with what adjoins."""
    text = _characters(text)
    if text and not _CDATA_ENDING.search(text):
        return text
    inside = text.replace("]]>", "]]]]><![CDATA[>").replace("\r", "]]>&#13;<![CDATA[")
    return f"]]><![CDATA[{inside}]]><![CDATA["


def _characters(text: str) -> str:
    if _XML_FORBIDDEN.search(text):
        raise BadRequest(
            "This model takes XML, which cannot hold the control characters of this call: send"
            " it without them.",
            param="messages",
        )
    return text
