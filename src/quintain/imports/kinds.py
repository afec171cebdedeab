"""Which kind a source is, and the one way through: a text in, bodies of add-model out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quintain.imports import commands, garak, har, litellm, openapi, postman, promptfoo, rawhttp
from quintain.imports.bounded import MAX_SOURCE, looks_like_json, read_document
from quintain.imports.draft import Imported, finished
from quintain.imports.places import Json
from quintain.imports.refusal import Unimportable
from quintain.imports.scripts import command_in
from quintain.imports.source import Found, Source, mapping


@dataclass(frozen=True, slots=True)
class Kind:
    """fits: whether a document is one of this kind; None for kinds that are text."""

    title: str
    read: Callable[[Source], Found]
    fits: Callable[[Json], bool] | None = None


KINDS: dict[str, Kind] = {
    "curl": Kind("a curl command", commands.read),
    "http": Kind("a raw HTTP request", rawhttp.read),
    "har": Kind("a HAR file", har.read, har.is_har),
    "openapi": Kind("an OpenAPI document", openapi.read, openapi.is_openapi),
    "postman": Kind("a Postman collection", postman.read, postman.is_collection),
    "litellm": Kind(
        "a LiteLLM configuration",
        litellm.read,
        lambda d: isinstance(mapping(d).get("model_list"), list),
    ),
    "garak": Kind("a garak REST generator", garak.read, lambda d: garak.options_in(d) is not None),
    "promptfoo": Kind(
        "a promptfoo provider", promptfoo.read, lambda d: promptfoo.blocks_in(d) is not None
    ),
}


def imported(text: str, *, kind: str = "", name: str = "", server: str = "") -> Imported:
    """Make registrations of a source; nothing is run, fetched or stored.

    kind: one of KINDS, "" to tell it by the content. name: to save under. server: a base URL for
    sources that name none. Raises Unimportable, and nothing else.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise Unimportable("The source is empty.")
    if len(text) > MAX_SOURCE:
        raise Unimportable(f"The source has more than {MAX_SOURCE} characters.")
    if kind and kind not in KINDS:
        raise Unimportable(f"There is no kind {kind[:32]}; there are {', '.join(KINDS)}.")
    kind, document = (kind, _document(text, kind)) if kind else _recognised(text)
    try:
        found = KINDS[kind].read(Source(text, document, server.strip()))
        return finished(kind, found.drafts, found.notes, name)
    except RecursionError:
        raise Unimportable("The source is nested too deeply.") from None


def _document(text: str, kind: str) -> Json:
    return read_document(text) if KINDS[kind].fits else None


def _recognised(text: str) -> tuple[str, Json]:
    if command_in(text) is not None:
        return "curl", None
    first = text.lstrip().partition("\n")[0]
    if rawhttp.REQUEST_LINE.fullmatch(first.rstrip()) and not looks_like_json(text):
        return "http", None
    document = read_document(text)
    for name, kind in KINDS.items():
        if kind.fits and kind.fits(document):
            return name, document
    known = ", ".join(kind.title for kind in KINDS.values())
    raise Unimportable(
        f"The source is none of: {known}. Say which one it is, if it is. A browser's developer tools"
        ' give a request with "Copy as cURL".'
    )
