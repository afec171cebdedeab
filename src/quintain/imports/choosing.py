"""Which of many requests are a chat's."""

from __future__ import annotations

from dataclasses import dataclass

from quintain.imports.answers import mapped
from quintain.imports.bounded import json_or_none
from quintain.imports.known import Known
from quintain.imports.likeness import ENOUGH, Likeness, likeness
from quintain.imports.prompts import best_pair, has_place, placed, unmarked
from quintain.imports.refusal import Unimportable
from quintain.imports.request import HttpRequest, address_of, fields_of
from quintain.imports.shaping import shaped
from quintain.imports.source import Found, chosen
from quintain.registry.curl import FORM_TYPE

MOST = 20
RUNNERS_UP = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    request: HttpRequest
    known: Known
    label: str


def choose(candidates: list[Candidate], found: Found, *, several: bool) -> Found:
    """The requests that look like a chat, the best one first; told is why, and what came after.

    several: all that do; else the best one, and others that come near it.
    """
    ranked = sorted(
        ((_judged(each), each) for each in candidates), key=lambda pair: -pair[0].points
    )
    if not ranked:
        raise Unimportable("The source holds no request.")
    best = ranked[0][0].points
    least = ENOUGH if several else max(ENOUGH, best * 3 // 4)
    taken = [pair for pair in ranked if pair[0].points >= least][:MOST] or ranked[:1]
    if best < ENOUGH:
        found.notes.append(
            f"No request looks much like a chat; {_name(taken[0][1])} comes nearest ({taken[0][0].why})."
        )
    for judged, each in taken:
        try:
            found.drafts.append(shaped(each.request, each.known))
        except Unimportable as error:
            chosen(found, _name(each), error)
        else:
            if len(ranked) > 1:
                found.drafts[-1].notes.insert(0, f"Chosen: {_name(each)}, for {judged.why}.")
    rest = [_name(each) for _, each in ranked[len(taken) :]]
    if rest:
        more = f" and {len(rest) - RUNNERS_UP} more" if len(rest) > RUNNERS_UP else ""
        found.notes.append(f"Not taken: {', '.join(rest[:RUNNERS_UP])}{more}.")
    return found


def _name(each: Candidate) -> str:
    try:
        place = address_of(each.request.url).place
    except Unimportable:
        place = "a URL that cannot be called"
    return (
        f"{each.label[:64]} ({each.request.method} {place[:120]})"
        if each.label
        else f"{each.request.method} {place[:120]}"
    )


def _judged(each: Candidate) -> Likeness:
    try:
        path = address_of(each.request.url).path
    except Unimportable:
        return Likeness(-1000)
    answer = mapped(each.known.response, each.known.response_type) if each.known.response else None
    return likeness(
        each.request.method.upper(),
        path,
        each.label,
        _place(each.request),
        answer.where if answer else "",
    )


def _place(request: HttpRequest) -> str:
    body = unmarked(request.body or "")
    document = json_or_none(body)
    if isinstance(document, dict | list):
        return placed(document).where
    if has_place(body) or has_place(unmarked(request.url)):
        return "where the source marks it"
    pairs = [(part.name, part.value) for part in request.form]
    if not pairs and request.content_type == FORM_TYPE:
        pairs = list(fields_of(body))
    if not pairs and request.method.upper() == "GET":
        pairs = list(address_of(request.url).query)
    best, _ = best_pair(pairs)
    return "" if best is None else pairs[best][0]
