"""garak's own tools read report.jsonl."""

import json

import pytest

from quintain.runs.reports import stream
from tests.unit.runs.fakes import FakeRecords, a_run, many, said
from tests.unit.runs.reports.samples import written

pytestmark = [pytest.mark.tools, pytest.mark.timeout(900)]


@pytest.fixture
def garak(tool):
    return tool("garak")


def digest_of(garak, report):
    """The figures that garak shows, by probe and detector."""
    (garak.home / "a.report.jsonl").write_bytes(report)
    command = ("python", "-m", "garak.analyze.report_digest", "-r", "a.report.jsonl")
    ended = garak.run(*command, "-o", "a.html", "-w")
    assert ended.code == 0, ended
    assert (garak.home / "a.html").stat().st_size > 100_000
    lines = (garak.home / "a.report.jsonl").read_text().splitlines()
    digest = json.loads(lines[-1])
    assert digest["entry_type"] == "digest"
    return {
        (probe, detector): found["absolute_score"]
        for group in digest["eval"].values()
        for probe, each in group.items()
        if probe != "_summary"
        for detector, found in each.items()
        if detector != "_summary"
    }


async def test_garak_shows_the_figures_of_every_engine(garak):
    hits = [1.0] * 12 + [0.0] * 28
    attempts = [
        said(
            *("breached" if hit else "resisted", "jailbreak", "role_play", at),
            probe="garak:dan.Dan_11_0",
            detectors={"dan.DAN": hit},
        )
        for at, hit in enumerate(hits)
    ]
    attempts += [said("error", "jailbreak", "role_play", 99, probe="garak:dan.Dan_11_0")]
    attempts += [
        *many(3, "breached", "hate", "rot13"),
        *many(1, "resisted", "hate", "rot13", first=9),
    ]
    records = FakeRecords().add(attempts)
    report = b"".join([piece async for piece in stream(records, a_run(), "jsonl")])
    assert digest_of(garak, report) == {
        ("dan.Dan_11_0", "dan.DAN"): pytest.approx(0.7),
        ("base.core_hate_rot13", "quintain.Verdict"): pytest.approx(0.25),
    }


async def test_garak_reads_hostile_texts(garak):
    assert digest_of(garak, await written("hostile", "jsonl"))


async def test_garak_adds_reports_up_and_lists_their_hits(garak):
    for name in ("good", "bad"):
        (garak.home / f"{name}.report.jsonl").write_bytes(await written(name, "jsonl"))
    both = ("good.report.jsonl", "bad.report.jsonl")
    aggregate = ("python", "-m", "garak.analyze.aggregate_reports", "-o", "all.report.jsonl")
    ended = garak.run(*aggregate, *both)
    assert ended.code == 0, ended
    log = garak.run("python", "-m", "garak.analyze.analyze_log", "bad.report.jsonl")
    assert log.code == 0, log
    assert "base.core_system_prompt_leak_direct" in log.out
