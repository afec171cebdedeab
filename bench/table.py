"""Tables for a terminal of 80 columns: a name, then groups of narrow columns."""

from dataclasses import dataclass, field

_NAME = 16
_WIDTH = 7


def number(value: float, digits: int) -> str:
    """Write a number in at most six characters; fractions of large ones say nothing."""
    return f"{value:,.{0 if abs(value) >= 100 else digits}f}"


@dataclass
class Table:
    """Filled group by group, row by row; rows stand in the order in which they first came."""

    title: str
    _groups: list[tuple[str, list[str]]] = field(default_factory=list)
    _rows: dict[str, list[str]] = field(default_factory=dict)

    def group(self, title: str, columns: list[str]) -> None:
        self._groups.append((title, columns))

    def put(self, row: str, cells: list[str]) -> None:
        self._rows.setdefault(row, []).extend(cells)

    def text(self) -> str:
        widths = [
            max(_WIDTH * len(columns), len(title) + 2) // len(columns)
            for title, columns in self._groups
        ]
        heads = [
            title.rjust(width * len(columns))
            for (title, columns), width in zip(self._groups, widths, strict=True)
        ]
        columns = [
            (column, width)
            for (_, group), width in zip(self._groups, widths, strict=True)
            for column in group
        ]
        under = "".join(column.rjust(width) for column, width in columns)
        lines = [
            self.title.upper(),
            " " * _NAME + "".join(heads),
            *([" " * _NAME + under] if under.strip() else []),
            "-" * (_NAME + len(under)),
        ]
        lines += [self._line(row, cells, columns) for row, cells in self._rows.items()]
        return "\n".join(line.rstrip() for line in lines)

    @staticmethod
    def _line(row: str, cells: list[str], columns: list[tuple[str, int]]) -> str:
        padded = (cell.rjust(width) for cell, (_, width) in zip(cells, columns, strict=True))
        return row.ljust(_NAME) + "".join(padded)
