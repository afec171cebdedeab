"""The examples of docs/, so that tests run what people read.

An example is the code block behind a line `<!-- example: NAME -->`.
"""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
_EXAMPLE = re.compile(r"<!-- example: (?P<name>[\w -]+) -->\n```\w*\n(?P<text>.*?)```", re.DOTALL)


def example(page: str, name: str) -> str:
    """The text of one example. Raises KeyError where the page has none of that name."""
    text = (DOCS / page).read_text()
    return {found["name"]: found["text"] for found in _EXAMPLE.finditer(text)}[name]
