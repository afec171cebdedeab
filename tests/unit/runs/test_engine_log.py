"""The bounded log of an engine."""

import pytest

from quintain.runs import engine_log
from quintain.runs.engine_log import EngineLog

KEY = "qt_12345678_secret"


@pytest.mark.parametrize("size", [1, 3, 7, 18, 40, 1000])
def test_the_key_is_never_written_however_it_is_cut(tmp_path, size):
    log = EngineLog(tmp_path / "log", KEY)
    said = f"before {KEY} between {KEY}{KEY} after".encode()
    for at in range(0, len(said), size):
        log.write(said[at : at + size])
    log.close()
    assert (tmp_path / "log").read_text() == "before [key] between [key][key] after"


def test_it_is_bounded_and_its_end_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_log, "MOST", 1000)
    log = EngineLog(tmp_path / "log", KEY)
    for number in range(1000):
        log.write(f"line {number:06}\n".encode())
    log.write(b"x" * 5000)
    log.write(b"\nthe end\n")
    log.close()
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 1000
    assert (tmp_path / "log").read_text().endswith("the end\n")


def test_its_last_words_are_a_few_lines(tmp_path):
    log = EngineLog(tmp_path / "log", "")
    log.write("".join(f"line {number}\n\n" for number in range(50)).encode())
    assert log.last_words.splitlines() == [f"line {number}" for number in range(40, 50)]
