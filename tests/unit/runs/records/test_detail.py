"""A detail keeps what there is room for, and says what it lost."""

import orjson
import pytest

from quintain.runs.records.detail import FIELDS, LARGEST, detail_of

LONG = 3 << 20


def test_a_detail_of_usual_size_is_kept_whole():
    event = {
        "prompt": [{"role": "user", "content": "Hi"}],
        "answer": "x" * LONG,
        "verdict": "error",
    }
    kept = orjson.loads(detail_of(event))
    assert kept == dict.fromkeys(FIELDS) | {"prompt": event["prompt"], "answer": event["answer"]}


@pytest.mark.parametrize(
    "event",
    [
        {"answer": "ä" * LONG},
        {"prompt": [{"role": "user", "content": "x" * LONG}] * 4},
        {"tool_calls": list(range(2_000_000))},
        {"steps": {str(number): "x" for number in range(800_000)}},
        {"steps": [["x" * 100] * 200] * 2000, "answer": "kept"},
    ],
    ids=["answer", "prompt", "calls", "mapping", "deep"],
)
def test_a_larger_one_is_cut_to_the_limit_and_says_so(event):
    text = detail_of(event)
    assert len(text.encode()) <= LARGEST
    assert "[cut: " in text or "steps" in event
    if "answer" in event and len(event["answer"]) < 10:
        assert orjson.loads(text)["answer"] == event["answer"]


def test_the_end_of_a_text_is_what_goes():
    kept = orjson.loads(detail_of({"answer": "begin" + "ä" * LONG}))["answer"]
    assert kept.startswith("begin")
    assert kept.endswith(f"… [cut: {LONG + 5:,} characters in all]")


def test_what_no_cutting_makes_small_enough_keeps_its_texts():
    wide = "x" * 100
    for _ in range(4):
        wide = [wide] * 16
    kept = orjson.loads(detail_of({"steps": wide, "tool_calls": wide, "answer": "kept"}))
    assert (kept["answer"], kept["steps"], kept["tool_calls"]) == ("kept", None, None)
