import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from quintain.cli.models import COLUMNS
from quintain.cli.tables import Column, moment, print_table

ROWS = [
    ["gpt", "v1", "openai", "gpt-4o", "foundationModels", "External", "20", "5 min ago"],
    [
        "a model with quite a long saved name",
        "2025-01-31",
        "openai_compatible",
        "meta-llama/Llama-3.3-70B-Instruct",
        "chatbotsAndCopilots",
        "Internal",
        "10000",
        "2 days ago",
    ],
    ["größe 测试 🎯", "v1", "custom", "", "agents", "Internal", "20", "now"],
]


def printed(columns, rows, width, *, terminal):
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=terminal, color_system=None, highlight=False
    )
    print_table(console, columns, rows)
    return file.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_table_fits_the_terminal_and_keeps_every_name_whole(width):
    from rich.cells import cell_len

    text = printed(COLUMNS, ROWS, width, terminal=True)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "gpt" in text
    assert "…" not in text


def test_a_table_that_just_fits_loses_nothing():
    columns, rows = [Column("A"), Column("B", 1)], [["x" * 10, "y" * 8]]
    assert "y" * 8 in printed(columns, rows, 20, terminal=True)
    assert "y" not in printed(columns, rows, 19, terminal=True)


def test_a_narrow_terminal_drops_the_less_needed_columns():
    wide = printed(COLUMNS, ROWS[:1], 200, terminal=True)
    narrow = printed(COLUMNS, ROWS[:1], 40, terminal=True)
    assert all(column.title in wide for column in COLUMNS)
    assert "NAME" in narrow
    assert "VERSION" in narrow
    assert "HOSTING" not in narrow


def test_a_pipe_gets_every_column_whole_and_no_boxes():
    text = printed(COLUMNS, ROWS, 80, terminal=False)
    assert "meta-llama/Llama-3.3-70B-Instruct" in text
    assert not set(text) & set("─│━╭\x1b")
    assert all(line == line.rstrip() for line in text.splitlines())
    assert len(text.splitlines()) == len(ROWS) + 1


def test_markup_and_escapes_in_a_cell_are_only_text():
    for terminal in (True, False):
        text = printed([Column("A")], [["[red]x[/red] \x1b[31m"]], 80, terminal=terminal)
        assert "[red]x[/red]" in text
        assert "\x1b[31m" not in text


def test_a_cell_of_several_lines_is_one_line_in_a_pipe():
    assert "a; b" in printed([Column("A")], [["a\nb"]], 80, terminal=False)


def test_an_empty_table_is_its_head():
    assert printed([Column("A"), Column("B")], [], 80, terminal=False) == "A  B\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2025-06-01T12:00:00+00:00", "now"),
        ("2025-06-01T11:59:30+00:00", "30 s ago"),
        ("2025-06-01T11:15:00.123456+00:00", "45 min ago"),
        ("2025-06-01T10:00:00+00:00", "2 h ago"),
        ("2025-05-29T12:00:00+00:00", "3 days ago"),
        ("2025-07-01T12:00:00+00:00", "in 30 days"),
        ("2025-06-01T11:59:30", "30 s ago"),
        ("not a time", "not a time"),
        (None, ""),
    ],
)
def test_a_time_is_said_as_people_say_it(text, said):
    assert moment(text, now=datetime(2025, 6, 1, 12, tzinfo=UTC)) == said


def test_a_time_long_ago_is_a_date():
    assert moment("2020-03-15T12:00:00+00:00") == "2020-03-15"
