"""Running the server: one process, from the first start to the last call's end."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import structlog
import uvicorn
import uvloop

from quintain.errors import QuintainError
from quintain.http.protocol import BoundedArrival
from quintain.http.wiring import House, open_house
from quintain.runs.gateway_url import gateway_url
from quintain.secret import Secret
from quintain.settings import Settings, unknown_settings
from quintain.telemetry import log

KEEP_ALIVE_S = 75
BACKLOG = 2048
_log = structlog.get_logger(__name__)


class CannotServe(QuintainError):
    """The server cannot start; the sentence says what to do."""

    code = "cannot_serve"


@dataclass(frozen=True, slots=True)
class Started:
    """What a person wants to know once the server listens. admin_key: on the first start alone."""

    url: str
    docs_url: str
    data_dir: Path
    egress_allow: tuple[str, ...]
    admin_key: Secret | None


def run(settings: Settings, *, announce: Callable[[Started], None]) -> None:
    """Serve until SIGTERM or SIGINT, then let the calls under way end.

    Raises QuintainError with a sentence where the server cannot start.
    """
    os.umask(0o077)  # the store, its journal and the keyring are this user's alone
    log.setup(settings.log_level, settings.log_format)
    for sentence in unknown_settings():
        _log.warning(sentence)
    if settings.store_url.startswith("postgres"):
        _log.warning("rate limits are counted by this process alone: run one server on a registry")
    with _own(settings.data_dir), _bound(settings) as sock:
        uvloop.run(_serve(settings, sock, announce))


async def _serve(
    settings: Settings, sock: socket.socket, announce: Callable[[Started], None]
) -> None:
    async with open_house(settings, gateway_url(sock)) as house:
        await _Server(house, settings, lambda: announce(_started(settings, house, sock))).serve(
            [sock]
        )


class _Server(uvicorn.Server):
    def __init__(self, house: House, settings: Settings, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                house.front,
                http=BoundedArrival,
                limit_concurrency=settings.max_clients,
                ws="none",
                lifespan="off",
                interface="asgi3",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=round(settings.drain_s),
            )
        )
        self._house = house
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is there now stays: the collector need not look through it again and again, which
        # would cost calls a tenth of a second each time.
        gc.collect()
        gc.freeze()
        self._ready()
        self._house.serving.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGTERM:
            self.should_exit = True  # being told to stop is no failure: the exit status is 0
        else:
            super().handle_exit(sig, frame)
        self._house.close_door()


def _started(settings: Settings, house: House, sock: socket.socket) -> Started:
    host, port = sock.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    allowed = settings.allowed_inside
    return Started(url, f"{url}/docs", settings.data_dir, allowed, house.admin_key)


@contextmanager
def _bound(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((settings.host, settings.port))
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise CannotServe(
                f"Cannot listen on {settings.host}:{settings.port}: {reason}. Choose another with --host and --port."
            ) from None
        yield sock


@contextmanager
def _own(data_dir: Path) -> Iterator[None]:
    """The data directory, for this process alone: two servers on it would each count its own limits."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotServe(
            f"The data directory {data_dir} cannot be used: {error.strerror}."
        ) from None
    try:
        _lock(descriptor, data_dir)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotServe(
            f"Another quintain serves from {data_dir}: stop it, or give this one its own --data-dir."
        ) from None
