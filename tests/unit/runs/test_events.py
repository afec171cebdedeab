"""What an engine says, made out line by line."""

import pytest

from quintain.runs.events import heard, whole
from quintain.runs.model import Skipped


def test_every_kind_of_event_has_its_place():
    found = heard(
        [
            b'{"event": "attempt", "probe": "core:a", "seq": 1}',
            b'{"event": "probe", "probe": "core:a", "attempts": 3}',
            b'{"event": "skip", "probe": "core:b", "reason": "needs a judge"}',
            b'{"event": "note", "text": "All said."}',
            b'{"event": "judge", "calls": 62}',
            b'{"event": "of a newer engine"}',
            b'{"event": "done"}',
        ]
    )
    assert found.attempts == [{"probe": "core:a", "seq": 1}]
    assert found.probes == [{"probe": "core:a", "attempts": 3}]
    assert found.skipped == [Skipped("core:b", "needs a judge")]
    assert (found.notes, found.judge_checks, found.done) == (["All said."], 62, True)
    assert found.strange == 0


def test_half_a_character_in_an_answer_spoils_no_attempt():
    (attempt,) = heard([rb'{"event": "attempt", "answer": "\ud83d"}']).attempts
    assert attempt["answer"] == "\ud83d"


@pytest.mark.parametrize(
    "line", [b'{"event": "attem', b"Traceback:", b"[1]", b"[" * 100_000, b"\xff"]
)
def test_what_is_no_event_is_counted_and_passed_over(line):
    assert heard([line, b'{"event": "done"}']).strange == 1


@pytest.mark.parametrize(("said", "count"), [(3, 3), (-3, 0), ("3", 0), (2.5, 0), (None, 0)])
def test_what_is_no_count_is_none(said, count):
    assert whole({"calls": said}, "calls") == count
