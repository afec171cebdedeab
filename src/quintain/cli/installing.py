"""How an installation is shown: a spinner with packages, size and time; a line a step in a log."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from quintain.cli import screen
from quintain.cli.exits import Code
from quintain.runs.engines.install import Heard, Step, megabytes_of

_Show = Callable[[str], None]
LOOK_S = 1.0  # between two looks at what it weighs


@contextmanager
def installing(folder: Path, name: str) -> Iterator[Heard]:
    """folder: where the draft of the environment grows.

    SIGTERM and a closed terminal end the block as Ctrl-C does, so that nothing is left behind.
    """
    with _heeding():
        yield from _shown(folder, name)


@contextmanager
def _heeding() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda *_: sys.exit(Code.TERMINATED)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _shown(folder: Path, name: str) -> Iterator[Heard]:
    console = screen.err()
    if not console.is_terminal:
        yield _Lines().hear
        return
    words = TextColumn("{task.description}")
    with Progress(SpinnerColumn(), words, TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task(f"{name}: beginning", total=None)
        view = _View(folder, name)
        with view.weighing(lambda text: bar.update(task, description=text)):
            yield view.hear


class _Lines:
    """A line for each kind of step."""

    def __init__(self) -> None:
        self._last = ""

    def hear(self, step: Step) -> None:
        if step.what != self._last:
            self._last = step.what
            screen.say(f"{step.what} ...")


class _View:
    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._step = Step("beginning")
        self._over = threading.Event()

    def hear(self, step: Step) -> None:
        self._step = step

    @contextmanager
    def weighing(self, show: _Show) -> Iterator[None]:
        """Look at the growing folder now and then, until the block ends."""
        thread = threading.Thread(target=self._look, args=(show,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _look(self, show: _Show) -> None:
        while not self._over.wait(LOOK_S / 4):
            began = time.monotonic()
            show(self._text(self._weight()))
            self._over.wait(max(LOOK_S, 10 * (time.monotonic() - began)))

    def _weight(self) -> int:
        return sum(megabytes_of(draft) for draft in self._folder.glob(".making-*"))

    def _text(self, megabytes: int) -> str:
        step = self._step
        where = f" {step.number} of {step.of}" if step.of else ""
        package = f" ({step.package.split('==')[0]})" if step.package else ""
        size = f", {megabytes} MB" if megabytes else ""
        return screen.plain(f"{self._name}: {step.what}{where}{package}{size}")
