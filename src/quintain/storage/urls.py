"""Which database a URL names, and whether it can be used here."""

from __future__ import annotations

from importlib.util import find_spec

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from quintain.errors import QuintainError

_POSTGRES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_FORMS = "`sqlite:////folder/quintain.db` or `postgresql://user@host/name`"


class BadStoreUrl(QuintainError):
    code = "bad_store_url"


def parse_url(text: str) -> URL:
    """The database that `text` names. Raises BadStoreUrl, without showing the text: it may hold a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise BadStoreUrl(f"The store's URL cannot be read; write {_FORMS}.") from None
    if url.drivername in _POSTGRES:
        return _with_driver(url)
    if url.drivername != "sqlite":
        raise BadStoreUrl(f"A store cannot be kept in {url.drivername}; write {_FORMS}.")
    if url.database in {None, "", ":memory:"}:
        raise BadStoreUrl(f"A store in memory would be lost; write {_FORMS}.")
    return url


def _with_driver(url: URL) -> URL:
    if find_spec("psycopg") is None:
        raise BadStoreUrl(
            "PostgreSQL needs its driver, which is not installed: pip install 'quintain[postgres]'"
        )
    return url.set(drivername="postgresql+psycopg")
