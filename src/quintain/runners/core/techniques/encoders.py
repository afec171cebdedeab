"""Techniques that hide a text behind an encoding, and say which."""

from __future__ import annotations

import base64
import codecs
import unicodedata
from collections.abc import Callable
from random import Random
from urllib.parse import quote

from .base import Material, Script, said

_MORSE = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz0123456789.,?'!/()&:;=+-_\"$@",
        [
            ".-",
            "-...",
            "-.-.",
            "-..",
            ".",
            "..-.",
            "--.",
            "....",
            "..",
            ".---",
            "-.-",
            ".-..",
            "--",
            "-.",
            "---",
            ".--.",
            "--.-",
            ".-.",
            "...",
            "-",
            "..-",
            "...-",
            ".--",
            "-..-",
            "-.--",
            "--..",
            "-----",
            ".----",
            "..---",
            "...--",
            "....-",
            ".....",
            "-....",
            "--...",
            "---..",
            "----.",
            ".-.-.-",
            "--..--",
            "..--..",
            ".----.",
            "-.-.--",
            "-..-.",
            "-.--.",
            "-.--.-",
            ".-...",
            "---...",
            "-.-.-.",
            "-...-",
            ".-.-.",
            "-....-",
            "..--.-",
            ".-..-.",
            "...-..-",
            ".--.-.",
        ],
        strict=True,
    )
)
_LEET = str.maketrans("aeiostAEIOST", "431057431057")
_INVISIBLE = "\u200b\u200c\u200d\u2060"
_SQUARE = 0x1F130  # squared capital A
_WIDE = 0xFEE0  # from ASCII to its full-width form


def hidden(encode: Callable[[str, Random], str], *intros: str) -> Callable[[Material], Script]:
    """One of some introductions, then the text, encoded."""

    def make(material: Material) -> Script:
        intro = material.random.choice(intros)
        text = encode(_ascii(material.text), material.random)
        return said(material, material.within(f"{intro}\n\n{text}"))

    return make


def _ascii(text: str) -> str:
    simple = text.replace("\u2019", "'").replace("\u2014", "-")
    return unicodedata.normalize("NFKD", simple).encode("ascii", "ignore").decode()


def base64_of(text: str, _: Random) -> str:
    return base64.b64encode(text.encode()).decode()


def hex_of(text: str, _: Random) -> str:
    return text.encode().hex()


def rot13_of(text: str, _: Random) -> str:
    return codecs.encode(text, "rot13")


def leet_of(text: str, _: Random) -> str:
    return text.translate(_LEET)


def morse_of(text: str, _: Random) -> str:
    words = (
        " ".join(_MORSE[sign] for sign in word if sign in _MORSE)
        for word in text.casefold().split()
    )
    return " / ".join(word for word in words if word)


def wide_of(text: str, _: Random) -> str:
    """Full-width letters, which many filters do not know for letters."""
    return "".join(chr(ord(sign) + _WIDE) if "!" <= sign <= "~" else sign for sign in text)


def invisible_of(text: str, random: Random) -> str:
    """A sign that nobody sees after each second letter."""
    return "".join(
        sign + random.choice(_INVISIBLE) if at % 2 and sign.isalpha() else sign
        for at, sign in enumerate(text)
    )


def emoji_of(text: str, _: Random) -> str:
    """Letters as squared capitals."""
    return "".join(
        chr(_SQUARE + ord(sign.upper()) - ord("A")) + " " if sign.isalpha() else sign
        for sign in text
    )


def other_of(text: str, random: Random) -> str:
    """Bits, numbers of letters, per cent, or the words backwards: one of them."""
    return random.choice((_bits, _numbers, _percent, _backwards))(text)


def _bits(text: str) -> str:
    return "As bits of ASCII: " + " ".join(f"{ord(sign):08b}" for sign in text)


def _numbers(text: str) -> str:
    words = (
        "-".join(str(ord(sign) - ord("a") + 1) for sign in word if "a" <= sign <= "z")
        for word in text.casefold().split()
    )
    return "As places in the alphabet: " + " ".join(word for word in words if word)


def _percent(text: str) -> str:
    return "As in an address, by per cent: " + "".join(
        f"%{ord(sign):02X}" if sign.isalpha() else quote(sign) for sign in text
    )


def _backwards(text: str) -> str:
    return "Each word backwards: " + " ".join(word[::-1] for word in text.split())
