"""A pasted curl command as the request that it makes. It is read, never run.

Source: curl's manual page, curl.se/docs/manpage.html; where it is silent, what curl sends.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field

from quintain.registry.curl_forms import FormPart, form_part, urlencoded
from quintain.registry.curl_options import Option, options_of, refuse_typesetting
from quintain.registry.curl_urls import parted_url, with_query
from quintain.registry.fields import HOP_HEADERS, header_value
from quintain.registry.placeholders import PLACEHOLDER
from quintain.registry.shellwords import shell_words

__all__ = ["CurlRequest", "FormPart", "parse_curl"]

MAX_WORDS = 2000
FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_PROGRAM = re.compile(r"(?:.*[/\\])?curl(?:\.exe)?", re.IGNORECASE)
_FILE = "files are not read: put the text itself in its place"
# They frame the message, which is the transport's business; browsers copy them along.
_FRAMING = HOP_HEADERS - {"host"} | {"accept-encoding", "keep-alive", "proxy-connection"}
_NO_METHODS = frozenset({"CONNECT", "TRACE"})


@dataclass(frozen=True, slots=True)
class CurlRequest:
    """url: with its scheme, as typed else. headers: those typed and those that options mean.

    body: the joined data, None without. form: the parts of `-F`. Placeholders stand in all of it.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str | None = None
    form: tuple[FormPart, ...] = ()


def parse_curl(text: str) -> CurlRequest:
    """Raises ValueError with a sentence that names what cannot be read or honoured."""
    words = shell_words(text)
    if not words or not _PROGRAM.fullmatch(words[0]):
        raise ValueError("must be one curl command: its first word is not curl")
    if len(words) > MAX_WORDS:
        raise ValueError(f"has more than {MAX_WORDS} words")
    told = _Told()
    for option in options_of(words[1:]):
        _READ[option[0]](told, option)
    return told.request()


@dataclass(slots=True)
class _Told:
    """What the options have said so far. data: None until a first one."""

    method: str = ""
    urls: list[str] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)
    implied: dict[str, str] = field(default_factory=dict)
    data: list[str] | None = None
    query: list[str] = field(default_factory=list)
    form: list[FormPart] = field(default_factory=list)
    get: bool = False
    head: bool = False

    def request(self) -> CurlRequest:
        if len(self.urls) != 1:
            raise ValueError("has no URL" if not self.urls else "has more than one URL")
        if self.data is not None and self.form:
            raise ValueError("has both -d and -F: a request has one body")
        url, user = parted_url(self.urls[0])
        if user:
            self._user(user)
        in_url = [*self.query, *((self.data or []) if self.get else [])]
        body = None if self.get or self.data is None else "".join(self.data)
        return CurlRequest(
            self._method(body), with_query(url, in_url), self._headers(body, url), body,
            tuple(self.form),
        )  # fmt: skip

    def _method(self, body: str | None) -> str:
        if self.method:
            return self.method
        if self.head:
            return "HEAD"
        return "POST" if body is not None or self.form else "GET"

    def _headers(self, body: str | None, url: str) -> tuple[tuple[str, str], ...]:
        given = [pair for pair in self.headers if _kept(pair, url)]
        named = {name.lower() for name, _ in self.headers} | self.removed
        implied = dict(self.implied)
        if self.form:
            given = [pair for pair in given if pair[0].lower() != "content-type"]
            named.discard("content-type")
            implied["Content-Type"] = MULTIPART_TYPE
        elif body is None:
            implied.pop("Content-Type", None)
        return (*given, *(pair for pair in implied.items() if pair[0].lower() not in named))

    def add_data(self, text: str, default_type: str = FORM_TYPE) -> None:
        self.implied.setdefault("Content-Type", default_type)
        self.data = self.data or []
        self.data.append(text)

    def _user(self, text: str) -> None:
        if "Authorization" not in self.implied:
            self.implied["Authorization"] = _basic(text)


def _kept(header: tuple[str, str], url: str) -> bool:
    name, value = header[0].lower(), header[1]
    if name != "host":
        return name not in _FRAMING
    if value.lower() != re.split(r"[/?]", url.partition("://")[2], maxsplit=1)[0].lower():
        raise ValueError("has a Host header of another host than its URL: leave it out")
    return False


def _basic(text: str) -> str:
    if ":" not in text:
        raise ValueError("has -u without a password: write it as name:password (name: for none)")
    if PLACEHOLDER.search(text):
        raise ValueError("has a placeholder in -u, where it would be encoded: write the header")
    return f"Basic {b64encode(text.encode()).decode()}"


def _data(told: _Told, option: Option) -> None:
    name, spelled, text = option
    if text.startswith("@") and name != "data-raw":
        raise ValueError(f"has {spelled} {text[:64]}: {_FILE}")
    told.add_data(f"&{text}" if told.data else text)


def _json(told: _Told, option: Option) -> None:
    if option[2].startswith("@"):
        raise ValueError(f"has --json {option[2][:64]}: {_FILE}")
    told.add_data(option[2], "application/json")
    told.implied |= {"Content-Type": "application/json", "Accept": "application/json"}


def _urlencode(told: _Told, option: Option) -> None:
    text = urlencoded(option[2], option[1])
    told.add_data(f"&{text}" if told.data else text)


def _header(told: _Told, option: Option) -> None:
    line = option[2].removeprefix("=")
    if line.startswith("@"):
        raise ValueError(f"has {option[1]} {line[:64]}: files are not read: write the header")
    refuse_typesetting(line)
    name, colon, value = line.partition(":")
    if not colon and line.rstrip().endswith(";"):
        name, colon, value = line.rstrip()[:-1], ":", ";"
    name = name.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise ValueError(f"has {option[1]} with no header: write it as 'Name: value'")
    _add_header(told, name, value.strip(" \t"))


def _add_header(told: _Told, name: str, value: str) -> None:
    """`Name:` takes a header of curl's own away, `Name;` sends one without a value."""
    try:
        header_value(value)
    except ValueError as error:
        raise ValueError(f"has a header {name[:64]} whose value {error}") from None
    if not value:
        told.removed.add(name.lower())
    else:
        told.headers.append((name, "" if value == ";" else value))


def _method(told: _Told, option: Option) -> None:
    method = option[2].removeprefix("=")
    if not _TOKEN.fullmatch(method) or len(method) > 32:
        raise ValueError(f"has {option[1]} with no method, such as POST, after it")
    if method.upper() in _NO_METHODS:
        raise ValueError(f"has the method {method.upper()}, which is not sent")
    told.method = method


def _user(told: _Told, option: Option) -> None:
    if not told.implied.get("Authorization", "").startswith("Bearer "):
        told.implied["Authorization"] = _basic(option[2])


def _bearer(told: _Told, option: Option) -> None:
    told.implied["Authorization"] = f"Bearer {_one_line(option)}"


def _cookie(told: _Told, option: Option) -> None:
    if "=" not in option[2]:
        raise ValueError(f"has {option[1]} {option[2][:64]}: files are not read: write name=value")
    before = told.implied.get("Cookie")
    text = _one_line(option)
    told.implied["Cookie"] = f"{before}; {text}" if before else text


def _agent(told: _Told, option: Option) -> None:
    if text := _one_line(option):
        told.implied["User-Agent"] = text


def _referer(told: _Told, option: Option) -> None:
    if text := _one_line(option).removesuffix(";auto"):
        told.implied["Referer"] = text


def _one_line(option: Option) -> str:
    try:
        return header_value(option[2])
    except ValueError as error:
        raise ValueError(f"has {option[1]}, whose value {error}") from None


def _form(told: _Told, option: Option) -> None:
    told.form.append(form_part(option[2], option[1]))


def _form_string(told: _Told, option: Option) -> None:
    name, _, value = option[2].partition("=")
    told.form.append(FormPart(name, value))


def _url_query(told: _Told, option: Option) -> None:
    raw = option[2].startswith("+")
    told.query.append(option[2][1:] if raw else urlencoded(option[2], option[1]))


def _url(told: _Told, option: Option) -> None:
    told.urls.append(option[2])


def _get(told: _Told, _: Option) -> None:
    told.get = True


def _head(told: _Told, _: Option) -> None:
    told.head = True


_READ = {
    "": _url, "url": _url, "request": _method, "header": _header, "data": _data,
    "data-raw": _data, "data-binary": _data, "data-ascii": _data, "data-urlencode": _urlencode,
    "json": _json, "user": _user, "oauth2-bearer": _bearer, "cookie": _cookie,
    "user-agent": _agent, "referer": _referer, "form": _form, "form-string": _form_string,
    "url-query": _url_query, "get": _get, "head": _head,
}  # fmt: skip
