"""How a run is shown while it goes on: a bar on a terminal, a line now and then in a log."""

import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from quintain.cli import screen
from quintain.cli.following import OVER, Run, Watcher
from quintain.cli.wording import number, several, shortened, span

LINE_EVERY_S = 10.0
_INDENT = 2
_NUMBERS = 18  # cells beside the bar


def watcher_for(console: Console) -> "Bar | Lines":
    """What fits the place that the remarks go to. Use as a context manager."""
    return Bar(console) if console.is_terminal else Lines(console)


class Bar(Watcher):
    """Two or three lines that change in place, gone when the run is over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, transient=True, refresh_per_second=8)
        self._run: Run = {}
        self._latest = ""
        self._away = ""

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def see(self, run: Run) -> None:
        self._run, self._away = run, ""
        self._draw()

    def hear(self, attempt: Mapping[str, Any]) -> None:
        if attempt.get("verdict") == "breached" and attempt.get("kind", "attack") == "attack":
            self._latest = _what_broke(attempt)
            self._draw()

    def wait(self, why: str) -> None:
        self._away = why
        self._draw()

    def _draw(self) -> None:
        self._live.update(Group(*self._lines()))

    def _lines(self) -> Iterator[RenderableType]:
        console, wide = self._console, self._console.width
        if has_begun(self._run):
            yield _bar(self._run["progress"], wide)
            yield joined(parts(console, self._run), wide)
        else:
            yield _indented(_before(self._run), wide, "dim")
        if self._away:
            yield _indented(f"{self._away} Trying again.", wide, "yellow")
        elif self._latest:
            yield _indented(f"latest: {self._latest}", wide, "dim")


def _indented(text: str, wide: int, style: str) -> Text:
    return Text(" " * _INDENT) + Text(shortened(text, wide - _INDENT), style)


class Lines(Watcher):
    """One line at most each ten seconds, for a log that keeps every one of them."""

    def __init__(self, console: Console, every_s: float = LINE_EVERY_S) -> None:
        self._console, self._every_s = console, every_s
        self._next = 0.0
        self._said_away = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def see(self, run: Run) -> None:
        self._said_away = False
        if run["state"] in OVER or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every_s
        self._say(line_of(run))

    def wait(self, why: str) -> None:
        if not self._said_away:
            self._say(f"{why} Trying again.")
        self._said_away = True

    def _say(self, line: str) -> None:
        self._console.print(Text(screen.plain(line)))


def line_of(run: Run) -> str:
    """The run as it is now, on one line."""
    if not has_begun(run):
        return f"run {run['run_id']}: {_before(run)}"
    got = run["progress"]
    told = [
        f"{number(got['done'])} of {number(max(got['planned'], got['done']))}",
        f"{number(got['breached'])} breached",
        *_failed_controls(got),
        several(got["error"], "error"),
        *_pace(got),
    ]
    return f"run {run['run_id']}: {', '.join(told)}"


def has_begun(run: Run) -> bool:
    """True when there is something to count."""
    return bool(run) and bool(run["progress"].get("planned") or run["progress"].get("done"))


def _before(run: Run) -> str:
    if not run or run["state"] != "queued":
        return "The engines get ready."
    return "It waits for its turn: other runs go first."


def _bar(got: Mapping[str, Any], wide: int) -> RenderableType:
    done, planned = got["done"], max(got["planned"], got["done"], 1)
    beside = f" {100 * done // planned:>3} %  {number(done)} of {number(planned)}"
    cells = max(10, wide - _INDENT - max(len(beside), _NUMBERS))
    bar = ProgressBar(
        total=planned,
        completed=done,
        width=min(cells, 72),
        complete_style="cyan",
        finished_style="cyan",
    )
    return _Beside(" " * _INDENT, bar, beside)


class _Beside:
    """A bar with text on both sides, on one line."""

    def __init__(self, lead: str, bar: ProgressBar, text: str) -> None:
        self._lead, self._bar, self._text = lead, bar, text

    def __rich_console__(self, console: Console, _: Any) -> Iterator[RenderableType]:
        options = console.options.update(width=self._bar.width or 10)
        drawn = Text()
        for segment in console.render(self._bar, options):
            drawn.append(segment.text.rstrip("\n"), segment.style)
        yield Text(self._lead) + drawn + Text(self._text)


def parts(console: Console, run: Run) -> list[Text]:
    """What to say of it, the most needed first."""
    got = run["progress"]
    found = [
        Text(f"{screen.mark(console, 'failed')} {number(got['breached'])} breached", "red"),
        Text(f"{screen.mark(console, 'ok')} {number(got['resisted'])} resisted", "green"),
        *(Text(f"! {each}", "yellow") for each in _failed_controls(got)),
        Text(f"! {several(got['error'], 'error')}", "yellow" if got["error"] else "dim"),
    ]
    if not got["breached"]:
        found[0].stylize("dim")
    return [*found, *(Text(each, "dim") for each in _pace(got))]


def _failed_controls(got: Mapping[str, Any]) -> Iterator[str]:
    if failed := got["controls_failed"]:
        yield f"{several(failed, 'control')} failed"


def _pace(got: Mapping[str, Any]) -> Iterator[str]:
    if per_min := got.get("per_min"):
        yield f"{number(per_min)} a minute"
    if left := span(got.get("left_s")):
        yield f"{left} left"


def joined(found: Sequence[Text], wide: int) -> Text:
    """As many as fit on one line; the last ones go first."""
    line = Text(" " * (_INDENT - 1))
    for each in found:
        if line.cell_len + each.cell_len + 2 > wide:
            break
        line += Text(" " if line.cell_len < _INDENT else "  ") + each
    return line


def _what_broke(attempt: Mapping[str, Any]) -> str:
    said = [str(attempt[name]) for name in ("category", "technique") if attempt.get(name)]
    words = ", ".join(said).replace("_", " ") or "an attack"
    goal = str(attempt.get("goal") or "").strip()
    return screen.plain(f"{words}: {goal}" if goal else words)
