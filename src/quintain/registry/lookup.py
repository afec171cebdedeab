"""Which models are meant: by name and version, as a caller spells them, or by a list's filters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, false, func, select

from quintain.errors import NotFound
from quintain.storage.tables import models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, ScalarSelect

    from quintain.registry.model import Filters

_M = models.c
_LONGEST_NAME = 128
_LONGEST_VERSION = 64
# Longer than any search column; SQLite refuses LIKE patterns above 50,000 bytes.
_LONGEST_PART = 3000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One model: a condition made once for all calls of its kind, and this call's values for it."""

    condition: ColumnElement[bool]
    values: dict[str, Any]


def named(project_id: int, saved_name: str, version: str) -> Wanted:
    """Raises NotFound for text that no name can be: PostgreSQL would refuse to look for it."""
    if "\0" in saved_name + version:
        raise not_found()
    return Wanted(_NAMED, {"project": project_id, "name_0": saved_name, "version_0": version})


def spelled_so(project_id: int, spelled: str) -> Wanted:
    """An exact saved name with its newest version, else `<name>:<version>` split from the right.

    The database tries them in this order and stops at the first that exists. Raises NotFound for
    text that no name can be.
    """
    if "\0" in spelled:
        raise not_found()
    values: dict[str, Any] = {"project": project_id, "spelled": spelled}
    splits = list(_splits(spelled))
    for number, (name, version) in enumerate(splits):
        values |= {f"name_{number}": name, f"version_{number}": version}
    return Wanted(_spelled_with(len(splits)), values)


def filtered(project_id: int, filters: Filters) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [_M.project_id == project_id]
    if filters.testing_for is not None:
        conditions.append(_M.testing_for == filters.testing_for)
    if filters.model_provider is not None:
        conditions.append(_M.model_provider == filters.model_provider)
    if filters.q:
        conditions.append(_containing(filters.q.casefold()))
    return _findable(filters, and_(*conditions))


def not_found() -> NotFound:
    return NotFound("There is no such model in this project.", code="model_not_found")


def _findable(filters: Filters, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    given = (filters.testing_for, filters.model_provider, filters.q)
    return false() if any("\0" in (text or "") for text in given) else condition


def _containing(part: str) -> ColumnElement[bool]:
    return _M.search.contains(part, autoescape=True) if len(part) <= _LONGEST_PART else false()


def _name_and_version(number: int) -> ColumnElement[bool]:
    return and_(
        _M.project_id == bindparam("project"),
        _M.saved_name == bindparam(f"name_{number}"),
        _M.version == bindparam(f"version_{number}"),
    )


_NAMED = _name_and_version(0)


@lru_cache(_LONGEST_VERSION + 2)
def _spelled_with(splits: int) -> ColumnElement[bool]:
    exact = and_(_M.project_id == bindparam("project"), _M.saved_name == bindparam("spelled"))
    tries = [_newest(exact), *(_newest(_name_and_version(number)) for number in range(splits))]
    return _M.id == (func.coalesce(*tries) if splits else tries[0])


def _newest(condition: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(_M.id).where(condition).order_by(_M.id.desc()).limit(1).scalar_subquery()


def _splits(spelled: str) -> Iterator[tuple[str, str]]:
    at = spelled.rfind(":")
    while at >= 0 and len(spelled) - at - 1 <= _LONGEST_VERSION:
        if 0 < at <= _LONGEST_NAME and at + 1 < len(spelled):
            yield spelled[:at], spelled[at + 1 :]
        at = spelled.rfind(":", 0, at)
