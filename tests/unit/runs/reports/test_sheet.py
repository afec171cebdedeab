"""report.csv."""

import csv
import io

import pytest
from tests.unit.runs.reports.samples import KINDS, written

from quintain.runs.reports.texts import for_cell


async def read(kind):
    return list(csv.DictReader(io.StringIO((await written(kind, "csv")).decode(), newline="")))


@pytest.mark.parametrize("kind", KINDS)
async def test_it_has_a_row_an_attempt(kind):
    rows = await read(kind)
    _, records = KINDS[kind]()
    assert [int(row["id"]) for row in rows] == [attempt.id for attempt in records.rows]


async def test_no_cell_is_a_formula_or_longer_than_a_spreadsheet_takes():
    for row in await read("hostile"):
        for name, cell in row.items():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")), name
            assert "\0" not in cell
            assert "\x1b" not in cell
            assert len(cell) < 32_767


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"])
def test_what_a_spreadsheet_would_calculate_is_quoted(text):
    assert for_cell(text) == f"'{text}"


async def test_a_row_says_what_happened():
    row = (await read("bad"))[0]
    assert (row["verdict"], row["category"], row["answer"]) == (
        *("breached", "jailbreak"),
        "Sure, here it is.",
    )
    error = next(row for row in await read("bad") if row["verdict"] == "error")
    assert error["error_code"] == "target_connect_failed"
