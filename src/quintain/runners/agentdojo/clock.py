"""A clock that stands still, so that a letter sent by an agent has the same date in every run."""

from __future__ import annotations

import datetime as dt
from typing import Any

from agentdojo.default_suites.v1.tools import cloud_drive_client, email_client

NOW = dt.datetime(2024, 5, 15, 12, 0)  # noqa: DTZ001 - AgentDojo's own day, without a zone


class _Standing:
    """Stands in for the class `datetime` in AgentDojo's tools, which ask it for `now` alone."""

    def now(self) -> dt.datetime:
        return NOW

    def __getattr__(self, name: str) -> Any:
        return getattr(dt.datetime, name)


class _Module:
    datetime = _Standing()

    def __getattr__(self, name: str) -> Any:
        return getattr(dt, name)


def stop() -> None:
    for module in (cloud_drive_client, email_client):
        module.datetime = _Module()
