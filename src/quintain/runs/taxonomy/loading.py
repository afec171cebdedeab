"""Reads the three files beside this one, once."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

from quintain.runs.taxonomy.model import Category, Framework, Taxonomy, Technique


def _document(name: str) -> dict[str, dict[str, Any]]:
    text = files("quintain.runs.taxonomy").joinpath(name).read_text(encoding="utf-8")
    document: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return document


def _framework(name: str, given: dict[str, Any]) -> Framework:
    return Framework(
        name, given["title"], given["url"], tuple(given["aliases"]), dict(given["entries"])
    )


def _category(name: str, given: dict[str, Any]) -> Category:
    maps = {framework: tuple(ids) for framework, ids in given.get("maps", {}).items()}
    return Category(
        name, given["title"], given["explanation"].strip(), given["advice"].strip(), maps
    )


def _technique(name: str, given: dict[str, Any]) -> Technique:
    return Technique(name, given["title"], given["about"], given.get("advice", ""))


def load() -> Taxonomy:
    """Raises KeyError or ValueError where a file is wrong: it ships with the package."""
    return Taxonomy(
        {name: _framework(name, each) for name, each in _document("frameworks.yaml").items()},
        {name: _category(name, each) for name, each in _document("categories.yaml").items()},
        {name: _technique(name, each) for name, each in _document("techniques.yaml").items()},
    )


TAXONOMY = load()
