"""Categories, techniques, and the frameworks that name the same things."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

AGENTS = "agents"


@dataclass(frozen=True, slots=True)
class Entry:
    """One id of a framework."""

    framework: str
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Framework:
    """aliases: how people write its name, in lower case. entries: titles by id."""

    id: str
    title: str
    url: str
    aliases: tuple[str, ...]
    entries: dict[str, str]

    def named(self, certification: str) -> bool:
        """True where a model's certification means this framework, whatever year it adds."""
        said = _words(certification)
        return any(f" {_words(alias)} " in f" {said} " for alias in self.aliases)


@dataclass(frozen=True, slots=True)
class Category:
    """explanation and advice: for people. maps: ids by framework."""

    id: str
    title: str
    explanation: str = ""
    advice: str = ""
    maps: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Technique:
    """advice: "" where it is that of the categories."""

    id: str
    title: str
    about: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    frameworks: dict[str, Framework]
    categories: dict[str, Category]
    techniques: dict[str, Technique]

    def category(self, name: str) -> Category:
        """Also for names of users' own: those have a title and no more."""
        return self.categories.get(name) or Category(name, _spoken(name))

    def technique(self, name: str) -> Technique:
        return self.techniques.get(name) or Technique(name, _spoken(name))

    def entries(self, category: str, frameworks: Iterable[str]) -> list[Entry]:
        """Where these frameworks name this category."""
        maps = self.category(category).maps
        return [
            Entry(framework, each, self.frameworks[framework].entries[each])
            for framework in frameworks
            for each in maps.get(framework, ())
        ]

    def chosen(
        self, certifications: Iterable[str], testing_for: str
    ) -> tuple[list[Framework], list[str]]:
        """The frameworks that a model's certifications ask for, and those that have no mapping.

        Without any that are known: OWASP's list for LLM applications, and for agents theirs too.
        """
        asked = list(certifications)
        known = [one for one in self.frameworks.values() if any(map(one.named, asked))]
        unknown = [each for each in asked if not any(one.named(each) for one in known)]
        if not known:
            names = ["owasp_llm", *(["owasp_agentic"] if testing_for == AGENTS else [])]
            known = [self.frameworks[name] for name in names]
        return known, unknown


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9.]+", text.lower()))


def _spoken(name: str) -> str:
    words = name.replace("_", " ").strip() or "unnamed"
    return words[0].upper() + words[1:]
