"""Which of PyRIT's converters there are, by short names, and what technique each one is.

Those that need no model, no network and no picture, and after which a model can still tell what is
asked. A converter gives the same text for the same prompt and seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NONE = "none"
JAILBREAK = "jailbreak"


@dataclass(frozen=True, slots=True)
class Kind:
    """made_by: PyRIT's class. options: given to it. seeded: it takes no part in PyRIT's own seed."""

    name: str
    technique: str
    title: str
    made_by: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    seeded: bool = False


_EXPLAINED = {"append_description": True}  # says how to read the text, with an example
_ALL = (
    Kind(NONE, "direct", "as it is"),
    Kind("acrostic", "payload_splitting", "down the first letters of lines", "AcrosticConverter"),
    Kind("ascii_art", "ascii_art", "drawn in characters", "AsciiArtConverter"),
    Kind("ascii_smuggler", "unicode_tricks", "in invisible tag signs", "AsciiSmugglerConverter"),
    Kind("atbash", "encoding", "alphabet backwards, explained", "AtbashConverter", _EXPLAINED),
    Kind("base2048", "encoding", "in base 2048", "Base2048Converter"),
    Kind("base64", "base64", "in base 64", "Base64Converter"),
    Kind("bidi", "unicode_tricks", "with the direction of writing turned", "BidiConverter"),
    Kind("binary", "encoding", "in bits", "BinaryConverter"),
    Kind("braille", "encoding", "in Braille", "BrailleConverter"),
    Kind(
        "caesar",
        "encoding",
        "letters moved by three, explained",
        "CaesarConverter",
        {"caesar_offset": 3, **_EXPLAINED},
    ),
    Kind("character_space", "encoding", "a space after each sign", "CharacterSpaceConverter"),
    Kind("charswap", "encoding", "letters within words swapped", "CharSwapConverter"),
    Kind("code_attack", "completion", "hidden in code to be completed", "CodeAttackConverter"),
    Kind(
        "code_chameleon",
        "payload_splitting",
        "taken apart, with the code that puts it together",
        "CodeChameleonConverter",
        {"encrypt_type": "odd_even"},
    ),
    Kind("diacritic", "unicode_tricks", "with accents", "DiacriticConverter"),
    Kind("ecoji", "emoji", "in emojis, as base 1024", "EcojiConverter"),
    Kind("emoji", "emoji", "in lettered emojis", "EmojiConverter"),
    Kind("flip", "encoding", "backwards", "FlipConverter"),
    Kind("hex", "hex", "in hexadecimal", "BinAsciiConverter"),
    Kind("insert_punctuation", "encoding", "with stray marks", "InsertPunctuationConverter"),
    Kind(JAILBREAK, "role_play", "in one of PyRIT's jailbreak templates", "TextJailbreakConverter"),
    Kind("leetspeak", "leetspeak", "in leetspeak", "LeetspeakConverter"),
    Kind("math_obfuscation", "encoding", "as equations", "MathObfuscationConverter"),
    Kind("morse", "morse", "in Morse", "MorseConverter"),
    Kind("nato", "encoding", "spelled out", "NatoConverter"),
    Kind("policy_puppetry", "instruction_override", "as a policy", "PolicyPuppetryConverter"),
    Kind("puzzled", "payload_splitting", "with words as puzzles", "PuzzledConverter", seeded=True),
    Kind(
        "random_capitals",
        "encoding",
        "with random capitals",
        "RandomCapitalLettersConverter",
        {"percentage": 50.0},
    ),
    Kind("rot13", "rot13", "in ROT13", "ROT13Converter"),
    Kind("sneaky_bits", "zero_width", "in invisible bits", "SneakyBitsSmugglerConverter"),
    Kind("string_join", "encoding", "a dash after each letter", "StringJoinConverter"),
    Kind("superscript", "unicode_tricks", "in superscript", "SuperscriptConverter"),
    Kind("task_framing", "completion", "framed as a task", "TaskFramingConverter"),
    Kind("template_segment", "payload_splitting", "in pieces", "TemplateSegmentConverter"),
    Kind("unicode_confusable", "unicode_tricks", "in look-alikes", "UnicodeConfusableConverter"),
    Kind("unicode_escape", "encoding", "in Unicode escapes", "UnicodeReplacementConverter"),
    Kind("url", "encoding", "as in a URL", "UrlConverter"),
    Kind("variation_selector", "emoji", "in an emoji", "VariationSelectorSmugglerConverter"),
    Kind(
        "vigenere",
        "encoding",
        "in Vigenère's cipher, explained",
        "VigenereConverter",
        {"key": "quintain", **_EXPLAINED},
    ),
    Kind("zalgo", "unicode_tricks", "under marks", "ZalgoConverter"),
    Kind("zero_width", "zero_width", "with invisible spaces", "ZeroWidthConverter"),
)
CONVERTERS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
USUAL = (NONE, "base64", "rot13", "leetspeak", "morse", "unicode_confusable", "zero_width")
