"""What a technique is given, and what it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

Message = dict[str, Any]
# What a goal is made of, which decides the techniques that fit it.
PLAIN, DOCUMENT, ROUNDS = "plain", "document", "rounds"


@dataclass(frozen=True, slots=True)
class Material:
    """A goal, ready to be put.

    text: what is asked. task: an honest task that the text is slipped into, "" for none. question
    and document: what a user asks of a document, which has `{injection}` where the text goes.
    earlier: user turns that belong to the goal itself. system: the target's system text, "" for
    none. about: what the target says it is for. tools: as declared by the target.
    """

    text: str
    random: Random
    task: str = ""
    question: str = ""
    document: str = ""
    earlier: tuple[str, ...] = ()
    system: str = ""
    about: str = ""
    tools: tuple[dict[str, Any], ...] = ()

    def within(self, text: str) -> str:
        """The text as it is sent: alone, or behind the honest task."""
        return f"{self.task}\n\n{text}" if self.task else text


@dataclass(frozen=True, slots=True)
class Script:
    """What is said. Each round is added to the conversation and answered by the target."""

    rounds: tuple[tuple[Message, ...], ...]
    system: str = ""

    @property
    def calls(self) -> int:
        return len(self.rounds)


@dataclass(frozen=True, slots=True)
class Technique:
    """shape: which goals it takes. short: fit for a page in a browser. tools: it needs some."""

    id: str
    title: str
    make: Callable[[Material], Script]
    shape: str = PLAIN
    short: bool = False
    tools: bool = False
    calls: int = 1


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def said(material: Material, *texts: str) -> Script:
    """User turns, one after the other."""
    return Script(tuple((user(text),) for text in texts), material.system)


def framed(*frames: str) -> Callable[[Material], Script]:
    """One of some ways to put a text, which stands at `{text}` in each."""

    def make(material: Material) -> Script:
        frame = material.random.choice(frames)
        return said(material, material.within(frame.replace("{text}", material.text)))

    return make
