"""What holds of every format."""

import pytest
from tests.unit.runs.fakes import FakeRecords, a_run, many
from tests.unit.runs.reports.samples import KINDS, written

from quintain.errors import NotFound
from quintain.runs.reports import REPORTS, stream


def test_these_are_the_formats():
    assert list(REPORTS) == ["html", "json", "xml", "sarif", "csv", "jsonl", "avid.json"]
    assert all(report.media_type and report.title for report in REPORTS.values())


@pytest.mark.parametrize("suffix", REPORTS)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_run_has_every_report_in_utf_8(kind, suffix):
    text = (await written(kind, suffix)).decode()
    assert text


@pytest.mark.parametrize("suffix", REPORTS)
async def test_a_report_says_the_same_each_time(suffix):
    assert await written("bad", suffix) == await written("bad", suffix)


async def test_another_format_is_refused_with_those_that_there_are():
    with pytest.raises(NotFound) as refusal:
        await anext(stream(FakeRecords(), a_run(), "pdf"))
    assert refusal.value.code == "report_not_found"
    assert "avid.json" in refusal.value.message


@pytest.mark.parametrize("suffix", REPORTS)
async def test_no_report_holds_all_attempts_at_a_time(suffix):
    records = FakeRecords().add(many(1000, "breached", "hate", "direct"))
    sizes = [len(piece) async for piece in stream(records, a_run(), suffix)]
    assert records.largest_page <= 200
    if suffix in {"json", "xml", "csv", "jsonl"}:
        assert len(sizes) >= 5
        assert max(sizes) < sum(sizes) / 3
