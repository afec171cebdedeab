"""Other tools' ways of naming a place in an answer, as jq where they are plain paths."""

from __future__ import annotations

import re

from quintain.imports.answers import Mapping
from quintain.imports.places import Path, as_jq

_STEP = re.compile(
    r"""\??\.?(?:
        (?P<name>[A-Za-z_$][\w$-]*) | \[\s*(?P<index>-?\d{1,9})\s*\] | \[\s*(?P<quote>['"])(?P<key>.*?)(?P=quote)\s*\]
      | (?P<all>\[\*\]|\*)
    )""",
    re.VERBOSE,
)
_ARROW = re.compile(r"\(?\s*(?:json|data|response|r)?\s*(?:,\s*\w+\s*)*\)?\s*=>\s*")
_OBJECT = re.compile(
    r"\(?\s*\{\s*[\"']?output[\"']?\s*:\s*([^,{}()]+?)\s*(?:,.*)?\}\s*\)?", re.DOTALL
)
MAX_EXPRESSION = 2000


def of_javascript(expression: str) -> Mapping | None:
    """`json.choices[0].message.content`, `text`; None for what is more than a plain path."""
    text = expression[:MAX_EXPRESSION].strip().rstrip(";").strip()
    text = _ARROW.sub("", text, count=1) if _ARROW.match(text) else text
    text = text.removeprefix("return ").strip()
    inner = _OBJECT.fullmatch(text)
    text = inner[1] if inner else text
    if text in {"text", "text.trim()"}:
        return Mapping("", "text")
    found = re.match(r"(?:json|response|data|context\.response\.data)(?=[.\[?]|$)", text)
    program = _jq(text[found.end() :]) if found else None
    return None if program is None else Mapping(program, "json", program)


def of_jsonpath(expression: str) -> Mapping | None:
    """Garak's `response_json_field`: a name, or JSONPath from its `$` on (RFC 9535)."""
    text = expression[:MAX_EXPRESSION].strip()
    if not text.startswith("$"):
        named = as_jq((text,))
        return Mapping(named, "json", named)
    deep = re.fullmatch(r"\$\.\.([A-Za-z_]\w*)", text)
    if deep:
        return Mapping(f"[.. | objects | .{deep[1]} // empty] | first", "json", text)
    program = _jq(text[1:])
    return None if program is None else Mapping(program, "json", program)


def of_read(expression: str) -> str:
    """Promptfoo's `sessionParser` as `metadata.session.read`; "" for what is no plain path."""
    text = expression[:MAX_EXPRESSION].strip().rstrip(";")
    header = re.fullmatch(
        r"""data\.headers\??\.?(?:\[\s*['"]([\w-]{1,100})['"]\s*\]|([\w-]{1,100}))""", text
    )
    if header:
        return f"header:{header[1] or header[2]}"
    return (_jq(text.removeprefix("data.body")) or "") if text.startswith("data.body") else ""


def _jq(rest: str) -> str | None:
    """A chain of names and positions; None where something else stands in it."""
    program, at = "", 0
    path: Path = ()
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None or step.end() == at:
            return None
        at = step.end()
        if step["all"]:
            program, path = f"{_joined(program, path)}[]", ()
        else:
            path = (*path, _step(step))
    return _joined(program, path)


def _step(found: re.Match[str]) -> str | int:
    return int(found["index"]) if found["index"] else found["name"] or found["key"] or ""


def _joined(program: str, path: Path) -> str:
    if not path:
        return program or "."
    inner = as_jq(path)
    return (
        f"{program}{inner.removeprefix('.') if inner.startswith('.[') else inner}"
        if program
        else inner
    )
