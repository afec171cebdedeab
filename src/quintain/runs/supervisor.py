"""One part of a run: its engine is started, listened to, and started again when it dies."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog

from quintain.runners.wire import ERROR, Config
from quintain.runs.control import Control, failed
from quintain.runs.engine_log import EngineLog
from quintain.runs.engines.table import engine_named
from quintain.runs.events import Heard, heard
from quintain.runs.folders import LOG, Folders
from quintain.runs.model import Part, Run, Skipped
from quintain.runs.patience import patiently
from quintain.runs.process import Calls, EngineProcess, Engines, SaidTooMuch, engine_at_work
from quintain.runs.streak import Streak

MOST_DEATHS = 3  # in a row, without a new attempt
REST_S = 0.5  # before an engine that died is started again
_log = structlog.get_logger(__name__)


class Recorder(Protocol):
    """What of Records a part needs."""

    async def record(self, run_id: int, engine: str, events: list[dict[str, Any]]) -> list[int]: ...
    async def done(self, run_id: int, engine: str) -> dict[str, Any]: ...
    async def planned(self, run_id: int, label: str, number: int) -> None: ...
    async def skip(self, run_id: int, skipped: list[Skipped]) -> None: ...
    async def note(self, run_id: int, text: str) -> None: ...
    async def judge_checks(self, run_id: int, label: str, calls: int) -> None: ...


class Pythons(Protocol):
    """Which interpreter runs an engine; None where it is not installed."""

    def python(self, name: str) -> Path | None: ...


@dataclass(slots=True)
class Doing:
    """A run under way.

    calls: whether its keys called within so many seconds. recorded: its attempts so far, for a run
    with a limit of them.
    """

    run: Run
    control: Control
    streak: Streak
    calls: Calls
    recorded: int = 0

    @property
    def room(self) -> int | None:
        """How many more attempts it may make; None for any number."""
        most = self.run.plan.limits.get("max_attempts")
        return None if most is None else max(0, most - self.recorded)


# What an engine is told, made anew for each start of it: of the part's folder, and of what is
# recorded already.
Prepare = Callable[[Path, dict[str, Any]], Awaitable[Config]]


class Supervisor:
    def __init__(
        self, records: Recorder, pythons: Pythons, engines: Engines, folders: Folders
    ) -> None:
        self._records, self._pythons = records, pythons
        self._engines, self._folders = engines, folders

    async def work(self, doing: Doing, part: Part, prepare: Prepare) -> None:
        """See a part to its end.

        Raises what the run was halted with, or Halted where the engine cannot go on.
        """
        deaths, ended = 0, False
        while not ended and doing.room != 0:
            before = doing.recorded
            ended, words = await self._once(doing, part, prepare)
            doing.control.check()
            if not ended:
                deaths = 0 if doing.recorded > before else deaths + 1
                await self._rest(doing, part, deaths, words)
        if doing.room == 0:
            await self._note(doing, "It ended at its limit, max_attempts.")

    async def _rest(self, doing: Doing, part: Part, deaths: int, words: str) -> None:
        """After a death. Raises Halted where there were enough of them."""
        _log.warning("an engine died", run=doing.run.id, part=part.label, last_words=words)
        if deaths >= MOST_DEATHS:
            said = f" Its last words:\n{words}" if words else " It said nothing."
            raise failed(
                f"The engine {part.engine} ended {deaths} times without a new attempt.{said}"
            )
        await doing.control.pause(REST_S)

    async def _once(self, doing: Doing, part: Part, prepare: Prepare) -> tuple[bool, str]:
        """Whether the engine came to its end, and its last words."""
        run, control = doing.run, doing.control
        folder = await patiently(
            lambda: asyncio.to_thread(self._folders.part, run.id, part.label), control.pause
        )
        done = await patiently(lambda: self._records.done(run.id, part.engine), control.pause)
        config: Config = await patiently(lambda: prepare(folder, done), control.pause)
        log = EngineLog(folder / LOG, config.api_key)
        command = self._command(part.engine)
        control.check()
        try:
            async with engine_at_work(command, config.as_line(), folder, log) as engine:
                ended = await self._listen(doing, part, engine)
        except SaidTooMuch:
            return False, "It said a line that is longer than any may be."
        except TimeoutError:
            return False, "It stood still: for hours it neither said anything nor called."
        except OSError as error:
            return False, f"It cannot be started: {error}"
        return ended, log.last_words

    def _command(self, name: str) -> list[str]:
        python = self._pythons.python(name)
        if python is None:
            raise failed(
                f"The engine {name} is not installed on this server: quintain engines install {name}"
            )
        return self._engines.command(python, engine_named(name).module, "run")

    async def _listen(self, doing: Doing, part: Part, engine: EngineProcess) -> bool:
        """Whether it came to its end. Raises what the run was halted with before it began."""
        doing.control.holds(engine)
        try:
            return await self._heard_out(doing, part, engine)
        finally:
            doing.control.holds(None)

    async def _heard_out(self, doing: Doing, part: Part, engine: EngineProcess) -> bool:
        async def calls(seconds: float) -> bool:
            return await patiently(lambda: doing.calls(seconds), doing.control.pause)

        async with aclosing(engine.batches(calls)) as batches:
            async for lines in batches:
                found = heard(lines)
                await self._record(doing, part, found)
                await self._write_down(doing, part, found)
                engine.acknowledge(len(found.attempts) + found.strange)
                if found.done or doing.room == 0:
                    return True
        return False

    async def _record(self, doing: Doing, part: Part, found: Heard) -> None:
        run, control = doing.run, doing.control
        attempts = found.attempts[: doing.room]
        if control.halted:
            # What failed now did so because everything stops: it is tried again another time.
            attempts = [each for each in attempts if each.get("verdict") != ERROR]
        if attempts:
            ids = await patiently(
                lambda: self._records.record(run.id, part.engine, attempts), control.pause
            )
            doing.recorded += len(ids)
            doing.streak.add(attempts)
        if doing.streak.hopeless:
            control.halt(failed(doing.streak.hopeless))

    async def _write_down(self, doing: Doing, part: Part, found: Heard) -> None:
        """What else it said."""
        run_id, records, pause = doing.run.id, self._records, doing.control.pause
        if found.skipped:
            await patiently(lambda: records.skip(run_id, found.skipped), pause)
        if calls := found.judge_checks:
            await patiently(lambda: records.judge_checks(run_id, part.label, calls), pause)
        for note in found.notes:
            await self._note(doing, note)

    async def _note(self, doing: Doing, text: str) -> None:
        await patiently(lambda: self._records.note(doing.run.id, text), doing.control.pause)
