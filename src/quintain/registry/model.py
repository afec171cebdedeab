"""What the registry hands out: plain frozen records, complete in themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from quintain.registry.schema import ModelConfig


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a key, with the project and the role that it brings.

    models: the saved names that a caller's key is limited to, None for all. run_id: the test run
    that the key was made for.
    """

    project_id: int
    project: str
    key_prefix: str
    role: str
    key_id: int
    models: tuple[str, ...] | None = None
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A registered model. config: as it was given, with its secrets; some may be unreadable."""

    id: int
    project_id: int
    project: str
    saved_name: str
    version: str
    testing_for: str
    model_name: str | None
    certifications: tuple[str, ...]
    config: ModelConfig
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of a model, under the name that it had after it.

    action: `added`, `modified` or `deleted`. who: the prefix of the key.
    changes: `{"field", "from", "to"}` each; a secret is only `{"field", "change": "changed"}`.
    """

    model_id: int
    saved_name: str
    version: str
    revision: int
    action: str
    who: str
    at: datetime
    changes: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ModelChange:
    """That something happened to a model: what other replicas drop from their caches.

    number: the store's change number, in the order of the commits.
    """

    number: int
    project_id: int
    model_id: int
    saved_name: str
    version: str


@dataclass(frozen=True, slots=True)
class Filters:
    """q: part of a saved name or a model name, in any case."""

    testing_for: str | None = None
    model_provider: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """page: counted from 1. per_page: models on it."""

    page: int
    per_page: int
