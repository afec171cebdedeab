"""`quintain demo`: a server, a chatbot to test, and the whole way through, in seconds."""

import asyncio
import os
import secrets
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from yarl import URL

from quintain.cli import demo_story as story
from quintain.cli import screen
from quintain.cli.access import Access
from quintain.cli.children import Child, child
from quintain.cli.exits import Code, Failure
from quintain.cli.wire import Wire
from quintain.secret import Secret

_TERMINATED = 128 + signal.SIGTERM


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave server and chatbot running until Ctrl-C.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Keep the server's data here; else it goes at the end."),
    ] = None,
) -> None:
    """Show quintain at work: register a sample chatbot twice, check it, talk to it, test it.

    Everything runs on this machine, on free ports, and ends by itself. With --keep it stays, to
    be tried with the other commands. The test's report is left in the current folder.

    $ quintain demo
    $ quintain demo --keep
    """
    with _workplace(data_dir) as place:
        try:
            asyncio.run(_demo(place, keep=keep))
        except Failure as failure:
            failure.exit_code = Code.FAILED  # whatever failed: the demo did
            raise
        except KeyboardInterrupt:
            screen.say_stopped("Server and chatbot have ended.")
            raise
        except asyncio.CancelledError:
            raise typer.Exit(_TERMINATED) from None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo keeps its files. `local` is the local-access file of its own server."""

    folder: Path
    data_dir: Path

    @property
    def local(self) -> Path:
        return self.folder / "local.json"


@contextmanager
def _workplace(data_dir: Path | None) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="quintain-demo-") as name:
        folder = Path(name)
        yield Place(folder, data_dir or folder / "data")


async def _demo(place: Place, *, keep: bool) -> None:
    _end_cleanly_on_signals()
    story.title()
    async with _house(place) as house:
        try:
            async with Wire(house.access) as wire:
                report = await story.tell(wire, house.chatbot_url, house.chatbot_key)
        except Failure as failure:
            # Its log goes with the demo, so the one line that matters is told now.
            failure.hint = " ".join(filter(None, [failure.hint, house.server.last_error()]))
            raise
        story.goodbye(house.access.url, place.local if keep else None, report)
        if keep:
            await house.wait()


def _end_cleanly_on_signals() -> None:
    """End as Ctrl-C does, with every process, on SIGTERM and when the terminal closes."""
    task = asyncio.current_task()
    assert task  # noqa: S101  # only called from one
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)


@dataclass(frozen=True, slots=True)
class House:
    """The two processes of the demo."""

    server: Child
    chatbot: Child
    access: Access
    chatbot_key: str

    @property
    def chatbot_url(self) -> URL:
        return URL(self.chatbot.ready.split()[-1])

    async def wait(self) -> None:
        """Wait for ever. Raises Failure when one of the two ends by itself."""
        ends = [asyncio.create_task(one.ended()) for one in (self.server, self.chatbot)]
        try:
            ended, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        raise ended.pop().result()


@asynccontextmanager
async def _house(place: Place) -> AsyncIterator[House]:
    admin_key, chatbot_key = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("QUINTAIN_")
    }
    own = {"QUINTAIN_ADMIN_KEY": admin_key, "QUINTAIN_LOCAL_FILE": str(place.local)}
    serve = ["quintain", "serve", "--json", "--port", "0", "--data-dir", str(place.data_dir)]
    bot = ["quintain.sample.chatbot", "--port", "0", "--key-stdin"]
    started = time.monotonic()
    async with child("server", serve, folder=place.folder, environ=environ | own) as server:
        facts = orjson.loads(server.ready)
        story.started("quintain", facts["url"], time.monotonic() - started)
        story.noted("its API docs", facts["docs_url"])
        started = time.monotonic()
        async with child(
            "sample chatbot", bot, folder=place.folder, environ=environ, stdin=f"{chatbot_key}\n"
        ) as chatbot:
            access = Access(URL(facts["url"]), Secret(admin_key), "the demo")
            house = House(server, chatbot, access, chatbot_key)
            story.started("a chatbot", str(house.chatbot_url), time.monotonic() - started)
            yield house
