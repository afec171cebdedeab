"""API keys as the store holds them."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import select

from quintain.errors import Detail, Invalid
from quintain.registry.clock import as_time, as_us, maybe_time, now_us
from quintain.registry.credentials import digest_of
from quintain.registry.model import Actor
from quintain.registry.projects import DEFAULT_PROJECT
from quintain.storage.tables import keys, projects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


ROLES = ("admin", "editor", "caller", "viewer")
_LONGEST_NAME = 128
SELECT = select(keys, projects.c.name.label("project")).join(projects).order_by(keys.c.id)


@dataclass(frozen=True, slots=True)
class NewKey:
    """What an admin asks for. models: saved names that a `caller` is limited to, None for all.

    run_id: the test run that it is for.
    """

    name: str
    role: str
    project: str = DEFAULT_PROJECT
    models: tuple[str, ...] | None = None
    expires_at: datetime | None = None
    run_id: int | None = None

    def check(self) -> None:
        """Raises Invalid with every wrong field."""
        details = tuple(self._wrong())
        if details:
            raise Invalid(details)

    def _wrong(self) -> Iterator[Detail]:
        for field_name, text in (("name", self.name), ("project", self.project)):
            if not _is_name(text):
                yield Detail(field_name, f"must have 1 to {_LONGEST_NAME} printable characters")
        if self.role not in ROLES:
            yield Detail("role", f"must be one of {', '.join(ROLES)}")
        if self.models is not None and self.role != "caller":
            yield Detail("models", "limits the key of a caller only; leave it out for other roles")
        if self.expires_at is not None:
            yield from _wrong_expiry(self.expires_at)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key without its text. prefix: what it is called in histories and logs."""

    id: int
    project_id: int
    project: str
    name: str
    role: str
    prefix: str
    models: tuple[str, ...] | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    run_id: int | None
    digest: bytes = field(repr=False)

    def matches(self, text: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(digest_of(text), self.digest)

    def works(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def actor(self) -> Actor:
        return Actor(
            self.project_id, self.project, self.prefix, self.role, self.id, self.models, self.run_id
        )


def record(row: Any) -> KeyRecord:
    return KeyRecord(
        id=row.id,
        project_id=row.project_id,
        project=row.project,
        name=row.name,
        role=row.role,
        prefix=row.prefix,
        models=None if row.models is None else tuple(orjson.loads(row.models)),
        created_by=row.created_by,
        created_at=as_time(row.created_at),
        expires_at=maybe_time(row.expires_at),
        last_used_at=maybe_time(row.last_used_at),
        revoked_at=maybe_time(row.revoked_at),
        run_id=row.run_id,
        digest=row.digest,
    )


def _is_name(text: str) -> bool:
    return text == text.strip() and 0 < len(text) <= _LONGEST_NAME and text.isprintable()


def _wrong_expiry(expires_at: datetime) -> Iterator[Detail]:
    if expires_at.tzinfo is None:
        yield Detail("expires_at", "must say its time zone, such as 2030-01-31T00:00:00Z")
    elif as_us(expires_at) <= now_us():
        yield Detail("expires_at", "must be in the future")
