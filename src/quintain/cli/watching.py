"""A run watched to its end: the progress, what Ctrl-C means, and the scorecard."""

import asyncio
import signal
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import typer

from quintain.cli import screen
from quintain.cli.exits import Code, Failure
from quintain.cli.following import OVER, Run, follow
from quintain.cli.progress import watcher_for
from quintain.cli.scorecard import print_scorecard
from quintain.cli.wire import Wire
from quintain.cli.wording import several

_CANCEL_S = 30.0


async def watch_to_end(
    wire: Wire, coming: Awaitable[Run], *, cancel_on_interrupt: bool = False
) -> Run:
    """The run when it is over. Ctrl-C and SIGTERM leave it to the server, or cancel it first.

    coming: makes the run, or gets it. One that is on its way is waited for before it is left: the
    server would make it all the same, and nobody would know its number.
    """
    with _heeding() as stop:
        asked = asyncio.ensure_future(coming)
        try:
            run = await asyncio.shield(asked)
            if run["state"] in OVER:
                return run
            with watcher_for(screen.err()) as watcher:
                watcher.see(run)
                return await follow(wire, run["run_id"], watcher)
        except asyncio.CancelledError:
            if not asked.done():
                screen.say_stopped(
                    "Waiting for the run to be made; Ctrl-C once more leaves at once."
                )
            await _leave(wire, (await asked)["run_id"], cancel=cancel_on_interrupt)
            if stop.terminated:
                raise typer.Exit(Code.TERMINATED) from None
            raise  # which asyncio makes a KeyboardInterrupt of


@dataclass(slots=True)
class _Stop:
    terminated: bool = False


@contextmanager
def _heeding() -> Iterator[_Stop]:
    """SIGTERM and a closed terminal end the watching as Ctrl-C does."""
    loop, task, stop = asyncio.get_running_loop(), asyncio.current_task(), _Stop()

    def end() -> None:
        stop.terminated = True
        if task:
            task.cancel()

    numbers = (signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, end)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def _leave(wire: Wire, run_id: int, *, cancel: bool) -> None:
    if not cancel:
        screen.say_stopped(f"Run {run_id} goes on in the server.")
        screen.say(f"Follow it: quintain runs watch {run_id}", "dim")
        screen.say(f"Cancel it: quintain runs cancel {run_id}", "dim")
        return
    screen.say_stopped(f"Cancelling run {run_id}; Ctrl-C once more leaves at once.")
    try:
        await wire.ask("POST", f"/runs/{run_id}/cancel", deadline_s=_CANCEL_S)
    except Failure as failure:
        screen.say(f"It could not be cancelled: {failure.message}", "red")
        return
    screen.say(f"Run {run_id} is cancelled.", "dim")


async def print_result(wire: Wire, run: Run, *, json: bool = False) -> None:
    """The scorecard, or under --json the run itself."""
    if json:
        screen.print_json(run)
        return
    answer = await wire.ask("GET", f"/runs/{run['run_id']}/findings")
    print_scorecard(screen.out(), run, answer["findings"])
    screen.say(_more(run), "dim")


def _more(run: Run) -> str:
    """What to type next."""
    number, state, counts = run["run_id"], run["state"], run["scores"]["counts"]
    if state not in OVER:
        return f"Follow it: quintain runs watch {number}"
    again, read = f"quintain runs resume {number}", f"quintain runs report {number} report.html"
    if state != "finished" and (counts["not_attempted"] or not counts["error"]):
        return f"To go on where it stopped: {again}"
    if counts["error"]:
        return f"To try {several(counts['error'], 'error')} again: {again}. To read and to show: {read}"
    return f"To read and to show: {read}"
