"""The bot's new text, told from what stood on the page before and what stands there now.

Pure functions over blocks of text, so that how a page is built does not matter: whether nodes are
kept or made anew, appended or put in front.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

_MOST_COMPARED = 4000  # blocks that changed; beyond it the page is no conversation
_CURSOR = re.compile(r"[ \u2007]*[▁-▏▐░-▓█▋▌▍▎▏●⬤■◼|_]$")
_DOING = (
    r"(typing|thinking|writing|loading|generating|searching|processing|sending|connecting|"
    r"answering|please wait|one moment|schreibt|tippt|escribiendo|écrit|digitando)"
)
_BUSY = re.compile(
    rf"^([.…⋯·•\s]*|{_DOING}|.{{0,30}}\b{_DOING}( \w+){{0,3}} ?(\.\.+|…)|"
    rf"(\S+ ){{1,3}}(is|are|está) {_DOING}\.?)$",
    re.IGNORECASE,
)
_WHEN = (
    r"(((at|on) )?\d{1,2}[:.]\d{2}([:.]\d{2})?( ?[ap]\.?m\.?)?|just now|now|today|yesterday|"
    r"a (minute|moment|few seconds) ago|\d+ ?\w{1,7}\.? ago)"
)
_WHO = (
    r"(you|me|user|visitor|guest|customer|human|bot|chatbot|assistant|ai|ai assistant|agent|system|"
    r"virtual assistant|support|operator)( (said|says|wrote))?"
)
_ASIDE = re.compile(
    rf"^(was this( \w+)? helpful\\?|{_WHEN}([ ,]+{_WHEN})?|\d+ ?/ ?\d+|{_WHO}:?|.{{1,30}} ?[·•|] ?{_WHEN}|"
    r"(message )?(sent|delivered|read|seen|sending)( .{0,3})?|"
    r"(sent|read|seen|delivered) (at|on) .{1,20}|[✓✔]+)$",
    re.IGNORECASE,
)
_LABELS = ("you", "me", "user", "visitor", "guest", "customer", "human", "yousaid", "yousay")
_NAME = re.compile(r"^[^\W\d_]([^.!?:,;\n]{0,28}[^\W_])?$")  # a few words, no sentence
_NUMBER = re.compile(r"\d+")
_TAG = re.compile(r"<[^<>]{1,200}>")
_SAME_ECHO = 0.9
_LEAST_LIKE = 24  # characters from which a text that is nearly the prompt counts as its echo


@dataclass(frozen=True, slots=True)
class Block:
    """A line or paragraph as it is shown.

    gap: what separates it from the block before. path: its place, the frame's number first.
    kind: `text`, or `label`, `chip`, `aside` or `busy` for what stands around messages.
    author: `mine`, `theirs` or "", by what its elements are called. bubble: the place of the
    innermost painted box around it, () where there is none.
    """

    text: str
    gap: str = "\n"
    path: tuple[str, ...] = ()
    kind: str = "text"
    author: str = ""
    bubble: tuple[str, ...] = ()


def answer(
    before: Sequence[Block],
    now: Sequence[Block],
    prompt: str,
    home: tuple[str, ...] = (),
    *,
    lenient: bool = False,
) -> str:
    """The text that the bot added; "" while there is none.

    home: where the message box stands. lenient: also take what looks like a label or a chip, for
    pages that show nothing else.
    """
    new = added(before, now)
    echo = _echo(now, new, prompt)
    kept = [place for place in new if place not in echo and _counts(now[place], lenient=lenient)]
    if echo:
        ticking = _ticking(before, now, set(new))
        kept = [place for place in kept if _numberless(now[place]) not in ticking]
    if echo and not lenient and all(now[place].author == "mine" for place in (*kept, *echo)):
        return ""
    if echo and not lenient:
        kept = _unnamed(now, kept, echo)
    kept = _around(now, kept, echo, set(new)) if echo else _near(now, kept, home)
    return _joined([now[place] for place in kept])


def echoed(before: Sequence[Block], now: Sequence[Block], prompt: str) -> bool:
    """Whether the page repeats the prompt."""
    return bool(_echo(now, added(before, now), prompt))


def waiting(before: Sequence[Block], now: Sequence[Block]) -> bool:
    """Whether something that was not there before says that more comes."""
    return any(_says_busy(now[place]) for place in added(before, now))


def still(before: Sequence[Block], now: Sequence[Block]) -> list[Block]:
    """The blocks that stand there since before."""
    new = set(added(before, now))
    return [block for place, block in enumerate(now) if place not in new]


def unfinished(text: str) -> bool:
    """Whether it ends with a cursor that is being drawn."""
    return bool(_CURSOR.search(text)) and not text.endswith(("|", "_"))


def added(before: Sequence[Block], now: Sequence[Block]) -> list[int]:
    """Places of the blocks that were not there before, or say something else now."""
    old = [(block.path[:1], block.text) for block in before]
    fresh = [(block.path[:1], block.text) for block in now]
    start = _common(old, fresh)
    end = _common(old[start:][::-1], fresh[start:][::-1])
    old, middle = old[start : len(old) - end], fresh[start : len(fresh) - end]
    if len(middle) > _MOST_COMPARED or len(old) > _MOST_COMPARED:
        return list(range(start, start + len(middle)))
    steps = SequenceMatcher(None, old, middle, autojunk=False).get_opcodes()
    return [
        start + place
        for step, _, _, first, last in steps
        if step != "equal"
        for place in range(first, last)
    ]


def _common(one: Sequence[object], other: Sequence[object]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _ticking(before: Sequence[Block], now: Sequence[Block], new: set[int]) -> set[str]:
    """What is there no longer, without its numbers: clocks and counters come back with others."""
    still_there = {_numberless(block) for place, block in enumerate(now) if place not in new}
    return {gone for block in before if (gone := _numberless(block)) not in still_there}


def _numberless(block: Block) -> str:
    return _NUMBER.sub("0", block.text)


def _counts(block: Block, *, lenient: bool) -> bool:
    if _says_busy(block):
        return False
    return lenient or (block.kind == "text" and not _ASIDE.match(block.text))


def _says_busy(block: Block) -> bool:
    return block.kind == "busy" or (len(block.text) <= 60 and bool(_BUSY.match(block.text)))


def _squashed(text: str) -> str:
    letters = "".join(filter(str.isalnum, text.casefold()))
    return letters or "".join(text.split())


def _echo(now: Sequence[Block], new: Sequence[int], prompt: str) -> set[int]:
    """The blocks in which the page repeats the prompt."""
    wanted = {_squashed(prompt), _squashed(_TAG.sub("", prompt))} - {""}
    within = [place for place in new if now[place].kind != "aside"]
    for places in (within, new):
        for first in range(len(places)):
            for said in wanted:
                if run := _run(now, places[first:], said):
                    return set(run)
    return _likely_echo(now, within, _squashed(prompt))


def _run(now: Sequence[Block], places: Sequence[int], wanted: str) -> list[int]:
    """The blocks that together say what is wanted, beginning with the first."""
    said, run = "", []
    for place in places:
        text = _squashed(now[place].text)
        said += text
        run.append(place)
        if said in (wanted, *(label + wanted for label in _LABELS)):
            return run
        if not (wanted.startswith(said) or any(label.startswith(said) for label in _LABELS)):
            break
    return []


def _likely_echo(now: Sequence[Block], new: Sequence[int], wanted: str) -> set[int]:
    """One that was shortened or put in another form, or stands where the user's messages stand."""
    for place in new:
        said = _squashed(now[place].text)
        if len(said) >= _LEAST_LIKE and (wanted.startswith(said) or _alike(said, wanted)):
            return {place}
    mine = [place for place in new if now[place].author == "mine"]
    return set(mine) if mine and len(mine) < len(new) else set()


def _alike(said: str, wanted: str) -> bool:
    if not 0.5 <= len(said) / max(1, len(wanted)) <= 1.5 or len(wanted) > _MOST_COMPARED:
        return False
    matcher = SequenceMatcher(None, said, wanted, autojunk=False)
    return matcher.quick_ratio() >= _SAME_ECHO and matcher.ratio() >= _SAME_ECHO


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    return _common(one, other)


def _around(now: Sequence[Block], kept: list[int], echo: set[int], new: set[int]) -> list[int]:
    """What stands with the echo in one list: behind it, or before it where the newest is first."""
    at = now[min(echo)].path
    kept = [place for place in kept if now[place].path[:1] == at[:1]] or kept
    kept = _theirs(now, kept, echo)
    if not kept:
        return []
    depths = {place: _shared(now[place].path, at) for place in kept}
    behind = [place for place in kept if place > max(echo)]
    ahead = [place for place in kept if place < min(echo)]
    if ahead and _newest_first(now, echo, new, max(map(depths.__getitem__, kept))):
        deepest = max(depths[place] for place in ahead)
        return _turned(now, [place for place in ahead if depths[place] == deepest], deepest)
    if not behind:
        return []
    deepest = max(depths[place] for place in behind)
    return [place for place in behind if depths[place] == deepest]


def _newest_first(now: Sequence[Block], echo: set[int], new: set[int], depth: int) -> bool:
    """Whether older messages of the list stand behind the echo."""
    list_at = now[min(echo)].path[:depth]
    old = [
        place
        for place, block in enumerate(now)
        if place not in new and block.path[:depth] == list_at
    ]
    behind = sum(place > max(echo) for place in old)
    if old:
        return behind * 2 > len(old)
    return not any(
        place > max(echo) and now[place].path[:depth] == list_at and now[place].kind == "text"
        for place in new - echo
    )


def _turned(now: Sequence[Block], places: list[int], depth: int) -> list[int]:
    """Messages that stand newest first, put in the order in which they came."""
    order = list(dict.fromkeys(now[place].path[: depth + 1] for place in places))[::-1]
    return sorted(places, key=lambda place: (order.index(now[place].path[: depth + 1]), place))


def _theirs(now: Sequence[Block], kept: list[int], echo: set[int]) -> list[int]:
    """Follow what the elements are called, where that tells the two sides apart."""
    others = [place for place in kept if now[place].author != "mine"] or kept
    if any(now[place].author == "theirs" for place in echo):
        return others
    return [place for place in others if now[place].author == "theirs"] or others


def _unnamed(now: Sequence[Block], kept: list[int], echo: set[int]) -> list[int]:
    """Without the names that stand above bubbles."""
    at = now[min(echo)].path
    names = {
        place
        for place, after in pairwise(sorted({*kept, *echo}))
        if _NAME.match(now[place].text)
        and _is_above(now[place], now[after])
        and (after in echo or not _within(at, now[after].bubble))
        and _within(at, now[place].bubble)
    }
    return [place for place in kept if place not in names]


def _is_above(block: Block, bubbled: Block) -> bool:
    """Whether it stands outside of the bubble, in what is around it."""
    outer, inner = block.bubble, bubbled.bubble
    return outer != inner and _within(inner, outer) and not _within(block.path, inner)


def _within(path: tuple[str, ...], place: tuple[str, ...]) -> bool:
    return path[: len(place)] == place


def _near(now: Sequence[Block], kept: list[int], home: tuple[str, ...]) -> list[int]:
    """Without an echo: what shares most of its place with the message box, but not its own row."""
    kept = _theirs(now, kept, set())
    if not kept or not home:
        return kept
    depths = {place: _shared(now[place].path, home) for place in kept}
    outside = [place for place in kept if depths[place] < len(home) - 1] or kept
    deepest = max(depths[place] for place in outside)
    return [place for place in outside if depths[place] == deepest]


def _joined(blocks: list[Block]) -> str:
    text = "".join((block.gap if place else "") + block.text for place, block in enumerate(blocks))
    return _CURSOR.sub("", text).strip() if unfinished(text) else text.strip()
