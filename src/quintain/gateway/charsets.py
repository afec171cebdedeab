"""Whole answers in other encodings than UTF-8, made UTF-8: all that reads them expects it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_BOM = b"\xef\xbb\xbf"
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE)
# Those of the WHATWG Encoding standard that Python reads at once; others are taken for UTF-8.
_KNOWN = re.compile(
    r"iso-?8859-?\d{1,2}|latin-?\d|(?:windows|cp)-?125\d|utf-?(?:16|32)(?:-?[lb]e)?|shift[_-]jis"
    r"|euc-(?:jp|kr)|gb(?:k|2312|18030)|big5|koi8-[ru]",
    re.IGNORECASE,
)


def in_utf8(body: bytes, headers: Mapping[str, str]) -> bytes:
    """headers: of the answer; its Content-Type names the encoding."""
    named = _CHARSET.search(headers.get("Content-Type", ""))
    if named is None or not _KNOWN.fullmatch(named[1]):
        return body.removeprefix(_BOM)
    try:
        return body.decode(named[1], "replace").removeprefix("\ufeff").encode()
    except LookupError:
        return body
