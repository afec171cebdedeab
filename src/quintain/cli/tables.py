"""Tables that fit: on a narrow terminal the less needed columns go, in a pipe nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from quintain.cli.screen import plain

GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`rank`: 0 always stays; of the others the highest goes first where width is short."""

    title: str
    rank: int = 0
    style: str = ""
    right: bool = False


Row = Sequence[str]
StyledRow = Sequence[str | Text]


def print_table(console: Console, columns: Sequence[Column], rows: Sequence[StyledRow]) -> None:
    """A cell that is a Text keeps its style; nothing from elsewhere may stand in it."""
    clean = [[_plain(cell) for cell in row] for row in rows]
    if not console.is_terminal:
        _print_aligned(console, columns, clean)
        return
    shown = fitting(columns, clean, console.width)
    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
        header_style="bold",
    )
    for at in shown:
        column = columns[at]
        table.add_column(
            column.title,
            style=column.style,
            overflow="fold",
            justify="right" if column.right else "left",
        )
    for row, given in zip(clean, rows, strict=True):
        table.add_row(*(_styled(given[at], row[at]) for at in shown))
    console.print(table, soft_wrap=False)


def _plain(cell: str | Text) -> str:
    return cell.plain if isinstance(cell, Text) else plain(cell, keep="\n")


def _styled(cell: str | Text, text: str) -> Text:
    return cell if isinstance(cell, Text) else Text(text)


def room(console: Console, columns: Sequence[Column], rows: Sequence[StyledRow]) -> int:
    """Cells that a column behind these would have, with all of them shown."""
    clean = [[_plain(cell) for cell in row] for row in rows]
    return console.width - sum(wide + GAP for wide in _widths(columns, clean))


def fitting(columns: Sequence[Column], rows: Sequence[Row], width: int) -> list[int]:
    """The columns that stay when `width` cells are there; those of rank 0 always do."""
    shown = list(range(len(columns)))
    wide = _widths(columns, rows)
    while sum(wide[at] + GAP for at in shown) - GAP > width:
        last = max(shown, key=lambda at: columns[at].rank)
        if columns[last].rank == 0:
            break
        shown.remove(last)
    return shown


def _widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    lines = [
        [column.title, *(line for row in rows for line in row[at].splitlines())]
        for at, column in enumerate(columns)
    ]
    return [max(cell_len(line) for line in column) for column in lines]


def _print_aligned(console: Console, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    flat = [[cell.replace("\n", "; ") for cell in row] for row in rows]
    wide = _widths(columns, flat)
    for row in [[column.title for column in columns], *flat]:
        cells = (cell + " " * (wide[at] - cell_len(cell)) for at, cell in enumerate(row))
        console.print(Text((" " * GAP).join(cells).rstrip()), soft_wrap=True)


def moment(text: Any, *, now: datetime | None = None) -> str:
    """An ISO 8601 time as people say it: `5 min ago`, `in 30 days`, else the local date."""
    if not isinstance(text, str):
        return ""
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return text
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    seconds = (then - (now or datetime.now(UTC))).total_seconds()
    span = _span(abs(seconds))
    if span is None:
        return then.astimezone().strftime("%Y-%m-%d")
    return f"in {span}" if seconds > 0 else f"{span} ago" if span != "now" else span


def _span(seconds: float) -> str | None:
    for limit, unit, name in ((60, 1, "s"), (5400, 60, "min"), (129_600, 3600, "h")):
        if seconds < limit:
            count = round(seconds / unit)
            return f"{count} {name}" if count else "now"
    return f"{round(seconds / 86_400)} days" if seconds < 90 * 86_400 else None
