import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from quintain.cli.flow import Flow

WORDS = "Our branches open Monday to Friday from 9:00 to 17:00, and Saturdays from 10:00 to 13:00."


def flowed(pieces, width=40):
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None, highlight=False, soft_wrap=True)
    flow = Flow(console, Text("  desk  "))
    for piece in pieces:
        flow.feed(piece)
    flow.end()
    return flow, file.getvalue()


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_words_that_arrive_one_by_one_fill_lines_of_the_width(width):
    flow, text = flowed([word + " " for word in WORDS.split()], width)
    lines = text.splitlines()
    assert max(cell_len(line.rstrip()) for line in lines) <= width
    assert " ".join(" ".join(lines).split()) == f"desk {WORDS}"
    assert all(line.startswith(" " * 8) for line in lines[1:])
    assert flow.text.strip() == WORDS


def test_it_looks_the_same_whole_or_in_pieces():
    assert (
        flowed([WORDS])[1]
        == flowed([f"{' ' if i else ''}{w}" for i, w in enumerate(WORDS.split())])[1]
    )


def test_a_targets_escape_sequences_do_nothing():
    assert "\x1b" not in flowed(["\x1b[2Jhi"])[1]


def test_a_word_longer_than_the_line_is_still_shown():
    assert "x" * 60 in flowed(["x" * 60])[1].replace("\n", "").replace(" ", "")
