"""The house put together: every part made once, opened in order and closed in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from quintain.admission.gates import Gates
from quintain.admission.journal import Journal
from quintain.admission.window import SPAN_S
from quintain.dialects.jq import Jq
from quintain.egress.outbound import Egress
from quintain.egress.policy import EgressPolicy
from quintain.errors import QuintainError, ShuttingDown, Unavailable
from quintain.gateway.attempts import Attempts
from quintain.gateway.calls import Gateway
from quintain.gateway.directory import Directory
from quintain.gateway.exchange import Exchange
from quintain.gateway.health import Checkup
from quintain.gateway.visits import Visits
from quintain.http.control import control_plane
from quintain.http.doorman import Doorman
from quintain.http.front import Front
from quintain.http.health import HealthRoutes
from quintain.http.imports import import_router
from quintain.http.keys import KeyRoutes
from quintain.http.models import ModelRoutes
from quintain.http.ops import docs_router, ops_router
from quintain.http.redteam import RedteamRoutes
from quintain.http.run_routes import run_routers
from quintain.http.v1 import V1
from quintain.http.vault import Rotation, vault_router
from quintain.imports.apart import Apart
from quintain.pages.browser import Browser
from quintain.registry.keys import Keys
from quintain.registry.master_keys import check_keyring
from quintain.registry.models import Models
from quintain.runs.opening import Runs, make_runs
from quintain.secret import Secret
from quintain.settings import Settings
from quintain.storage.engine import Store
from quintain.telemetry.metrics import Metrics
from quintain.vault.envelope import Vault
from quintain.vault.keyring import Keyring

BEGIN_AGAIN_S = 5.0
TEND_S = 15.0  # far above the time in which a server sees a cancel of its run
POLL_S = 0.5  # a change made by another server is seen within a second
FLUSH_S = 10.0
KEYRING_FILE = "keyring"
JOURNAL_FILE = "sent"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class House:
    """front: the ASGI application. admin_key: on the very first start alone.

    serving: set once calls can be made, which runs that go on wait for.
    """

    front: Front
    gates: Gates
    runs: Runs
    serving: asyncio.Event
    admin_key: Secret | None

    def close_door(self) -> None:
        """Turn new calls away and send home those in line; calls under way go on.

        Engines are killed first, or they would take what is turned away for answers of the target.
        """
        self.runs.stop()
        self.front.closing = True
        self.gates.dismiss(ShuttingDown())


@asynccontextmanager
async def open_house(settings: Settings, gateway_url: str) -> AsyncGenerator[House, None]:
    """Everything that serves, until the block ends.

    gateway_url: where the engines of runs are going to reach the gateway. Raises QuintainError with
    a sentence where the store, the keyring or a setting cannot be used.
    """
    async with AsyncExitStack() as stack:
        store = Store(settings.store_url)
        stack.push_async_callback(store.close)
        await store.start()
        vault = Vault(_keyring(settings))
        lost = await check_keyring(store, vault)
        if lost:
            _log.warning(
                "models need re-entry of their secrets: their master key is missing", models=lost
            )
        keys = Keys(store)
        made = await keys.ensure_admin(_given_admin_key(settings))
        jq = Jq(settings.jq_workers, timeout_s=settings.jq_timeout_s)
        stack.push_async_callback(jq.close)
        await jq.start()
        egress = await _egress(stack, settings)
        gates = await _gates(stack, settings)
        browser = Browser(egress, settings)
        stack.push_async_callback(browser.close)
        parts = _Parts(store, vault, Models(store, vault), keys, jq, egress, gates, browser)
        yield await _furnish(stack, settings, parts, gateway_url, Secret(made) if made else None)


@dataclass(frozen=True, slots=True)
class _Parts:
    store: Store
    vault: Vault
    models: Models
    keys: Keys
    jq: Jq
    egress: Egress
    gates: Gates
    browser: Browser


async def _egress(stack: AsyncExitStack, settings: Settings) -> Egress:
    try:
        policy = EgressPolicy(settings.allowed_inside)
    except ValueError as error:
        raise QuintainError(f"QUINTAIN_EGRESS_ALLOW: {error}.", code="bad_egress_allow") from None
    egress = Egress(policy, ca_file=settings.ca_file, limit=settings.max_connections)
    stack.push_async_callback(egress.close)
    try:
        await egress.start()
    except OSError as error:  # ssl.SSLError is one
        raise QuintainError(
            f"QUINTAIN_CA_FILE: {settings.ca_file} cannot be read as certificates (PEM):"
            f" {error.strerror or error}.",
            code="bad_ca_file",
        ) from None
    return egress


async def _gates(stack: AsyncExitStack, settings: Settings) -> Gates:
    """Rate limits that go on where an earlier process stopped."""
    journal = stack.enter_context(Journal(settings.data_dir / JOURNAL_FILE))
    gates = Gates(longest_line=settings.max_waiting, journal=journal)
    gates.restore(await asyncio.to_thread(journal.recent, SPAN_S))
    return gates


async def _furnish(
    stack: AsyncExitStack,
    settings: Settings,
    parts: _Parts,
    gateway_url: str,
    admin_key: Secret | None,
) -> House:
    models, keys, jq, egress = parts.models, parts.keys, parts.jq, parts.egress
    metrics, gates = Metrics(), parts.gates
    doorman, directory, rotation = (
        Doorman(keys),
        Directory(models, jq),
        Rotation(parts.store, parts.vault, _keyring_file(settings)),
    )
    runs = make_runs(
        settings, parts.store, models, keys, forget=doorman.forget, gateway_url=gateway_url
    )
    serving = asyncio.Event()
    attempts = Attempts(gates, egress, jq, settings, metrics)
    visits = Visits(parts.browser, attempts, settings, metrics)
    gateway = Gateway(Exchange(attempts, settings), visits, jq)
    model_routes = ModelRoutes(models, directory, jq, gates)
    health_routes = HealthRoutes(Checkup(gateway, egress, settings), directory, jq)
    apart = Apart()
    app = control_plane(
        [
            model_routes.router(sdk=False),
            health_routes.router(sdk=False),
            import_router(apart, sdk=False),
            KeyRoutes(keys, doorman).router(),
            vault_router(rotation),
            ops_router(models, metrics, lambda: gates.waiting, lambda: front.closing),
            docs_router("/openapi.json"),
            *run_routers(runs, lambda: front.closing),
        ],
        [
            model_routes.router(sdk=True),
            health_routes.router(sdk=True),
            import_router(apart, sdk=True),
            RedteamRoutes(runs.service, runs.records, runs.datasets).router(),
        ],
    )
    front = Front(
        doorman, V1(models, directory, gateway, settings, metrics), app, settings, metrics
    )
    stack.push_async_callback(doorman.flush)
    await stack.enter_async_context(
        _living(
            _every(POLL_S, _watch(directory, doorman)),
            _every(FLUSH_S, doorman.flush),
            _tend(serving, runs),
        )
    )
    stack.push_async_callback(rotation.stop)
    stack.push_async_callback(runs.close)
    return House(front, gates, runs, serving, admin_key)


async def _tend(serving: asyncio.Event, runs: Runs) -> None:
    """Runs of an earlier start go on, once calls can be made; then all are looked after."""
    await serving.wait()
    await _begun(runs)
    await _every(TEND_S, runs.service.tend)


async def _begun(runs: Runs) -> None:
    while True:
        try:
            return await runs.service.begin()
        except Unavailable as error:
            _log.warning("runs do not go on yet", reason=error.message)
        await asyncio.sleep(BEGIN_AGAIN_S)


@asynccontextmanager
async def _living(*works: Coroutine[Any, Any, None]) -> AsyncGenerator[None, None]:
    """Tasks that live as long as the house; one that fails takes the house down."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _every(seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Again and again. While the store is away it is tried again; nothing is lost by that."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Unavailable as error:
            _log.warning("the store does not answer", reason=error.message)


def _watch(directory: Directory, doorman: Doorman) -> Callable[[], Awaitable[None]]:
    async def look() -> None:
        try:
            changed = await directory.refresh()
        except Unavailable:
            # What is remembered may be outdated, a key revoked: nothing is served from memory.
            directory.forget()
            doorman.forget()
            raise
        if changed:
            doorman.forget()

    return look


def _keyring(settings: Settings) -> Keyring:
    if settings.keyring is not None:
        return Keyring.parse(settings.keyring.get_secret_value())
    return Keyring.load_or_create(settings.data_dir / KEYRING_FILE)


def _keyring_file(settings: Settings) -> Path | None:
    return None if settings.keyring is not None else settings.data_dir / KEYRING_FILE


def _given_admin_key(settings: Settings) -> str | None:
    return settings.admin_key.get_secret_value() if settings.admin_key else None
