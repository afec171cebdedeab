"""Which probes a suite means: `include` and `exclude`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .options import Options

_OWN = frozenset({"base", "test"})  # garak's scaffolding
PREFIX = "probes."


@dataclass(frozen=True, slots=True)
class Known:
    """A probe as garak's index has it, without loading it. name: `<module>.<Class>`."""

    name: str
    facts: Mapping[str, Any]

    @property
    def module(self) -> str:
        return self.name.partition(".")[0]

    @property
    def active(self) -> bool:
        return bool(self.facts["active"])


def every() -> list[Known]:
    """All probes, in the order of their names."""
    from garak import _plugins  # noqa: PLC0415

    index = _plugins.PluginCache.instance()["probes"]
    found = [Known(path.removeprefix(PREFIX), index[path]) for path in sorted(index)]
    return [each for each in found if each.module not in _OWN]


def chosen(options: Options, probes: Sequence[Known]) -> list[Known]:
    """Those of `include` (all, where it is not given) without those of `exclude`.

    A class by its full name is taken in any case; other words choose the probes that garak calls
    active, or all of them under `mode: all`. Raises ValueError for a word that names none.
    """
    wide = options.mode == "all"
    words = options.include or ("*",)
    taken = {each.name for word in words for each in _meant(word, probes, wide=wide)}
    left = {each.name for word in options.exclude for each in _matching(word, probes)}
    return [each for each in probes if each.name in taken - left]


def _meant(word: str, probes: Sequence[Known], *, wide: bool) -> Iterable[Known]:
    found = _matching(word, probes)
    exact = word.removeprefix(PREFIX).count(".") == 1 and ":" not in word
    return [each for each in found if wide or exact or each.active]


def _matching(word: str, probes: Sequence[Known]) -> list[Known]:
    """`*` or `all`, `<module>`, `<module>.<Class>` (each with `probes.` or without), `tag:<tag>`, `tier:<n>`."""
    kind, _, value = word.partition(":")
    plain = word.removeprefix(PREFIX)
    if word in {"*", "all", "probes", "probes.*"}:
        found = list(probes)
    elif kind == "tag":
        found = [each for each in probes if any(_under(tag, value) for tag in each.facts["tags"])]
    elif kind == "tier":
        found = [each for each in probes if str(int(each.facts["tier"])) == value]
    else:
        found = [each for each in probes if plain in {each.name, each.module}]
    if not found:
        close = get_close_matches(plain, {name for p in probes for name in (p.name, p.module)}, n=1)
        hint = f": did you mean {close[0]}?" if close else "."
        raise ValueError(
            f"garak has no probe {word!r}{hint} `quintain engines show garak` lists them."
        )
    return found


def _under(tag: str, wanted: str) -> bool:
    return tag == wanted or tag.startswith(f"{wanted}:")
