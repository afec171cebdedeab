"""`language`: the answer is written in one of some languages."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import langdetect
from langdetect.lang_detect_exception import LangDetectException

from . import given
from .base import Detector, Found, Seen, Undecided, Wrong

name = "language"
SHORTEST = 20
_LONGEST = 5_000
_LOCK = threading.Lock()  # the detector is made at its first use, and draws by a shared seed
langdetect.DetectorFactory.seed = 0


@dataclass(frozen=True, slots=True)
class Language:
    codes: tuple[str, ...]
    name: str = name
    weak: bool = False

    def look(self, seen: Seen) -> Found:
        guesses = told(seen.answer)
        if not guesses:
            raise Undecided("The answer is too short to tell its language.")
        score = sum(share for code, share in guesses.items() if _fits(code, self.codes))
        best = max(guesses, key=lambda code: guesses[code])
        return Found(min(1.0, score), f"The answer is most likely in {best}.")


def told(text: str) -> dict[str, float]:
    """The likely languages and their shares; {} where nothing can be told."""
    if len(text.strip()) < SHORTEST:
        return {}
    with _LOCK:
        try:
            return {each.lang: each.prob for each in langdetect.detect_langs(text[:_LONGEST])}
        except LangDetectException:
            return {}


def _fits(code: str, codes: tuple[str, ...]) -> bool:
    return code in codes or code.partition("-")[0] in codes


def make(spec: Any, where: str) -> Detector:
    """A code of ISO 639-1 (`de`), a list of some, or {is}."""
    if isinstance(spec, dict):
        spec, where = given.options(spec, where, "is").get("is"), f"{where}.is"
    codes = given.texts(spec, where)
    known = _known()
    for at, code in enumerate(codes):
        if code not in known:
            raise Wrong(f"{where}.{at}", f"must be one of {', '.join(sorted(known))}")
    return Language(codes)


def _known() -> set[str]:
    with _LOCK:
        langdetect.detector_factory.init_factory()
        full = langdetect.detector_factory._factory.get_lang_list()  # noqa: SLF001  # no public list
    return {*full, *(code.partition("-")[0] for code in full)}
