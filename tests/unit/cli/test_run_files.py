from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from quintain.cli.exits import Failure
from quintain.cli.run_files import check_places, kind_of, write_report


class Wire:
    """What a server sends of a report, breaking off where told."""

    def __init__(self, chunks, error=None):
        self.chunks, self.error, self.asked = chunks, error, []
        self.content = self

    @asynccontextmanager
    async def send(self, method, path, **_):
        self.asked.append((method, path))
        yield self

    async def iter_any(self):
        for chunk in self.chunks:
            yield chunk
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.html", "html"), ("a.AVID.json", "avid.json"), ("avid.json", "json"), ("a.b.xml", "xml")],
)
def test_the_ending_says_which_report(name, kind):
    assert kind_of(Path(name)) == kind


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "folder.html").mkdir()
    for path in (tmp_path / "none" / "a.html", tmp_path / "folder.html", tmp_path / "a.pdf"):
        with pytest.raises(Failure):
            check_places([path])
    check_places([tmp_path / "a.html"])


async def test_a_report_replaces_what_was_there(tmp_path):
    path = tmp_path / "a.sarif"
    path.write_text("before")
    wire = Wire([b"one ", b"two"])
    await write_report(wire, 12, path)
    assert path.read_text() == "one two"
    assert wire.asked == [("GET", "/runs/12/report.sarif")]
    assert [*tmp_path.iterdir()] == [path]


async def test_a_report_that_breaks_off_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("before")
    with pytest.raises(Failure, match="broke off"):
        await write_report(Wire([b"half"], Failure("It broke off.")), 12, path)
    assert path.read_text() == "before"
    assert [*tmp_path.iterdir()] == [path]
