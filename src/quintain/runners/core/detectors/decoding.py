"""The other forms that a text may be hidden in, undone."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_WRAPPED = re.compile(r"(?<=[A-Za-z0-9+/]{60})[ \t]*\r?\n(?=[A-Za-z0-9+/])")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ :,]{0,2}){6,}")
_APOSTROPHE = re.compile("(?<=[^\\W\\d_])[`\u00b4\u02bc\u2018\u2032](?=[^\\W\\d_])")
_SPACED = re.compile(r"(?:(?<=\s)|^)\S(?:[ \t]+\S){3,}(?=\s|$|[.,!])", re.MULTILINE)
_SPELT = re.compile(r"(?<![^\W_])[^\W_](?: ?[-._*|/,+~\u00b7] ?[^\W_]){3,}(?![^\W_])")
_LISTED = re.compile(r"^[ \t]*(?:\d+[.):]|[-*\u2022])[ \t]*(\S)[ \t]*$", re.MULTILINE)
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_ALIKE = str.maketrans(
    "АВСЕНІЈКМОРЅТХУавсеіјкморѕтхуΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχ",  # look-alikes, on purpose
    "ABCEHIJKMOPSTXYabceijkmopstxyABEZHIKMNOPTYXaiknoptux",
)
_COMMON = re.compile(r"\b(?:the|and|you|that|with|can't|this|for|it|of|to|is|in)\b", re.IGNORECASE)
MOST_PIECES = 200


def plain(text: str) -> str:
    """Without styled letters and signs that nobody sees."""
    seen = _APOSTROPHE.sub("'", _INVISIBLE.sub("", text))
    folded = unicodedata.normalize("NFKC", seen)
    return folded.replace("\u2019", "'").replace("\u2010", "-").replace("\u2011", "-")


def readings(text: str) -> Iterator[tuple[str, str]]:
    """Each way to read a text: (how it was hidden, what it says). The plain one comes first."""
    clear = plain(text)
    yield "", clear
    yield "look-alike letters", clear.translate(_ALIKE)
    yield "spaced out", _SPACED.sub(lambda found: re.sub(r"\s+", "", found[0]), clear)
    yield "spelt", _SPELT.sub(lambda found: re.sub(r"[\W_]+", "", found[0]), clear)
    yield "a letter a line", "".join(_LISTED.findall(clear))
    yield from _pieces("base64", _BASE64, _WRAPPED.sub("", clear))
    yield from _pieces("hex", _HEX, clear)
    yield "rot13", codecs.encode(clear, "rot13")
    yield "reversed", clear[::-1]
    yield "words reversed", re.sub(r"\w+", lambda found: found[0][::-1], clear)


def whole(text: str) -> str:
    """What a text says that is base64, hex or ROT13 as a whole; "" for what is none."""
    bare = "".join(text.split())
    for pattern, decode in ((_BASE64, _of_base64), (_HEX, _of_hex)):
        if pattern.fullmatch(bare) and " " in (decoded := decode(bare)):
            return decoded
    turned = codecs.encode(text, "rot13")
    return turned if len(_COMMON.findall(turned)) >= 3 > len(_COMMON.findall(text)) else ""


def _pieces(how: str, pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    for at, piece in enumerate(pattern.findall(text)):
        if at >= MOST_PIECES:
            return
        if decoded := _DECODERS[how](piece):
            yield how, decoded


def _of_base64(piece: str) -> str:
    bare = piece.rstrip("=").replace("-", "+").replace("_", "/")
    return _text(lambda: base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True))


def _of_hex(piece: str) -> str:
    return _text(lambda: bytes.fromhex(re.sub(r"0x|\\x|[ :,]", "", piece)))


def _text(decode: Callable[[], bytes]) -> str:
    try:
        decoded = decode().decode()
    except (binascii.Error, ValueError):
        return ""
    return decoded if re.sub(r"[\r\n\t]", "", decoded).isprintable() else ""


_DECODERS = {"base64": _of_base64, "hex": _of_hex}
