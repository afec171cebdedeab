"""What a source tells beside a request, and what of a custom endpoint every request has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from quintain.imports.answers import Mapping, mapped
from quintain.imports.draft import Draft
from quintain.imports.request import Address, fields_written

_IN_PATH = "%/:@!$&'()*+,;=-._~{}"


@dataclass(frozen=True, slots=True)
class Known:
    """What a source tells beside the request. label: a name. answer: how its answer is read.

    response: an answer of the target, with its content type.
    """

    label: str = ""
    answer: Mapping | None = None
    response: str = ""
    response_type: str = ""
    notes: tuple[str, ...] = ()


NOTHING = Known()


def custom_draft(address: Address, known: Known) -> Draft:
    draft = Draft(_label(address, known), {"model_provider": "custom"})
    draft.target(address.scheme, address.host, address.port)
    return draft


def _label(address: Address, known: Known) -> str:
    last = next(
        (step for step in reversed(address.path.split("/")) if step and "{" not in step), ""
    )
    return f"{address.host}-{known.label or last}"


def path_of(address: Address) -> str:
    """Path and query as one, with what a registration's path may not hold percent-encoded."""
    path = quote(address.path, safe=_IN_PATH) or "/"
    return f"{path}?{fields_written(address.query)}" if address.query else path


def tell_place(
    draft: Draft, where_in: str, where: str, others: Any, *, found_elsewhere: bool = False
) -> None:
    if where:
        also = f" It could also be {', '.join(others)}." if others else ""
        draft.note(f"{where_in}: the prompt goes to {where}.{also}")
    elif not found_elsewhere:
        draft.note(
            f"{where_in}: no place for the prompt was found; put {{prompt}} where the user's message belongs."
        )


def answer_of(known: Known, asked: str = "") -> Mapping | None:
    if known.answer or not known.response:
        return known.answer
    return mapped(known.response, known.response_type, asked)


def read_answers(draft: Draft, known: Known, asked: str = "") -> None:
    """How the answer's text is picked out, where the source tells."""
    answer = answer_of(known, asked)
    if answer is None:
        if any(note.startswith("custom_response_format") for note in known.notes):
            return
        draft.note(
            "custom_response_format: the source shows no answer; without a jq program the whole answer is the text."
        )
        return
    draft.config["custom_response_format"] = answer.program
    if answer.reads != "json":
        draft.config["custom_response_content_type"] = answer.reads
    if known.answer is None and answer.where:
        draft.note(f"custom_response_format: the answer's text was found at {answer.where}.")
