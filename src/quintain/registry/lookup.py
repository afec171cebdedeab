"""Which models are meant: by name and version, as a caller spells them, or by a list's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, false, func, select

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

Condition = Any


def named(project_id: int, saved_name: str, version: str) -> Condition:
    """Raises NotFound for text that no name can be: PostgreSQL would refuse to look for it."""
    if "\0" in saved_name + version:
        raise not_found()
    return and_(_M.project_id == project_id, _M.saved_name == saved_name, _M.version == version)


def spelled_so(project_id: int, spelled: str) -> Condition:
    """An exact saved name with its newest version, else `<name>:<version>` split from the right.

    The database tries them in this order and stops at the first that exists.
    """
    if "\0" in spelled:
        raise not_found()
    newest = _id(and_(_M.project_id == project_id, _M.saved_name == spelled))
    tries = [newest, *(_id(named(project_id, *split)) for split in _splits(spelled))]
    return _M.id == (func.coalesce(*tries) if len(tries) > 1 else newest)


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


def _id(condition: Condition) -> ScalarSelect[int]:
    return select(_M.id).where(condition).order_by(_M.id.desc()).limit(1).scalar_subquery()


def _splits(spelled: str) -> Iterator[tuple[str, str]]:
    at = spelled.rfind(":")
    while at >= 0 and len(spelled) - at - 1 <= _LONGEST_VERSION:
        if 0 < at <= _LONGEST_NAME and at + 1 < len(spelled):
            yield spelled[:at], spelled[at + 1 :]
        at = spelled.rfind(":", 0, at)
